"""`subnets`: the networks and where they are."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from msgspec import Meta

from schoten_ict.inventory.fields import Declared, Name
from schoten_ict.inventory.flaws import Flaw, shown
from schoten_ict.inventory.section import Known, Section, dangling

Vlan = Annotated[int, Meta(ge=1, le=4094, extra={"expected": "a VLAN from 1 to 4094"})]


class Subnet(Declared, frozen=True, kw_only=True):
    """One network, `cidr` as 127.10.10.0/24, without host bits."""

    name: Name
    cidr: str
    site: Name | None = None
    vlan: Vlan | None = None
    purpose: str = ""

    @property
    def network(self) -> IPv4Network | IPv6Network:
        """The network as the standard library's type."""
        return ip_network(self.cidr)


def _check(subnets: tuple[Subnet, ...], known: Known) -> Iterator[Flaw]:
    for index, subnet in enumerate(subnets):
        if subnet.site is not None and subnet.site not in known["sites"]:
            yield dangling("sites", subnet.site, (index, "site"), known)
        try:
            ip_network(subnet.cidr)
        except ValueError:
            message = f"must be a network such as 127.10.10.0/24, not {shown(subnet.cidr)}"
            yield Flaw((index, "cidr"), message, "write the first address of the network and its length")


SUBNETS: Section[tuple[Subnet, ...]] = Section(
    key="subnets",
    shape=tuple[Subnet, ...],
    empty=(),
    purpose="The networks and where they are.",
    named_by="name",
    check=_check,
)
SECTION = SUBNETS
