"""What processes are given to read, where that is a program: `sh`, `python -`, `psql`, by `subprocess` and asyncio.

A program may come in parts. A shell runs a line when it is there, so what is there by then is judged with each line; an
interpreter or client that waits for the end gets no end before all was judged.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import weakref
from asyncio import subprocess as asyncio_subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from typing import Any

from hauberk.core.errors import BlockedError
from hauberk.guard import literals, pytokens, tokens
from hauberk.guard.carry import MARK, listened
from hauberk.guard.interpreters import STATEMENTS, Language
from hauberk.guard.programs import reads_stdin
from hauberk.guard.quoting import Quoting
from hauberk.guard.sensor import sense
from hauberk.guard.shell import commands, judge_program
from hauberk.guard.verdict import Judgement, occurrences

LONGEST = 1 << 20
"""Characters of a program that are kept to judge what follows them."""
_MARK = re.compile(r"['\"`$)}/*-]")
"""Without one of these nothing ends that is open."""
ARGUMENTS = "hauberk_arguments"
"""Attribute of a process's protocol: what it was started with, where its transport does not say."""


def install() -> list[str]:
    """Watch the ends of pipes that processes read; what was wrapped."""
    process = asyncio_subprocess.Process
    for kind, name, watched in (
        (subprocess.Popen, "__init__", _watched_popen),
        (subprocess.Popen, "communicate", _watched_communicate),
        (process, "__init__", _watched_process),
    ):
        original = vars(kind)[name]
        if not getattr(original, MARK, False):
            replacement = watched(original)
            setattr(replacement, MARK, True)
            setattr(kind, name, replacement)
    return ["subprocess.Popen.stdin", "subprocess.Popen.communicate", "asyncio.subprocess.Process.stdin"]


def language_of_stdin(arguments: Any) -> Language | None:
    """The language of the program that a process with these arguments reads from its standard input, if it does."""
    if isinstance(arguments, str | bytes | os.PathLike):  # a command line, whose first command has it
        return next((reads_stdin(argv) for _, argv in commands(os.fsdecode(arguments))), None)
    return reads_stdin([os.fsdecode(one) if isinstance(one, bytes | os.PathLike) else str(one) for one in arguments])


class Script:
    """The program that one process is given, as far as it was not judged yet."""

    def __init__(self, target: str, language: Language) -> None:
        self._target, self._language = target, language
        self._text = ""
        self._open = False

    def add(self, part: Any) -> None:
        """Judge what may run once this part is there. Raises BlockedError."""
        if isinstance(part, bytes | bytearray | memoryview):
            part = bytes(part).decode("utf-8", "surrogateescape")
        if not isinstance(part, str):
            return
        self._text += part
        if len(self._text) > LONGEST:
            self.end()
        elif "\n" in part and not (self._open and _MARK.search(part) is None):
            ready = settled(self._text, self._language)
            self._open = ready < len(self._text)
            if ready:
                self._judge(ready)

    def end(self) -> None:
        """Judge what is left, before the process hears that this was all. Raises BlockedError."""
        if self._text:
            self._judge(len(self._text))

    def _judge(self, ready: int) -> None:
        text, self._text = self._text, self._text[ready:]
        judged = partial(_judge, text, ready, self._language)
        # Who records judges a text of the kind `shell` as one for a shell.
        if self._language == "sh":
            sense("shell", self._target, text, judged, dialect="posix-sh")
        else:
            sense("argv", self._target, text, judged, dialect=self._language)


def settled(text: str, language: Language) -> int:
    """Where the last line ends that ends outside of all strings and comments; 0 if none does."""
    last = text.rfind("\n") + 1
    if language == "python":
        return last if all(token.kind != "open" for token in pytokens.tokenise(text)) else 0
    if language in STATEMENTS:
        for token in reversed(tokens.tokenise(text, language)):
            at = text.rfind("\n", token.start, token.end) + 1
            if at and (token.kind == "space" or (token.kind == "comment" and token.closed and at == token.end)):
                return at
        return 0
    outside = Quoting(text).bare if language == "sh" else literals.outside(text, language)
    while last and not outside(last):
        last = text.rfind("\n", 0, last - 1) + 1
    return last


