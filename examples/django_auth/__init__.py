"""A site with accounts in Django."""
