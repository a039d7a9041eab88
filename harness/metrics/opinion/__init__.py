"""Agreement with human opinion: correlations, votes and fits."""
