"""What `lsattr` says of files: guarded, open, or nothing at all."""

from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.backup.ask.attributes import flags_of


def test_a_file_is_guarded_when_nobody_may_change_it_or_it_may_only_grow() -> None:
    lines = [
        b"----i---------e------- /backup/app-1.tar",
        b"-----a--------e------- /backup/with space",
        b"--------------e------- /backup/open",
        b"",
        b"/backup/sub:",
        b"----i---------e------- /backup/sub/.",
        b"lsattr: Operation not supported While reading flags on /backup/x",
    ]
    assert dict(flags_of(lines)) == {
        "/backup/app-1.tar": True,
        "/backup/with space": True,
        "/backup/open": False,
    }


@given(st.lists(st.binary(max_size=80)))
def test_lines_of_anything_else_are_passed_over(lines: list[bytes]) -> None:
    assert all(path.startswith("/") for path, _ in flags_of(lines))
