"""``monot5``: a T5 that answers true or false."""
