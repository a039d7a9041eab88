"""The static site: records in, HTML out. It reads without scripts and without any network."""
