"""TOML, JSON and YAML from strangers: bounded, and `InputError` for whatever is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hauberk.audit.text import clean
from hauberk.core.errors import InputError, MissingExtraError

SIZE_LIMIT = 64 << 20
"""Characters; no lock file comes near."""
DEPTH_LIMIT = 200
"""Nested YAML collections. Its composer recurses in C, where too deep means the end of the process."""

# Compiled when a document of their kind comes: most runs see one kind.
_JSONC = r'(?s)("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/'
_TRAILING = r'(?s)("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])'
_BRACKETS = r"[\[\]{}]"
_DEEP_LINE = rf"(?m)^ {{{2 * DEPTH_LIMIT},}}\S|^ *(?:[-?:] +){{{DEPTH_LIMIT},}}"
_ALIAS = r"(?m)(?:^|[\s\[{,])[&*][^\s,\]}]"
_DOTTED = r"""(?:\.[ \t]*(?:[\w-]{1,99}|"[^"\n]{0,99}"|'[^'\n]{0,99}')[ \t]*){99}"""


def broken(name: str, kind: str, problem: object) -> InputError:
    """The error for a file that is not what its name or its beginning says."""
    return InputError(
        clean(name), f"is no readable {kind}: {clean(problem)}", "let the tool that owns the file write it again"
    )


def check_size(text: str, name: str) -> None:
    """Refuse what is too long to be a lock file."""
    if len(text) > SIZE_LIMIT:
        raise InputError(clean(name), f"has over {SIZE_LIMIT >> 20} million characters", "is it really a lock file?")


def load_json(text: str, name: str, *, comments: bool = False) -> dict[str, Any]:
    """A JSON object; with `comments` also bun's dialect: comments and trailing commas."""
    check_size(text, name)
    if comments:
        text = re.sub(_TRAILING, r"\1", re.sub(_JSONC, r"\1", text))
    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise broken(name, "JSON", "it is nested too deeply") from None
    except ValueError as error:
        raise broken(name, "JSON", error) from None
    return table(found, name, "JSON")


def load_toml(text: str, name: str) -> dict[str, Any]:
    """A TOML document."""
    import tomllib

    check_size(text, name)
    if re.search(_DOTTED, text):  # tomllib takes quadratic time for a key of many dots
        raise broken(name, "TOML", "a key is too long")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise broken(name, "TOML", "it is nested too deeply") from None
    except ValueError as error:
        raise broken(name, "TOML", error) from None


def load_yaml(text: str, name: str) -> list[dict[str, Any]]:
    """The documents of a YAML stream; every scalar is a text, as it is written (`1.10` stays `1.10`)."""
    try:
        import yaml
    except ImportError:
        raise MissingExtraError("pyyaml", "audit", f"reading {clean(name)}") from None

    check_size(text, name)
    _check_yaml(text, name)
    # libyaml where it is there; neither loader knows a tag that makes anything but texts, lists and mappings.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        found = list(yaml.load_all(text, Loader=loader))
    except RecursionError:
        raise broken(name, "YAML", "it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise broken(name, "YAML", str(error).partition("\n")[0]) from None
    except TypeError:  # a mapping or a sequence as a key
        raise broken(name, "YAML", "a key is no text") from None
    return [table(document, name, "YAML") for document in found if document]


def _check_yaml(text: str, name: str) -> None:
    """Refuse before parsing what no tool writes: deep nesting, anchors and aliases."""
    depth = 0
    if text.count("[") + text.count("{") > DEPTH_LIMIT:
        for match in re.finditer(_BRACKETS, text):
            depth = depth + 1 if match.group() in "[{" else max(depth - 1, 0)
            if depth > DEPTH_LIMIT:
                break
    if depth > DEPTH_LIMIT or re.search(_DEEP_LINE, text):
        raise broken(name, "YAML", "it is nested too deeply")
    if re.search(_ALIAS, text) and _has_alias(text):
        raise broken(name, "YAML", "it has anchors or aliases, which no lock file needs")


def _has_alias(text: str) -> bool:
    """What looks like an alias may stand in a quoted text or a comment: the scanner knows."""
    import yaml

    try:
        tokens: Iterator[Any] = yaml.scan(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        return any(isinstance(token, (yaml.AliasToken, yaml.AnchorToken)) for token in tokens)
    except (yaml.YAMLError, ValueError):
        return False  # the parser will say what is wrong


def table(found: object, name: str, kind: str) -> dict[str, Any]:
    """The mapping that a document has to be."""
    if not isinstance(found, dict):
        raise broken(name, kind, "it is not a mapping")
    return found


def mapping(found: object) -> dict[str, Any]:
    """A member that should be a mapping; anything else counts as an empty one."""
    return found if isinstance(found, dict) else {}


def entries(found: object) -> list[dict[str, Any]]:
    """A member that should be a list of mappings; what is none is left out."""
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def text_of(found: object) -> str:
    """A member that should be a text; anything else counts as an empty one."""
    return found if isinstance(found, str) else ""


def table_lines(text: str, header: str, count: int) -> list[int | None]:
    """The line of each `[[header]]` of a TOML file, or Nones if their number is not the one expected."""
    wanted = f"[[{header}]]"
    lines: list[int | None] = [n for n, line in enumerate(text.split("\n"), 1) if line.rstrip() == wanted]
    return lines if len(lines) == count else [None] * count
