"""Did an input leave its word? Judged by its quoting (CWE-78), in argument lists by its place (CWE-88).

Outside quotes an input may hold only characters that mean nothing to a shell; inside double quotes none that expand or
close; inside single quotes no single quote. Otherwise it has to stand there as `shlex.quote` or backslashes make it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from hauberk.guard import code, literals, sql
from hauberk.guard.interpreters import READERS, SHELLS, STATEMENTS, Language
from hauberk.guard.programs import Program, program_name, programs, reads_stdin
from hauberk.guard.quoting import DOUBLE_ESCAPES, Quoting, State
from hauberk.guard.verdict import ABSENT, Cover, Judgement, occurrences

Span = tuple[int, int]

_READING = frozenset({*SHELLS, *READERS, "ssh", "watch", "eval"})
"""Names of programs that read programs: without one of these in it, a command line starts none."""
_EMPTY = frozenset({"''", '""'})
"""What begins and ends in itself, wherever it stands."""
_PLAIN = re.compile(r"[\w@%+=:,./-]*+")
_SPECIAL = re.compile(r"[^\w@%+=:,./-]")
_INERT = Judgement("inert", "the input stays inside one word")
_QUOTED = Judgement("inert", "the input is quoted")
_OPTION = Judgement(
    "unknown",
    "the input is an argument that begins with a hyphen, so the program may take it for an option",
    reported=True,
)
_PROGRAM = Judgement("unknown", "the input names the program that is run", reported=True)


def judge(command: str, value: str) -> Judgement:
    """Judge one input in one command line for a POSIX shell. Never raises."""
    spans = occurrences(command, value)
    if not spans:
        return ABSENT
    value = value if spans[0][1] - spans[0][0] == len(value) else value.strip()
    quoting = Quoting(command)
    quoted = Cover(_quoted_spans(command, value, quoting))
    softest = _QUOTED if quoted else _INERT
    for start, end in spans:
        if quoted.holds(start, end):
            continue
        if problem := _problem(command, quoting, start, end):
            if (quoted or value in _EMPTY) and not quoting.open and not any(map(str.isalnum, value)):
                continue  # Marks alone also occur as the application's own quotes.
            return Judgement("attack", problem)
        if quoting.states[start] == "bare":
            softest = _soft(command, start, end) or softest
    inner = ABSENT if quoting.open else _within(command, value)
    return inner if inner.attack else softest


def _within(command: str, value: str) -> Judgement:
    """What an input that stays one word does in a program that this word is: `sh -c "python -c '...'"`."""
    if not any(map(command.__contains__, _READING)):
        return ABSENT
    before: list[str] = []
    for ends, argv in commands(command):
        verdict = judge(" ".join(argv[1:]), value) if argv[0] == "eval" else judge_argv(argv, value)
        if not verdict.attack and before and (language := reads_stdin(argv)) is not None:
            verdict = judge_program(" ".join(before[1:]), value, language)
        if verdict.attack:
            return verdict
        # What `echo` writes into a pipe is the program of the shell at its other end.
        before = argv if ends == "|" and program_name(argv[0]) in {"echo", "printf"} else []
    return ABSENT


def commands(command: str) -> Iterator[tuple[str, list[str]]]:
    """The simple commands of a command line as lists of words, each after what ends it; none of one that has no end."""
    words = shlex.shlex(command, posix=True, punctuation_chars=True)
    words.commenters = ""
    argv: list[str] = []
    try:
        for word in words:
            if word.strip("();<>|&"):
                argv.append(word)
                continue
            if argv and not word.strip(";|&()"):
                yield word, argv
                argv = []
    except ValueError:  # a quote of a kind that only some shells know
        return
    if argv:
        yield "", argv


def judge_argv(argv: Sequence[str], value: str, *, found: Sequence[Program] | None = None) -> Judgement:
    """Judge one input in an argument list: harmless there, unless it is in a program that another one reads.

    An input that is an argument, or begins one, and begins with a hyphen is `unknown`: some programs take it for an
    option, unless `--` stands before it (XBD 12.2, guideline 10).
    `found` are the programs among the arguments, where they are known already.
    """
    found = tuple(programs(argv)) if found is None else found
    softest = ABSENT
    for program in found:
        verdict = judge_program(" ".join(argv[program.start : program.end]), value, program.language)
        if verdict.attack:
            return verdict
        softest = verdict if softest is ABSENT else softest
    if softest is not ABSENT:
        return softest
    for position, item in enumerate(argv):
        if occurrences(item, value) and not any(start <= position < end for start, end, _ in found):
            if position == 0:
                return _PROGRAM
            if _begins_option(item, value) and "--" not in argv[1:position]:
                return _OPTION
            return _INERT
    return ABSENT


def judge_program(text: str, value: str, language: Language) -> Judgement:
    """Judge one input in one program. Never raises."""
    if language == "sh":
        return judge(text, value)
    if language in STATEMENTS:
        return sql.judge(text, value, language)
    return code.judge(text, value) if language == "python" else literals.judge(text, value, language)


def _begins_option(item: str, value: str) -> bool:
    value = value.strip()
    return value[:1] == "-" and len(value) > 1 and item.lower().startswith(value.lower())


def shell_script(argv: Sequence[str]) -> int | None:
    """Which item of an argument list is a shell's script (`sh -c`, `env A=b bash -lc`, `busybox sh -c`), if any."""
    return next((start for start, end, language in programs(argv) if language == "sh" and end - start == 1), None)


