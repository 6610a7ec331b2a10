"""The desk of the backup room, made from the workspace."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schoten_ict.backup.acts.desk import Desk
    from schoten_ict.workspace import Workspace


def desk_of(workspace: "Workspace") -> "Desk":
    """What acts on backups work with."""
    from schoten_ict.backup.acts.desk import Desk

    return Desk(workspace.inventory, workspace.store, workspace.reach, workspace.now, workspace.zone)
