"""Files to start a judge or a policy of one's own from: each runs as it is."""
