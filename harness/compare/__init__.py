"""Comparing two points of the same path: what got better, what got worse, what flipped.

Pure CPU on records and the tables beside them: no model, no data set, no heavy package.
"""
