"""The reference names everything there is, and the site's menu every page."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from guide.reference import pages
from hauberk.cli.main import COMMANDS
from hauberk.cli.rules import all_rules
from hauberk.policy import FIELDS

ROOT = Path(__file__).parents[2]


def test_every_rule_is_there_with_its_fix() -> None:
    text = pages()["reference/rules.md"]
    for rule in all_rules().values():
        assert f"`{rule.id}` · {rule.severity}" in text


def test_every_option_is_there_and_says_what_it_is() -> None:
    text = pages()["reference/options.md"]
    silent = []
    for name, kinds in FIELDS.items():
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            assert f"## {name}: {kind.__name__} " in text
            rows = [field.name for field in fields(kind) if field.init and not field.name.startswith("_")]
            silent += [
                f"{kind.__name__}.{row}" for row in rows if re.search(rf"\| `{row}` \| [^|]+ \| [^|]+ \|", text) is None
            ]
    assert silent == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_there(command: str) -> None:
    assert f"## hauberk {command} " in pages()["reference/cli.md"]


def test_the_menu_names_every_page() -> None:
    menu = set(re.findall(r"^ +- ([a-z/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    there = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert menu == there | set(pages())


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target
