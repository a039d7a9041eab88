"""Reward models: a prompt and an answer as a chat, and one score for the answer."""
