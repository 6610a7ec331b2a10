"""The folder of a demo: made from the sample workspace, known again by a marker."""

import shutil
from pathlib import Path

import schoten_ict
from schoten_ict.core.errors import ConfirmationNeededError, ConflictError, IncompleteError
from schoten_ict.core.files import shared_folder
from schoten_ict.workspace import INVENTORY_FILE

MARKER = ".ict-demo"
PARTS = (
    INVENTORY_FILE,
    "inventory.d",
    "sample/people.csv",
    "sample/assets.csv",
    "sample/licenses.csv",
    "sample/m365-users.csv",
    "sample/machines.csv",
    "sample/quote.csv",
    "sample/software.csv",
    "sample/subscribed-skus.json",
    "sample/policies",
    "procedures",
)
_PACKAGE = Path(schoten_ict.__file__).parent
_GITIGNORE = Path(__file__).parent.parent / "templates" / "gitignore"


def sample() -> Path:
    """The sample workspace: within the package, or at the root of the repository of an editable install."""
    for root in (_PACKAGE / "sample", *_PACKAGE.parents[1:2]):
        if all((root / part).exists() for part in PARTS):
            return root
    raise IncompleteError(
        "the sample workspace is missing from this installation", remedy="install schoten-ict again"
    )


def prepare(folder: Path, *, yes: bool) -> None:
    """Copy the sample to `folder`, after clearing it of an earlier demo.

    Raises `ConflictError` for a folder that holds anything else, `ConfirmationNeededError` for an earlier
    demo without `yes`.
    """
    sample()  # before anything is removed
    if folder.exists():
        if not folder.is_dir():
            raise ConflictError(f"{folder} is no folder", remedy="name a new folder")
        held = sorted(folder.iterdir())
        if held and not (folder / MARKER).is_file():
            raise ConflictError(f"{folder} is not empty and no earlier demo", remedy="name a new folder")
        if held and not yes:
            raise ConfirmationNeededError(
                f"{folder} holds an earlier demo; nothing was changed",
                remedy="--yes removes it and makes a new one",
            )
        _clear(held)
    copy_sample(folder)


def copy_sample(folder: Path) -> None:
    """Make the sample workspace in an empty or new `folder`, with the marker of a demo."""
    source = sample()
    shared_folder(folder)
    (folder / MARKER).write_text("Made by `ict demo`, which may remove all that is here.\n", encoding="utf-8")
    for part in PARTS:
        origin, target = source / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, target)
        else:
            shutil.copyfile(origin, target)
    shutil.copyfile(_GITIGNORE, folder / ".gitignore")
    shared_folder(folder / "data")


def _clear(entries: list[Path]) -> None:
    """Remove what is in the folder, the marker last: a demo that is half removed is known as one."""
    for path in sorted(entries, key=lambda each: each.name == MARKER):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
