"""Is it the same model? The same work through two doors, or through one door in two ways."""
