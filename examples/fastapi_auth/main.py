"""The application for a server to run, and for `hauberk prove`."""

from __future__ import annotations

from examples.fastapi_auth.app import create_app

app = create_app()
