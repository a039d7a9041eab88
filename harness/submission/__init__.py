"""Submissions: what a pull request carries, how it is packed, and what is checked of it."""
