"""The board as files: CSV, JSON, feed."""
