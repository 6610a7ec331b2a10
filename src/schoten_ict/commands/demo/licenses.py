"""The fourth part of the story: licences before a purchase, from lists of the sample workspace."""

from schoten_ict.commands.demo.teller import Teller
from schoten_ict.commands.demo.updates import HOST
from schoten_ict.core.exits import ExitCode

PRODUCT = "adobe-acrobat-pro"
_LISTS = ("licenses.csv", "software.csv", "machines.csv", "subscribed-skus.json", "m365-users.csv")


def tell(ict: Teller) -> None:
    """Run this part of the story."""
    sample = ict.folder / "sample"
    ict.say("14. What was bought, what is installed where, and what Microsoft 365 says is assigned.")
    ict("inventory", "collect", HOST, gives=(ExitCode.OK, ExitCode.INCOMPLETE), shows=HOST)
    for name in _LISTS:
        ict("licenses", "import", str(sample / name), "--yes", shows="new")
    ict.say("15. Is it enough? Exit code 4: some lack, some lie idle, some software must not be there.")
    ict("licenses", "audit", gives=ExitCode.FINDINGS, shows="winrar")
    ict.say("16. The sum of one product, for an auditor to follow by hand.")
    ict("licenses", "explain", PRODUCT, shows="required")
    ict.say("17. Three more people need it, and a quote came in: what would it be too little or too much of?")
    ict(
        "licenses", "audit", "--product", PRODUCT, "--planned", "3 users Adobe Acrobat Pro",
        "--quote", str(sample / "quote.csv"), gives=ExitCode.FINDINGS, shows="Quote",
    )  # fmt: skip
