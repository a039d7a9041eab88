"""Records and submissions read and summarised for the board."""
