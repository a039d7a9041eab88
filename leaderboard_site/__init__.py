"""The static site: records in, HTML out. No script, no network, the same bytes each time."""
