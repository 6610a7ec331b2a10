"""What a look could not prove, whatever it found: the engine cannot, or the declaration switched it off."""

from collections.abc import Iterator

from schoten_ict.backup.facts import BackupFacts
from schoten_ict.inventory.sections.backups import BackupJob


def not_proven(job: BackupJob, facts: BackupFacts) -> dict[str, str]:
    """The checks that prove nothing for this job, with the reason; that of the engine goes first."""
    return dict(_switched_off(job, facts)) | dict(facts.cannot)


def _switched_off(job: BackupJob, facts: BackupFacts) -> Iterator[tuple[str, str]]:
    """What is declared not to be done, unless this look did it all the same."""
    verify = job.verify
    if not verify.read_share and not facts.reads:
        yield "read", f"switched off (read: {verify.read})"
    if not verify.sample and facts.sample is None:
        yield "sample", f"switched off (sample: {verify.sample})"
    if not verify.compare_source and facts.source is None:
        yield "source", "switched off (compare_source: false)"
