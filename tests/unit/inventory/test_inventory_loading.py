"""What a right inventory gives: typed sections, merged files, no other file opened."""

import os
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.finding import ExceptionRule
from schoten_ict.core.secrets import SecretReference
from schoten_ict.core.times import Duration
from schoten_ict.inventory.discovery import all_sections, sections_of
from schoten_ict.inventory.document import read_document
from schoten_ict.inventory.loading import evaluate, load
from schoten_ict.inventory.section import loops
from schoten_ict.inventory.sections.assets import ASSETS
from schoten_ict.inventory.sections.credentials import CREDENTIALS
from schoten_ict.inventory.sections.groups import GROUPS
from schoten_ict.inventory.sections.hosts import HOSTS, Host
from schoten_ict.inventory.sections.subnets import SUBNETS
from schoten_ict.inventory.sections.thresholds import THRESHOLDS, days

FULL = """
version: 1
organisation: {name: Lokaal bestuur Schoten, kbo: 0123.456.749, privacy: {controller: het bestuur}}
sites: [{name: gemeentehuis, title: Gemeentehuis, rooms: ["0.01", raadzaal]}]
team: [{name: Hilde, key: "1074", phone: 0123}]
credentials:
  linux: {kind: ssh, user: svc-ict, key: "file:~/.ssh/ict"}
  switches: {kind: snmp, version: 3, user: ict, auth: {password: "env:A"}, priv: {password: "env:P"}}
  printers: {kind: snmp, version: 2c, community: "env:C"}
groups: [{name: web, connect: {ssh: {credential: linux, tls: {ca: certs/ca.pem}}}}]
hosts:
  - {name: srv-a, address: 127.10.0.1, kind: server, site: gemeentehuis, groups: [web], services: [intranet]}
  - {name: sw-a, address: 127.10.0.1, connect: {snmp: {credential: switches, port: 1161}}, depends_on: [srv-a]}
subnets: [{name: gh, cidr: 127.10.0.0/24, site: gemeentehuis, vlan: 10}]
services: [{name: intranet, rto: 8h, rpo: 26h}]
thresholds: {patch.reboot: {days: 7, share: 10%, after: 26h, strict: true}}
exceptions: [{check: patch.*, subject: "host:srv-a", reason: later, until: 2026-12-13}]
assets:
  categories: {laptop: {title: Laptop, tag: "LT-{:04}", policy: gebruik, lifetime: 5y, replacement_cost: 950}}
  departments: [ICT]
policies:
  - id: gebruik
    title: Gebruik
    versions:
      - {version: "1", file: absent.md, valid_from: 2025-01-01}
      - {version: "2", file: absent-too.md, valid_from: 2026-01-01}
"""


def workspace(root: Path, text: str) -> Path:
    (root / "inventory.yaml").write_text(text, encoding="utf-8")
    return root


def declared(*texts: str) -> dict[str, Any]:
    documents = [read_document(f"{number}.yaml", text.encode()) for number, text in enumerate(texts)]
    return evaluate(documents, all_sections())


def test_every_section_is_typed(tmp_path: Path) -> None:
    inventory = load(workspace(tmp_path, FULL))
    credentials = inventory.get(CREDENTIALS)
    assert credentials["linux"].key == SecretReference("file", "~/.ssh/ict")
    assert (credentials["switches"].snmp_version, credentials["printers"].snmp_version) == ("3", "2c")
    assert inventory.hosts == inventory.get(HOSTS)
    assert [name for name, _ in inventory.hosts[1].connect.ways()] == ["snmp"]
    assert inventory.services[0].rto == Duration(seconds=8 * 3600)
    assert str(inventory.get(SUBNETS)[0].network) == "127.10.0.0/24"
    assert inventory.get(THRESHOLDS)["patch.reboot"] == {
        "days": 7,
        "share": "10%",
        "after": "26h",
        "strict": True,
    }
    assert inventory.exceptions == (ExceptionRule("patch.*", "host:srv-a", "later", date(2026, 12, 13)),)
    assert inventory.categories["laptop"].tag_of(42) == "LT-0042"
    assert inventory.categories["laptop"].lifetime == Duration(months=60)
    assert inventory.zone.key == "Europe/Brussels"


