"""Image towers of open_clip."""
