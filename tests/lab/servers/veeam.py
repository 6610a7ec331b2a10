"""A backup server as Veeam's API reference describes it: revisions, tokens that expire, filters and pages.

Written by hand from the documentation; nothing of it was recorded from the product.
"""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from lab.http_rig import PASSWORD, USER
from lab.servers.web import Asked, Said

REVISIONS = ("1.1-rev0", "1.1-rev1", "1.1-rev2", "1.2-rev0", "1.2-rev1", "1.3-rev0", "1.3-rev1")
Rows = Sequence[Mapping[str, Any]]


def said(status: int, body: object) -> Said:
    return Said(status, json.dumps(body).encode())


def error(status: int, code: str, message: str) -> Said:
    return said(status, {"errorCode": code, "message": message, "resourceId": ""})


@dataclass
class Veeam:
    """One server: what it holds, which revisions it speaks, and how long its tokens live (in requests).

    `tokens` are those that are alive; `largest` is the most rows that it gives at once; `by_session` says that
    it tells tasks for one session at a time only.
    """

    jobs: Rows = ()
    sessions: Rows = ()
    tasks: Rows = ()
    backups: Rows = ()
    points: Rows = ()
    events: Rows = ()
    revisions: Sequence[str] = REVISIONS
    largest: int = 200
    by_session: bool = False
    uses: int = 1_000_000
    clock: str = "2026-11-27T07:00:00+01:00"
    users: dict[str, str] = field(default_factory=lambda: {USER: PASSWORD})
    closed: set[str] = field(default_factory=set)
    tokens: dict[str, int] = field(default_factory=dict)
    refreshers: dict[str, str] = field(default_factory=dict)
    logins: int = 0
    _numbers: Any = field(default_factory=itertools.count)

    def __call__(self, asked: Asked) -> Said:
        revision = asked.headers.get("x-api-version", "")
        if revision not in self.revisions:
            known = ", ".join(f"v{each}" for each in self.revisions)
            message = (
                f"Bad request: Unsupported RESTAPI version. The following versions are supported: {known}."
            )
            return error(400, "UnknownError", message)
        if asked.path == "/api/v1/serverTime":
            return said(200, {"serverTime": self.clock, "timeZone": "Europe/Brussels"})
        if asked.path == "/api/oauth2/token":
            return self._token(parse_qs(asked.body.decode()))
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) < 1:
            return error(401, "ExpiredAccessToken", "The access token is expired or not valid.")
        if asked.path == "/api/oauth2/logout":
            self._end(token)
            return Said(200)
        self.tokens[token] -= 1
        return self._answer(asked, REVISIONS.index(revision))

    def _token(self, form: Mapping[str, Sequence[str]]) -> Said:
        fields = {name: values[0] for name, values in form.items()}
        if fields.get("grant_type") == "refresh_token":
            old = self.refreshers.pop(fields.get("refresh_token", ""), None)
            if old is None:
                return error(401, "ExpiredRefreshToken", "The refresh token is expired.")
            self.tokens.pop(old, None)
            return self._issue()
        self.logins += 1
        if self.users.get(fields.get("username", "")) != fields.get("password"):
            return error(401, "AccessDenied", "The user name or password is incorrect.")
        return self._issue()

    def _issue(self) -> Said:
        number = next(self._numbers)
        access, refresh = f"access-{number:08}", f"refresh-{number:08}"
        self.tokens[access] = self.uses
        self.refreshers[refresh] = access
        words = {"access_token": access, "token_type": "bearer", "refresh_token": refresh, "expires_in": 900}
        return said(200, words)

    def _end(self, token: str) -> None:
        self.tokens.pop(token)
        self.refreshers = {name: access for name, access in self.refreshers.items() if access != token}

    def _answer(self, asked: Asked, revision: int) -> Said:
        lists: dict[str, tuple[Rows, int, Callable[[Mapping[str, Any]], bool]]] = {
            "/api/v1/jobs/states": (self.jobs, 0, lambda _: True),
            "/api/v1/sessions": (self.sessions, 0, self._filtered(asked, "jobId")),
            "/api/v1/taskSessions": (self.tasks, 4, self._filtered(asked, "sessionId")),
            "/api/v1/backups": (self.backups, 0, lambda _: True),
            "/api/v1/restorePoints": (self.points, 1, self._filtered(asked, "backupId")),
            "/api/v1/malwareDetection/events": (self.events, 1, lambda _: True),
        }
        if revision == 0:
            lists["/api/v1/objectRestorePoints"] = lists["/api/v1/restorePoints"]
        if asked.path in self.closed:
            return error(403, "AccessDenied", "The account has no right to do that.")
        if asked.path == "/api/v1/serverInfo":
            return said(200, {"name": "srv-veeam01", "buildVersion": "13.0.1.180"})
        if self.by_session:
            del lists["/api/v1/taskSessions"]
            lists |= {
                f"/api/v1/sessions/{row['id']}/taskSessions": (
                    [task for task in self.tasks if task["sessionId"] == row["id"]], 0, lambda _: True,
                )
                for row in self.sessions
            }  # fmt: skip
        found, since, fits = lists.get(asked.path, ((), 99, lambda _: True))
        if revision < since and not (revision == 0 and asked.path == "/api/v1/objectRestorePoints"):
            return error(404, "NotFound", f"No resource at {asked.path}")
        return self._page(asked, [row for row in found if fits(row)])

    @staticmethod
    def _filtered(asked: Asked, name: str) -> Callable[[Mapping[str, Any]], bool]:
        wanted, after = asked.query.get(f"{name}Filter"), asked.query.get("createdAfterFilter", "")
        return lambda row: (wanted is None or row.get(name) == wanted) and row["creationTime"] > after

    def _page(self, asked: Asked, found: Rows) -> Said:
        skip = int(asked.query.get("skip", 0))
        limit = min(int(asked.query.get("limit", 200)), self.largest)
        page = found[skip : skip + limit]
        pagination = {"total": len(found), "count": len(page), "skip": skip, "limit": limit}
        return said(200, {"data": list(page), "pagination": pagination})
