"""An ordinary request again, with another host, other fields of a proxy, or another verb: does the answer follow?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from hauberk.core.finding import Finding, HttpLocation, Rule, Severity
from hauberk.scan import evidence
from hauberk.scan.care import destroys
from hauberk.scan.checks.active import cache_poisoning, host_header, method_tampering
from hauberk.scan.client import SAFE_METHODS, Client
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import DIGITS, Operation
from hauberk.scan.trial import canary

SETTINGS = 20
"""Operations at which each of them is asked."""
BLIND = 3
"""Operations that are asked for their links though the answer names no host."""


@dataclass(slots=True)
class Proxied:
    """Asks one operation after the other."""

    client: Client
    findings: list[Finding]
    """Where findings go: those of an earlier scan that this one goes on with are there already."""
    asked: Counter[str] = field(default_factory=Counter)
    """At how many operations, by rule."""
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def ask(self, operation: Operation, request: Request, response: Response) -> None:
        """What this operation shows; `response` is what the plain request was answered."""
        if self._names_host(response) or (
            self.asked[host_header.RULE.id] < BLIND and operation.method == "GET" and response.status < 400
        ):
            self._host(operation, request, response)
        if operation.method == "GET" and cache_poisoning.kept(response) and self._new(cache_poisoning.RULE, operation):
            self._cache(operation, request, response)
        refused = operation.method == "GET" and response.status in method_tampering.REFUSED
        if refused and not destroys("POST", operation.path) and self._new(method_tampering.RULE, operation):
            self._verb(operation, request)

    def _new(self, rule: Rule, operation: Operation) -> bool:
        """Whether it is asked here: of operations whose paths differ in numbers alone, one; and not too many."""
        key = rule.id, f"{operation.method} {DIGITS.sub('0', operation.path)}"
        if key in self._seen or self.asked[rule.id] >= SETTINGS:
            return False
        self._seen.add(key)
        self.asked[rule.id] += 1
        return True

    def _names_host(self, response: Response) -> bool:
        host = self.client.transport.wire.host
        led = "//" + host
        return led in response.text or any(led in value for _, value in response.headers)

    def _host(self, operation: Operation, request: Request, plain: Response) -> None:
        """One finding for each field, as it is one setting; where something is done, a mail may go out: one more."""
        safe = operation.method in SAFE_METHODS
        left = [name for name in host_header.FIELDS if not self._is_known(name, safe=safe)]
        if not left or not self._new(host_header.RULE, operation):
            return
        for name in left:
            last = None
            for _ in range(2):
                host = f"{canary()}.example"
                sent = request.with_headers([(name, host)])
                answer = self.client.send(sent)
                proof = host_header.judge(answer, host)
                if proof is None:
                    break
                last = sent, answer, proof.reason
            else:
                if last is None:
                    continue
                weak: Severity | None = "low" if safe and name == "host" else None
                self._tell(host_header.RULE, operation, name, last, (request, plain), severity=weak)

    def _is_known(self, name: str, *, safe: bool) -> bool:
        places = (f.location for f in self.findings if f.rule.id == host_header.RULE.id)
        return any(
            isinstance(at, HttpLocation) and at.parameter == name and (at.method in SAFE_METHODS) == safe
            for at in places
        )

    def _cache(self, operation: Operation, request: Request, first: Response) -> None:
        """Plain, changed, plain, changed: each must be like itself, and unlike the other."""
        word = canary()
        for name, value in cache_poisoning.fields(word, request.path):
            if request.header(name) is not None:
                continue
            sent = request.with_headers([(name, value)])
            answer = self.client.send(sent)
            changed, plain = cache_poisoning.shape(answer, word), cache_poisoning.shape(first, word)
            if changed == plain or not cache_poisoning.kept(answer, name):
                continue
            control = self.client.send(request)
            again = self.client.send(sent)
            if cache_poisoning.shape(control, word) != plain or cache_poisoning.shape(again, word) != changed:
                continue
            reason = f"{name}: {value} changes an answer that shared caches may keep, and Vary does not name it"
            self._tell(cache_poisoning.RULE, operation, name, (sent, again, reason), (request, control))

    def _verb(self, operation: Operation, request: Request) -> None:
        """Refused as it is, let in under another verb, twice; and not because everything is let in under that."""
        for said, sent, without in method_tampering.attempts(request):
            answer = self.client.send(sent)
            if not method_tampering.passes(answer):
                continue
            nowhere = replace(sent, target=f"/{canary()}" + ("?" + sent.query if sent.query else ""))
            others = [nowhere, *([without] if without else [])]
            if any(method_tampering.passes(self.client.send(other)) for other in others):
                continue
            control = self.client.send(request)
            again = self.client.send(sent)
            if control.status not in method_tampering.REFUSED or not method_tampering.passes(again):
                continue
            reason = f"{request.method} is answered {control.status}, {said} {again.status}"
            weak: Severity | None = "medium" if sent.method == "HEAD" else None
            self._tell(method_tampering.RULE, operation, "", (sent, again, reason), (request, control), severity=weak)
            return

    def _tell(
        self,
        rule: Rule,
        operation: Operation,
        name: str,
        probe: tuple[Request, Response, str],
        control: tuple[Request, Response],
        *,
        severity: Severity | None = None,
    ) -> None:
        sent, answer, reason = probe
        handler = operation.handler
        self.findings.append(
            Finding(
                rule=rule,
                outcome="fail",
                message=f"{operation}: {reason}.",
                location=HttpLocation(
                    method=operation.method,
                    path=operation.path,
                    place="header" if name else None,
                    parameter=name or None,
                    file=handler.file,
                    line=handler.line,
                ),
                confidence="firm",
                own_severity=severity,
                evidence={
                    "request": self._shown(sent),
                    "response": evidence.response(answer) | {"headers": evidence.fields(answer)},
                    "control": self._shown(control[0]) | {"response": evidence.response(control[1])},
                    "reason": reason,
                },
            )
        )

    def _shown(self, request: Request) -> dict[str, Any]:
        return evidence.request(self.client.origin, self.client.complete(request))