def _judge(text: str, ready: int, language: Language, value: str) -> Judgement:
    """An input in what is ready, or one that goes on behind it. What has only begun is judged when it is there."""
    if any(start < ready < end for start, end in occurrences(text, value)):
        return judge_program(text, value, language)
    return judge_program(text[:ready], value, language)


def _watched_communicate(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def communicate(self: Any, input: Any = None, *args: Any, **options: Any) -> Any:
        if input and listened() and (language := language_of_stdin(self.args)) is not None:
            pipe = getattr(self.stdin, "buffer", self.stdin)
            # One that watches what is written into it has heard of what came before.
            script = getattr(pipe, "script", None) or Script("subprocess.Popen.communicate", language)
            script.add(input)
            script.end()
            if isinstance(pipe, _Pipe):
                pipe.script = None
        return original(self, input, *args, **options)

    return communicate


class _Pipe:
    """The end of a pipe whose other end reads a program."""

    script: Script | None = None
    kill: Callable[[], None]

    def write(self, part: Any, /) -> int:
        """Judge it, then as ever."""
        if self.script is not None:
            self.script.add(part)
        written: int = super().write(part)  # type: ignore[misc]
        return written

    def close(self) -> None:
        """Judge what is left, then as ever: the process takes it for the end. It is killed if that was an attack."""
        script, self.script = self.script, None
        if script is None:
            super().close()  # type: ignore[misc]
            return
        try:
            script.end()
        except BlockedError:
            self.kill()
            with suppress(OSError):
                super().close()  # type: ignore[misc]
            raise
        super().close()  # type: ignore[misc]


class _Buffered(_Pipe, io.BufferedWriter):
    """With a buffer."""


class _Raw(_Pipe, io.FileIO):
    """Without one."""


def _watched_popen(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        if self.stdin is None or not listened() or (language := language_of_stdin(self.args)) is None:
            return
        text: Any = self.stdin if isinstance(self.stdin, io.TextIOWrapper) else None
        binary: Any = self.stdin if text is None else text.buffer
        if type(binary) not in {io.BufferedWriter, io.FileIO}:
            return
        if text is not None:
            encoding, errors, lines = text.encoding, text.errors, text.line_buffering
            text.detach()
        pipe: _Buffered | _Raw
        if isinstance(binary, io.BufferedWriter):
            pipe = _Buffered(binary.detach())
        else:
            pipe = _Raw(os.dup(binary.fileno()), "wb")
            binary.close()
        pipe.script = Script("subprocess.Popen.stdin", language)
        pipe.kill = _killing(self)
        if text is None:
            self.stdin = pipe
        else:
            self.stdin = io.TextIOWrapper(
                pipe, encoding=encoding, errors=errors, line_buffering=lines, write_through=True
            )

    return __init__


def _killing(process: Any) -> Callable[[], None]:
    """Kills the process, without keeping it."""
    weak = weakref.ref(process)

    def kill() -> None:
        if (process := weak()) is not None:
            process.kill()

    return kill


def _watched_process(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, transport: Any, protocol: Any, loop: Any) -> None:
        original(self, transport, protocol, loop)
        if self.stdin is None or not listened():
            return
        popen = getattr(transport, "_proc", None)
        arguments: Any = getattr(popen, "args", None) or getattr(protocol, ARGUMENTS, ())
        if arguments and (language := language_of_stdin(arguments)) is not None:
            script = Script("asyncio.subprocess.Process.stdin", language)
            _watch_writer(self.stdin, script, _killing(self))

    return __init__


def _watch_writer(writer: Any, script: Script, kill: Callable[[], None]) -> None:
    """Put the look into one stream, which is written in Python."""
    write, write_eof, close = writer.write, writer.write_eof, writer.close

    def ended(end: Callable[[], Any]) -> Callable[[], Any]:
        def ending() -> Any:
            try:
                script.end()
            except BlockedError:
                kill()
                raise
            return end()

        return ending

    def written(data: Any) -> None:
        script.add(data)
        write(data)

    writer.write, writer.writelines = written, lambda parts: written(b"".join(parts))
    writer.write_eof, writer.close = ended(write_eof), ended(close)
