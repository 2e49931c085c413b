"""One file per measure; which there are stands in `bench/speed/table.py`."""
