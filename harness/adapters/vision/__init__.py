"""Image embedders and classifiers: which family a checkpoint is of, and those of transformers."""
