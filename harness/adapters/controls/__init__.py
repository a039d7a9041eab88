"""Control rows: what a figure is worth is seen beside chance, a constant, length, and the labels.

Each says so in its details (``control``), so that it stands in every table as a line, unranked.
"""