def test_the_policy_of_a_day_is_the_latest_that_began(tmp_path: Path) -> None:
    (policy,) = load(workspace(tmp_path, FULL)).policies
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [found and found.version for found in map(policy.valid_on, days)] == [None, "1", "1", "2"]


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    inventory = load(workspace(tmp_path, "hosts:\nassets:\n"))
    assert (inventory.hosts, inventory.policies, inventory.exceptions, dict(inventory.categories)) == (
        (),
        (),
        (),
        {},
    )
    assert (inventory.organisation.language, inventory.zone.key) == ("nl", "Europe/Brussels")


def test_the_files_are_named_with_size_and_time(tmp_path: Path) -> None:
    workspace(tmp_path, "hosts: []\n")
    folder = tmp_path / "inventory.d"
    folder.mkdir()
    for name in ("b.yaml", "a.yaml", ".hidden.yaml", "notes.txt"):
        (folder / name).write_text("", encoding="utf-8")
    files = load(tmp_path).files
    assert [file.path.name for file in files] == ["inventory.yaml", "a.yaml", "b.yaml"]
    status = (tmp_path / "inventory.yaml").stat()
    assert (files[0].size, files[0].modified_ns) == (status.st_size, status.st_mtime_ns)


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert len(load(tmp_path).hosts) == 2


def test_a_section_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "extra.py").write_text(
        "from schoten_ict.inventory.section import Section\n"
        "SECTION = Section(key='extra', shape=list[int], empty=[], purpose='numbers')\n",
        encoding="utf-8",
    )
    package = ModuleType("extra_sections")
    package.__path__ = [str(tmp_path)]
    monkeypatch.setitem(sys.modules, "extra_sections", package)
    (section,) = sections_of(package)
    values = evaluate([read_document("x.yaml", b"extra: [1, 2]\n")], [section])
    assert values == {"extra": [1, 2]}
    monkeypatch.delitem(sys.modules, "extra_sections.extra")


def test_sections_come_in_the_order_of_their_names() -> None:
    keys = [section.key for section in all_sections()]
    assert keys == sorted(keys)
    assert {"organisation", "sites", "team", "credentials", "groups", "hosts", "subnets", "services"} < set(
        keys
    )


def test_mappings_merge_by_key_and_lists_in_order() -> None:
    values = declared(
        "organisation: {name: X}\nthresholds: {a: {b: 1}}\nteam: [{name: A}]\nhosts:\n",
        "organisation: {dpo: dpo@x.example}\nthresholds: {a: {c: 2}, d: {e: 3}}\nteam: [{name: B}]\n",
        "version: 1\nhosts: []\nteam:\n",
    )
    assert (values["organisation"].name, values["organisation"].dpo) == ("X", "dpo@x.example")
    assert values["thresholds"] == {"a": {"b": 1, "c": 2}, "d": {"e": 3}}
    assert [member.name for member in values["team"]] == ["A", "B"]


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
entries = st.fixed_dictionaries(
    {"address": st.sampled_from(["127.10.0.1", "::1", "srv.schoten.test"])},
    optional={
        "kind": words,
        "owner": words,
        "notes": words,
        "roles": st.lists(names, max_size=3),
        "criticality": st.sampled_from(["low", "medium", "high", "critical"]),
        "connect": st.just({"ssh": {"port": 2222, "sudo": True}}),
    },
)
host_lists = st.dictionaries(names, entries, max_size=6).map(
    lambda found: [{"name": name, **entry} for name, entry in found.items()]
)


class Quoted(yaml.SafeDumper):
    """Writes every text in quotes, so that YAML 1.1 and 1.2 read the same."""


Quoted.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def dump(value: object) -> str:
    return yaml.dump(value, Dumper=Quoted, allow_unicode=True)


def as_declared(host: Host) -> dict[str, Any]:
    found = {
        field: getattr(host, field) for field in ("name", "address", "kind", "owner", "notes", "criticality")
    }
    return {**found, "roles": list(host.roles), "ports": [way.port for _, way in host.connect.ways()]}


