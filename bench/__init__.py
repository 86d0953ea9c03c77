"""Benchmarks: a subject a file, each runnable alone (`python -m bench.shield`), each printing one JSON object."""
