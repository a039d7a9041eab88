"""A Python file of the user as a model."""
