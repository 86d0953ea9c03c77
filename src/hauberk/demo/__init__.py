"""Threadbare, a small shop that is vulnerable on purpose, and its twin under `protect()`; and what proves the two."""
