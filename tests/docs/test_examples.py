"""Every Python example in the README and in the guide runs, and every command in them exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\$ |    )hauberk ([a-z]+)(.*)$", re.MULTILINE)
BEFORE = "import hauberk\n"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```python" in page.read_text()], ids=lambda page: page.stem
)
def test_the_python_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    if page.name == "README.md":  # its first block is the line that the second one shows in place
        blocks = blocks[1:]
    (tmp_path / "templates").mkdir()
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_exist(page: Path) -> None:
    import click

    from hauberk.cli.main import cli

    context = click.Context(cli)
    for name, rest in COMMAND.findall(page.read_text(encoding="utf-8")):
        command = cli.get_command(context, name)
        assert command is not None, name
        known = {option for parameter in command.params for option in parameter.opts}
        options = {word.partition("=")[0] for word in rest.partition("#")[0].split() if word.startswith("--")}
        if not isinstance(command, click.Group):
            assert options <= known, f"hauberk {name} has no {options - known}"


def test_the_guide_has_no_page_that_nothing_leads_to() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")}
    assert pages - {"index.md"} == set(re.findall(r"\(([\w-]+\.md)\)", index))
