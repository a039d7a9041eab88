"""The folder of a run and its journal."""
