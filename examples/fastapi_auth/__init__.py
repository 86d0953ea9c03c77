"""A site with accounts in FastAPI."""

from examples.fastapi_auth.app import create_app

__all__ = ["create_app"]
