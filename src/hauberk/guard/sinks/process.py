"""Processes, by audit event: `subprocess` and everything on top of it (asyncio too), `os.system`, `exec*`, `spawn*`."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial, wraps
from itertools import islice
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.carry import MARK, listened
from hauberk.guard.environment import changed, names
from hauberk.guard.frames import is_among_constants, is_constant, is_constant_nearby, stack
from hauberk.guard.hook import handle
from hauberk.guard.inputs import Inputs, every
from hauberk.guard.programs import Program, programs
from hauberk.guard.sensor import sense, sense_found
from hauberk.guard.shell import judge, judge_argv
from hauberk.guard.verdict import Judgement

DIALECT = "posix-sh"
_LOADER = Judgement("attack", "the input is the name of a variable that makes a program load what it names")
_SUBPROCESS = getattr(getattr(subprocess.Popen, "_posix_spawn", None), "__code__", None)
"""How `subprocess` starts processes that need nothing else: those that keep its descriptors, from 3.13 on most."""
EVENTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")


def install() -> list[str]:
    """Handle the events; their names, and the function that forks before any event."""
    handle(
        {
            "subprocess.Popen": partial(_on_argv, "subprocess.Popen", 0, 1, 3),
            "os.system": _on_system,
            "os.exec": partial(_on_argv, "os.exec", 0, 1, 2),
            "os.posix_spawn": _on_posix_spawn,
            "os.spawn": partial(_on_argv, "os.spawn", 1, 2, 3),
            "pty.spawn": _on_pty,
        }
    )
    hooked = [f"audit:{event}" for event in EVENTS]
    # On POSIX os.spawn* forks first, so that `os.exec` is raised in the child, where nobody would hear of it.
    spawn = getattr(os, "_spawnvef", None)
    if spawn is not None:
        if not getattr(spawn, MARK, False):
            setattr(os, "_spawnvef", _watched(spawn))  # noqa: B010
        hooked.append("os.spawnve")
    return hooked


def _watched(spawn: Callable[..., int]) -> Callable[..., int]:
    @wraps(spawn)
    def spawnvef(mode: int, file: Any, args: Any, env: Any, func: Any) -> int:
        look_environment("os.spawnve", env)
        look_argv("os.spawnve", file, args)
        return spawn(mode, file, args, env, func)

    setattr(spawnvef, MARK, True)
    return spawnvef


def _on_system(args: tuple[Any, ...]) -> None:
    look_command("os.system", args[0])


def look_command(target: str, command: Any) -> None:
    """Say which command line a shell is about to read. Raises BlockedError."""
    text = _text(command)
    sense("shell", target, text, partial(judge, text), dialect=DIALECT)


def _on_argv(target: str, program: int, arguments: int, env: int, args: tuple[Any, ...]) -> None:
    look_environment(target, args[env])
    look_argv(target, args[program], args[arguments])


def _on_pty(args: tuple[Any, ...]) -> None:
    look_argv("pty.spawn", None, args[0])


def _on_posix_spawn(args: tuple[Any, ...]) -> None:
    if any(frame.f_code is _SUBPROCESS for frame in islice(stack(), 4)):
        return  # it has said so itself
    look_environment("os.posix_spawn", args[2])
    look_argv("os.posix_spawn", args[0], args[1])


def look_environment(target: str, env: Any) -> None:
    """Say which variables a process gets whose names the request chose, if loaders read them. Raises BlockedError."""
    if env is None or not listened():
        return
    for name in changed(env):
        sense_found("argv", target, f"{name}=", partial(_named, name))


def _named(variable: str, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    for name, value in every(ex):
        if names(value, variable) and not is_constant_nearby(variable):
            yield name, value, _LOADER


def look_argv(target: str, program: Any, arguments: Any) -> None:
    """Say which process is about to be started. Raises BlockedError."""
    if isinstance(arguments, str | bytes | os.PathLike):
        arguments = [arguments]
    argv: Sequence[str] = [_text(item) for item in arguments]
    found = tuple(programs(argv))
    if not found and program is not None and argv:
        # The program that runs counts, not the name it is told that it has.
        found = tuple(programs([_text(program), *argv[1:]]))
    script = found[0].start if len(found) == 1 and found[0].language == "sh" else None
    shown = " ".join(argv[script : found[0].end]) if script is not None else shlex.join(argv)
    sense(
        "argv" if script is None else "shell",
        target,
        shown,
        partial(_judge_argv, argv, found),
        haystack="\0".join(argv),
        dialect="" if script is None else DIALECT,
        argv=argv,
    )


def _judge_argv(argv: Sequence[str], found: Sequence[Program], value: str) -> Judgement:
    """Of several programs, one that the code holds as it is says nothing of who sent the same words."""
    verdict = judge_argv(argv, value, found=found)
    if not verdict.attack:
        return verdict
    own = [one for one in found if not all(map(_written, argv[one.start : one.end]))]
    return verdict if len(own) == len(found) else judge_argv(argv, value, found=own)


def _written(item: str) -> bool:
    return is_constant(item) or is_among_constants(item)


def _text(item: object) -> str:
    return os.fsdecode(item) if isinstance(item, str | bytes | os.PathLike) else str(item)
