"""`team`: the people of the ICT team."""

from schoten_ict.inventory.fields import Declared, Text
from schoten_ict.inventory.section import Section


class Member(Declared, frozen=True, kw_only=True):
    """One person of the team. `key` is the employee number, where other records use it."""

    name: Text
    key: str = ""
    email: str = ""
    phone: str = ""
    role: str = ""


TEAM: Section[tuple[Member, ...]] = Section(
    key="team",
    shape=tuple[Member, ...],
    empty=(),
    purpose="The people of the ICT team.",
    named_by="name",
)
SECTION = TEAM
