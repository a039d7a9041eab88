"""Systems side by side: ranks, means, leaders, events."""
