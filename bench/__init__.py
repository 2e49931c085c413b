"""Measurements on real documents and questions. Run with `python -m bench.NAME`."""
