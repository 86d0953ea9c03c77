"""Which handler a request will reach, asked of the framework's own router before anything runs.

Each module has `endpoints(app)`, every handler once, and a function from a request to its handler, or None where that
is not certain. Whoever asks then applies the policy as it is.
"""
