"""What ``marginbench train-baseline`` fits, and how it is kept."""
