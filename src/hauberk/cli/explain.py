"""`hauberk explain RULE`."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from hauberk.cli.rules import all_rules
from hauberk.core.errors import ConfigurationError
from hauberk.core.finding import Rule
from hauberk.core.options import did_you_mean


@click.command("explain")
@click.argument("rule", required=False)
@click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="No colours.")
def command(rule: str | None, no_color: bool) -> None:
    """Say what a rule means, why it matters and how to fix it; without a rule, list them all."""
    console = Console(no_color=no_color)
    rules = all_rules()
    if rule is None:
        table = Table("rule", "severity", "title", box=None, pad_edge=False, header_style="bold")
        for known in rules.values():
            table.add_row(known.id, known.severity, known.title)
        console.print(table)
        return
    if rule not in rules:
        near = [known for known in rules if known.endswith("." + rule)]
        fix = did_you_mean(near[0] if near else rule, rules)
        listed = "`hauberk explain` alone lists them"  # there are too many to be named here
        raise ConfigurationError("RULE", rule, "is not a rule", fix if fix.startswith("did") else listed)
    _explain(console, rules[rule])


def _explain(console: Console, rule: Rule) -> None:
    from hauberk.standards import asvs, cwe_name

    requirements = asvs()
    console.print(f"[bold]{rule.title}[/bold]  [dim]{rule.id}, {rule.severity}[/dim]\n", highlight=False)
    console.print("[bold]Why[/bold]  " + rule.why, highlight=False)
    console.print("[bold]Fix[/bold]  " + rule.fix + "\n", highlight=False)
    for number in rule.cwe:
        console.print(f"CWE-{number}  {cwe_name(number) or ''}", highlight=False)
    for reference in rule.asvs:
        known = requirements.get(reference)
        console.print(f"ASVS {reference}  {known.title if known else ''}", highlight=False)
    for category in rule.top10:
        console.print(f"Top 10 {category}", highlight=False)
    if rule.docs:
        console.print(rule.docs, highlight=False)
