"""Polls: an application of Django, with what its tutorial teaches."""
