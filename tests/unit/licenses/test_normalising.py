"""Titles become products, nothing or unknown; only what changed is looked at again."""

from datetime import datetime, timedelta

from schoten_ict.core.hostfacts import Title
from schoten_ict.licenses.model import Outcome, Titled
from schoten_ict.licenses.normalising import Normalised, normalise
from schoten_ict.licenses.records import installs
from schoten_ict.store import observations
from storing import NOW, Opener

ACROBAT, LIBC, ODD = "Adobe Acrobat XI Pro", "libc6", "Kassaprogramma"


class Taker:
    """Knows one product and one thing to ignore; remembers what it was asked."""

    def __init__(self, product: str = "adobe-acrobat-pro") -> None:
        self.product = product
        self.asked: list[str] = []

    def __call__(self, title: Title) -> Titled:
        self.asked.append(title.name)
        if title.name == ACROBAT:
            return Titled(Outcome.PRODUCT, self.product, "XI", "its rule")
        if title.name == LIBC:
            return Titled(Outcome.IGNORED, reason="library")
        return Titled(Outcome.UNKNOWN)


def tell(opened: Opener, host: str, *names: str, at: datetime = NOW, source: str = "ssh") -> None:
    with opened.change(at) as change:
        payload = [{"name": name, "version": "1", "publisher": None} for name in names]
        observations.observe(change, f"host:{host}", "host.software", source, payload)


def found(opened: Opener) -> list[tuple[str, str]]:
    return [(each.product, each.host) for each in installs.installs(opened().reader)]


def test_every_title_becomes_a_product_nothing_or_unknown(opened: Opener) -> None:
    tell(opened, "pc-1", ACROBAT, LIBC, ODD)
    tell(opened, "pc-2", ACROBAT)
    assert normalise(opened(), "one", Taker()) == Normalised(2, 3, 0)
    counted = {each.name: (each.outcome, each.hosts) for each in installs.counts(opened().reader)}
    assert counted == {
        ACROBAT: (Outcome.PRODUCT, 2),
        LIBC: (Outcome.IGNORED, 1),
        ODD: (Outcome.UNKNOWN, 1),
    }
    assert found(opened) == [("adobe-acrobat-pro", "pc-1"), ("adobe-acrobat-pro", "pc-2")]
    assert [each.name for each in installs.counts(opened().reader, Outcome.UNKNOWN)] == [ODD]
    assert installs.hosts_of(opened().reader, ACROBAT) == ["pc-1", "pc-2"]


def test_only_the_machine_whose_list_changed_and_titles_never_seen_are_looked_at(opened: Opener) -> None:
    tell(opened, "pc-1", ACROBAT, LIBC)
    tell(opened, "pc-2", LIBC)
    normalise(opened(), "one", Taker())
    later = NOW + timedelta(hours=1)
    tell(opened, "pc-2", LIBC, ODD, at=later)
    again = Taker()
    assert normalise(opened(later), "one", again) == Normalised(1, 1, 0)
    assert again.asked == [ODD]


def test_a_title_that_is_gone_from_a_machine_is_gone_from_its_products(opened: Opener) -> None:
    tell(opened, "pc-1", ACROBAT, LIBC)
    normalise(opened(), "one", Taker())
    tell(opened, "pc-1", LIBC, at=NOW + timedelta(hours=1))
    normalise(opened(NOW + timedelta(hours=1)), "one", Taker())
    assert found(opened) == []


def test_where_nothing_changed_nothing_is_written(opened: Opener) -> None:
    tell(opened, "pc-1", ACROBAT)
    normalise(opened(), "one", Taker())
    before = opened().path.stat().st_mtime_ns, opened().reader.execute("PRAGMA data_version").fetchone()[0]
    assert normalise(opened(), "one", Taker()) == Normalised(0, 0, 0)
    assert (
        opened().path.stat().st_mtime_ns,
        opened().reader.execute("PRAGMA data_version").fetchone()[0],
    ) == before


def test_a_list_that_was_told_again_is_as_new_as_its_last_telling(opened: Opener) -> None:
    tell(opened, "pc-1", ACROBAT)
    normalise(opened(), "one", Taker())
    later = NOW + timedelta(days=1)
    tell(opened, "pc-1", ACROBAT, at=later)
    again = Taker()
    assert normalise(opened(later), "one", again) == Normalised(0, 0, 0)
    assert again.asked == []
    assert [each.seen_at for each in installs.listed(opened().reader)] == [later]


def test_another_catalogue_takes_all_titles_anew_without_reading_a_list(opened: Opener) -> None:
    tell(opened, "pc-1", ACROBAT, ODD)
    normalise(opened(), "one", Taker())
    assert normalise(opened(), "two", Taker("adobe-acrobat")) == Normalised(0, 0, 2)
    assert found(opened) == [("adobe-acrobat", "pc-1")]


def test_of_two_lists_of_a_machine_the_one_told_last_counts(opened: Opener) -> None:
    tell(opened, "pc-1", ACROBAT, source="glpi")
    tell(opened, "pc-1", LIBC, at=NOW + timedelta(days=1))
    normalise(opened(), "one", Taker())
    assert found(opened) == []
    assert [each.source for each in installs.listed(opened().reader)] == ["ssh"]
