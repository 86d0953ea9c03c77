"""`hauberk csp propose` and `hauberk csp explain`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hauberk.core.errors import InputError, NothingToTestError

if TYPE_CHECKING:
    from hauberk.shield.csp.propose import Proposal, Reason
    from hauberk.shield.headers import CSP
    from hauberk.wire.csp import Policy

NONCE = "{nonce}"


@click.group("csp")
def command() -> None:
    """Content-Security-Policy: a proposal made of collected violations, and what a policy says in words."""


@command.command("propose")
@click.argument("source", metavar="FILE|MODULE:APP|-")
@click.option("--as", "form", type=click.Choice(["all", "python", "header", "toml", "json"]), default="all")
@click.option("--inline", type=click.Choice(["nonce", "hash"]), default="nonce", help="For scripts within pages.")
@click.option("--min-count", type=click.IntRange(1), default=1, help="Leave out what was reported less often.")
@click.option("--min-senders", type=click.IntRange(0), default=0, help="Leave out what fewer clients reported.")
@click.option("--current", metavar="POLICY|MODULE:APP", help="Say what changes. [default: the app's own, if named]")
def propose_command(source: str, form: str, inline: Any, min_count: int, min_senders: int, current: str | None) -> int:
    """Turn collected violations into a policy, without 'unsafe-inline' and 'unsafe-eval'.

    FILE holds what CSPReports wrote, or reports as browsers send them; MODULE:APP is an application whose policy has
    csp_reports with a file; - reads stdin.
    """
    from hauberk.shield.csp.propose import propose
    from hauberk.shield.csp.reading import read

    text, own = _collected(source)
    reading = read(text)
    if not reading.entries:
        if reading.unreadable:
            raise InputError(source, "holds no violation report", "give a file of CSPReports, or reports of browsers")
        raise NothingToTestError(f"{source}: no violations were collected; visit the application's pages first")
    proposal = propose(reading.entries, inline=inline, min_count=min_count, min_senders=min_senders)
    compared = _policy_of(current)[0] if current else own
    notes = [f"{count} reports left out: {why}" for why, count in reading.noise.items()]
    notes += [f"{reading.unreadable} lines could not be read"] * bool(reading.unreadable)
    _show(proposal, form, compared, notes)
    return 0


def _show(proposal: Proposal, form: str, current: CSP | None, notes: list[str]) -> None:
    from hauberk.shield.csp.writing import as_python, as_toml

    policy = proposal.policy
    forms = {"python": as_python, "header": lambda p: p.value(nonced=True), "toml": as_toml}
    if form == "json":
        click.echo(json.dumps(_record(proposal, current, notes), indent=1))
    elif form != "all":
        click.echo(forms[form](policy))
    else:
        click.echo("# In code\n" + as_python(policy))
        click.echo(
            f"\n# As a header ({NONCE} stands for the nonce)\nContent-Security-Policy: {policy.value(nonced=True)}"
        )
        click.echo("\n# In pyproject.toml\n" + as_toml(policy))
        for line in _account(proposal, current, notes):
            click.echo(line)


def _account(proposal: Proposal, current: CSP | None, notes: list[str]) -> list[str]:
    from hauberk.shield.csp.writing import difference

    lines = ["", "# Why"]
    for reason in proposal.reasons:
        lines.append(f"{reason.directive} {reason.source}: {reason.why}{_seen(reason)}")
        if reason.look:
            lines.append("    look: is it yours? Anybody can make reports up.")
    if proposal.left_out:
        lines += ["", "# Left out"]
        lines += [f"{r.directive} {r.source}: {r.why}{_seen(r)}" for r in proposal.left_out]
    if current is not None:
        lines += ["", "# What changes", *(difference(current, proposal.policy) or ["nothing"])]
    return [*lines, *([""] * bool(notes)), *notes]


def _seen(reason: Reason) -> str:
    if not reason.count:
        return ""
    clients = f" by {reason.senders} client{'s' * (reason.senders != 1)}" if reason.senders else ""
    places = reason.places
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f" ({reason.count} times{clients}; {', '.join(places[:3])}{more})"


def _record(proposal: Proposal, current: CSP | None, notes: list[str]) -> dict[str, Any]:
    from hauberk.shield.csp.writing import as_python, as_toml, difference

    def reason(one: Reason) -> dict[str, Any]:
        named = {"directive": one.directive, "source": one.source, "why": one.why, "count": one.count}
        return {**named, "senders": one.senders, "places": one.places}

    return {
        "header": proposal.policy.value(nonced=True),
        "python": as_python(proposal.policy),
        "toml": as_toml(proposal.policy),
        "sources": [reason(one) for one in proposal.reasons],
        "left_out": [reason(one) for one in proposal.left_out],
        "changes": None if current is None else difference(current, proposal.policy),
        "notes": notes,
    }


@command.command("explain")
@click.argument("policy", metavar="POLICY|MODULE:APP|-")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--report-only", is_flag=True, help="It is sent as Content-Security-Policy-Report-Only.")
def explain_command(policy: str, form: str, report_only: bool) -> int:
    """Say in words what a policy allows, and which ways around it are known.

    POLICY is the text of the header, or - for stdin. Exit status 1 if there is a way around it of medium severity or
    more.
    """
    from hauberk.shield.csp.explain import explain
    from hauberk.shield.csp.weaknesses import weaknesses

    judged = [(one, weaknesses(one, report_only=only)) for one, only in _to_explain(policy, report_only)]
    if form == "json":
        found = [
            {
                "directives": one,
                "allows": [{"things": s.things, "directive": s.directive, "allowed": s.allowed} for s in explain(one)],
                "weaknesses": [asdict(weakness) for weakness in ways],
            }
            for one, ways in judged
        ]
        click.echo(json.dumps(found, indent=1))
    else:
        for one, ways in judged:
            click.echo("\n".join(map(_printable, map(str, explain(one)))))
            click.echo("\n# Known ways around it" if ways else "\nNo way around it is known.")
            for w in ways:
                fix = f"; {w.fix}" if w.fix else ""
                said = f"{w.severity:6} {' '.join(filter(None, (w.directive, w.source)))} {w.problem}{fix}"
                click.echo(_printable(said))
            click.echo()
    counted = Counter(weakness.severity for _, ways in judged for weakness in ways)
    return int(bool(counted["high"] + counted["medium"]))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _to_explain(text: str, report_only: bool) -> list[tuple[Policy, bool]]:
    if text == "-":
        return [(policy, report_only) for policy in _parsed(sys.stdin.read())]
    if _is_app(text):
        return [(policy, only) for csp, only in _sent(text) for policy in _parsed(_with_nonce(csp))]
    return [(policy, report_only) for policy in _parsed(text)]


def _with_nonce(csp: CSP) -> str:
    """As it is sent: with a nonce, where it has one."""
    return csp.value(nonced=True).replace(NONCE, "A" * 22)


def _parsed(text: str) -> list[Policy]:
    from hauberk.wire.csp import parse

    name, colon, value = text.strip().partition(":")
    if colon and name.lower() in {"content-security-policy", "content-security-policy-report-only"}:
        text = value
    policies = parse(text)
    if not policies:
        raise NothingToTestError("the policy is empty")
    return policies


def _is_app(text: str) -> bool:
    module, colon, attribute = text.partition(":")
    return bool(colon) and attribute.replace(".", "").isidentifier() and " " not in module and "'" not in text


def _sent(name: str) -> list[tuple[CSP, bool]]:
    """The policies of a protected application, and whether each is reported on only."""
    protection = _protection(name)
    found = [(protection.policy.csp, False), (protection.policy.csp_report_only, True)]
    sent = [(csp, only) for csp, only in found if csp is not None]
    if not sent:
        raise NothingToTestError(f"{name}: its policy has no Content-Security-Policy")
    return sent


def _protection(name: str) -> Any:
    from hauberk.integrations.target import load

    protection = getattr(load(name).app, "__hauberk__", None)
    if protection is None:
        raise InputError(name, "is not protected by hauberk", "give the text of its policy")
    return protection


def _policy_of(text: str) -> tuple[CSP, bool]:
    """A policy from a header's text, or that of an application."""
    if _is_app(text):
        return _sent(text)[0]
    from hauberk.shield.headers import CSP

    return CSP.parse(text), False


def _collected(source: str) -> tuple[str, CSP | None]:
    """The text of the reports, and the application's own policy where one is named."""
    if source == "-":
        return sys.stdin.read(), None
    own = None
    path = Path(source)
    if not path.exists() and _is_app(source):
        protection = _protection(source)
        reports = protection.policy.csp_reports
        if reports is None or reports.file is None:
            raise InputError(source, "collects no reports in a file", 'write csp_reports=CSPReports(file="csp.jsonl")')
        path, own = Path(reports.file), protection.policy.csp
        if not path.exists():
            raise NothingToTestError(f"{path}: no violations were collected; visit the application's pages first")
    try:
        return path.read_text(encoding="utf-8", errors="replace"), own
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}", "name the file of CSPReports") from error
