"""Which quoting each character of a POSIX shell command stands in (POSIX.1-2024, XCU 2.2), at exact offsets.

Substitutions nest: inside `"$( )"` quoting starts afresh. What is not closed runs to the end; nothing raises.
"""

from __future__ import annotations

from typing import Literal

State = Literal["bare", "escaped", "single", "double", "ansi", "comment", "mark"]
"""`mark` is a quoting character itself; `ansi` is inside `$'...'`, which some shells know."""

_TOPS: dict[str, State] = {"'": "single", '"': "double", "$'": "ansi"}

DOUBLE_ESCAPES = '$`"\\\n'
"""What a backslash escapes inside double quotes (XCU 2.2.3); before anything else it is only itself."""


class Quoting:
    """The states of a command: `states[i]` is that of `command[i]`, `borders[i]` what holds just before it.

    A border is None where it would cut an escape in two. `open` tells of a quote that never ends.
    """

    __slots__ = ("_command", "_stack", "borders", "open", "states")

    def __init__(self, command: str) -> None:
        self._command = command
        self.states: list[State] = ["bare"] * len(command)
        self.borders: list[State | None] = [None] * (len(command) + 1)
        # What we are in, innermost last: `'`, `"`, `$'`, `(` and `{` for substitutions, and a backquote.
        self._stack: list[str] = []
        at = 0
        while at < len(command):
            self.borders[at] = self._top()
            at = self._step(at)
        if at == len(command):
            self.borders[at] = self._top()
        self.open = any(mark in {"'", '"', "$'"} for mark in self._stack)

    def bare(self, at: int) -> bool:
        """Whether a position is outside of all quotes, and in no substitution that has not ended by there."""
        return self.borders[at] == "bare" and not (at == len(self._command) and self._stack)

    def _top(self) -> State:
        return _TOPS.get(self._stack[-1], "bare") if self._stack else "bare"

    def _step(self, at: int) -> int:
        """Give a state to the character there, and perhaps to the next; the next position."""
        top = self._stack[-1] if self._stack else ""
        if top in {"'", "$'"}:
            return self._in_single(at, ansi=top == "$'")
        char = self._command[at]
        double = top == '"'
        if char == "\\":
            return self._backslash(at, double=double)
        if char == "#" and not double and (at == 0 or self._command[at - 1] in " \t\n;|&("):
            return self._comment(at)
        if char == "'" and not double:
            ansi = at > 0 and self._command[at - 1] == "$" and self.states[at - 1] == "bare"
            self._stack.append("$'" if ansi else "'")
            return self._put(at, "mark")
        if char == '"':
            self._toggle('"', double)
            return self._put(at, "mark")
        if char == "`":
            self._toggle("`", "`" in self._stack)
            return self._put(at, "double" if double else "bare")
        if char == "$" and self._command[at + 1 : at + 2] in {"(", "{"}:
            self._put(at, "double" if double else "bare")
            self._stack.append(self._command[at + 1])
            return self._put(at + 1, "double" if double else "bare")
        if not double and top and char == {"(": ")", "{": "}"}.get(top):
            self._stack.pop()
        elif not double and char == "(":
            self._stack.append("(")
        return self._put(at, "double" if double else "bare")

    def _comment(self, at: int) -> int:
        while at < len(self._command) and self._command[at] != "\n":
            at = self._put(at, "comment")
            self.borders[at] = "comment"
        return at

    def _toggle(self, mark: str, inside: bool) -> None:
        if not inside:
            self._stack.append(mark)
            return
        while self._stack.pop() != mark:
            pass

    def _in_single(self, at: int, *, ansi: bool) -> int:
        char = self._command[at]
        if ansi and char == "\\":
            self._put(at, "ansi")
            return self._put(at + 1, "ansi")
        if char == "'":
            self._stack.pop()
            return self._put(at, "mark")
        return self._put(at, "ansi" if ansi else "single")

    def _backslash(self, at: int, *, double: bool) -> int:
        after = self._command[at + 1 : at + 2]
        if double and (not after or after not in DOUBLE_ESCAPES):
            return self._put(at, "double")
        self._put(at, "mark")
        return self._put(at + 1, "escaped")

    def _put(self, at: int, state: State) -> int:
        if at < len(self.states):
            self.states[at] = state
        return at + 1
