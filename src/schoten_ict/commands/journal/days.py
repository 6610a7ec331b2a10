"""Days on the command line as moments."""

from datetime import datetime, time, tzinfo

from schoten_ict.core.errors import UsageError
from schoten_ict.core.times import parse_day


def start_of(text: str, zone: tzinfo) -> datetime:
    """Midnight in `zone` at which the day written as `text` begins; raises `UsageError` for no date."""
    try:
        return datetime.combine(parse_day(text), time(), zone)
    except ValueError as error:
        raise UsageError(str(error)) from None
