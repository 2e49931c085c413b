"""People at one server at once: what `python -m bench.load` measures."""
