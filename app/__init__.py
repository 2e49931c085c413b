"""The question side, the web, and the wiring."""

__version__ = "0.1.0"
