"""Boards of others under the rules of our own: rank sets, lines, first place, and one page."""
