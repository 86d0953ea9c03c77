"""An application's effective configuration as values, without naming a framework.

What is not known is `None`, and a rule then says so; an empty tuple means that it was looked for and is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from hauberk.check.module import Module
from hauberk.core.finding import Location, Severity

T = TypeVar("T")

NOWHERE = Location()
SameSite = Literal["lax", "strict", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """One effective value, under the name that its user knows, and where it is set."""

    value: T
    name: str
    """As the user wrote it: `DEBUG`, `FastAPI(debug=...)`."""
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """What is known of a secret without knowing it."""

    length: int
    """In octets."""
    bits: float
    """An upper bound of its entropy, from its length, its variety and its repetitions."""
    known: bool
    """Whether it is a published default, a placeholder or a few plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A key or password that the application uses. The value itself never comes here."""

    name: str
    strength: Strength
    use: Literal["signing", "cipher", "password"] = "signing"
    """`signing`: text that keys a MAC; `cipher`: raw key octets; `password`: sent to another service."""
    where: Location = NOWHERE
    literal: Location | None = None
    """Where the value stands in the source, if it does."""
    searched: bool = True
    """Whether the source could be searched for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintHit:
    """One place that a linter names."""

    code: str
    """The linter's own name for it, such as `S324`."""
    text: str
    """What it says."""
    where: Location
    excerpt: str = ""
    """The line, shortened; empty where it could hold a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What a linter says of the application's own files."""

    files: int
    hits: tuple[LintHit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One message of a framework's own check of a deployment."""

    code: str
    """The framework's own name for it, such as `security.W021`; empty where it has none."""
    text: str
    hint: str = ""
    severity: Severity = "low"
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieFacts:
    """A cookie that the application sets by configuration."""

    name: str
    role: Literal["session", "csrf", "other"] = "session"
    secure: bool | None = None
    httponly: bool | None = None
    samesite: SameSite | None = None
    """None: the attribute is not sent."""
    path: str = "/"
    domain: str | None = None
    lifetime: int | None = None
    """Seconds that a browser keeps it; None until it closes."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the setting for `secure`, `httponly`, `samesite`, `domain`, `name` is called."""
    where: Mapping[str, Location] = field(default_factory=dict)
    """Where each of them is set; the key "" for the cookie itself."""
    hardened: tuple[str, ...] = ()
    """Attributes that hauberk adds to the response where the application does not."""

    def place(self, attribute: str) -> Location:
        """Where the attribute is set, or the cookie."""
        return self.where.get(attribute) or self.where.get("", NOWHERE)

    def option(self, attribute: str) -> str:
        """What the user calls the attribute's setting."""
        return self.options.get(attribute, attribute)


@dataclass(frozen=True, slots=True, kw_only=True)
class CORSFacts:
    """Who may read answers across origins (Fetch, section 3.3)."""

    origins: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    """Regular expressions that an Origin is compared with."""
    anchored: bool = True
    """Whether a pattern must match the whole Origin, or only its beginning."""
    credentials: bool = False
    reflects: bool = True
    """With `*` and credentials: whether the caller's own origin is answered, which browsers accept, or a bare `*`."""
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    name: str = "CORS"
    where: Location = NOWHERE

    @property
    def any_origin(self) -> bool:
        """Whether the list says so itself."""
        return "*" in self.origins


@dataclass(frozen=True, slots=True, kw_only=True)
class CSRFFacts:
    """Protection against requests that another site makes in the user's name."""

    state: Literal["on", "off", "absent"]
    """`off`: installed and disabled."""
    name: str = ""
    """What provides it, or what would."""
    exempt: tuple[Setting[str], ...] = ()
    """Views that are left out."""
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupFacts:
    """A page or script of the application's own: a template, or a file that is served."""

    name: str
    text: str
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFacts:
    """A template engine that renders pages."""

    name: str
    autoescape: bool | None
    """Whether anything is escaped at all; None where it depends on the template's name."""
    open_templates: tuple[str, ...] = ()
    """Pages that are not escaped although others are."""
    pages: int | None = None
    """How many HTML templates it can see; None if it can make others, or its loader cannot list them."""
    sources: tuple[MarkupFacts, ...] = ()
    """Their sources, as far as they are the application's own."""
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """Whether anything in the application sends a response header."""

    sent: bool
    value: str | None = None
    """The value where it is known."""
    by: str = ""
    guessed: bool = False
    """Whether it was read from code that names the header, or from the absence of such code."""
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyFacts:
    """Something that believes X-Forwarded-* or a like header."""

    name: str
    everybody: bool
    """Whether any client is believed; otherwise named peers, or whoever connects to the server."""
    named: bool = False
    """Whether the peers that are believed are listed."""
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class MountFacts:
    """A folder that is served as files."""

    path: str
    directory: str
    symlinks: bool | None = False
    """Whether links that lead out of the folder are followed."""
    listing: bool = False
    exposes: tuple[str, ...] = ()
    """What lies in it that nobody should fetch: a repository, an environment file, source code, keys."""
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFacts:
    """A handler that writes the log, and the line that it makes of a probe."""

    name: str
    line: str
    """Of a warning by the logger `hauberk.probe`, whose message is `first`, a line break and `second`."""
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """How sessions are kept."""

    kind: Literal["client", "server"] | None
    """In the cookie itself, or on the server under an id."""
    engine: str
    serializer: str | None = None
    lifetime: Setting[int | None] | None = None
    """Seconds until the server refuses it; a value of None means never."""
    absolute: Setting[int | None] | None = None
    """Seconds until it ends however much it is used; a value of None means never."""
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the rules may ask. Made by `hauberk.integrations.facts`."""

    name: str
    framework: str
    where: Location = NOWHERE
    """Where the application object is made."""
    routes: int | None = None
    debug: Setting[bool] | None = None
    testing: Setting[bool] | None = None
    propagates: Setting[bool] | None = None
    """Whether unhandled exceptions leave the application instead of becoming a 500."""
    tools: tuple[Setting[str], ...] | None = None
    """Debuggers and toolbars that are installed."""
    hosts: Setting[tuple[str, ...] | None] | None = None
    """Host names that are answered; a value of None means that nothing compares them."""
    secrets: tuple[Secret, ...] | None = None
    cookies: tuple[CookieFacts, ...] | None = None
    cors: tuple[CORSFacts, ...] | None = None
    csrf: CSRFFacts | None = None
    framing_exempt: tuple[Setting[str], ...] | None = None
    """Views that any site may frame although the rest may not be."""
    docs: tuple[Setting[str], ...] | None = None
    """Paths of schema and documentation pages."""
    admin: tuple[Setting[str], ...] | None = None
    """Paths of administration sites."""
    open_by_default: Setting[bool] | None = None
    """Whether an API framework lets everybody in unless a view says otherwise."""
    templates: tuple[TemplateFacts, ...] | None = None
    https_redirect: Setting[bool] | None = None
    headers: Mapping[str, HeaderFacts] = field(default_factory=dict)
    """By lower-case name; a name that is missing is not known."""
    body_limit: Setting[int | None] | None = None
    """Octets of a request's body; a value of None means without end."""
    fields_limit: Setting[int | None] | None = None
    """Fields or parts of a form."""
    hashers: Setting[tuple[str, ...]] | None = None
    """Password hashers, the preferred one first."""
    validators: Setting[tuple[str, ...]] | None = None
    """Password validators, by class name."""
    shortest_password: Setting[int] | None = None
    session: SessionFacts | None = None
    proxies: tuple[ProxyFacts, ...] | None = None
    mounts: tuple[MountFacts, ...] | None = None
    logged: tuple[Setting[str], ...] | None = None
    """Settings that write request or query data to the log."""
    deadlines: Setting[Mapping[str, int]] | None = None
    """Days by severity in which faults of dependencies are mended; empty if the project does not say so."""
    rates: Setting[str] | None = None
    """What limits how often a client may come; an empty value means that nothing does."""
    websockets: int | None = None
    """How many routes answer WebSocket handshakes."""
    markup: tuple[MarkupFacts, ...] | None = None
    """Templates and scripts of the application's own; None where they cannot be listed."""
    log: tuple[LogFacts, ...] | None = None
    """Handlers of the log that the application set up itself."""
    modules: tuple[Module, ...] = ()
    """The application's own modules, parsed."""
    lint: Lint | None = None
    """What ruff says of the application's own files; None where it is not installed."""
    advice: tuple[Advice, ...] | None = None
    """What the framework's own check of a deployment says; None where it has none."""
    middleware: tuple[str, ...] = ()
    """Class names, the outermost first."""
    protected: bool = False
    """Whether hauberk protects it."""
    enforcing: frozenset[str] = frozenset()
    """What its policy does, as `field` or `field.option`: `csrf`, `hsts.year`, `guard.sql`."""
    page_words: frozenset[str] | None = None
    """Which of the words that `check.features` looks for stand in its pages' scripts; None where nobody looked."""
    unread: bool = False
    """Whether some of its own modules could not be read."""
    gaps: tuple[str, ...] = ()
    """What cannot be read of such an application, and why."""
    broken: tuple[str, ...] = ()
    """What should have been readable and raised."""
