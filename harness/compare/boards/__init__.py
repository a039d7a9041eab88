"""Boards of others: their results read as tables of systems by items, whatever files they are in.

Nothing here computes a rank: :mod:`leaderboard_site.auditing` does, by the rules of our own board.
"""
