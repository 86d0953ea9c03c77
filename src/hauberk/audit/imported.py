"""Whether the project's own code imports a package: information, which never hides a finding.

Imports are looked for in the text of the files; what is imported by name at run time, or by others, is not seen.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from hauberk.audit.files import SKIPPED
from hauberk.audit.versions import Ecosystem

_MOST, _LARGEST = 5_000, 1 << 20
_PYTHON = re.compile(r"^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+(\w[\w.]*)[ \t]+import\b)", re.MULTILINE)
_NODE = re.compile(r"""(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*["']((?:@[\w.~-]+/)?[\w.~-]+)[^"'\n]*["']""")
_SCRIPTS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte")
# Distributions whose module is called otherwise.
_MODULES = {
    "beautifulsoup4": "bs4", "pillow": "PIL", "pyyaml": "yaml", "python-dateutil": "dateutil", "pyjwt": "jwt",
    "scikit-learn": "sklearn", "opencv-python": "cv2", "pycryptodome": "Crypto", "protobuf": "google",
    "psycopg2-binary": "psycopg2", "mysqlclient": "MySQLdb", "python-multipart": "multipart", "attrs": "attr",
    "djangorestframework": "rest_framework", "python-dotenv": "dotenv", "pyopenssl": "OpenSSL", "gitpython": "git",
    "python-jose": "jose", "websocket-client": "websocket", "markdown-it-py": "markdown_it", "pymysql": "pymysql",
    "pyasn1-modules": "pyasn1_modules", "msgpack-python": "msgpack", "python-jwt": "python_jwt", "dnspython": "dns",
    "pysaml2": "saml2", "python-ldap": "ldap", "pygments": "pygments", "setuptools": "setuptools",
}  # fmt: skip


def imported(folder: Path, ecosystem: Ecosystem, name: str) -> bool | None:
    """Whether any file below imports it; None if there is no code of that language, or too much."""
    found = _names(folder.resolve(), ecosystem)
    if found is None:
        return None
    if ecosystem == "npm":
        return name in found
    bare = name.replace("-", "_")
    candidates = {_MODULES.get(name, bare), bare, bare.removeprefix("python_"), bare.removesuffix("_python")}
    return any(one.lower() in found for one in candidates)


@lru_cache(maxsize=8)
def _names(folder: Path, ecosystem: Ecosystem) -> frozenset[str] | None:
    endings = (".py",) if ecosystem == "PyPI" else _SCRIPTS
    found: set[str] = set()
    count = 0
    for where, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in SKIPPED and not name.startswith(".")]
        for file in files:
            if not file.endswith(endings):
                continue
            count += 1
            if count > _MOST:
                return None
            found |= _of_file(Path(where) / file, ecosystem)
    return frozenset(found) if count else None


def _of_file(path: Path, ecosystem: Ecosystem) -> set[str]:
    try:
        if path.is_symlink() or path.stat().st_size > _LARGEST:
            return set()
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    if ecosystem == "npm":
        return set(_NODE.findall(text))
    found = set()
    for several, one in _PYTHON.findall(text):
        for part in (several or one).split(","):
            found.add(part.split()[0].partition(".")[0].lower() if part.split() else "")
    return found
