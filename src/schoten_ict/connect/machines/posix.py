"""Programs and files of a POSIX machine over a runner: SSH, or the shell of this one.

Looks at files with what such a machine has: `find` of GNU findutils (others lack `-printf`, and say so),
`sha256sum`, `xargs`, `od`, `df`, `mktemp`. Whatever is started ends when its time is over, also when ict was
killed or the connection broke off: `launch.sh` watches it over there for that time and ten seconds more. Only
what leaves its process group (`setsid`) escapes that, and a machine that has neither `setsid` nor an SSH
server that makes the command the leader of its group.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from schoten_ict.connect.machines import listing
from schoten_ict.connect.machines.checking import check
from schoten_ict.connect.machines.flow import last_words, lines_of
from schoten_ict.connect.machines.listing import Found, ListingError, Sums, bytes_of, text_of
from schoten_ict.connect.machines.scratch import folder_name
from schoten_ict.connect.posix import quoted
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.machine import Entry, Program, Tree
from schoten_ict.core.remote import Command, Completed, RemoteError, Runner, Sink
from schoten_ict.core.text import printable

_SHORT_SECONDS = 60.0
_LIMIT = 64 * 1024 * 1024
_MOST_INSIDE = 1_000_000
_CLEANING_SECONDS = 600.0
_PASSED_ON = ("HOME", "LOGNAME", "PATH", "TMPDIR", "USER")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_NO_FOLDER, _NO_PROGRAM = "ict: no folder", "ict: no program"
_NOT_FOUND = 127
_SOME_UNREADABLE = 123
"""The exit code of `xargs` when one of its programs could not read something."""

_POLITELY = """
if ionice -c 3 true 2>/dev/null; then set -- ionice -c 3 "$@"; fi
exec nice -n 10 "$@"
"""
_PROGRAM = f"""
LC_ALL=$1 && export LC_ALL
cd -- "${{2:-$HOME}}" 2>/dev/null || {{ echo '{_NO_FOLDER}' >&2; exit 127; }}
shift 2
command -v "$1" >/dev/null 2>&1 || {{ echo '{_NO_PROGRAM}' >&2; exit 127; }}
{_POLITELY}
"""
_TREE = f"""
if [ ! -d "$1" ] && [ ! -f "$1" ]; then ls -d -- "$1/."; exit 1; fi
set -- find -H "$1" -ignore_readdir_race -type f -printf '{listing.FORMAT}'
{_POLITELY}
"""
_INSIDE = f"""
[ -d "$1" ] || {{ ls -d -- "$1/."; exit 1; }}
exec find -H "$1" -mindepth 1 -maxdepth 1 '(' -type f -o -type d ')' -printf '{listing.FORMAT}'
"""
_ALONE = f"""
exec find "$1" -maxdepth 0 '(' -type f -o -type d ')' -printf '{listing.FORMAT}'
"""
_HASHES = f"""
case $(sha256sum --version 2>/dev/null) in *GNU*) set -- -P 2 ;; *) set -- ;; esac
set -- xargs -0 -n 50 "$@" sha256sum --
exec 2>/dev/null
{_POLITELY}
"""
"""GNU's writes each line at once, so that two may share one pipe; of others only one runs."""
_HEADS = """
exec xargs -0 sh -c '
    for file do
        if head=$(od -An -v -tx1 -N "$0" -- "$file" 2>/dev/null); then echo $head; else echo -; fi
    done' "$1"
"""
_REMOVE = """
remove() {
    rm -rf -- "$1" 2>/dev/null && return
    find "$1" -type d ! -perm -700 -exec chmod 700 {} ';'
    rm -rf -- "$1"
}
"""
_SCRATCH = f"""
{_REMOVE}
base=$1
if [ -z "$base" ]; then
    base=${{TMPDIR:-/var/tmp}}
    [ -d "$base" ] && [ -w "$base" ] || base=/tmp
fi
mkdir -p -- "$base" || exit
for left in "$base/$2"*; do
    if [ -d "$left" ] && [ ! -L "$left" ] && [ -O "$left" ]; then remove "$left"; fi
done
exec mktemp -d -- "$base/$2XXXXXXXX"
"""


