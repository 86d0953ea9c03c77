"""`Guard`: the policy's field, and the little that it does on every request."""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from hauberk.core.errors import ConfigurationError
from hauberk.core.events import SinkKind
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.options import flag, one_of, words
from hauberk.core.plan import Steps
from hauberk.guard.answers import Answers
from hauberk.guard.redirect import origin_key
from hauberk.guard.request import RequestGuard
from hauberk.guard.ssrf import canonical, host_and_port
from hauberk.guard.watch import install

Mode = Literal["off", "observe", "block"]
MODES = ("off", "observe", "block")

CLASSES: dict[str, tuple[SinkKind, ...]] = {
    "sql": ("sql",),
    "nosql": ("nosql",),
    "shell": ("shell", "argv"),
    "path": ("path",),
    "ssrf": ("url",),
    "code": ("eval",),
    "template": ("template",),
    "deserialisation": ("unpickle",),
    "xml": ("xml",),
    "xpath": ("xpath",),
    "ldap": ("ldap",),
    "header": ("header",),
    "redirect": ("redirect",),
    "xss": ("html",),
    "log": ("log",),
}
"""The fields of `Guard` that set a mode of their own, and the kinds of sink that each is about."""

_ESCAPING = frozenset({"xss", "log"})
"""Fields that know the mode `escape`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Watch SQL, shell commands and paths for input of the running request that changes their meaning.

    Protects from CWE-89, CWE-78 and CWE-22 where the application forgot to; it does not replace bound parameters.
    An input is judged by what it does to the syntax at the sink, never by what it looks like.
    """

    mode: Mode = "observe"
    """`block` raises at the sink and answers 403; `observe` logs; `off` installs nothing."""
    sql: Mode | None = None
    """Another mode for SQL; None is `mode`."""
    shell: Mode | None = None
    """Another mode for commands and argument lists; None is `mode`."""
    path: Mode | None = None
    """Another mode for files; None is `mode`."""
    nosql: Mode | None = None
    """Another mode for queries of document stores; None is `mode`."""
    ssrf: Mode | None = None
    """Another mode for connections; None is `mode`."""
    code: Mode | None = None
    """Another mode for `eval`, `exec` and `compile`; None is `mode`."""
    template: Mode | None = None
    """Another mode for templates that are compiled from text; None is `mode`."""
    deserialisation: Mode | None = None
    """Another mode for pickle, marshal and YAML with objects; None is `mode`."""
    xml: Mode | None = None
    """Another mode for entities and DTDs of XML; None is `mode`."""
    xpath: Mode | None = None
    """Another mode for XPath expressions; None is `mode`."""
    ldap: Mode | None = None
    """Another mode for LDAP filters and names; None is `mode`."""
    header: Mode | None = None
    """Another mode for line breaks in header fields of an answer; None is `mode`."""
    redirect: Mode | None = None
    """Another mode for redirects to other sites; None is `mode`."""
    xss: Mode | Literal["escape"] | None = None
    """Another mode for input that becomes a script of a page; None is `mode`. `escape` sends the page with that input
    escaped, and stops it only where that does not help."""
    log: Mode | Literal["escape"] | None = None
    """Another mode for line breaks in log records; None is `mode`. `block` and `escape` are the same: the record has
    them as `\\n`, and the request goes on."""
    libraries: bool = True
    """Whether loaded libraries are matched against the advisory index, if there is one: reported, never blocked."""
    roots: tuple[str, ...] = ()
    """Folders that an absolute path from a request may name."""
    internal_hosts: tuple[str, ...] = ()
    """Hosts that a request may choose though their address is internal, as `reports.internal` or `10.0.4.7:8443`."""
    redirects: tuple[str, ...] = ()
    """Origins, such as `https://accounts.example`, that a request may name as the target of a redirect; its own host it
    may always."""

    def __post_init__(self) -> None:
        one_of("Guard.mode", self.mode, MODES)
        for field in CLASSES:
            if getattr(self, field) is not None:
                one_of(f"Guard.{field}", getattr(self, field), (*MODES, "escape") if field in _ESCAPING else MODES)
        flag("Guard.libraries", self.libraries)
        object.__setattr__(self, "roots", words("Guard.roots", self.roots))
        object.__setattr__(self, "internal_hosts", words("Guard.internal_hosts", self.internal_hosts))
        for host in self.internal_hosts:
            if "/" in host or not canonical(host_and_port(host)[0]):
                raise ConfigurationError("Guard.internal_hosts", host, "is not a host", "write 'reports.internal:8443'")
        for root in self.roots:
            if not os.path.isabs(root):
                raise ConfigurationError(
                    "Guard.roots", root, "is not an absolute path", f"write {os.path.abspath(root)!r}"
                )
        object.__setattr__(self, "redirects", words("Guard.redirects", self.redirects))
        for origin in self.redirects:
            key = origin_key(origin)
            if key is None or not all(key) or urlsplit(origin).path.strip("/"):
                raise ConfigurationError(
                    "Guard.redirects", origin, "is not an origin", "write for example 'https://accounts.example'"
                )

    def _reachable(self) -> frozenset[tuple[str, int | None]]:
        """`internal_hosts`, each in the one spelling that hosts are compared in."""
        return frozenset((canonical(name), port) for name, port in map(host_and_port, self.internal_hosts))

    def mode_of(self, kind: SinkKind) -> Mode | Literal["escape"]:
        """The mode for a kind of sink."""
        field = next(field for field, kinds in CLASSES.items() if kind in kinds)
        own: Mode | Literal["escape"] | None = getattr(self, field)
        return own or self.mode

    @property
    def on(self) -> bool:
        """Whether anything is watched at all."""
        return any(self.mode_of(kind) != "off" for kinds in CLASSES.values() for kind in kinds)

    def steps(self) -> Steps:
        """One small object for each request; the hooks are installed here, for the whole process."""
        modes = {kind: self.mode_of(kind) for kinds in CLASSES.values() for kind in kinds}
        if set(modes.values()) == {"off"}:
            return Steps()
        install()
        of_request = RequestGuard.under(
            modes, self.roots, self._reachable(), frozenset(map(origin_key, self.redirects))
        )

        def begin(ex: Exchange) -> Reply | None:
            ex.guard = of_request()
            return None

        leaving = any(modes[kind] != "off" for kind in ("html", "redirect", "header"))
        return Steps(on_request=begin, keep_body=True, answers=Answers() if leaving else None)
