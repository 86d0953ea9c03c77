"""Applications that violate a requirement, each with its fixed twin."""
