"""Fuzz targets: `python -m fuzz.NAME [-runs=N] [-max_total_time=S]`; see README.md."""
