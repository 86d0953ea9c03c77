"""Mutants of the verifier, each with one small change: `python -m fuzz.mutate_tokens [--list] [FILE...]`

Changed are comparisons, `and` and `or`, `not`, conditions, signs, constants, and what is returned, raised or called.
A mutant that the tests of tokens let live is printed with its line, unless it is one of EQUIVALENT, where no test can
tell it from the original; the last line counts. Works on a copy in a temporary directory: the checkout stays as it is.
"""

from __future__ import annotations

import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("src/hauberk/auth/tokens")
FILES = ("verifier.py", "verify.py", "encoding.py")
QUICK = tuple(f"tests/auth/tokens/test_edges{name}.py" for name in ("", "_encoding", "_verifier"))
TESTS = tuple(f"tests/auth/tokens/test_{name}.py" for name in ("cves", "verifier", "tokens"))
OTHER: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
Change = Callable[[ast.AST], None]

EQUIVALENT = {
    "verifier.py: drop 0: if known is None and len(headers) < MOST_HEADERS:": "what is known is stored again, the same",
    "verifier.py: comparison 0 Lt: and 0 <= issued <= now + self._leeway": "1970 goes the thorough way, which takes it",
    "verifier.py: constant 1: and 0 <= issued <= now + self._leeway": "the same",
    "verifier.py: constant -1: and 0 <= issued <= now + self._leeway": "1969 goes the quick way: both take it",
    'encoding.py: never: if raw.count(b"[") + raw.count(b"{") <= DEEPEST:': "read the thorough way",
    'encoding.py: comparison 0 Lt: if raw.count(b"[") + raw.count(b"{") <= DEEPEST:': "read the thorough way",
    "encoding.py: never: if (": "read the thorough way",
    'encoding.py: always: if "\\\\u" in text:': "half a pair is looked for where none can be",
    "encoding.py: never: if opened <= DEEPEST:": "counted octet by octet",
    "encoding.py: comparison 0 Lt: if opened <= DEEPEST:": "counted octet by octet",
    """encoding.py: constant b'x': _PADDING = (b"", b"", b"==", b"=")""": "that of a length which is refused before",
    """encoding.py: constant b'[{x': elif octet in b"[{":""": "an x outside of texts is no JSON at any depth",
    """encoding.py: constant b']}x': elif octet in b"]}":""": "an x outside of texts is no JSON at any depth",
    'verify.py: constant 4: parts = octets.split(b".", 3)': "five parts are not three, as four are not",
}
"""Mutant as it is printed, without the number of the line -> why it accepts nothing more."""


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, what was done, and the module with it."""
    silent = _said_only(tree)
    for number, node in enumerate(ast.walk(tree)):
        if number in silent:
            continue
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            change(list(ast.walk(changed))[number])
            yield getattr(node, "lineno", 0), what, ast.fix_missing_locations(changed)


def _said_only(tree: ast.Module) -> set[int]:
    """Nodes that are only read by people: docstrings, annotations, and the texts of errors."""
    silent: set[int] = set()
    for node in ast.walk(tree):
        quiet: list[ast.AST | None] = []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            quiet.append(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
            quiet += node.args
        elif isinstance(node, ast.AnnAssign):
            quiet.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            quiet += [node.returns, *(argument.annotation for argument in node.args.args)]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__slots__":
            quiet.append(node.value)
        silent |= {id(inner) for one in quiet if one is not None for inner in ast.walk(one)}
    return {number for number, node in enumerate(ast.walk(tree)) if id(node) in silent}


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in OTHER[type(operator)]:
                yield f"comparison {place} {other.__name__}", _setting(f"ops.{place}", other())
    elif isinstance(node, ast.BoolOp):
        yield "and/or", _setting("op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for place in range(len(node.values)):
            yield f"drop {place}", _dropping(place)
    elif isinstance(node, ast.If | ast.IfExp):
        for name, always in (("never", False), ("always", True)):
            yield name, _setting("test", ast.Constant(always))
    elif isinstance(node, ast.Constant):
        for value in _others(node.value):
            yield f"constant {value!r}", _setting("value", value)
    else:
        yield from _smaller(node)


def _smaller(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Those of which each kind of node has one."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "no not", _setting("operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        yield "sign", _setting("op", ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
    elif isinstance(node, ast.Return) and ast.unparse(node) not in {"return", "return None"}:
        yield "return nothing", _setting("value", ast.Constant(None))
    elif isinstance(node, ast.Raise | ast.Break) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield f"no {type(node).__name__.lower()}", _skipping


def _others(value: object) -> tuple[object, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int | float):
        return value + 1, value - 1
    if isinstance(value, str):
        return (value + "x",)
    return (value + b"x",) if isinstance(value, bytes) else ()


def _setting(path: str, value: object) -> Change:
    def change(node: ast.AST) -> None:
        name, _, place = path.partition(".")
        if place:
            getattr(node, name)[int(place)] = value
        else:
            setattr(node, name, value)

    return change


def _dropping(place: int) -> Change:
    def change(node: ast.AST) -> None:
        assert isinstance(node, ast.BoolOp)
        del node.values[place]
        if len(node.values) == 1:
            node.values.append(node.values[0])

    return change


def _skipping(node: ast.AST) -> None:
    """The node itself stays where it is, and does nothing any more."""
    node.__class__ = ast.Pass


def tests_pass(copied: Path, tests: tuple[str, ...]) -> bool:
    """In the copy. What takes for ever fails."""
    # CI: Hypothesis then neither measures time nor rolls dice, so that nothing but the mutant makes a test fail. Nor do
    # plug-ins that happen to be installed.
    environ = {**os.environ, "CI": "true", "PYTHONPATH": str(copied / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-q", "-x", "-c", "pytest.ini", "--rootdir", ".", "--noconftest", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        done = subprocess.run(command, cwd=copied, env=environ, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def killed(copied: Path) -> bool:
    """Whether the tests notice: most do not get past the quick ones."""
    return not (tests_pass(copied, QUICK) and tests_pass(copied, TESTS))


def run(copied: Path, files: list[str]) -> tuple[int, int, int]:
    """How many mutants there were, how many of them lived, and how many of these no test can kill."""
    total = lived = same = 0
    for name in files:
        path = copied / FOLDER / name
        source = path.read_text("utf-8")
        for line, what, tree in mutants(ast.parse(source)):
            path.write_text(ast.unparse(tree), "utf-8")
            total += 1
            if killed(copied):
                continue
            said = f"{what}: {source.splitlines()[line - 1].strip()}"
            if f"{name}: {said}" in EQUIVALENT:
                same += 1
                continue
            lived += 1
            sys.stdout.write(f"{name}:{line}: {said}\n")
            sys.stdout.flush()
        path.write_text(source, "utf-8")
        if killed(copied):  # and so is every mutant since whatever happened: nothing was shown
            raise SystemExit(f"{name}: the tests fail without a mutant, after they passed before the first")
    return total, lived, same


def main(arguments: list[str]) -> int:
    """Run all mutants of these files. The exit status says whether one lived."""
    files = [name for name in arguments if name != "--list"] or list(FILES)
    if "--list" in arguments:
        for name in files:
            source = (ROOT / FOLDER / name).read_text("utf-8")
            for line, what, _ in mutants(ast.parse(source)):
                sys.stdout.write(f"{name}:{line}: {what}: {source.splitlines()[line - 1].strip()}\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder)
        for name in ("src", "tests"):
            shutil.copytree(ROOT / name, copied / name, ignore=shutil.ignore_patterns("__pycache__"))
        (copied / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\nfilterwarnings = error\n")
        if killed(copied):
            sys.stderr.write("the tests fail without a mutant\n")
            return 2
        total, lived, same = run(copied, files)
    sys.stdout.write(f"{total} mutants, {lived} lived, {same} more are no other program\n")
    return 1 if lived else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
