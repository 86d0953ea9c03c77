"""Programs that read a program: which language it is in, and where among their arguments it stands.

Facts out of the manuals of each; how they are read from a list of arguments is `guard.programs`.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Language = Literal[
    "sh", "python", "perl", "ruby", "php", "javascript", "awk", "sed", "lua", "r", "julia", "postgresql", "mysql",
    "sqlite",
]  # fmt: skip
STATEMENTS: frozenset[Language] = frozenset({"postgresql", "mysql", "sqlite"})
"""Languages that are dialects of SQL: what database clients read."""

SHELLS = frozenset("sh bash dash zsh ksh mksh ash yash rbash fish csh tcsh".split())
LAUNCHERS = frozenset(
    """
    env busybox toybox sudo doas nohup setsid nice ionice timeout stdbuf time xargs chroot su runuser flock gosu sshpass
    docker podman nerdctl kubectl oc lxc nsenter unshare systemd-run systemd-nspawn bwrap firejail setpriv strace ltrace
    poetry pipenv uv conda script unbuffer chronic tini dumb-init parallel
    """.split()
)
"""Programs that run the rest of their arguments, in a container or not."""


class Reader(NamedTuple):
    """How a program is told what to run."""

    language: Language
    code: re.Pattern[str]
    """Options whose value is a program: the next argument, or what is left of this one."""
    valued: frozenset[str] = frozenset()
    """Options that take the next argument with them."""
    files: re.Pattern[str] | None = None
    """Options that name a file with the program: then it is no argument."""
    position: int | None = None
    """Which argument is the program if no option gives one; those behind it too for clients of databases."""
    stdin: bool = True
    """Whether it reads its program from standard input if it is given none."""
    permutes: bool = False
    """Whether options may stand behind the first argument, as with clients of databases, whose argument is a database:
    with interpreters they are the script's own."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PYTHON = Reader("python", re.compile(r"-[bBdEhiIOPqsSuvx]*c"), _words("-W -X"))
_JAVASCRIPT = Reader(
    "javascript",
    re.compile(r"-p?e|-p|--(?:eval|print)(?:=|\Z)|eval\Z"),
    _words("-r --require --import -C --conditions"),
)
_AWK = Reader(
    "awk",
    re.compile(r"-e|--source(?:=|\Z)"),
    _words("-F -v --assign --field-separator -f --file -i --include"),
    re.compile(r"-f|--file"),
    position=0,
    stdin=False,
)
_MYSQL = Reader(
    "mysql",
    re.compile(r"-[ABbCEGHINnqrSsTtVvwWX]*e|--execute(?:=|\Z)"),
    _words("-u -h -P -D -S --user --host --port --database --socket --protocol --defaults-file"),
    permutes=True,
)
_R = Reader("r", re.compile(r"-e"))
_LUA = Reader("lua", re.compile(r"-e"), _words("-l"))
READERS: dict[str, Reader] = {
    "python": _PYTHON,
    "pypy": _PYTHON,
    "perl": Reader("perl", re.compile(r"-[acflnpsStTuUwWX0-9]*[eE]")),
    "ruby": Reader("ruby", re.compile(r"-[alnpswW0-9]*e"), _words("-r -I -E -C")),
    "php": Reader("php", re.compile(r"-[nq]*[rRBE]|--(?:run|process-(?:begin|code|end))(?:=|\Z)"), _words("-c -d -z")),
    "node": _JAVASCRIPT,
    "nodejs": _JAVASCRIPT,
    "bun": _JAVASCRIPT,
    "deno": _JAVASCRIPT,
    "mongosh": Reader("javascript", re.compile(r"--eval(?:=|\Z)"), _words("-u -p --host --port"), permutes=True),
    "awk": _AWK,
    "gawk": _AWK,
    "mawk": _AWK,
    "nawk": _AWK,
    "sed": Reader(
        "sed",
        re.compile(r"-[nErszu]*e|--expression(?:=|\Z)"),
        _words("-f --file -l --line-length"),
        re.compile(r"-[nErszu]*f|--file"),
        position=0,
        stdin=False,
    ),
    "lua": _LUA,
    "luajit": _LUA,
    "R": _R,
    "Rscript": _R,
    "julia": Reader("julia", re.compile(r"-[eE]|--(?:eval|print)(?:=|\Z)"), _words("-L -p -t")),
    "psql": Reader(
        "postgresql",
        re.compile(r"-[AaEeHlnqSstwWXxz01]*c|--command(?:=|\Z)"),
        _words("-d -h -p -U -v -f -L -o -P -F -R -T --dbname --host --port --username --set --file"),
        re.compile(r"-[AaEeHlnqSstwWXxz01]*f|--file"),
        permutes=True,
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": Reader(
        "sqlite",
        re.compile(r"--?cmd\Z"),
        _words("-separator -init -newline -nullvalue -mmap --separator --init --newline --nullvalue"),
        position=1,
        permutes=True,
    ),
}
"""By the name of the program, without its version."""
