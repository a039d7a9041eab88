"""Computing the figures of a submission again."""
