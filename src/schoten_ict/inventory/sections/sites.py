"""`sites`: the buildings and their rooms."""

from schoten_ict.inventory.fields import Declared, Name, Text
from schoten_ict.inventory.section import Section


class Site(Declared, frozen=True, kw_only=True):
    """A building. `name` is what hosts and subnets refer to, `title` what people read."""

    name: Name
    title: str = ""
    address: str = ""
    rooms: tuple[Text, ...] = ()


SITES: Section[tuple[Site, ...]] = Section(
    key="sites",
    shape=tuple[Site, ...],
    empty=(),
    purpose="The buildings and their rooms.",
    named_by="name",
)
SECTION = SITES
