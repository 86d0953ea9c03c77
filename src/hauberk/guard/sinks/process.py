"""Processes, by audit event: `subprocess` and everything on top of it (asyncio too), `os.system`, `exec*`, `spawn*`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from hauberk.guard.carry import MARK
from hauberk.guard.hook import handle
from hauberk.guard.listeners import recorder
from hauberk.guard.sensor import sense
from hauberk.guard.shell import judge, judge_argv, shell_script

DIALECT = "posix-sh"
EVENTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")


def install() -> list[str]:
    """Handle the events; their names, and the function that forks before any event."""
    handle(
        {
            "subprocess.Popen": partial(_on_argv, "subprocess.Popen", 0, 1),
            "os.system": _on_system,
            "os.exec": partial(_on_argv, "os.exec", 0, 1),
            "os.posix_spawn": _on_posix_spawn,
            "os.spawn": partial(_on_argv, "os.spawn", 1, 2),
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


def _on_argv(target: str, program: int, arguments: int, args: tuple[Any, ...]) -> None:
    look_argv(target, args[program], args[arguments])


def _on_pty(args: tuple[Any, ...]) -> None:
    look_argv("pty.spawn", None, args[0])


def _on_posix_spawn(args: tuple[Any, ...]) -> None:
    # subprocess starts some processes this way, after it said so itself.
    events = recorder()
    argv = tuple(map(_text, args[1]))
    if events is not None and events.events and events.events[-1].argv == argv:
        return
    look_argv("os.posix_spawn", args[0], args[1])


def look_argv(target: str, program: Any, arguments: Any) -> None:
    """Say which process is about to be started. Raises BlockedError."""
    if isinstance(arguments, str | bytes | os.PathLike):
        arguments = [arguments]
    argv: Sequence[str] = [_text(item) for item in arguments]
    script = shell_script(argv)
    if script is None and program is not None and argv:
        # The program that runs counts, not the name it is told that it has.
        script = shell_script([_text(program), *argv[1:]])
    shown = argv[script] if script is not None else shlex.join(argv)
    sense(
        "argv" if script is None else "shell",
        target,
        shown,
        partial(judge_argv, argv, script=script),
        haystack="\0".join(argv),
        dialect="" if script is None else DIALECT,
        argv=argv,
    )


def _text(item: object) -> str:
    return os.fsdecode(item) if isinstance(item, str | bytes | os.PathLike) else str(item)
