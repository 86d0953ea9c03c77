"""Mutants of the verifier: each changes one comparison, condition or constant. `python -m fuzz.mutate_tokens [FILE...]`

A mutant that the tests of tokens let live is printed with its line; the last line counts. Works on a copy of the
package in a temporary directory, so that the checkout stays as it is.
"""

from __future__ import annotations

import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("src/hauberk/auth/tokens")
FILES = ("verifier.py", "verify.py", "encoding.py")
TESTS = ("tests/auth/tokens", "tests/vectors/test_auth_tokens.py")
OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, what was done, and the module with it."""
    for number, node in enumerate(ast.walk(tree)):
        for what in _changes(node):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[number]
            _apply(target, what)
            yield getattr(node, "lineno", 0), what, ast.fix_missing_locations(changed)


def _changes(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Compare):
        return ["comparison"]
    if isinstance(node, ast.BoolOp):
        return [f"drop {number}" for number in range(len(node.values))]
    if isinstance(node, ast.If):
        return ["never", "always"]
    return ["sign"] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) else []


def _apply(node: ast.AST, what: str) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = OTHER[type(node.ops[0])]()
    elif isinstance(node, ast.BoolOp):
        del node.values[int(what.split()[1])]
        if len(node.values) == 1:
            node.values.append(node.values[0])
    elif isinstance(node, ast.If):
        node.test = ast.Constant(what == "always")
    elif isinstance(node, ast.BinOp):
        node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()


def killed(copied: Path) -> bool:
    """Whether the tests notice."""
    environ = {**os.environ, "PYTHONPATH": str(copied / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS]
    try:
        done = subprocess.run(command, cwd=copied, env=environ, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main(files: list[str]) -> int:
    """Run all mutants of these files. The exit status says whether one lived."""
    lived = total = 0
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder)
        for name in ("src", "tests"):
            shutil.copytree(ROOT / name, copied / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copied)
        if killed(copied):
            sys.stderr.write("the tests fail without a mutant\n")
            return 2
        for name in files or FILES:
            path = copied / FOLDER / name
            source = path.read_text("utf-8")
            for line, what, tree in mutants(ast.parse(source)):
                path.write_text(ast.unparse(tree), "utf-8")
                total += 1
                if not killed(copied):
                    lived += 1
                    sys.stdout.write(f"{name}:{line}: {what}: {source.splitlines()[line - 1].strip()}\n")
                    sys.stdout.flush()
            path.write_text(source, "utf-8")
    sys.stdout.write(f"{total} mutants, {lived} lived\n")
    return 1 if lived else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
