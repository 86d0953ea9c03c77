"""The only files that name a framework: what it is, how to protect it, how it is configured, what it routes."""
