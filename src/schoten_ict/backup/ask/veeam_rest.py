"""The REST interface of Veeam Backup & Replication: revisions, tokens, pages.

From Veeam's API reference (1.1-rev0 to 1.3-rev1), never run on the real product. `POST /api/oauth2/token`
takes a form. Every request names a revision in `x-api-version`; an unknown one is refused with 400 and
`Unsupported RESTAPI version`. `GET /api/v1/serverTime` needs no account, so that the revision is found before
a password is sent. An access token lives 15 minutes, its refresh token gives another, `/api/oauth2/logout`
ends both. Lists come as `{"data": [...], "pagination": {"total", "count", "skip", "limit"}}`. The role Backup
Viewer may read all of it.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Self

from schoten_ict.backup.order import Deadline
from schoten_ict.core.errors import ConfigurationError, IctError
from schoten_ict.core.remote import HttpAnswer, HttpSession, RemoteError
from schoten_ict.core.secrets import Secret
from schoten_ict.core.text import printable
from schoten_ict.core.times import parse_utc
from schoten_ict.formats.answers import Row, number, rows, text

REVISIONS = ("1.3-rev1", "1.3-rev0", "1.2-rev1", "1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0")
"""From the newest that is known; Veeam keeps the older ones (12.0 has 1.1-rev0, 13.0.1 has 1.3-rev1)."""
MOST = 50_000
"""The most rows of one list."""
PAGE = 500
_REQUEST_SECONDS = 60.0
_GOODBYES, _GOODBYE_SECONDS = 2, 10.0
_LIMIT = 32 * 1024 * 1024
_LONGEST = 200
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 400, 401, 403, 404
_WRONG_SECRET = frozenset({"accessdenied", "unauthorized", "invalid_grant", "invalidcredentials"})


class UnknownRequestError(RemoteError):
    """The revision that is spoken has no such request."""


class Api:
    """A session that is logged in inside a `with` block. Leaving it ends the token, whatever happened.

    `revision` is the one that is spoken, `clock` the server's time when asked, `leftover` why the token could
    not be ended (empty: it was).
    """

    def __init__(self, session: HttpSession, deadline: Deadline) -> None:
        self._session = session
        self._deadline = deadline
        self._bearer: Secret | None = None
        self._refresh: Secret | None = None
        self.revision = ""
        self.clock: datetime | None = None
        self.leftover = ""

    def __enter__(self) -> Self:
        if self._session.account is None or "password" not in self._session.account.secrets:
            raise ConfigurationError(
                "Veeam needs a credential with user and password",
                subject=f"host:{self._session.host}",
                remedy="add connect: {http: {credential: NAME}} to it, a credential of kind http",
            )
        self.revision = self._agreed()
        self._log_in()
        return self

    def __exit__(self, *_: object) -> None:
        bearer, self._bearer, self._refresh = self._bearer, None, None
        tries = _GOODBYES if bearer is not None else 0
        for _number in range(tries):
            try:
                answer = self._send("POST", "/api/oauth2/logout", bearer=bearer, seconds=_GOODBYE_SECONDS)
            except IctError as error:
                self.leftover = error.problems[0].message
                continue
            ended = answer.is_success or answer.status == _UNAUTHORIZED
            self.leftover = "" if ended else f"HTTP {answer.status}"
            return

    def one(self, path: str) -> Row:
        """One object. Raises `RemoteError`, `UnknownRequestError` where this revision has no such request."""
        return self._document(self._get(path, {}))

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> list[Row]:
        """The whole list, page by page; raises as `one`, and `RemoteError` for a list that is not whole."""
        found: list[Row] = []
        while True:
            asked = {**(query or {}), "skip": str(len(found)), "limit": str(PAGE)}
            document = self._document(self._get(path, asked))
            if not isinstance(document.get("data"), list):
                raise self._error("protocol", f"{path} is no list")
            page, total = rows(document["data"]), _total(document)
            found += page
            if len(found) > MOST:
                raise self._error("too-large", f"more than {MOST} rows of {path}")
            if len(page) < PAGE if total is None else len(found) >= total:
                return found
            if not page:
                raise self._error("protocol", f"{path} ended after {len(found)} of {total} rows")

    def _agreed(self) -> str:
        """The newest revision that both speak."""
        refusal = ""
        for revision in REVISIONS:
            self.revision = revision
            answer = self._send("GET", "/api/v1/serverTime")
            if answer.status in {_BAD_REQUEST, _NOT_FOUND}:
                refusal = _said(answer)
                continue
            if answer.is_success:
                told = text(self._document(answer), "serverTime") or ""
                with suppress(ValueError, OverflowError):
                    self.clock = parse_utc(told)
            elif answer.status not in {_UNAUTHORIZED, _FORBIDDEN}:
                raise answer.refusal(self._session.host)
            return revision
        raise self._error(
            "protocol", f"no revision from {REVISIONS[-1]} to {REVISIONS[0]} is spoken: {refusal}"
        )

    def _log_in(self) -> None:
        account = self._session.account
        assert account is not None
        form: dict[str, str | Secret] = {
            "grant_type": "password",
            "username": account.user,
            "password": account.secrets["password"],
        }
        with self._session.logging_in():
            answer = self._send("POST", "/api/oauth2/token", form=form)
            if answer.status == _UNAUTHORIZED or _is_wrong_secret(answer):
                raise RemoteError(
                    f"account {account.name} was refused: {_said(answer)}",
                    code="authentication",
                    subject=f"host:{self._session.host}",
                    remedy="check its user and password, and its role in Veeam",
                )
            self._take(answer)

    def _take(self, answer: HttpAnswer) -> None:
        """Keep the tokens of an answer."""
        if not answer.is_success:
            raise answer.refusal(self._session.host)
        document = self._document(answer)
        access, refresh = document.get("access_token"), document.get("refresh_token")
        if not isinstance(access, str) or not access:
            raise self._error("protocol", "a log-in without a token")
        self._bearer = Secret(f"Bearer {access}")
        self._refresh = Secret(refresh) if isinstance(refresh, str) and refresh else None

    def _get(self, path: str, query: Mapping[str, str]) -> HttpAnswer:
        """The answer to a question; an expired token is renewed once."""
        answer = self._send("GET", path, query=query, bearer=self._bearer)
        if answer.status == _UNAUTHORIZED and self._refresh is not None:
            form: dict[str, str | Secret] = {"grant_type": "refresh_token", "refresh_token": self._refresh}
            self._refresh = None
            self._take(self._send("POST", "/api/oauth2/token", form=form))
            answer = self._send("GET", path, query=query, bearer=self._bearer)
        if answer.is_success:
            return answer
        if answer.status in {_BAD_REQUEST, _NOT_FOUND}:
            raise UnknownRequestError(f"{path}: {_said(answer)}", subject=f"host:{self._session.host}")
        raise answer.refusal(self._session.host)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str | Secret] | None = None,
        bearer: Secret | None = None,
        seconds: float = _REQUEST_SECONDS,
    ) -> HttpAnswer:
        headers: dict[str, str | Secret] = {"x-api-version": self.revision}
        if bearer is not None:
            headers["Authorization"] = bearer
        left = seconds if path.endswith("/logout") else self._deadline.left(seconds)
        return self._session.request(
            method, path, query=query, headers=headers, form=form, seconds=left, limit=_LIMIT
        )

    def _document(self, answer: HttpAnswer) -> Row:
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, Mapping):
            raise self._error(
                "protocol", f"an answer that is no JSON object ({answer.media_type or 'no type'})"
            )
        return document

    def _error(self, code: str, message: str) -> RemoteError:
        return RemoteError(message, code=code, subject=f"host:{self._session.host}")


def _total(document: Row) -> int | None:
    """How many rows there are in all, where the server tells."""
    pagination = document.get("pagination")
    return number(pagination.get("total")) if isinstance(pagination, Mapping) else None


def _error_of(answer: HttpAnswer) -> Mapping[str, Any]:
    """The error in an answer: `{"errorCode", "message"}`; empty for anything else."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, Mapping) else {}


def _said(answer: HttpAnswer) -> str:
    """What the server says is wrong, on one line."""
    message = text(_error_of(answer), "message") or f"HTTP {answer.status}"
    return printable(" ".join(message.split()))[:_LONGEST]


def _is_wrong_secret(answer: HttpAnswer) -> bool:
    """Whether a log-in was refused for its user or password, which Veeam says with 400 or 401."""
    error = _error_of(answer)
    named = {(text(error, name) or "").lower() for name in ("errorCode", "error")}
    return answer.status == _BAD_REQUEST and bool(named & _WRONG_SECRET)
