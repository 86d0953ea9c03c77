"""Programs that a process gets on its standard input, whole or in parts, through subprocess, asyncio and uvloop."""

from __future__ import annotations

import asyncio
import contextlib
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hauberk.guard import install
from hauberk.guard.interpreters import Language
from hauberk.guard.sinks.stdin import language_of_stdin, settled
from tests.guard.sites import ask
from tests.guard.test_connect import uvloop_run

PIPE = subprocess.PIPE


@pytest.fixture(scope="module", autouse=True)
def hooks() -> None:
    install()


@pytest.mark.parametrize(
    ("text", "language", "ended"),
    [
        ("echo a\necho b", "sh", "echo a\n"),
        ("echo 'a\nb", "sh", ""),
        ("cd x\necho 'a\nb", "sh", "cd x\n"),
        ("echo 'a\nb'\n", "sh", "echo 'a\nb'\n"),
        ("echo $(ls\n", "sh", ""),
        ("print('''a\n", "python", ""),
        ("print('a')\n", "python", "print('a')\n"),
        ("select 'a\nb", "postgresql", ""),
        ("select 1;\nselect 'a", "postgresql", "select 1;\n"),
        ("select 1; -- it's\n", "mysql", "select 1; -- it's\n"),
        ("print('a')\nprint('b", "lua", "print('a')\n"),
        ("echo", "sh", ""),
    ],
)
def test_which_lines_have_ended(text: str, language: Language, ended: str) -> None:
    assert text[: settled(text, language)] == ended


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        ("psql -U app shop | cat", "postgresql"),
        ("sort | sh", None),
        (b"sh", "sh"),
        ([Path("/bin/sh"), "-s"], "sh"),
        ([sys.executable, "-"], "python"),
    ],
)
def test_who_reads_a_program(arguments: Any, language: Language | None) -> None:
    assert language_of_stdin(arguments) == language


def by_write(parts: Iterator[str], process: Any) -> None:
    for part in parts:
        process.stdin.write(part)
    process.stdin.close()


def by_writelines(parts: Iterator[str], process: Any) -> None:
    process.stdin.writelines(parts)
    process.stdin.close()


def by_print(parts: Iterator[str], process: Any) -> None:
    for part in parts:
        print(part, end="", file=process.stdin)
    process.stdin.close()


def by_buffer(parts: Iterator[str], process: Any) -> None:
    for part in parts:
        process.stdin.buffer.write(part.encode())
    process.stdin.close()


def by_communicate(parts: Iterator[str], process: Any) -> None:
    process.communicate("".join(parts))


def rest_by_communicate(parts: Iterator[str], process: Any) -> None:
    process.stdin.write(next(parts))
    process.communicate("".join(parts))


PROGRAMS: list[tuple[list[str], list[str], str, int]] = [
    (["sh"], ["echo {}\n"], "a; id", 403),
    (["sh"], ["echo ", "{}", "\n"], "a; id", 403),
    (["sh"], ["echo ", "{}"], "a; id", 403),
    (["sh"], ["cd /\n", "echo '", "{}", "'\n"], "a; id", 200),
    (["sh"], ["cd /\n", "echo '", "{}", "'\n"], "a\nb c", 200),
    (["sh"], ["cd /\n", "echo '", "{}", "'\n"], "a'\nid\n'", 403),
    (["sh"], ["echo '{}'\n" * 3], "two words", 200),
    (["cat"], ["echo {}\n"], "a; id", 200),
    ([sys.executable, "-"], ["x = ", "{}", "\n"], "__import__('os').getpid()", 403),
    ([sys.executable, "-"], ["x = '", "{}", "'\n"], "two words; x", 200),
    (["sqlite3", ":memory:"], ["select '", "{}", "';\n"], "x' or 1=1 --", 403),
    (["sqlite3", ":memory:"], ["select '", "{}", "';\n"], "it is\n.shell id", 200),
]


@pytest.mark.parametrize(("command", "parts", "value", "status"), PROGRAMS)
@pytest.mark.parametrize("feed", [by_write, by_writelines, by_print, by_buffer, by_communicate, rest_by_communicate])
def test_in_parts(feed: Any, command: list[str], parts: list[str], value: str, status: int) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")

    def run(given: str) -> str:
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdin=PIPE, stdout=quiet, stderr=quiet, text=True) as process:
            feed(iter([part.replace("{}", given) for part in parts]), process)
        return "ok"

    assert ask(run, value) == status


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (io.FileIO, {"bufsize": 0}),
        (io.BufferedWriter, {"bufsize": -1}),
        (io.TextIOWrapper, {"bufsize": 1, "text": True}),
    ],
)
@pytest.mark.parametrize(("value", "status"), [("a; touch {}", 403), ("a_{}", 200)])
def test_every_kind_of_pipe(kind: type, options: dict[str, Any], value: str, status: int, tmp_path: Path) -> None:
    made = tmp_path / "made"

    def run(given: str) -> str:
        with subprocess.Popen(["sh"], stdin=PIPE, stdout=subprocess.DEVNULL, **options) as process:
            pipe: Any = process.stdin
            assert kind in type(pipe).__mro__
            line = f"echo {given}"
            pipe.write(line if "text" in options else line.encode())
            pipe.close()
        return "ok"

    assert ask(run, value.format(made)) == status
    assert not made.exists()


async def by_loop_write(parts: Iterator[str], process: Any) -> None:
    for part in parts:
        process.stdin.write(part.encode())
    await process.stdin.drain()
    process.stdin.close()
    await process.wait()


async def by_loop_writelines(parts: Iterator[str], process: Any) -> None:
    process.stdin.writelines([part.encode() for part in parts])
    process.stdin.write_eof()
    await process.wait()


async def by_loop_communicate(parts: Iterator[str], process: Any) -> None:
    await process.communicate("".join(parts).encode())


@pytest.mark.parametrize("loop", [asyncio.run, uvloop_run])
@pytest.mark.parametrize("shell", [False, True])
@pytest.mark.parametrize("feed", [by_loop_write, by_loop_writelines, by_loop_communicate])
@pytest.mark.parametrize(
    ("parts", "value", "status"),
    [
        (["echo ", "{}", "\n"], "a; id", 403),
        (["echo ", "{}"], "a; id", 403),
        (["echo '", "{}", "'\n"], "a; id", 200),
    ],
)
def test_processes_of_a_loop(loop: Any, feed: Any, shell: bool, parts: list[str], value: str, status: int) -> None:
    async def work(given: str) -> str:
        pipes: dict[str, Any] = {"stdin": PIPE, "stdout": subprocess.DEVNULL}
        if shell:
            process = await asyncio.create_subprocess_shell("sh", **pipes)
        else:
            process = await asyncio.create_subprocess_exec("sh", **pipes)
        try:
            await feed(iter([part.replace("{}", given) for part in parts]), process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return "ok"

    def run(given: str) -> str:
        with ThreadPoolExecutor(1) as pool:
            return str(pool.submit(loop, work(given)).result())

    assert ask(run, value) == status
