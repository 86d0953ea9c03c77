"""Which arguments of a process are programs themselves, and in what language: `sh -c`, `python -c`, `perl -e`, `awk`.

Programs that run the rest of their arguments are looked through (`env`, `find -exec`), and what `ssh` hands to a shell
on the other side is a text for that shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from posixpath import basename
from typing import Literal, NamedTuple

Language = Literal["sh", "python", "perl", "ruby", "php", "javascript", "awk"]


class Program(NamedTuple):
    """The arguments `argv[start:end]`, joined by blanks, are a text in that language."""

    start: int
    end: int
    language: Language


SHELLS = frozenset("sh bash dash zsh ksh mksh ash yash rbash fish csh tcsh".split())
LAUNCHERS = frozenset(
    "env busybox toybox sudo doas nohup setsid nice ionice timeout stdbuf time xargs chroot su runuser flock".split()
)
"""Programs that run the rest of their arguments."""
_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
"""What a command follows in `find`."""
_NAMING = frozenset({"-u", "-g", "-U", "--user", "--group"})
"""After these comes the name of a user, which may be `node`."""
_LANGUAGES: dict[str, Language] = {
    "python": "python", "pypy": "python", "perl": "perl", "ruby": "ruby", "php": "php", "node": "javascript",
    "nodejs": "javascript", "awk": "awk", "gawk": "awk", "mawk": "awk", "nawk": "awk",
}  # fmt: skip
_CODE: dict[Language, re.Pattern[str]] = {
    "python": re.compile(r"-[bBdEhiIOPqsSuvx]*c"),
    "perl": re.compile(r"-[acflnpsStTuUwWX0-9]*[eE]"),
    "ruby": re.compile(r"-[alnpswW0-9]*e"),
    "php": re.compile(r"-[nq]*[rRBE]|--(?:run|process-(?:begin|code|end))(?:=|\Z)"),
    "javascript": re.compile(r"-p?e|-p|--(?:eval|print)(?:=|\Z)"),
    "awk": re.compile(r"-e|--source(?:=|\Z)"),
}
"""Options whose value is a program: the next argument, or what is left of this one."""
_VALUED: dict[Language, frozenset[str]] = {
    "python": frozenset({"-W", "-X"}),
    "perl": frozenset(),
    "ruby": frozenset({"-r", "-I", "-E", "-C"}),
    "php": frozenset({"-c", "-d", "-z"}),
    "javascript": frozenset({"-r", "--require", "--import", "-C", "--conditions"}),
    "awk": frozenset({"-F", "-v", "--assign", "--field-separator", "-f", "--file", "-i", "--include"}),
}
"""Options that take the next argument with them."""
_SSH_VALUED = frozenset("BbcDEeFIiJLlmOopPQRSWw")


def programs(argv: Sequence[str]) -> Iterator[Program]:
    """The programs among the arguments, in order."""
    at = 0
    while at < len(argv):
        name = program_name(argv[at])
        if name in SHELLS:
            if (script := _after_c(argv, at + 1)) is not None:
                yield Program(script, script + 1, "sh")
            return
        if name == "ssh":
            yield from _remote(argv, at + 1)
            return
        if (language := language_of(name)) is not None and (at == 0 or argv[at - 1] not in _NAMING):
            yield from _code(argv, at + 1, language)
            return
        if at == 0 and name == "find":
            yield from _executed(argv)
            return
        if at == 0 and name not in LAUNCHERS:
            return
        if at and _takes_command(program_name(argv[0]), argv[at - 1]):
            yield Program(at, at + 1, "sh")
            return
        at += 1


def program_name(item: str) -> str:
    """The name of a program, without its folder."""
    return basename(item.replace("\\", "/")).removesuffix(".exe")


def language_of(name: str) -> Language | None:
    """What an interpreter that is no shell reads, whatever its version (`python3.12`)."""
    return _LANGUAGES.get(name.rstrip("0123456789."))


def reads_stdin(argv: Sequence[str]) -> Language | None:
    """The language of the program that this process reads from its standard input, if it does."""
    at = 0
    while at < len(argv) and program_name(argv[at]) not in SHELLS and language_of(program_name(argv[at])) is None:
        if program_name(argv[0]) not in LAUNCHERS:
            return None
        at += 1
    if at == len(argv) or any(True for _ in programs(argv)):
        return None
    name, rest = program_name(argv[at]), argv[at + 1 :]
    language: Language | None = "sh" if name in SHELLS else language_of(name)
    if language in {None, "awk"}:
        return None
    if any(re.match(r"-\w*m", item) for item in rest[:1]) and language == "python":
        return None
    if language == "sh" and any(re.fullmatch(r"-\w*s\w*", item) for item in rest):
        return language
    named = [item for item in rest if item == "-" or item[:1] != "-"]
    return language if not named or named[0] in {"-", "/dev/stdin"} else None


def _takes_command(launcher: str, option: str) -> bool:
    """`su -c`, `flock -c`, `env -S`: the option's value is a command line."""
    if launcher in {"su", "runuser", "flock"}:
        return option in {"-c", "--command"}
    return launcher == "env" and option in {"-S", "--split-string"}


def _executed(argv: Sequence[str]) -> Iterator[Program]:
    """The programs in the commands that `find` runs."""
    for at, item in enumerate(argv):
        if item in _RUNS:
            end = next((i for i in range(at + 1, len(argv)) if argv[i] in {";", "+"}), len(argv))
            for start, stop, language in programs(argv[at + 1 : end]):
                yield Program(at + 1 + start, at + 1 + stop, language)


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


def _code(argv: Sequence[str], at: int, language: Language) -> Iterator[Program]:
    """Programs among the options of an interpreter, up to the first argument that is none; awk's is its program."""
    from_file = False
    while at < len(argv):
        item = argv[at]
        if item == "--" or len(item) < 2 or item[0] != "-":
            at += item == "--"
            if language == "awk" and not from_file and at < len(argv):
                yield Program(at, at + 1, language)
            return
        if found := _CODE[language].match(item):
            at += found.end() == len(item) and not item.endswith("=")
            if at < len(argv):
                yield Program(at, at + 1, language)
            if language == "python":
                return
            from_file = True
        elif language == "python" and re.match(r"-\w*m", item):
            return
        else:
            from_file = from_file or (language == "awk" and (item[:2] == "-f" or item.startswith("--file")))
            at += item in _VALUED[language]
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
