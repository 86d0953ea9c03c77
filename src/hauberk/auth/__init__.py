"""Who somebody is, and how he proves it."""
