"""The populations that ``coverage.py`` draws from, and what it makes of the draws."""
