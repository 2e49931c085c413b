"""What the data folder holds: the catalog, the original files, the keyword and the vector index."""
