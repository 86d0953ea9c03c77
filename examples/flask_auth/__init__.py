"""A site with accounts in Flask."""

from examples.flask_auth.app import create_app

__all__ = ["create_app"]
