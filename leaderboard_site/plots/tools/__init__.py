"""Axes, marks and marks' labels that every picture shares."""
