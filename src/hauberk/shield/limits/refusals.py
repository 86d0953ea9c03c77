"""What is answered, and what is logged, when a limit is passed."""

from __future__ import annotations

import json
from http import HTTPStatus

from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision

TITLES = {413: "Content Too Large", 414: "URI Too Long", 431: "Request Header Fields Too Large"}
"""As RFC 9110 and RFC 6585 name them; Python's names depend on its version."""


def problem(status: int, detail: str, *fields: tuple[str, str]) -> Reply:
    """A problem detail (RFC 9457) that caches do not keep."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = (("content-type", "application/problem+json"), ("cache-control", "no-store"), *fields)
    return Reply(status, json.dumps(body, separators=(",", ":")).encode("utf-8"), headers)


class Refusal:
    """One limit's answer, made once."""

    __slots__ = ("_closing", "_limit", "_most", "_reply")

    def __init__(self, limit: str, most: object, status: int, detail: str, *fields: tuple[str, str]) -> None:
        self._limit, self._most = limit, most
        self._reply = problem(status, detail, *fields)
        self._closing = problem(status, detail, *fields, ("connection", "close"))

    def __call__(self, ex: Exchange, seen: object = None) -> Reply:
        """Say in the log which limit it was, and give the answer."""
        decision(
            "limit-exceeded",
            limit=self._limit,
            most=self._most,
            seen=seen,
            method=ex.method[:20],
            path=ex.path[:200],
            client=ex.client,
        )
        return self._closing if _may_close(ex) else self._reply


def _may_close(ex: Exchange) -> bool:
    """Whether the answer may say `Connection: close`, so that the rest of a body need not be read.

    HTTP/2 knows no such field (RFC 9113, section 8.2.2), and WSGI applications must not send it (PEP 3333).
    """
    scope = getattr(ex, "scope", None)
    return scope is not None and str(scope.get("http_version", "")).startswith("1")
