"""Sequence classifiers of transformers: detectors and classifiers of texts."""
