"""Wrong inventories: every error names file, line and path, says what is wrong and what to do."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schoten_ict.core.errors import ConfigurationError, Problem
from schoten_ict.core.text import printable
from schoten_ict.inventory.discovery import all_sections
from schoten_ict.inventory.document import read_document
from schoten_ict.inventory.loading import evaluate, load


def problems(root: Path, **files: str) -> list[Problem]:
    (root / "inventory.d").mkdir(exist_ok=True)
    for name, text in files.items():
        path = root / "inventory.yaml" if name == "main" else root / "inventory.d" / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(root)
    return list(caught.value.problems)


HOST = "hosts:\n  - name: srv-a\n    address: 127.10.0.1\n"
JOB = "backups:\n  - name: a\n    engine: files\n    repository: {url: /b}\n"
CASES = [
    # unknown keys
    ("hots: []\n", 1, 'hots: unknown key "hots" (did you mean hosts?)', "known here: version, "),
    (HOST + "    adress: 1\n", 4, 'hosts[0].adress: unknown key "adress"', "known here: name, address, "),
    (HOST + "    conect: {}\n", 4, 'hosts[0].conect: unknown key "conect" (did you mean connect?)', "known here"),
    ("organisation: {name: X, privacy: {legal: y}}\n", 1,
     'organisation.privacy.legal: unknown key "legal"', "known here: controller"),
    # missing keys
    ("hosts:\n  - address: 127.0.0.1\n", 2, "hosts[0]: name is missing", "add name: a name of letters"),
    ("organisation:\n  language: nl\n", 1, "organisation: name is missing", "add name: text"),
    # wrong types
    ("version: 2\n", 1, "version: must be 1, not the number 2", "write version: 1"),
    ("version: true\n", 1, "version: must be 1, not the word true", "write version: 1"),
    ("hosts: srv-a\n", 1, 'hosts: must be a list, not "srv-a"', "write it as a list: [one, two]"),
    ("hosts:\n  - srv-a\n", 2, 'hosts[0]: must be a mapping, not "srv-a"', "correct the value"),
    (HOST + "    services: web\n", 4, 'hosts[0].services: must be a list, not "web"', "write it as a list"),
    (HOST + "    notes: 42\n", 4, "hosts[0].notes: must be text, not the number 42", "put it in quotes"),
    (HOST + "    notes:\n", 4, "hosts[0].notes: must be text, but is empty", "write a value or leave the key out"),
    (HOST + "    criticality: hihg\n", 4,
     'hosts[0].criticality: must be one of low, medium, high, critical, not "hihg" (did you mean high?)',
     "write one of these"),
    (HOST + "    connect: {ssh: {port: 70000}}\n", 4,
     "hosts[0].connect.ssh.port: must be a port from 1 to 65535, not the number 70000", "correct the value"),
    (HOST + "    connect: {ssh: {sudo: yes}}\n", 4,
     'hosts[0].connect.ssh.sudo: must be true or false, not "yes"', "correct the value"),
    ("hosts:\n  - {name: 'srv a', address: 127.0.0.1}\n", 2,
     'hosts[0].name: must be a name of letters, digits, dots, dashes and _, not "srv a"', "correct the value"),
    ('hosts:\n  - {name: "srv\\n", address: 127.0.0.1}\n', 2, "hosts[0].name: must be a name", "correct the value"),
    ("hosts:\n  - {name: a, address: 'a;b'}\n", 2,
     'hosts[0].address: must be an IP address or a DNS name, not "a;b"', "correct the value"),
    ("services:\n  - {name: a, rto: 8hours}\n", 2,
     'services[0].rto: must be a duration: 30min, 26h, 90d, 2w, 12m (months) or 5y, not "8hours"', "correct"),
    ("services:\n  - {name: a, rto: 500y}\n", 2, "services[0].rto: must be a duration: 30min", "correct"),
    ("exceptions:\n  - {check: a, subject: b, reason: c, until: 13/12/2026}\n", 2,
     'exceptions[0].until: must be a date such as 2026-12-31, not "13/12/2026"', "write year, month and day"),
    ("exceptions:\n  - {check: a, subject: b, reason: '', until: 2026-12-13}\n", 2,
     'exceptions[0].reason: must be text, not ""', "correct the value"),
    ("thresholds:\n  Patch: {days: 3}\n", 2,
     'thresholds.Patch: the key must be the dotted id of a check, such as patch.reboot, not "Patch"', "rename it"),
    ("thresholds:\n  patch.reboot: {days: [3]}\n", 2,
     'thresholds["patch.reboot"].days: must be a number, a word or text, not a list', "correct the value"),
    ("thresholds:\n  patch.reboot: 3\n", 2,
     'thresholds["patch.reboot"]: must be a mapping, not the number 3', "correct the value"),
    ('patch:\n  firmware:\n    - {model: C9*, approved: "17", support_until: "2026-02-30"}\n', 3,
     "patch.firmware[0].support_until: 2026-02-30 is no day of the calendar", "write"),
    # organisation
    ("organisation: {name: X, timezone: Europe/Brusels}\n", 1,
     'organisation.timezone: "Europe/Brusels" is no IANA time zone (did you mean Europe/Brussels?)', "write"),
    ("organisation: {name: X, timezone: ../etc/passwd}\n", 1, 'organisation.timezone: "../etc/passwd" is no', "write"),
    ("organisation: {name: X, timezone: Europe}\n", 1, 'organisation.timezone: "Europe" is no', "write"),
    ("organisation:\n  name: X\n  language: fr\n", 3,
     'organisation.language: must be one of nl, en, not "fr"', "write one of these"),
    ("organisation: {name: X, kbo: 0123.456.748}\n", 1,
     "organisation.kbo: the check digits of this enterprise number do not add up", "compare it with KBO"),
    ("organisation: {name: X, kbo: 12}\n", 1, "organisation.kbo: must be an enterprise number such as", "put it in"),
    # references
    (HOST + "    site: gemeentehuis\nsites:\n  - name: gemeentehui\n", 4,
     'hosts[0].site: "gemeentehuis" is not declared in sites (did you mean gemeentehui?)',
     "correct it, or add it to sites"),
    (HOST + "    groups: [a]\n", 4, 'hosts[0].groups[0]: "a" is not declared in groups', "correct it, or add"),
    (HOST + "    services: [a]\n", 4, 'hosts[0].services[0]: "a" is not declared in services', "correct it"),
    (HOST + "    depends_on:\n      - srv-a1\n", 5,
     'hosts[0].depends_on[0]: "srv-a1" is not declared in hosts (did you mean srv-a?)', "correct it"),
    (HOST + "    connect:\n      ssh:\n        credential: linux\n", 6,
     'hosts[0].connect.ssh.credential: "linux" is not declared in credentials', "correct it"),
    ("groups:\n  - {name: g, connect: {ssh: {jump: bastion}}}\n", 2,
     'groups[0].connect.ssh.jump: "bastion" is not declared in hosts', "correct it"),
    ("services:\n  - {name: a, depends_on: [b]}\n", 2, 'services[0].depends_on[0]: "b" is not declared', "correct"),
    ("subnets:\n  - {name: a, cidr: 127.0.0.0/8, site: x}\n", 2, 'subnets[0].site: "x" is not declared', "correct"),
    ("assets: {categories: {laptop: {title: L, tag: 'LT-{:04}', policy: p}}}\n", 1,
     'assets.categories.laptop.policy: "p" is not declared in policies', "correct it"),
    # backups: no time at all
    (JOB + "    rpo: 0h\n", 5, "backups[0].rpo: must be longer than nothing", "write rpo: 26h"),
    (JOB + "    rpo: 26h\n    rto: 0min\n", 6, "backups[0].rto: must be longer than nothing", "write rto: 8h"),
    (JOB + "    rpo: 26h\n    verify: {deadline: 0min}\n", 6,
     "backups[0].verify.deadline: must be longer than nothing", "write deadline: 2h"),
    (JOB + "    rpo: 26h\n    verify: {every: 0d}\n", 6,
     "backups[0].verify.every: must be longer than nothing", "write every: 26h"),
    # names and loops
    (HOST + "  - {name: srv-a, address: 127.10.0.1}\n", 4,
     'hosts[1].name: "srv-a" is declared twice, first at inventory.yaml:2', "rename or remove one"),
    ("services:\n  - {name: a, depends_on: [b]}\n  - {name: b, depends_on: [c]}\n  - {name: c, depends_on: [a]}\n", 2,
     "services[0].depends_on: depends on itself: a -> b -> c -> a", "remove one of these"),
    (HOST + "    depends_on: [srv-a]\n", 4,
     "hosts[0].depends_on: depends on itself: srv-a -> srv-a", "remove one of these"),
    # jump hosts
    (HOST + "    connect: {ssh: {jump: srv-a}}\n", 4,
     "hosts[0].connect.ssh.jump: jumps in a circle: srv-a -> srv-a", "give one of them an ssh connection of its own"),
    (HOST + "    connect: {ssh: {jump: b}}\n  - {name: b, address: x, connect: {ssh: {jump: srv-a}}}\n", 4,
     "hosts[0].connect.ssh.jump: jumps in a circle: srv-a -> b -> srv-a", "give one of them an ssh connection"),
    ("groups:\n  - {name: inner, connect: {ssh: {jump: srv-a}}}\n" + HOST + "    groups: [inner]\n", 2,
     "groups[0].connect.ssh.jump: jumps in a circle: srv-a -> srv-a", "give one of them an ssh connection"),
    # subnets, policies, categories
    ("subnets:\n  - {name: a, cidr: 127.0.0.1/8}\n", 2,
     'subnets[0].cidr: must be a network such as 127.10.10.0/24, not "127.0.0.1/8"', "write the first address"),
    ("subnets:\n  - {name: a, cidr: 127.0.0.0/8, vlan: 4095}\n", 2,
     "subnets[0].vlan: must be a VLAN from 1 to 4094, not the number 4095", "correct"),
    ("policies:\n  - {id: p, title: P, versions: []}\n", 2,
     "policies[0].versions: must be a list with at least one version, not an empty list", "correct the value"),
    ("policies:\n  - id: p\n    title: P\n    versions: [{version: 1.10, file: a.md, valid_from: 2026-01-01}]\n", 4,
     "policies[0].versions[0].version: must be text, not the number 1.1", "put it in quotes"),
    ("policies:\n  - id: p\n    title: P\n    versions: [{version: a, file: ../a.md, valid_from: 2026-01-01}]\n", 4,
     'policies[0].versions[0].file: must be a path relative to the workspace, without .., not "../a.md"', "correct"),
    ("policies:\n  - {id: p, title: P, versions: [{version: a, file: a, valid_from: 2026-01-01}, {version: a, file: b, valid_from: 2026-02-01}]}\n", 2,
     "policies[0].versions[1].version: two versions have version a", "change one of them"),
    ("assets: {categories: {a: {title: A, tag: 'LT-{:04}-{:02}'}}}\n", 1,
     "assets.categories.a.tag: must be a pattern with one number in it, such as LT-{:04}, not", "correct"),
    ("assets: {categories: {a: {title: A, tag: 'LT-{0.__class__}'}}}\n", 1, "assets.categories.a.tag: must be", "correct"),
    ("assets:\n  categories:\n    a: {title: A, tag: 'X{:4}'}\n    b: {title: B, tag: 'X{:4}'}\n", 4,
     "assets.categories.b.tag: category a has the same tag pattern", "give each category"),
    ("assets:\n  categories:\n    a: {title: A, tag: 'X{:4}', fields: [{name: f}, {name: f}]}\n", 3,
     "assets.categories.a.fields[1].name: field f is declared twice", "rename one"),
    ("assets: {categories: {a: {title: A, tag: 'X{:4}', replacement_cost: -1}}}\n", 1,
     "assets.categories.a.replacement_cost: must be an amount in euros, not the number -1", "correct"),
    # credentials
    ("credentials:\n  a: {kind: shh, user: x}\n", 2, "credentials.a.kind: must be one of ssh,", "write one of these"),
    ("credentials:\n  a: {kind: ssh}\n", 2, "credentials.a: kind ssh needs user", "add user"),
    ("credentials:\n  a: {kind: ssh, user: x, community: 'env:A'}\n", 2,
     "credentials.a.community: is not used by kind ssh", "remove it; known are certificate, key, passphrase, password, user"),
    *((f"credentials:\n  a: {{kind: winrm, user: x, password: 'env:A', transport: {transport}}}\n", 2,
       f'credentials.a.transport: must be one of ntlm, kerberos, not "{transport}"', "write one of these")
      for transport in ("basic", "credssp", "certificate", "plaintext")),
    ("credentials:\n  a: {kind: ssh, user: x, key: 'env:A', certificate: 'file:b'}\n", 2,
     'credentials.a.certificate: must be the path of an OpenSSH certificate (...-cert.pub), not "file:b"', "correct"),
    ("credentials:\n  a: {kind: ssh, user: x, certificate: id-cert.pub}\n", 2,
     "credentials.a.certificate: a certificate needs its key", "add key: file:PATH"),
    ("credentials:\n  a: {kind: snmp, version: 2c}\n", 2, "credentials.a: SNMP version 2c needs community", "add comm"),
    ("credentials:\n  a: {kind: snmp, version: 3}\n", 2, "credentials.a: SNMP version 3 needs user", "add user"),
    ("credentials:\n  a: {kind: snmp, user: x, priv: {password: 'env:A'}}\n", 2,
     "credentials.a.priv: priv needs auth (RFC 3414)", "add auth"),
    # YAML itself
    ("hosts: []\nhosts: []\n", 2, "hosts: written twice, first on line 1", "keep one of the two"),
    ("a: [\n", 2, "a[0]: not valid YAML: a value is missing here", "write it, or close the bracket"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message", "remedy"), CASES)
def test_a_wrong_document_says_where_what_and_what_to_do(
    tmp_path: Path, text: str, line: int, message: str, remedy: str
) -> None:
    (problem,) = problems(tmp_path, main=text)
    assert problem.subject == f"inventory.yaml:{line}"
    assert problem.message.startswith(message)
    assert problem.remedy.startswith(remedy)
    assert problem.code == "configuration"


def test_all_errors_of_all_files_come_together_in_the_order_of_the_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        main="hosts:\n  - {name: a, port: 1, criticality: x}\n  - {name: b, address: 127.0.0.1, site: nowhere}\nhots: 1\n",
        more="hosts:\n  - {name: a, address: 127.0.0.2}\n  - {name: c, address: 5}\n",
    )
    assert [(problem.subject, problem.message.partition(":")[0]) for problem in found] == [
        ("inventory.yaml:2", "hosts[0].port"),
        ("inventory.yaml:2", "hosts[0].criticality"),
        ("inventory.yaml:2", "hosts[0]"),
        ("inventory.yaml:4", "hots"),
        ("inventory.d/more.yaml:2", "hosts[0].name"),
        ("inventory.d/more.yaml:3", "hosts[1].address"),
    ]
    assert found[4].message == 'hosts[0].name: "a" is declared twice, first at inventory.yaml:2'


def test_a_scalar_defined_in_two_files_names_both_places(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, main="organisation:\n  name: A\n", b="\norganisation:\n  name: B\n")
    assert problem.subject == "inventory.d/b.yaml:3"
    assert problem.message == "organisation.name: is defined at inventory.yaml:2 already"


def test_two_files_with_different_kinds_of_value_are_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, main="hosts: []\n", b="hosts: {a: 1}\n")
    assert (
        problem.line()
        == "inventory.d/b.yaml:1: hosts: is defined at inventory.yaml:1 already - keep one of the two"
    )


SECRETS = ["hunter2", "Hunter2:abc", "env:", "[hunter2]", "{x: hunter2}", "1234567", '"hunter2\\nx"', "true"]
FIELDS = [
    "a: {kind: ssh, user: u, password: %s}",
    "a: {kind: ssh, user: u, key: %s}",
    "a: {kind: snmp, version: 2c, community: %s}",
    "a: {kind: snmp, user: u, auth: {password: %s}}",
    "a: {kind: snmp, user: u, auth: {password: 'env:X'}, priv: {password: %s}}",
    "a: {kind: http, token: %s}",
    "a: {kind: ssh, user: u, pasword: %s}",
    "a: {kind: snmp, user: u, auth: %s}",
    "a: %s",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_literal_secret_is_refused_and_never_repeated(tmp_path: Path, field: str, secret: str) -> None:
    for problem in problems(tmp_path, main=f"credentials:\n  {field % secret}\n"):
        assert problem.subject == "inventory.yaml:2"
        assert "unter2" not in problem.line()
        assert "1234567" not in problem.line()


def test_hostile_text_is_shown_harmless_and_short(tmp_path: Path) -> None:
    text = '"\\e]0;x\\a\\u202e' + "x" * 500 + '"'
    found = problems(tmp_path, main=f"hosts:\n  - {{name: a, address: {text}, {text}: 1}}\n{text}: 1\n")
    assert len(found) == 3
    for problem in found:
        assert printable(problem.line()) == problem.line()
        assert not {"\x1b", "\x07", "\u202e"} & set(problem.line())
        assert len(problem.message) < 220


def test_a_missing_inventory_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    assert caught.value.remedy == f"ict init {tmp_path}"


def test_a_folder_instead_of_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").mkdir()
    with pytest.raises(ConfigurationError, match=r"inventory\.yaml cannot be read"):
        load(tmp_path)


def test_a_yml_file_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").touch()
    (tmp_path / "inventory.d").mkdir()
    (tmp_path / "inventory.d" / "more.yml").touch()
    with pytest.raises(ConfigurationError, match=r"more\.yml, which is not read"):
        load(tmp_path)


def test_a_jump_host_of_a_group_with_its_own_connection_is_no_circle(tmp_path: Path) -> None:
    text = (
        "groups:\n  - {name: inner, connect: {ssh: {jump: bastion}, winrm: {jump: bastion}}}\nhosts:\n"
        "  - {name: bastion, address: a, groups: [inner], connect: {ssh: {port: 22}}}\n"
        "  - {name: srv-a, address: b, groups: [inner]}\n"
    )
    (tmp_path / "inventory.yaml").write_text(text, encoding="utf-8")
    assert len(load(tmp_path).hosts) == 2


def test_a_long_chain_of_dependencies_is_no_loop_and_no_recursion(tmp_path: Path) -> None:
    hosts = [f"  - {{name: h{i}, address: a, depends_on: [h{i + 1}]}}" for i in range(3000)]
    text = "hosts:\n" + "\n".join(hosts) + "\n  - {name: h3000, address: a}\n"
    (tmp_path / "inventory.yaml").write_text(text, encoding="utf-8")
    assert len(load(tmp_path).hosts) == 3001


def test_thousands_of_dangling_references_are_all_reported(tmp_path: Path) -> None:
    hosts = [f"  - {{name: host{i}, address: a, depends_on: [other{i}]}}" for i in range(2000)]
    assert len(problems(tmp_path, main="hosts:\n" + "\n".join(hosts))) == 2000


WORDS = st.sampled_from(
    ["hosts", "name", "address", "credentials", "kind", "ssh", "user", "password", "services", "depends_on",
     "a", "b", "organisation", "timezone", "assets", "categories", "tag", "policies", "versions", "thresholds",
     "exceptions", "until", "2026-13-45", "connect", "groups", "sites", "version", "rto", "99999y", "LT-{:04}",
     "fields", "labels", "privacy", "team", "subnets", "cidr", "0.0.0.0/99"]
)  # fmt: skip
VALUES = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)


def _only_configuration_errors(data: bytes) -> None:
    document = read_document("inventory.yaml", data)
    try:
        evaluate([document], all_sections())
    except ConfigurationError as error:
        for problem in error.problems:
            assert problem.subject.startswith("inventory.yaml:")
            assert "\n" not in problem.line()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(WORDS, VALUES, max_size=5))
def test_any_structure_loads_or_is_a_configuration_error(value: dict[str, object]) -> None:
    import yaml

    _only_configuration_errors(yaml.safe_dump(value).encode())


@settings(deadline=None)
@given(st.text(max_size=80) | st.binary(max_size=80))
def test_any_text_or_bytes_load_or_are_a_configuration_error(data: str | bytes) -> None:
    _only_configuration_errors(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
