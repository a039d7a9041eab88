"""Metrics of scores cut at a threshold: ROC and operating points."""
