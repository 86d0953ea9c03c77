"""The same shop under hauberk: `hauberk.demo.protected:app`."""

from __future__ import annotations

from hauberk import Guard, Policy, protect
from hauberk.demo.shop import create_app

policy = Policy.recommended().replace(guard=Guard(mode="block"))

app = protect(create_app(), policy)
