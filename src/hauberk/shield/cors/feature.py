"""CORS: which other origins may read what the application answers (Fetch, section 3.2; CWE-942, CWE-346)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from hauberk.core.options import words
from hauberk.core.plan import Steps
from hauberk.shield.cors.allowed import Decide
from hauberk.shield.cors.explain import Explanation, explained
from hauberk.shield.cors.gate import Gate
from hauberk.shield.cors.rules import checked
from hauberk.shield.cors.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class CORS:
    """Browsers let pages of the named origins read answers; of all others they do not, as without this feature.

    It opens a door and closes none: requests of other origins still reach the application (that is what CSRF and
    FetchMetadata are for), and only browsers care. Refused when built, all mistakes at once: what gives every site, or
    whoever sits in the network, the answers that are meant for one user.
    """

    origins: tuple[str, ...] = ()
    """`https://app.example`, `https://*.app.example` (one label or more), `http://localhost:*` (any port)."""
    decide: Decide | None = None
    """Asked about origins that are not listed; for origins that are data, such as customers' own domains. It is given a
    well-formed Origin, never the opaque one, and must return True itself. It runs on every such request: no I/O."""
    methods: tuple[str, ...] = ("GET", "HEAD", "POST")
    """Methods beyond the three that need no leave; `*` stands for all. They are compared with case."""
    headers: tuple[str, ...] = ("Content-Type",)
    """Fields that pages may set in requests; `*` stands for all, but without credentials not for Authorization."""
    expose: tuple[str, ...] = ()
    """Fields of answers that pages may read beyond the seven harmless ones; `*` for all, without credentials only."""
    credentials: bool = False
    """Whether browsers send cookies and client certificates along, and let pages read what comes back. A page that
    sends `Authorization: Bearer` by itself does not need this."""
    max_age: timedelta | int = 7200
    """Seconds for which a browser remembers a preflight: Chromium up to 7200, Firefox 86400, Safari 600. 0 is never."""
    private_network: bool = False
    """Whether pages of the public internet may reach an application in a private network."""
    insecure_allow_any_origin: bool = False
    """Every page on every site may read every answer: for data that is public anyway. Never with credentials."""
    insecure_allow_http_with_credentials: bool = False
    """Also origins without TLS, into whose pages anybody in the network writes scripts."""
    insecure_allow_public_suffix_with_credentials: bool = False
    """Also `https://*.com`: names that anybody may register."""
    insecure_decide_with_credentials: bool = False
    """Also origins that `decide` accepts, of which nobody can check beforehand that they are not everybody."""
    _terms: Terms = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_terms", checked(self))
        for name in ("origins", "methods", "headers", "expose"):
            object.__setattr__(self, name, words(f"CORS.{name}", getattr(self, name)))

    def steps(self) -> Steps:
        """Answer preflights before the application does, and add fields to answers for allowed origins."""
        return Gate(self._terms).steps()

    def allows(self, origin: str) -> bool:
        """Whether a request with that Origin field is let in; for features that turn other origins away."""
        return self._terms.any_origin or origin in self._terms.allowed

    def explain(self, origin: str, method: str = "GET", headers: Iterable[str] = ()) -> Explanation:
        """What a page of that origin may do with such a request, and why; `print` it."""
        return explained(self._terms, origin, method, tuple(headers))
