"""Which tasks the board knows, and their fingerprints."""
