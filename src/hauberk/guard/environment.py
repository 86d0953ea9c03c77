"""Variables that make a program load or run what they name (CWE-426, CWE-454). No request may choose one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

LOADERS = frozenset(
    {
        "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH", "GCONV_PATH", "PATH",
        "BASH_ENV", "ENV", "IFS", "PS4", "SHELLOPTS", "PROMPT_COMMAND", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP",
        "PYTHONINSPECT", "PYTHONWARNINGS", "PYTHONBREAKPOINT", "PERL5LIB", "PERL5OPT", "PERL5DB", "PERLLIB", "RUBYLIB",
        "RUBYOPT", "NODE_OPTIONS", "NODE_PATH", "PHPRC", "PHP_INI_SCAN_DIR", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS",
        "CLASSPATH", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF", "GIT_PROXY_COMMAND",
        "GIT_ASKPASS", "GIT_CONFIG_COUNT", "GIT_CONFIG_GLOBAL", "SSH_ASKPASS", "PAGER", "GIT_PAGER", "EDITOR", "VISUAL",
        "GIT_EDITOR", "LESSOPEN", "LESSCLOSE", "BROWSER", "OPENSSL_CONF", "OPENSSL_ENGINES", "MANPAGER", "TERMINFO",
    }
)  # fmt: skip
"""Read by the dynamic linker (ld.so(8)), by shells, interpreters and what runs helpers of its own."""


_WORDS = frozenset({"PATH", "ENV", "PAGER", "EDITOR", "VISUAL", "BROWSER", "CLASSPATH"})
"""Names that are words of every day in other letters."""


def names(value: str, variable: str) -> bool:
    """Whether an input is the name of a variable, which an application may have put into capitals."""
    value = value.strip()
    return value == variable or (variable not in _WORDS and value.upper() == variable.upper())


def changed(env: Any) -> Iterator[str]:
    """Those of them that the environment of a new process has and this process has not, or not like that."""
    if not isinstance(env, Mapping):
        return
    for key, value in env.items():
        name = os.fsdecode(key) if isinstance(key, str | bytes) else ""
        # Bash's functions came in variables of any name, and still do in those.
        if name in LOADERS or name.startswith("BASH_FUNC_"):
            text = os.fsdecode(value) if isinstance(value, str | bytes) else ""
            if os.environ.get(name) != text:
                yield name
