"""The document side: parse, clean, split, store."""
