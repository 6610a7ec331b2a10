"""`services`: what colleagues use, and how soon it must be back."""

from collections.abc import Iterator

from schoten_ict.inventory.fields import Criticality, Declared, DurationField, Name
from schoten_ict.inventory.flaws import Flaw
from schoten_ict.inventory.section import Known, Section, dangling, loop_flaws


class Service(Declared, frozen=True, kw_only=True):
    """One service. `rto` is how soon it must run again, `rpo` how much work may be lost."""

    name: Name
    title: str = ""
    owner: str = ""
    rto: DurationField | None = None
    rpo: DurationField | None = None
    depends_on: tuple[Name, ...] = ()
    criticality: Criticality = "medium"


def _check(services: tuple[Service, ...], known: Known) -> Iterator[Flaw]:
    for index, service in enumerate(services):
        for position, name in enumerate(service.depends_on):
            if name not in known["services"]:
                yield dangling("services", name, (index, "depends_on", position), known)
    edges = {service.name: service.depends_on for service in services}
    yield from loop_flaws({service.name: (index,) for index, service in enumerate(services)}, edges)


SERVICES: Section[tuple[Service, ...]] = Section(
    key="services",
    shape=tuple[Service, ...],
    empty=(),
    purpose="What colleagues use, and how soon it must be back.",
    named_by="name",
    check=_check,
)
SECTION = SERVICES
