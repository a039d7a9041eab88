"""What reads a stranger's files: child processes with limits, on every core."""