def expected(entry: dict[str, Any]) -> dict[str, Any]:
    blank = {"kind": "", "owner": "", "notes": "", "criticality": "medium", "roles": []}
    ports = [2222] if "connect" in entry else []
    return {**blank, **{key: entry[key] for key in entry if key != "connect"}, "ports": ports}


@settings(deadline=None)
@given(host_lists)
def test_hosts_that_were_written_are_read_back(hosts: list[dict[str, Any]]) -> None:
    found = declared(dump({"hosts": hosts}))["hosts"]
    assert [as_declared(host) for host in found] == [expected(host) for host in hosts]


@settings(deadline=None)
@given(host_lists, st.integers(0, 6), st.integers(0, 6))
def test_several_files_say_the_same_as_one(hosts: list[dict[str, Any]], one: int, two: int) -> None:
    low, high = sorted((one, two))
    limits = {"patch.age": {"warn": 1}, "patch.reboot": {"days": 2}}
    whole = declared(dump({"hosts": hosts, "thresholds": limits}))
    parts = declared(
        dump({"hosts": hosts[:low], "thresholds": {"patch.age": {"warn": 1}}}),
        dump({"hosts": hosts[low:high]}),
        dump({"hosts": hosts[high:], "thresholds": {"patch.reboot": {"days": 2}}}),
    )
    assert parts == whole


def test_loops_are_found_wherever_they_begin() -> None:
    assert loops({"a": ["b"], "b": ["c"], "c": ["b"]}) == [["b", "c", "b"]]
    assert loops({"a": ["a"], "b": ["x"]}) == [["a", "a"]]
    assert loops({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) == []


def test_many_ways_to_the_same_end_are_walked_once() -> None:
    layers = {f"{side}{depth}": [f"a{depth + 1}", f"b{depth + 1}"] for depth in range(60) for side in "ab"}
    assert loops(layers) == []


@settings(deadline=None)
@given(
    st.dictionaries(st.integers(0, 6).map(str), st.lists(st.integers(0, 6).map(str), max_size=3), max_size=7)
)
def test_a_graph_has_loops_exactly_when_it_cannot_be_ordered(edges: dict[str, list[str]]) -> None:
    from graphlib import CycleError, TopologicalSorter

    found = loops(edges)
    for loop in found:
        assert loop[0] == loop[-1]
        assert all(after in edges[before] for before, after in pairwise(loop))
    try:
        list(TopologicalSorter(edges).static_order())
    except CycleError:
        assert found
    else:
        assert not found


def test_loading_opens_nothing_but_yaml(tmp_path: Path) -> None:
    workspace(tmp_path, FULL)
    script = (
        "import sys, pathlib\n"
        "from schoten_ict.inventory.loading import load\n"
        "load(pathlib.Path(sys.argv[1]))\n"  # once, so that modules and time zones are loaded
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "load(pathlib.Path(sys.argv[1]))\n"
        "print('\\n'.join(opened))\n"
    )
    source = Path(__file__).parents[3] / "src"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(source)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [str(tmp_path / "inventory.yaml")]


def test_importing_the_package_does_not_load_the_yaml_library() -> None:
    script = "import sys, schoten_ict.inventory; print('yaml' in sys.modules)"
    source = Path(__file__).parents[3] / "src"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(source)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_sections_that_are_absent_answer_with_their_empty_value(tmp_path: Path) -> None:
    inventory = load(workspace(tmp_path, ""))
    assert inventory.get(GROUPS) == ()
    assert inventory.get(ASSETS).departments == ()


@pytest.mark.parametrize(("written", "expected"), [("14d", 14), ("2w", 14), (3, 3), ("48h", 2)])
def test_a_limit_in_days_is_read_from_a_number_or_a_duration(written: str | int, expected: int) -> None:
    assert days({"assets.overdue": {"after": written}}, "assets.overdue", "after", 7) == expected
    assert days({}, "assets.overdue", "after", 7) == 7


@pytest.mark.parametrize("written", ["soon", "1m", "5h", True, 1.5])
def test_a_limit_that_is_no_number_of_days_is_refused(written: str | float) -> None:
    with pytest.raises(ConfigurationError, match=r"thresholds\.assets\.overdue\.after: "):
        days({"assets.overdue": {"after": written}}, "assets.overdue", "after", 7)
