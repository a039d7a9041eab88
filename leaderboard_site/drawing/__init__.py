"""Templates filled, and what was drawn kept."""
