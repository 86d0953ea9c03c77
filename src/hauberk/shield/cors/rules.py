"""What a CORS feature is refused for when it is built: every mistake that can be seen there, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING

from hauberk.core.errors import ConfigurationError, MissingExtraError
from hauberk.core.options import flag, seconds, words
from hauberk.shield.cors.allowed import Allowed
from hauberk.shield.cors.names import WILDCARD, expose_problems, header_problems, method_problems, normal_method
from hauberk.shield.cors.pattern import Pattern, proposal, shown
from hauberk.shield.cors.suffixes import is_public_suffix
from hauberk.shield.cors.terms import Terms
from hauberk.wire.origin import NULL, OriginError

if TYPE_CHECKING:
    from hauberk.shield.cors.feature import CORS

LONGEST = 86400
"""The most that any browser takes for Access-Control-Max-Age: Firefox's cap."""
FLAGS = (
    "credentials",
    "private_network",
    "insecure_allow_any_origin",
    "insecure_allow_http_with_credentials",
    "insecure_allow_public_suffix_with_credentials",
    "insecure_decide_with_credentials",
)
ANY_FIX = "list the origins, or set insecure_allow_any_origin=True without credentials for data that is public"


def checked(cors: CORS) -> Terms:
    """The feature's terms. Raises one ConfigurationError with every mistake."""
    problems: list[ConfigurationError] = []
    origins, methods, headers, expose = (
        _texts(problems, name, getattr(cors, name)) for name in ("origins", "methods", "headers", "expose")
    )
    max_age = _max_age(problems, cors)
    problems += _flags(cors)
    patterns: list[Pattern] = []
    problems += _origins(origins, patterns)
    problems += _together(cors)
    problems += method_problems("CORS.methods", methods)
    problems += header_problems("CORS.headers", headers)
    problems += expose_problems("CORS.expose", expose, credentials=cors.credentials)
    if cors.credentials:
        problems += _plain(cors, patterns)
        problems += _public_as_far_as_known(cors, patterns, problems)
    if problems:
        raise ConfigurationError.joined(problems)
    return Terms(
        any_origin=cors.insecure_allow_any_origin,
        allowed=Allowed(patterns, cors.decide),
        methods=tuple(dict.fromkeys(map(normal_method, methods))),
        headers=frozenset(name.lower() for name in headers),
        expose=tuple(dict.fromkeys(expose)),
        credentials=cors.credentials,
        max_age=max_age,
        private_network=cors.private_network,
    )


def _texts(problems: list[ConfigurationError], name: str, value: object) -> tuple[str, ...]:
    try:
        return words(f"CORS.{name}", value)
    except ConfigurationError as error:
        problems.append(error)
        return ()


def _max_age(problems: list[ConfigurationError], cors: CORS) -> int:
    try:
        age = seconds("CORS.max_age", cors.max_age)
    except ConfigurationError as error:
        problems.append(_with_fix(error, f"write seconds from 0 to {LONGEST}"))
        return 0
    if age > LONGEST:
        problem = "is more than any browser takes"
        problems.append(ConfigurationError("CORS.max_age", cors.max_age, problem, f"write {LONGEST} or less"))
    return age


def _with_fix(error: ConfigurationError, fix: str) -> ConfigurationError:
    return ConfigurationError(error.field, error.value, error.problem, error.fix or fix)


def _flags(cors: CORS) -> Iterator[ConfigurationError]:
    for name in FLAGS:
        try:
            flag(f"CORS.{name}", getattr(cors, name))
        except ConfigurationError as error:
            yield _with_fix(error, "write True or False")
    decide: object = cors.decide
    if decide is None:
        return
    if not callable(decide):
        yield ConfigurationError("CORS.decide", decide, "cannot be called", "give a function of an Origin")
    elif iscoroutinefunction(decide):
        yield ConfigurationError("CORS.decide", decide, "is a coroutine function", "give a plain function")


def _origins(origins: tuple[str, ...], patterns: list[Pattern]) -> Iterator[ConfigurationError]:
    """Read each pattern; those that are well written go to `patterns`."""
    for text in origins:
        if text == WILDCARD:
            yield ConfigurationError("CORS.origins", text, "is every site on earth", ANY_FIX)
        elif text == NULL:
            yield ConfigurationError(
                "CORS.origins",
                text,
                "is the origin of every sandboxed frame, and so of everybody",
                "serve the page that needs it over http on localhost, or from an origin that can be listed",
            )
        else:
            try:
                patterns.append(Pattern.parse(text))
            except OriginError as error:
                yield ConfigurationError("CORS.origins", shown(text), error.problem, proposal(text))


def _together(cors: CORS) -> Iterator[ConfigurationError]:
    """Options that do not go together."""
    if not cors.origins and cors.decide is None and not cors.insecure_allow_any_origin:
        yield ConfigurationError("CORS.origins", cors.origins, "allows nobody", "list origins, or set cors=None")
    if cors.insecure_allow_any_origin and cors.credentials:
        yield ConfigurationError(
            "CORS.insecure_allow_any_origin",
            True,
            "gives every site the user's data, with credentials=True",
            "list origins",
        )
    if cors.insecure_allow_any_origin and cors.private_network:
        yield ConfigurationError(
            "CORS.insecure_allow_any_origin", True, "opens the private network to every site", "list origins"
        )
    if cors.decide is not None and cors.credentials and not cors.insecure_decide_with_credentials:
        yield ConfigurationError(
            "CORS.decide",
            cors.decide,
            "cannot be checked beforehand, and may accept everybody with credentials=True",
            "list the origins, or set insecure_decide_with_credentials=True",
        )


def _plain(cors: CORS, patterns: list[Pattern]) -> Iterator[ConfigurationError]:
    """Origins that anybody in the network can write into (CWE-319)."""
    for pattern in patterns:
        if not (pattern.trustworthy or cors.insecure_allow_http_with_credentials):
            yield ConfigurationError(
                "CORS.origins",
                str(pattern),
                "is not protected by TLS, so that whoever sits in the network acts as the user, with credentials=True",
                "write 'https://...', or set insecure_allow_http_with_credentials=True",
            )


def _public_as_far_as_known(
    cors: CORS, patterns: list[Pattern], problems: list[ConfigurationError]
) -> list[ConfigurationError]:
    """Other mistakes are told even where the list is not installed."""
    try:
        return list(_public(cors, patterns))
    except MissingExtraError:
        if problems:
            return []
        raise


def _public(cors: CORS, patterns: list[Pattern]) -> Iterator[ConfigurationError]:
    """Names below which anybody may register one."""
    for pattern in patterns:
        if not pattern.subdomains or pattern.base.loopback or cors.insecure_allow_public_suffix_with_credentials:
            continue
        if is_public_suffix(pattern.base.host):
            yield ConfigurationError(
                "CORS.origins",
                str(pattern),
                f"covers names that anybody may register below {pattern.base.host}, with credentials=True",
                "name your own host, or set insecure_allow_public_suffix_with_credentials=True",
            )
