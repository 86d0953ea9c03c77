"""`hauberk asvs`."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hauberk.cli.rules import all_rules
from hauberk.standards import ASVS_VERSION, Automation, Requirement, asvs, automation, two_sided

_STYLES = {"enforce": "green", "verify": "cyan", "attest": "dim"}


@click.command("asvs")
@click.option("--level", type=click.IntRange(1, 3), default=3, show_default=True, help="Up to this level.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="No colours.")
def command(level: int, as_json: bool, no_color: bool) -> None:
    """What hauberk can say about each requirement of OWASP ASVS 5.0, and whether a two-sided test stands behind it.

    A two-sided test runs an application that violates the requirement, which must fail, and its fixed twin, which must
    not.
    """
    chosen = [one for one in asvs().values() if one.level <= level]
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
