"""One file a sink: which functions, which argument, which grammar. Each has `install()`, which says what it hooked."""
