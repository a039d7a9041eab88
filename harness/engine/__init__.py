"""From a checkpoint to predictions: the only room that touches weights."""
