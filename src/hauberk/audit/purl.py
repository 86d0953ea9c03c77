"""Package URLs (ECMA-427) of the two ecosystems."""

from __future__ import annotations

from urllib.parse import quote

from hauberk.audit.versions import Ecosystem, normal_name

_TYPES: dict[Ecosystem, str] = {"PyPI": "pypi", "npm": "npm"}


def purl(ecosystem: Ecosystem, name: str, version: str = "") -> str:
    """`pkg:npm/%40scope/name@1.0.0`."""
    path = "/".join(quote(part, safe="") for part in normal_name(ecosystem, name).split("/"))
    return f"pkg:{_TYPES[ecosystem]}/{path}" + (f"@{quote(version, safe='')}" if version else "")
