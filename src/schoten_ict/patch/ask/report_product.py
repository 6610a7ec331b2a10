"""What the name of a Windows states of its edition, in Windows' own words (EditionID, InstallationType).

Some languages translate these names. French ones are known (Dutch and German keep the English ones), and of
any other what stands in it untranslated.
"""

import re

_SERVER = re.compile(r"\bServer", re.IGNORECASE)
_CORE = re.compile(r"\bServer Core\b|\bcore installation\b", re.IGNORECASE)
_SERVER_EDITIONS = (
    (r"Datacenter\W+Azure Edition", "ServerTurbine"), (r"Hyper-V Server", "ServerHyperCore"),
    (r"Datacenter", "ServerDatacenter"), (r"Standard", "ServerStandard"), (r"Essentials", "ServerSolution"),
    (r"Enterprise|Entreprise", "ServerEnterprise"), (r"Foundation", "ServerFoundation"),
    (r"Web", "ServerWeb"),
)  # fmt: skip
_CLIENT_EDITIONS = (
    (r"IoT\b.*\bLTS[BC]", "IoTEnterpriseS"),
    (r"LTS[BC]", "EnterpriseS"),  # there is no other edition with long-term servicing
    (r"IoT (?:Enterprise|Entreprise)", "IoTEnterprise"),
    (r"(?:Enterprise|Entreprise)\b.*\b(?:multi-session|Virtual Desktops)", "ServerRdsh"),
    (r"Pro for Workstations|Professionnel pour les stations de travail", "ProfessionalWorkstation"),
    (r"Pro Education|Professionnel Éducation", "ProfessionalEducation"),
    (r"Home Single Language|Famille Unilingue", "CoreSingleLanguage"),
    (r"Home Basic|Familiale Basique", "HomeBasic"), (r"Home Premium|Familiale Premium", "HomePremium"),
    (r"Education|Éducation", "Education"), (r"Enterprise|Entreprise", "Enterprise"),
    (r"Pro|Professional|Professionnel", "Professional"), (r"Home(?! Edition)|Famille", "Core"),
    (r"Ultimate|Édition Intégrale", "Ultimate"), (r"Business", "Business"), (r"Starter", "Starter"),
)  # fmt: skip
"""Rarer names first: `Pro` also stands in `Pro for Workstations`."""


def installation(product: str) -> str:
    """`Client`, `Server`, or `Server Core` where the name says so: most names of one do not."""
    if _SERVER.search(product) is None:
        return "Client"
    return "Server Core" if _CORE.search(product) else "Server"


def edition(product: str) -> str | None:
    """The EditionID that a name states (`EnterpriseS`, `ServerStandard`); None where it states none."""
    is_server = _SERVER.search(product) is not None
    for words, name in _SERVER_EDITIONS if is_server else _CLIENT_EDITIONS:
        if re.search(rf"\b(?:{words})\b", product, re.IGNORECASE):
            without_media = not is_server and re.search(r"\bN\b", product)
            on_trial = re.search(r"\bEvaluation\b", product)
            return f"{name}{'N' if without_media else ''}{'Eval' if on_trial else ''}"
    return None
