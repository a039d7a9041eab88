"""The engine room of MarginBench: from a checkpoint to a record anyone can recompute."""

__version__ = "0.1.0"
