"""How often the guard is right about pages, by place: `python -m bench.guard_xss [--vectors DIR]`.

Texts of attacks and ordinary texts are put into the same places of a page, as they came and as a template escapes them.
Whether one runs is said by others: for markup by lexbor, a parser of the HTML standard, which finds a script, handler
or address that was not there before; for strings of a script by Node.js, which runs it and names what it reached for.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from hauberk.guard.html import judge

DEFAULT = Path(__file__).parents[2] / "shared" / "vectors"


def in_script(value: str) -> str:
    """As templates escape for a string of a script."""
    return "".join(char if char.isalnum() or char in " .,_" else f"\\u{ord(char):04x}" for char in value)


class Place(NamedTuple):
    """Where an input stands, and how it is escaped for it."""

    page: str
    escape: Callable[[str], str] = escape
    script: bool = False


PLACES = {
    "text": Place("<!doctype html><body><h1>Hi</h1><p>{}</p><script>start('x');</script>"),
    "attribute in double quotes": Place('<body><input name="q" value="{}"><a href="/x" onclick="go(1)">y</a>'),
    "attribute in single quotes": Place("<body><input name='q' value='{}'><p class='x'>y</p>"),
    "attribute without quotes": Place("<body><input name=q value={}><p class=x>y</p>"),
    "text area": Place("<body><textarea name=q>{}</textarea><p>y</p>"),
    "title": Place("<!doctype html><title>{}</title><body><p>y</p>"),
    "comment": Place("<body><!-- {} --><p>y</p>"),
    "string in double quotes": Place('<body><script>var q = "{}"; run(q);</script>', in_script, script=True),
    "string in single quotes": Place("<body><script>var q = '{}'; run(q);</script>", in_script, script=True),
    "template literal": Place("<body><script>var q = `{}`; run(q);</script>", in_script, script=True),
}
_EDGE = "".join(map(chr, range(33)))
_RUNNING = frozenset({"href", "src", "action", "formaction", "data", "xlink:href", "to", "from", "values"})
_NODE = r"""
const vm = require('vm');
const inputs = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const reached = code => {
  const names = new Set();
  const any = new Proxy(function () {}, {get: (t, k) => k === Symbol.toPrimitive ? () => '' : any, apply: () => any,
    construct: () => any, set: () => true, has: () => true});
  const known = {run: q => { if (typeof q !== 'string') names.add('(no string)'); }, q: undefined};
  const world = new Proxy(known, {has: () => true, get: (t, k) => {
    if (typeof k !== 'string') return undefined;
    if (k in known) return known[k];
    names.add(k);
    return any;
  }, set: (t, k, v) => { if (k !== 'q') names.add('=' + k); known[k] = v; return true; }});
  try {
    vm.runInNewContext('with (world) { ' + code + '\n}', {world}, {timeout: 10000});
  } catch (error) {
    return error instanceof SyntaxError || error.name === 'SyntaxError' ? null : [...names, 'raised'];
  }
  return [...names];
};
console.log(JSON.stringify(inputs.map(reached)));
"""


def scripts(page: str) -> Counter[tuple[str, ...]]:
    """What a page runs, as the parser's tree has it."""
    from selectolax.lexbor import LexborHTMLParser

    found: Counter[tuple[str, ...]] = Counter()
    for node in LexborHTMLParser(page).css("*"):
        attributes = {name: value or "" for name, value in node.attributes.items()}
        for name, value in attributes.items():
            address = re.sub("[\t\n\r]", "", value).lstrip(_EDGE).lower()
            if (name.startswith("on") and name.isalpha()) or (name in _RUNNING and address.startswith("javascript:")):
                found[str(node.tag), name, value] += 1
            elif name == "srcdoc":
                found.update(("srcdoc", *inner) for inner in scripts(value).elements())
        if node.tag == "script":
            found["script", attributes.get("src", ""), node.text()] += 1
        elif node.tag == "base":
            found["base", attributes.get("href", "")] += 1
    return found


def runs_in_markup(place: Place, values: list[str]) -> Iterator[str]:
    """Whether each text adds something that `runs`, or `stays` what it is."""
    plain = scripts(place.page.replace("{}", "a"))
    yield from ("runs" if scripts(place.page.replace("{}", value)) - plain else "stays" for value in values)


def runs_in_script(place: Place, values: list[str]) -> Iterator[str]:
    """The same for strings, by what the script reached for; what leaves its string and runs nothing `breaks` it."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("no node: it says what a script does")
    bodies = [place.page.replace("{}", value).partition("<script>")[2].rpartition("</script>")[0] for value in values]
    done = subprocess.run([node, "-e", _NODE], input=json.dumps(bodies), capture_output=True, text=True, check=True)
    plain = scripts(place.page.replace("{}", "a"))
    for value, reached in zip(values, json.loads(done.stdout), strict=True):
        ended = "</script" in value.lower() and len(scripts(place.page.replace("{}", value)) - plain) > 1
        yield "runs" if reached or ended else "breaks" if reached is None or "</script" in value.lower() else "stays"


def texts(folder: Path, name: str) -> list[str]:
    lines = (folder / "guard" / name).read_text(encoding="utf-8").splitlines()
    return sorted({json.loads(line)["text"] for line in lines if len(json.loads(line)["text"].strip()) > 1})


def measured(place: Place, attacks: list[str], ordinary: list[str]) -> dict[str, Any]:
    """One place."""
    runs = runs_in_script if place.script else runs_in_markup
    rows: dict[str, list[int]] = {name: [0, 0] for name in ("runs", "breaks", "stays, raw", "stays, escaped")}
    missed: list[str] = []
    values = attacks + ordinary
    for kind, written in (("raw", values), ("escaped", list(map(place.escape, values)))):
        for value, text, ran in zip(values, written, runs(place, written), strict=True):
            stopped = judge(place.page.replace("{}", text), value).attack
            row = rows[f"stays, {kind}" if ran == "stays" else ran]
            row[0] += stopped
            row[1] += 1
            if ran == "runs" and not stopped:
                missed.append(text[:120])
    return {name: f"{stopped} of {of}" for name, (stopped, of) in rows.items()} | {"missed": missed}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.guard_xss", description=__doc__)
    parser.add_argument("--vectors", type=Path, default=DEFAULT)
    options = parser.parse_args()
    attacks, ordinary = texts(options.vectors, "payloads_xss.jsonl"), texts(options.vectors, "benign_text.jsonl")
    rows = {name: measured(place, attacks, ordinary) for name, place in PLACES.items()}
    json.dump({"subject": "input in pages: called an attack, of all", "places": rows}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
