"""A few embedded items through all that a model can do, before anything large is run."""
