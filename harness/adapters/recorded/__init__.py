"""Answers made elsewhere: embeddings and labels read from files."""
