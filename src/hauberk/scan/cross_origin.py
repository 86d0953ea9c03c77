"""Asking as another site would: does the application let it read answers with the user's credentials?"""

from __future__ import annotations

from dataclasses import replace

from hauberk.core.finding import Finding
from hauberk.scan import evidence
from hauberk.scan.checks.active import cors_reflection
from hauberk.scan.client import Client
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation
from hauberk.scan.trial import canary
from hauberk.scan.watch import EVERYWHERE


def ask(client: Client, operation: Operation, request: Request, plain: Response) -> Finding | None:
    """Ask twice, with two origins that nobody can have allowed; `plain` is the answer without one."""
    if _asked(client, request) is None or (confirmed := _asked(client, request)) is None:
        return None
    sent, answer, reason = confirmed
    return Finding(
        rule=cors_reflection.RULE,
        outcome="fail",
        location=replace(EVERYWHERE, file=operation.handler.file, line=operation.handler.line),
        message=f"{operation}, and whatever else the same setting covers: {reason}.",
        evidence={
            "request": evidence.request(client.origin, client.complete(sent)),
            "response": evidence.response(answer) | {"headers": evidence.fields(answer)},
            "control": evidence.request(client.origin, client.complete(request))
            | {"response": evidence.response(plain)},
            "reason": reason,
        },
    )


def _asked(client: Client, request: Request) -> tuple[Request, Response, str] | None:
    origin = cors_reflection.origin(canary())
    sent = request.with_headers([("origin", origin)])
    answer = client.send(sent)
    proof = cors_reflection.judge(answer, origin)
    return (sent, answer, proof.reason) if proof else None
