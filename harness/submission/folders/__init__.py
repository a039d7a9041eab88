"""Where submissions lie and how they are found and read."""
