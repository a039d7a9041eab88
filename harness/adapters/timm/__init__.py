"""Image embedders and classifiers of timm."""
