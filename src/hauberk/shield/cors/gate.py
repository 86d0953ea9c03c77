"""What happens to a request under CORS: preflights are answered, answers to allowed origins get their fields."""

from __future__ import annotations

from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.plan import Steps
from hauberk.shield.cors.asked import asked_names
from hauberk.shield.cors.explain import origin_refusal, request_refusals
from hauberk.shield.cors.names import ANSWERS, WILDCARD, is_token
from hauberk.shield.cors.terms import Field, Terms

ALLOW_ORIGIN = "access-control-allow-origin"
LOGGED = 256
"""Characters of a field that a log line shows."""
MAX_METHOD = 64
ASKED = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


class Gate:
    """The steps of one CORS feature."""

    __slots__ = ("_allowed", "_answers", "_known", "_preflight", "_terms", "_vary")

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._allowed = terms.allowed
        self._answers = terms.answer_fields()
        self._known: dict[str, tuple[Field, ...]] = {
            origin: ((ALLOW_ORIGIN, origin), *self._answers) for origin in terms.allowed.exact
        }
        self._preflight = self._constant_fields()
        asked = ASKED + ", Access-Control-Request-Private-Network" * terms.private_network
        self._vary: tuple[Field, ...] = (("vary", asked),)

    def steps(self) -> Steps:
        """The application's own fields of this protocol never leave: two voices on who may read are one too many."""
        if self._terms.any_origin:
            # The answer is the same for everybody, so that it is a constant and depends on no field of the request.
            constant = ((ALLOW_ORIGIN, WILDCARD), *self._answers)
            ours = frozenset(name for name, _ in constant)
            return Steps(
                headers=constant,
                enforce=True,
                remove=ANSWERS - ours,
                on_request=self.answer_preflight,
                reads=frozenset(),
            )
        origin = frozenset({"origin"})
        return Steps(remove=ANSWERS, on_request=self.on_request, reads=origin, vary=origin)

    def on_request(self, ex: Exchange) -> Reply | None:
        """Fields for allowed origins, whatever the answer will be; a preflight is answered here."""
        origin = ex.header("origin")
        if not origin:
            return None
        fields = self._known.get(origin)
        if fields is None and self._allowed.asks:
            ex.lasting = False  # whom the application asks may say another thing tomorrow
        if fields is None and origin in self._allowed:
            fields = ((ALLOW_ORIGIN, origin), *self._answers)
        if ex.method == "OPTIONS" and (method := ex.header("access-control-request-method")):
            return self._answer(ex, origin, method, fields)
        if fields is not None:
            ex.fields = (*ex.fields, *fields) if ex.fields else fields
        return None

    def answer_preflight(self, ex: Exchange) -> Reply | None:
        """For `*`, whose fields are constant."""
        if ex.method != "OPTIONS":
            return None
        origin, method = ex.header("origin"), ex.header("access-control-request-method")
        return self._answer(ex, origin, method, ()) if origin and method else None

    def _answer(self, ex: Exchange, origin: str, method: str, fields: tuple[Field, ...] | None) -> Reply:
        """Answer a preflight. `fields` is None for a refused origin: then nothing is said, not even what is allowed.

        An allowed origin that asks for too much is told what it may do: the browser refuses, and its console then names
        the method or field that is missing.
        """
        names = asked_names(ex.header("access-control-request-headers"))
        if fields is None:
            _log(origin, method, names, [origin_refusal(origin)])
            return Reply(403, b"", self._vary)
        if reasons := request_refusals(self._terms, method, names):
            _log(origin, method, names, reasons)
        told = (*fields, *self._preflight, *self._echoed(ex, method, names))
        ex.fields = (*ex.fields, *told)
        return Reply(204, b"", self._vary)

    def _constant_fields(self) -> tuple[Field, ...]:
        """What every preflight of an allowed origin is told."""
        terms = self._terms
        fields = [("access-control-max-age", str(terms.max_age))]
        if terms.methods and WILDCARD not in terms.methods:
            fields.append(("access-control-allow-methods", ", ".join(terms.methods)))
        if terms.headers and WILDCARD not in terms.headers:
            fields.append(("access-control-allow-headers", ", ".join(sorted(terms.headers))))
        return tuple(fields)

    def _echoed(self, ex: Exchange, method: str, names: tuple[str, ...] | None) -> list[Field]:
        """What was asked for, where everything is allowed: with credentials a literal `*` is a name like any other."""
        terms, fields = self._terms, list[Field]()
        if (
            WILDCARD in terms.methods
            and len(method) <= MAX_METHOD
            and is_token(method)
            and not terms.refuses_method(method)
        ):
            fields.append(("access-control-allow-methods", method))
        if WILDCARD in terms.headers and names:
            refused = terms.refused_headers(names)
            if allowed := [name for name in names if name not in refused]:
                fields.append(("access-control-allow-headers", ", ".join(allowed)))
        if terms.private_network and ex.header("access-control-request-private-network") == "true":
            fields.append(("access-control-allow-private-network", "true"))
        return fields


def _log(origin: str, method: str, names: tuple[str, ...] | None, reasons: list[str]) -> None:
    """Why a preflight failed, for the developer; the names are an attacker's and are shown escaped and short."""
    decision(
        "cors-preflight-refused",
        origin=origin[:LOGGED],
        method=method[:MAX_METHOD],
        headers=", ".join(names)[:LOGGED] if names is not None else None,
        reasons=[reason[:LOGGED] for reason in reasons],
    )
