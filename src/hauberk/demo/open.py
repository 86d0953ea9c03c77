"""Threadbare as it was found: `hauberk.demo.open:app`."""

from __future__ import annotations

from hauberk.demo.shop import create_app

app = create_app()
