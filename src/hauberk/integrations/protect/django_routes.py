"""The plan of the view that a request will reach, in a Django project that overrides the policy somewhere."""

from __future__ import annotations

from django.http import HttpRequest

from hauberk.core.equipment import Assembly
from hauberk.core.exchange import Reply
from hauberk.core.log import decision
from hauberk.core.plan import Plan
from hauberk.integrations.override import Variants, overrides_of
from hauberk.integrations.protect.variants import BASE_METHODS
from hauberk.integrations.resolve import django as resolve
from hauberk.policy import Policy

VIEW = "hauberk.view"
"""Where a request remembers the overridden view that it was judged by."""


class Routes:
    """Looks through the URLconf at the first request, as Django itself does: it cannot be read earlier."""

    def __init__(self, policy: Policy, assembly: Assembly) -> None:
        self._policy, self._assembly = policy, assembly
        self._variants: Variants | None = None

    def plan(self, request: HttpRequest) -> Plan | None:
        """The plan of an overridden view, or None where the policy itself applies."""
        if self._variants is None:
            self._variants = Variants(self._policy, self._assembly, resolve.endpoints())
        if not self._variants or request.method in BASE_METHODS:
            return None
        endpoint = resolve.endpoint(request)
        if endpoint is None:
            return None
        plan = self._variants.plan(overrides_of(endpoint, request.method or "GET"))
        if plan is not None:
            request.META[VIEW] = endpoint
        return plan

    @staticmethod
    def refuse_other(request: HttpRequest, view: object) -> Reply | None:
        """A refusal, if middleware has led the request to another view than the one whose override it was judged by."""
        expected = request.META.get(VIEW)
        if expected is None or expected is view:
            return None
        decision("override-of-another-view", path=request.path)
        return Reply(403, b"Forbidden\n")
