"""Which arguments of a process are programs themselves, and in what language: `sh -c`, `perl -e`, `awk`, `psql -c`.

Programs that run the rest of their arguments are looked through (`env`, `docker exec`, `find -exec`), and what `ssh`
hands to a shell on the other side is a text for that shell. Where it is not known that a program runs the rest of its
arguments, a shell or interpreter among them counts if an option behind it says that code follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from posixpath import basename
from typing import NamedTuple

from hauberk.guard.interpreters import LAUNCHERS, READERS, SHELLS, Language, Reader


class Program(NamedTuple):
    """The arguments `argv[start:end]`, joined by blanks, are a text in that language."""

    start: int
    end: int
    language: Language


_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
"""What a command follows in `find`."""
_NAMING = frozenset({"-u", "-g", "-U", "--user", "--group", "--name", "-n", "--image"})
"""After these comes the name of a user or container, which may be `node`."""
_SSH_VALUED = frozenset("BbcDEeFIiJLlmOopPQRSWw")


def programs(argv: Sequence[str]) -> Iterator[Program]:
    """The programs among the arguments, in order."""
    for at, item in enumerate(argv):
        name = program_name(item)
        # The first one is what runs; those that follow do where it is known that the first one runs them.
        runs = at == 0 or program_name(argv[0]) in LAUNCHERS
        found: tuple[Program, ...] = ()
        if name in SHELLS:
            script = _after_c(argv, at + 1)
            found = () if script is None else (Program(script, script + 1, "sh"),)
        elif runs and name in {"ssh", "autossh"}:
            found = tuple(_remote(argv, at + 1))
        elif at == 0 and name == "find":
            found = tuple(_executed(argv))
        elif at == 0 and name == "watch":
            found = tuple(_joined(argv, 1))
        elif (reader := reader_of(name)) is not None and (at == 0 or argv[at - 1] not in _NAMING):
            found = tuple(_code(argv, at + 1, reader, positional=runs))
        elif at and _takes_command(program_name(argv[0]), argv[at - 1]):
            found = (Program(at, at + 1, "sh"),)
        else:
            continue
        yield from found
        if found or runs:
            return


def program_name(item: str) -> str:
    """The name of a program, without its folder."""
    return basename(item.replace("\\", "/")).removesuffix(".exe")


def reader_of(name: str) -> Reader | None:
    """How an interpreter or client that is no shell is told what to run, whatever its version (`python3.12`)."""
    return READERS.get(name.rstrip("0123456789."))


def reads_stdin(argv: Sequence[str]) -> Language | None:
    """The language of the program that this process reads from its standard input, if it does."""
    at = 0
    while at < len(argv) and program_name(argv[at]) not in SHELLS and reader_of(program_name(argv[at])) is None:
        if program_name(argv[0]) not in LAUNCHERS:
            return None
        at += 1
    if at == len(argv) or any(True for _ in programs(argv)):
        return None
    name, rest = program_name(argv[at]), argv[at + 1 :]
    if name in SHELLS:
        if any(re.fullmatch(r"-\w*s\w*", item) for item in rest):
            return "sh"
        return "sh" if _is_script_of_stdin(rest) else None
    reader = reader_of(name)
    if reader is None or not reader.stdin:
        return None
    if reader.permutes:  # what it is given is a database
        named_file = reader.files is not None and any(map(reader.files.match, rest))
        return None if named_file else reader.language
    if reader.language == "python" and any(re.match(r"-\w*m", item) for item in rest[:1]):
        return None
    return reader.language if _is_script_of_stdin(rest) else None


def _is_script_of_stdin(rest: Sequence[str]) -> bool:
    named = [item for item in rest if item == "-" or item[:1] != "-"]
    return not named or named[0] in {"-", "/dev/stdin"}


def _takes_command(launcher: str, option: str) -> bool:
    """`su -c`, `flock -c`, `env -S`: the option's value is a command line."""
    if launcher in {"su", "runuser", "flock", "script"}:
        return option in {"-c", "--command"}
    return launcher == "env" and option in {"-S", "--split-string"}


def _executed(argv: Sequence[str]) -> Iterator[Program]:
    """The programs in the commands that `find` runs."""
    for at, item in enumerate(argv):
        if item in _RUNS:
            end = next((i for i in range(at + 1, len(argv)) if argv[i] in {";", "+"}), len(argv))
            for start, stop, language in programs(argv[at + 1 : end]):
                yield Program(at + 1 + start, at + 1 + stop, language)


def _joined(argv: Sequence[str], at: int) -> Iterator[Program]:
    """What `watch` hands to a shell: its arguments, joined."""
    while at < len(argv) and argv[at][:1] == "-":
        if argv[at] in {"-x", "--exec"}:
            return
        at += 1 + (argv[at] in {"-n", "--interval"})
    if at < len(argv):
        yield Program(at, len(argv), "sh")


def _remote(argv: Sequence[str], at: int) -> Iterator[Program]:
    """What follows the host, joined, is read by the shell on the other side (ssh(1)). Options may follow it as well."""
    host = False
    while at < len(argv):
        item = argv[at]
        if len(item) > 1 and item[0] == "-" and item != "--":
            at += 1 + (item[-1] in _SSH_VALUED and not any(char in _SSH_VALUED for char in item[1:-1]))
            continue
        if item == "--":
            at += 1
        elif host:
            yield Program(at, len(argv), "sh")
            return
        else:
            host = True
            at += 1


def _code(argv: Sequence[str], at: int, reader: Reader, *, positional: bool) -> Iterator[Program]:
    """Programs among the options of an interpreter, up to the first argument that is none, and that one where it is a
    program by its place."""
    language, given, arguments = reader.language, False, 0
    while at < len(argv):
        item = argv[at]
        if found := reader.code.match(item):
            at += found.end() == len(item) and not item.endswith("=")
            if at < len(argv):
                yield Program(at, at + 1, language)
            if language == "python":
                return
            given = True
        elif item == "--" or len(item) < 2 or item[0] != "-":
            at += item == "--"
            placed = positional and not given and reader.position is not None and arguments >= reader.position
            if placed and at < len(argv):
                yield Program(at, at + 1, language)
            if not reader.permutes:
                return
            arguments += 1
        elif language == "python" and re.match(r"-\w*m", item):
            return
        else:
            given = given or (reader.files is not None and reader.files.match(item) is not None)
            at += item in reader.valued
        at += 1


def _after_c(argv: Sequence[str], at: int) -> int | None:
    """Options end at the first word without a hyphen; with `c` among them, that word is the script (XCU sh)."""
    command = False
    while at < len(argv) and len(argv[at]) > 1 and argv[at][0] in "-+":
        item = argv[at]
        at += 1
        if item == "--":
            break
        if item == "--command":
            command = True
        elif not item.startswith("--"):
            command = command or "c" in item[1:]
            # -o and +o take the next word with them.
            at += item.endswith(("o", "O"))
        elif item in {"--rcfile", "--init-file"}:
            at += 1
    return at if command and at < len(argv) else None
