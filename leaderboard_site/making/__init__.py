"""Writing pages: cache, processes, assets, files."""
