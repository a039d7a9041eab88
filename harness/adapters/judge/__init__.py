"""Judges: language models that are shown two answers to a prompt and say which is better."""