class PosixMachine:
    """Implements `core.machine.Machine` over `runner`, which it closes, for as long as is `allowed`.

    What puts something away goes on after that, within the runner's own deadline.
    """

    def __init__(self, runner: Runner, name: str, allowed: Deadline | None = None) -> None:
        self._runner = runner
        self._name = name
        self._allowed = allowed

    @property
    def name(self) -> str:
        """The host's name."""
        return self._name

    def path(self, text: str) -> str:
        """An absolute path; a relative one, and one below `~`, counts from the account's home."""
        below = text.removeprefix("~/") if text != "~" else ""
        return str(PurePosixPath(below if below.startswith("/") else f"{self._home}/{below}"))

    @cached_property
    def _home(self) -> str:
        return text_of(self._shell('printf %s "$HOME"').stdout) or "/"

    def run(self, program: Program) -> Completed:
        """Run to the end."""
        return self._run(program, None)

    def lines(self, program: Program) -> Iterator[bytes]:
        """The lines of the output as they come."""
        return lines_of(self._name, lambda sink: self._run(program, sink))

    def _run(self, program: Program, sink: Sink | None) -> Completed:
        check(program)
        secrets = "".join(f"{secret.reveal()}\n" for secret in program.secrets.values())
        done = self._runner.run(
            Command(
                _command_line(program),
                stdin=bytes_of(secrets) + program.stdin,
                seconds=program.seconds,
                limit=program.limit,
                sink=sink,
                until=None if program.clears else self._allowed,
            )
        )
        if done.exit_code == _NOT_FOUND and (said := last_words(done)) in {_NO_FOLDER, _NO_PROGRAM}:
            missing = program.folder if said == _NO_FOLDER else program.argv[0]
            raise self._error(f"{missing} is not there", "absent")
        return done

    def tree(self, root: str, seconds: float, *, most: int = 5_000_000) -> Tree:
        """The regular files below `root`. Its link may lead elsewhere, those below are not followed."""
        found, done = self._found(_TREE, root, seconds, most)
        unreadable = listing.unreadable(done.stderr, root)
        if done.exit_code and not done.cut and (not unreadable or "." in unreadable):
            raise self._refusal(done, root)
        return Tree(sorted(found, key=lambda entry: entry.path), unreadable, done.cut)

    def glob(self, pattern: str, seconds: float) -> Sequence[Entry]:
        """What matches a path whose last part may hold `*` and `?`."""
        folder, name = str(PurePosixPath(pattern).parent), PurePosixPath(pattern).name
        if {"*", "?"}.isdisjoint(name):
            alone, done = self._found(_ALONE, pattern, seconds)
            inside = [replace(entry, path=name) for entry in alone]
        else:
            inside, done = self._found(_INSIDE, folder, seconds)
        if done.exit_code and (error := self._refusal(done, folder)).problems[0].code != "absent":
            raise error
        fits = listing.matcher(name)
        return [
            replace(entry, path=str(PurePosixPath(folder, entry.path)))
            for entry in sorted(inside, key=lambda entry: entry.path)
            if fits(entry.path)
        ]

    def _found(
        self, script: str, root: str, seconds: float, most: int = _MOST_INSIDE
    ) -> tuple[list[Entry], Completed]:
        """What a script with `find` tells of, and how it ended."""
        found = Found(most)
        try:
            done = self._shell(script, root, seconds=seconds, sink=found)
            if not done.cut:
                found.end()
        except ListingError as error:
            raise self._error(f"{root}: {error}", "protocol") from None
        return found.entries, done

    def hashes(self, root: str, paths: Sequence[str], seconds: float) -> Mapping[str, str]:
        """SHA-256 of each file, by two programs at once."""
        if not paths:
            return {}
        wanted = {_below(root, path): path for path in paths}
        sums = Sums(wanted)
        done = self._shell(_HASHES, stdin=_list_of(wanted), seconds=seconds, sink=sums)
        if done.exit_code not in {0, _SOME_UNREADABLE}:
            code = "absent" if done.exit_code == _NOT_FOUND else "failed"
            raise self._error(f"xargs with sha256sum ended with exit code {done.exit_code}", code)
        return sums.found

    def heads(self, root: str, paths: Sequence[str], length: int, seconds: float) -> Mapping[str, bytes]:
        """The first bytes of each file."""
        if not paths:
            return {}
        stdin = _list_of([_below(root, path) for path in paths])
        done = self._shell(_HEADS, str(length), stdin=stdin, seconds=seconds)
        try:
            heads = listing.heads_of(done.stdout, len(paths))
        except ListingError as error:
            raise self._error(f"{root}: {error}", "protocol") from None
        return {path: head for path, head in zip(paths, heads, strict=True) if head is not None}

    def read(self, path: str, limit: int, seconds: float) -> bytes:
        """A small file's content."""
        script = 'if [ -p "$2" ]; then exit 1; fi; exec head -c "$1" -- "$2"'
        done = self._shell(script, str(limit + 1), path, seconds=seconds, limit=max(limit + 1, _LIMIT))
        if done.exit_code:
            raise self._refusal(done, path)
        if len(done.stdout) > limit:
            raise self._error(f"{path} is longer than {limit} bytes", "too-large")
        return done.stdout

    def write(self, path: str, content: bytes, seconds: float) -> None:
        """Write a file inside a scratch folder."""
        done = self._shell('umask 077; cat >"$1"', path, stdin=content, seconds=seconds)
        if done.exit_code:
            raise self._refusal(done, path)

    def free(self, folder: str, seconds: float) -> int:
        """The bytes that may still be written there."""
        done = self._shell('exec df -P -k -- "$1"', folder, seconds=seconds)
        if done.exit_code:
            raise self._refusal(done, folder)
        try:
            return listing.available(done.stdout)
        except ListingError as error:
            raise self._error(f"{folder}: {error}", "protocol") from None

    @contextmanager
    def scratch(self, owner: str, folder: str | None, seconds: float) -> Iterator[str]:
        """A new empty folder of mode 700 that is removed at the end."""
        base = self.path(folder) if folder else ""
        done = self._shell(_SCRATCH, base, folder_name(owner), seconds=max(seconds, _SHORT_SECONDS))
        if done.exit_code:
            raise self._refusal(done, base or "the folder for temporary files")
        made = text_of(done.stdout.removesuffix(b"\n"))
        try:
            yield made
        finally:
            with suppress(RemoteError):  # the next run removes it
                self._runner.run(_script(f'{_REMOVE}\nremove "$1"', made, seconds=_CLEANING_SECONDS))

    def close(self) -> None:
        """End the session."""
        self._runner.close()

    def _shell(self, script: str, *words: str, **more: Any) -> Completed:
        """Run a script of this module with `words` as its arguments; `more` is of `Command`."""
        return self._runner.run(_script(script, *words, until=self._allowed, **more))

    def _refusal(self, done: Completed, what: str) -> RemoteError:
        """What a tool's complaint about a file means."""
        said = last_words(done)
        if "-ignore_readdir_race" in said or "-printf" in said:
            return self._error("its find has no -printf; that of GNU findutils has", "protocol")
        if "No such file" in said or "Not a directory" in said:
            return self._error(f"{what} is not there", "absent")
        if "Permission denied" in said or "not permitted" in said:
            return self._error(f"{what} may not be read", "denied")
        return self._error(f"{what}: {said}", "failed")

    def _error(self, message: str, code: str) -> RemoteError:
        return RemoteError(f"{self._name}: {printable(message)}", code=code, subject=f"host:{self._name}")


