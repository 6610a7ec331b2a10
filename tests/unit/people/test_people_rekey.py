"""Somebody gets an employee number: what was recorded under their user name goes with them."""

from pathlib import Path

from desk import Desk
from schoten_ict.core.facts import Person
from schoten_ict.people import acts
from schoten_ict.people.ask import Entry
from schoten_ict.people.judge import plan
from schoten_ict.store import journal, people


def test_losses_and_intakes_follow_a_new_key_and_both_subjects_tell_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    acts.add(desk.store, Person("maesja", "Jan Maes", username="maesja"))
    tag = desk.add("laptop")
    desk.give(tag, to="maesja")
    desk.back(tag)
    with desk.store.transaction() as transaction:
        transaction.connection.execute(
            "INSERT INTO loss (asset, kind, holder, reported_at) VALUES (?, 'lost', 'person:maesja', '2026')",
            (tag,),
        )
    reader = desk.store.reader
    steps = plan(people.every(reader), [Entry(2, "77", {"name": "Jan Maes", "username": "maesja"})]).steps
    acts.apply(desk.store, "hr.csv", steps, journal.head(reader))
    assert [row["holder"] for row in reader.execute("SELECT holder FROM loss")] == ["person:77"]
    assert [row["holder"] for row in reader.execute("SELECT holder FROM intake")] == ["person:77"]
    for about in ("person:maesja", "person:77"):
        assert journal.entries(reader, subject=about)[0].action == "person.import"
    desk.close()
