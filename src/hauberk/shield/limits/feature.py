"""The options: one number a limit, each generous enough for what ordinary applications are sent."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import one_of, whole, words
from hauberk.core.plan import Steps
from hauberk.shield.exempt import Exempt
from hauberk.shield.limits.act import Limiter

KIB, MIB = 1 << 10, 1 << 20
ENCODINGS = ("gzip", "deflate")
"""Content codings whose decoded length can be watched with the standard library."""
UNITS = {
    "body": "octets",
    "headers": "fields",
    "header": "octets",
    "header_total": "octets",
    "url": "octets",
    "query": "octets",
    "parameters": "parameters",
    "fields": "fields",
    "parts": "parts",
    "part_header": "octets",
    "json_depth": "levels",
    "json_tokens": "names and values",
    "message": "octets",
}
OTHERS = {"bodies", "encodings", "body_timeout", "body_rate", "_limiter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Another limit on bodies for one path, or for all below it: `At(path="/uploads/", body=500 << 20)`."""

    path: str
    """`/uploads/` covers everything below it, `/files/{name}` one more segment, as in `Exempt`."""
    body: int
    """Octets."""

    def __post_init__(self) -> None:
        try:
            Exempt(path=self.path, reason="At.path")
        except ConfigurationError as error:
            raise ConfigurationError("At.path", self.path, error.problem, error.fix) from None
        whole("At.body", self.body, least=0, unit="octets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Refuses requests that bring too much, before the application spends time and memory on them (CWE-400, CWE-770).

    What the header shows is refused before the application runs and before the body is read; what only the body shows
    is refused as it streams by, in constant memory. None turns a limit off. Requests whose length can be read in two
    ways (Content-Length with Transfer-Encoding, or several that differ) are refused always (CWE-444).
    """

    body: int | None = 32 * MIB
    """Octets of a body; 413. Also of what a compressed body decodes to."""
    bodies: tuple[At, ...] = ()
    """Other limits on bodies for some paths; the first that fits counts."""
    headers: int | None = 200
    """Header fields; 431. A cookie may come in a field of its own by HTTP/2."""
    header: int | None = 16 * KIB
    """Octets of name and value of one header field; 431."""
    header_total: int | None = 64 * KIB
    """Octets of names and values of all header fields; 431."""
    url: int | None = 8 * KIB
    """Octets of path and query; 414. RFC 9110, section 4.1, wants at least 8,000 to work."""
    query: int | None = 8 * KIB
    """Octets of the query alone; 414."""
    parameters: int | None = 1_000
    """Parameters in the query; 414."""
    fields: int | None = 1_000
    """Fields of a form without files (`application/x-www-form-urlencoded`); 413."""
    parts: int | None = 1_000
    """Parts of a `multipart` body: fields and files; 413."""
    part_header: int | None = 8 * KIB
    """Octets of the header of one part; 413."""
    json_depth: int | None = 100
    """Levels of arrays and objects within each other; 413."""
    json_tokens: int | None = 500_000
    """Names and values of a JSON body: a megabyte of `[[],[],…` becomes a hundred in memory; 413."""
    message: int | None = 4 * MIB
    """Octets of one WebSocket message; the connection is closed."""
    encodings: frozenset[str] = frozenset()
    """Content codings of bodies that the application decodes: `gzip`, `deflate`. Any other is refused with 415."""
    body_timeout: float | None = 60.0
    """Seconds that may pass without any octet of an unfinished body; 408. Where the protocol lets us: by ASGI."""
    body_rate: int | None = None
    """Octets a second that a body must come with, on average and after the first few seconds; 408."""

    _limiter: Limiter = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, unit in UNITS.items():
            value = getattr(self, name)
            if value is not None:
                whole(f"Limits.{name}", value, least=0 if name in {"body", "parameters", "fields"} else 1, unit=unit)
        self._check_times()
        self._check_sizes()
        object.__setattr__(self, "encodings", frozenset(words("Limits.encodings", self.encodings)))
        for coding in self.encodings:
            one_of("Limits.encodings", coding, ENCODINGS)
        bodies: object = self.bodies
        if not isinstance(bodies, tuple) or not all(isinstance(at, At) for at in bodies):
            fix = 'write (At(path="/uploads/", body=...),)'
            raise ConfigurationError("Limits.bodies", bodies, "is not a tuple of At", fix)
        object.__setattr__(self, "_limiter", Limiter(self))

    def _check_times(self) -> None:
        if self.body_rate is not None:
            whole("Limits.body_rate", self.body_rate, least=1, unit="octets a second")
        time: object = self.body_timeout
        if time is not None and (isinstance(time, bool) or not isinstance(time, int | float) or not time > 0):
            raise ConfigurationError("Limits.body_timeout", time, "is not a number of seconds above 0", "None is off")

    def _check_sizes(self) -> None:
        """A part that may be larger than the whole is a slip of the keyboard."""
        for part, entire in (("header", "header_total"), ("query", "url")):
            small, large = getattr(self, part), getattr(self, entire)
            if small is not None and large is not None and small > large:
                raise ConfigurationError(
                    f"Limits.{part}", small, f"is more than Limits.{entire} lets pass", f"write {part}={large}"
                )

    def steps(self) -> Steps:
        """Look at every request's header, and at bodies as they stream by."""
        return self._limiter.steps()


assert set(UNITS) | OTHERS == {f.name for f in fields(Limits)}  # noqa: S101