def _script(
    script: str, *words: str, seconds: float = _SHORT_SECONDS, limit: int = _LIMIT, **more: Any
) -> Command:
    """A script of this module with `words` as its arguments."""
    text = f"set -- {' '.join(map(_word, words))}\n{script.strip()}"
    return Command(text, seconds=seconds, limit=limit, **more)


def _command_line(program: Program) -> str:
    """The shell command for a program: a clean environment, secrets from standard input, low priority."""
    values = {"TZ": "UTC", **program.environment}
    locale = values.pop("LC_ALL", "C.UTF-8")
    kept = " ".join(f'${{{name}+"{name}=${name}"}}' for name in _PASSED_ON)
    given = " ".join(_word(f"{name}={value}") for name, value in values.items())
    reading = "".join(f"IFS= read -r {name} && export {name} || exit\n" for name in program.secrets)
    words = " ".join(
        _word(word) for word in (reading + _PROGRAM, "ict", locale, program.folder, *program.argv)
    )
    return f"exec env -i {kept} LC_ALL=C {given} /bin/sh -c {words}"


def _word(text: str) -> str:
    """`text` as one word for a shell; bytes that are no UTF-8 are spelled, for no runner sends them."""
    return _NOT_UTF8.sub(lambda match: f"'\"$(printf '\\{ord(match[0]) - 0xDC00:03o}')\"'", quoted(text))


def _below(root: str, path: str) -> str:
    return root if path == "." else f"{root.rstrip('/')}/{path}"


def _list_of(paths: Iterable[str]) -> bytes:
    return b"".join(bytes_of(path) + b"\0" for path in paths)
