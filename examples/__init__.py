"""Worked examples: the same small site with accounts in FastAPI, Flask and Django."""
