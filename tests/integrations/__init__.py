"""`protect` on every framework, through the same questions."""
