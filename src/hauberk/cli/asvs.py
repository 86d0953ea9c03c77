"""`hauberk asvs`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hauberk.cli.rules import all_rules
from hauberk.report.evidence import LABELS, Evidence, asvs_evidence
from hauberk.standards import ASVS_VERSION, Automation, Requirement, asvs, automation, two_sided

_STYLES = {"enforce": "green", "verify": "cyan", "attest": "dim"}


@click.command("asvs")
@click.option("--level", type=click.IntRange(1, 3), default=3, show_default=True, help="Up to this level.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="RESULTS.json",
    help="What a run of prove, check, audit or scan says of each requirement.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="No colours.")
def command(level: int, results: Path | None, as_json: bool, no_color: bool) -> None:
    """What hauberk can say about each requirement of OWASP ASVS 5.0, and whether a two-sided test stands behind it.

    A two-sided test runs an application that violates the requirement, which must fail, and its fixed twin, which must
    not.
    """
    chosen = [one for one in asvs().values() if one.level <= level]
    if results is not None:
        _judged(results, chosen, as_json=as_json, console=Console(no_color=no_color, highlight=False))
        return
    if as_json:
        click.echo(json.dumps({"asvs": ASVS_VERSION, "requirements": [_row(one) for one in chosen]}, indent=1))
        return
    console = Console(no_color=no_color, highlight=False)
    table = Table("id", "level", "who", "how far", "test", "title", box=None, pad_edge=False, header_style="bold")
    for one in chosen:
        known = automation()[one.id]
        tests = two_sided().get(one.id, ())
        table.add_row(
            one.number,
            str(one.level),
            Text(known.mode, style=_STYLES[known.mode]),
            _reach(known),
            Text("two-sided", style="green") if tests else "",
            one.title,
        )
    console.print(table)
    console.print("\n" + _count(chosen))


def _judged(results: Path, chosen: list[Requirement], *, as_json: bool, console: Console) -> None:
    """The verdict on each requirement, with what it rests on."""
    from hauberk.report.json import load

    evidence = asvs_evidence(load(results, all_rules().values()))
    if as_json:
        rows = [_verdict(one, evidence[one.id]) for one in chosen]
        click.echo(json.dumps({"asvs": ASVS_VERSION, "requirements": rows}, indent=1))
        return
    table = Table("id", "level", "verdict", "rests on", "title", box=None, pad_edge=False, header_style="bold")
    for one in chosen:
        found = evidence[one.id]
        rests = found.why or ", ".join(
            dict.fromkeys(f.rule.id for f in found.findings if f.evidence.get("known", True))
        )
        style = _VERDICTS.get(found.state, "dim")
        table.add_row(one.number, str(one.level), Text(LABELS[found.state], style=style), rests, one.title)
    console.print(table)


def _verdict(one: Requirement, found: Evidence) -> Mapping[str, object]:
    findings = [{"rule": f.rule.id, "outcome": f.outcome, "fingerprint": f.fingerprint} for f in found.findings]
    return {
        "id": one.id,
        "level": one.level,
        "title": one.title,
        "verdict": found.state,
        "why": found.why,
        "findings": findings,
    }


_VERDICTS = {"fail": "red", "enforced": "green", "pass": "green", "no-fault": "green", "person": "yellow"}


def _row(one: Requirement) -> dict[str, object]:
    known, tests = automation()[one.id], two_sided().get(one.id, ())
    return {
        "id": one.id,
        "level": one.level,
        "mode": known.mode,
        "title": one.title,
        "by": list(known.by),
        "strength": ("full" if known.full else "partial") if known.automatic else None,
        "scope": known.scope or None,
        "needs": known.needs or None,
        "applies_if": known.applies_if or None,
        "rules": sorted(rule.id for rule in all_rules().values() if one.id in rule.asvs),
        "two_sided": bool(tests),
        "tests": list(tests),
    }


def _reach(known: Automation) -> str:
    if not known.automatic:
        return "needs a person"
    reach = "proves and refutes" if known.full else "finds faults"
    return reach + (", with a feature of ours" if known.scope == "opt-in" else "")


def _count(chosen: list[Requirement]) -> str:
    automatic = [one for one in chosen if automation()[one.id].automatic]
    tested = [one for one in automatic if one.id in two_sided()]
    full = [one.id for one in automatic if one.level == 1 and automation()[one.id].full]
    return (
        f"{len(chosen)} requirements of ASVS {ASVS_VERSION}: {len(automatic)} can be judged without a person, "
        f"{len(tested)} of them have a two-sided test;\n"
        f"{sum(id in two_sided() for id in full)} of the {len(full)} at level 1 that are proved as well as refuted."
    )
