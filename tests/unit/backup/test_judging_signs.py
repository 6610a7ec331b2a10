"""Signs of encryption: an ordinary night has none, an encrypted one several, a changed canary is enough."""

from dataclasses import replace
from datetime import timedelta

from backups import NOW, job, judged, nightly, point, seen
from schoten_ict.backup.ask import magic
from schoten_ict.backup.facts import BackupFacts, Churn, Fault, Kind, Signs
from schoten_ict.backup.judge.case import Proof
from schoten_ict.core.verdict import Verdict

CANARY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def test_an_ordinary_night_has_no_sign() -> None:
    churn = Churn(40, 10, 2, 4096, {".txt": 4134}, {".txt": 4096})
    assert judged(job(), seen(nightly(5), churn=churn))["ransomware"].verdict is Verdict.OK


def test_files_encrypted_and_renamed_are_found() -> None:
    churn = Churn(4096, 0, 4096, 4096, {".locked": 4096}, {".txt": 4096})
    found = judged(job(), seen(nightly(5), churn=churn))["ransomware"]
    assert found.verdict is Verdict.FAIL
    assert "4096 of 4096 files now end in .locked" in found.summary


def test_files_encrypted_in_place_are_found_by_what_they_begin_with() -> None:
    signs = Signs(typed=20, untyped=tuple(f"/srv/data/{number}.pdf" for number in range(20)))
    churn = Churn(0, 4096, 0, 4096, {".pdf": 4096}, {".pdf": 4096})
    assert judged(job(), seen(nightly(5), churn=churn, signs=signs))["ransomware"].verdict in {
        Verdict.WARN,
        Verdict.FAIL,
    }


def test_data_that_no_longer_packs_is_a_sign() -> None:
    usual = nightly(5, added=2_000_000, packed=400_000)
    newest = point(1, added=269_000_000, packed=268_000_000, new_files=90)
    found = judged(job(), seen((newest, *usual)))["ransomware"]
    assert found.verdict is Verdict.FAIL
    assert "packs to 100%" in found.summary


def test_photographs_that_never_packed_are_no_sign() -> None:
    usual = nightly(5, added=2_000_000, packed=1_990_000)
    newest = point(1, added=3_000_000, packed=2_990_000, new_files=3)
    churn = Churn(3, 0, 0, 100, {".jpg": 103}, {".jpg": 100})
    assert judged(job(), seen((newest, *usual), churn=churn))["ransomware"].verdict is Verdict.OK


def test_a_canary_that_was_changed_or_is_gone_fails() -> None:
    declared = job(verify={"canaries": [{"path": "/srv/data/kanarie.txt", "sha256": CANARY}]})

    def with_canary(found: str) -> BackupFacts:
        return BackupFacts(
            "files", NOW, points=nightly(3), signs=Signs(canaries={"/srv/data/kanarie.txt": found})
        )

    assert judged(declared, with_canary(CANARY))["ransomware"].verdict is Verdict.OK
    assert "was changed" in judged(declared, with_canary("0" * 64))["ransomware"].summary
    assert judged(declared, with_canary(""))["ransomware"].verdict is Verdict.FAIL


def test_a_few_files_say_nothing() -> None:
    churn = Churn(5, 0, 0, 5, {".x": 5}, {".y": 5})
    assert judged(job(), seen(nightly(5), churn=churn))["ransomware"].verdict is Verdict.OK


def test_beginnings_fit_their_extensions() -> None:
    assert magic.fits("a/b.PDF", b"%PDF-1.7")
    assert not magic.fits("a/b.pdf", b"\x8f\x11\x02")
    assert magic.fits("a/b.unknown", b"\x8f")
    assert magic.fits("leeg.docx", b"")
    assert not magic.is_typed("README")


def test_signs_are_remembered_when_the_next_backup_looks_ordinary() -> None:
    seen_then = Proof(
        NOW - timedelta(days=1), None, Fault(Kind.ENCRYPTION, "signs of encryption: 60 new files")
    )
    calm = seen(nightly(5), churn=Churn(0, 0, 0, 60, {".locked": 60}, {".locked": 60}))
    again = judged(job(), calm, proofs={("ransomware", ""): seen_then})["ransomware"]
    assert again.verdict is Verdict.FAIL
    assert "(on 2026-11-26)" in again.summary
    assert "told until 2026-12-26" in again.remedy
    assert 'check: backup.ransomware, subject: "job:nacht"' in again.remedy
    long_ago = replace(seen_then, tried_at=NOW - timedelta(days=40))
    assert judged(job(), calm, proofs={("ransomware", ""): long_ago})["ransomware"].verdict is Verdict.OK


def test_backups_between_two_looks_are_all_looked_at() -> None:
    before = nightly(5, new_files=1)
    taken = (point(1, new_files=0), point(2, new_files=95))
    assert judged(job(), seen((*taken, *before)), before=before)["ransomware"].verdict is Verdict.WARN


def test_a_canary_that_was_not_looked_at_is_not_untouched() -> None:
    declared = job(verify={"canaries": [{"path": "/srv/data/kanarie.txt", "sha256": CANARY}]})
    calm = seen(nightly(5), churn=Churn(0, 0, 0, 60))
    assert judged(declared, calm)["ransomware"].verdict is Verdict.UNKNOWN


def test_signs_of_now_say_until_when_they_are_told_and_how_to_accept_them() -> None:
    changed = seen(nightly(5), churn=Churn(90, 0, 0, 100, {".locked": 90}, {}))
    remedy = judged(job(), changed)["ransomware"].remedy
    assert "told until 2026-12-27" in remedy
    assert "until: 2026-12-27}]" in remedy
    assert "canaries" not in remedy
    declared = job(verify={"canaries": [{"path": "/srv/data/kanarie.txt", "sha256": CANARY}]})
    lost = seen(nightly(5), signs=Signs(canaries={"/srv/data/kanarie.txt": "0" * 64}))
    assert "verify: {canaries}" in judged(declared, lost)["ransomware"].remedy
