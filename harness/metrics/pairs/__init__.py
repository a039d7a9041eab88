"""Pairs of embeddings counted at every distance, and OPIS of the counts."""
