"""Measures search and answers on questions whose answers are known: what `zhiwen eval` runs."""
