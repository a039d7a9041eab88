"""BRISQUE: natural-scene statistics of one grey image."""
