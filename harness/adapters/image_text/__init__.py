"""The adapter of models that compare texts with pictures."""
