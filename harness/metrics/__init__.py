"""Metrics: pure functions of gold and scores, each with an interval or the reason for none."""
