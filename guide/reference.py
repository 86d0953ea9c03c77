"""The reference: every rule, every option and every command, out of the code, so that it cannot go stale."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from itertools import pairwise
from typing import Any

import click

from hauberk.cli.main import COMMANDS, cli
from hauberk.cli.rules import all_rules
from hauberk.core.finding import Rule
from hauberk.policy import FIELDS, Policy
from hauberk.standards import cwe_url

PARTS: Mapping[str, str] = {
    "check": "Configuration and code",
    "scan": "Dynamic test",
    "audit": "Dependencies",
    "guard": "The guard's coverage",
    "headers": "Header grade",
}


def pages() -> Mapping[str, str]:
    """Address in the guide to Markdown."""
    return {"reference/rules.md": rules(), "reference/options.md": options(), "reference/cli.md": commands()}


def rules() -> str:
    """Every rule, by part."""
    known = all_rules().values()
    lines = ["# Rules", "", f"{len(known)} rules. `hauberk explain RULE` says the same at a terminal.", ""]
    for part, title in PARTS.items():
        found = [rule for rule in known if rule.id.partition(".")[0] == part]
        lines += [f"## {title}", "", f"{len(found)} rules.", ""]
        for rule in found:
            lines += _rule(rule)
    return "\n".join(lines) + "\n"


def _rule(rule: Rule) -> Iterator[str]:
    weaknesses = ", ".join(f"[CWE-{number}]({cwe_url(number)})" for number in rule.cwe)
    named = " · ".join(filter(None, (weaknesses, ", ".join(rule.asvs), ", ".join(rule.top10))))
    yield from (
        f"### {rule.title} {{ #{_anchor(rule.id)} }}",
        "",
        f"`{rule.id}` · {rule.severity}" + f" · {named}" * bool(named),
        "",
        f"{_text(rule.why)}",
        "",
        f"**Fix:** {_text(rule.fix)}",
        "",
    )


def options() -> str:
    """Every field of `Policy` and every option of what it takes."""
    lines = ["# Options", "", "`Policy` has one field a feature: `None` is off, an instance is on.", ""]
    recommended = Policy.recommended()
    done: set[type[Any]] = set()
    for name, kinds in FIELDS.items():
        on = "on in `Policy.recommended()`" if getattr(recommended, name) is not None else "off unless you ask for it"
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            lines += [
                f"## {name}: {kind.__name__} {{ #{name}-{kind.__name__.lower()} }}",
                "",
                f"{on.capitalize()}.",
                "",
            ]
            if kind in done:
                lines += [f"The options are those of {kind.__name__} above.", ""]
                continue
            done.add(kind)
            lines += [_doc(kind), "", *_table(kind)]
    return "\n".join(lines) + "\n"


def _table(kind: type[Any]) -> Iterator[str]:
    said = _said_of_fields(kind)
    public = [field for field in fields(kind) if field.init and not field.name.startswith("_")]
    if not public:
        return
    yield from ("| option | default | what |", "| --- | --- | --- |")
    for field in public:
        yield f"| `{field.name}` | {_default(field)} | {_cell(said.get(field.name) or _directive(field.name))} |"
    yield ""


def _directive(name: str) -> str:
    """Of an option without a word of its own, which only directives of CSP are: the standard says what they do."""
    return f"What the directive `{name.replace('_', '-')}` holds."


def _default(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return _cell(f"`{_short(field.default)}`")
    if field.default_factory is not MISSING:
        return _cell(f"`{_short(field.default_factory())}`")
    return "required"


def _short(value: Any) -> str:
    text = (
        f"{value.__module__}.{value.__qualname__}"
        if callable(value) and hasattr(value, "__qualname__")
        else repr(value)
    )
    if isinstance(value, frozenset):
        text = "{" + ", ".join(sorted(map(repr, value))) + "}" if value else "none"
    return text if len(text) <= 60 else text[:57] + "..."


def _said_of_fields(kind: type[Any]) -> dict[str, str]:
    """The docstring under each field, of a class and of what it derives from."""
    said: dict[str, str] = {}
    for one in reversed(kind.__mro__[:-1]):
        try:
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(one))).body
        except (OSError, TypeError):
            continue
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for field, text in pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (words := _docstring(text)):
                said[field.target.id] = words
    return said


def _docstring(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return ""


def commands() -> str:
    """Every command with its options, as `--help` has them."""
    lines = ["# Commands", "", _text(cli.help or ""), ""]
    with click.Context(cli, info_name="hauberk") as root:
        for name in COMMANDS:
            command = cli.get_command(root, name)
            if command is not None:
                lines += list(_command(command, f"hauberk {name}", root))
    lines += ["## Exit status", "", _text(cli.epilog or ""), ""]
    return "\n".join(lines) + "\n"


def _command(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    with click.Context(command, info_name=name.rpartition(" ")[2], parent=parent) as context:
        yield from (f"## {name} {{ #{name.replace(' ', '-')} }}", "", _paragraphs(command.help or ""), "")
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                below = command.get_command(context, inner)
                if below is not None:
                    yield from _command(below, f"{name} {inner}", context)
            return
        yield from ("```", " ".join([name, *command.collect_usage_pieces(context)]), "```", "")
        rows = [row for option in command.params if (row := option.get_help_record(context))]
        if rows:
            yield from ("| option | what |", "| --- | --- |")
            yield from (f"| `{_cell(names)}` | {_cell(text)} |" for names, text in rows)
            yield ""


def _paragraphs(text: str) -> str:
    return "\n\n".join(_text(" ".join(part.split())) for part in inspect.cleandoc(text).split("\n\n"))


def _doc(kind: type[Any]) -> str:
    return _text(inspect.getdoc(kind) or "")


def _anchor(id: str) -> str:
    return id.replace(".", "-")


def _text(text: str) -> str:
    """Prose for a Markdown page: angle brackets are no markup of ours."""
    return text.replace("<", "&lt;")


def _cell(text: str) -> str:
    return _text(" ".join(text.split())).replace("|", "\\|")
