"""Alembic's folder: how a catalog of any earlier version becomes one of today."""
