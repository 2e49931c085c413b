"""Formats other than PDF: one file for each family."""
