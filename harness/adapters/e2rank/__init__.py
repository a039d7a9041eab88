"""``e2rank``: an embedder whose query lists the first candidates."""
