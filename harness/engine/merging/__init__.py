"""From the shards of a run to the run: no weights, and the bytes of one process."""