def _problem(command: str, quoting: Quoting, start: int, end: int) -> str:
    """What the input did to the quoting, or an empty text."""
    states = quoting.states[start:end]
    text = command[start:end]
    state = quoting.borders[start]
    if state == "double" and _stays_double(quoting, start, end):
        return "the input is expanded or closed inside double quotes" if any(mark in text for mark in '$`"') else ""
    if state == "comment" and set(states) == {"comment"}:
        return ""
    if state is None or "mark" in states or len(set(states)) > 1:
        return "the input opens, closes or escapes a quote of the command"
    if quoting.open and not _PLAIN.fullmatch(text):
        return "the input is in a quote that is never closed"
    if state == "bare" and text.strip(" \t") and not _PLAIN.fullmatch(text):
        return "the input holds characters that mean something to the shell, and is not quoted"
    if state == "ansi" and "\\" in text:
        return "the input holds escapes that the shell reads"
    return ""


def _stays_double(quoting: Quoting, start: int, end: int) -> bool:
    """Whether double quotes hold from end to end, escapes of backslashes included (XCU 2.2.3)."""
    borders = quoting.borders[start : end + 1]
    return not quoting.open and borders[-1] == "double" and set(borders) <= {"double", None}


def _soft(command: str, start: int, end: int) -> Judgement | None:
    """What an unquoted but plain input does that is worth a word."""
    at = start
    while at and command[at - 1] in " \t":
        at -= 1
    if at == 0 or command[at - 1] in ";|&\n(`{!":
        if "/" in command[start:end]:
            return Judgement("attack", "the input is the path of the program that is run")
        return _PROGRAM
    if command[start] == "-" and command[start - 1 : start].isspace():
        return _OPTION
    return None


def _quoted_spans(command: str, value: str, quoting: Quoting) -> list[Span]:
    """Where the value stands the way a quoting function writes it, in the quoting that function is made for."""
    return [
        (start, end)
        for state, form in _forms(value)
        for start, end in occurrences(command, form)
        # At both ends nothing may be half said.
        if not quoting.open and quoting.borders[start] == state == quoting.borders[end]
    ]


def _forms(value: str) -> Iterator[tuple[State, str]]:
    if (quoted := shlex.quote(value)) != value:
        yield "bare", quoted
        yield "bare", "'" + value.replace("'", "'\\''") + "'"
        yield "bare", _SPECIAL.sub(lambda found: "\\" + found.group(), value)
    if "'" in value:
        yield "single", value.replace("'", "'\"'\"'")
        yield "single", value.replace("'", "'\\''")
    if any(char in DOUBLE_ESCAPES for char in value):
        escaped = "".join("\\" + char if char in DOUBLE_ESCAPES else char for char in value)
        yield "double", escaped
        yield "bare", f'"{escaped}"'
