"""Records: one task by one model, read, written, made from predictions and made again."""
