"""The manifest of a submission: who, what, how to make it again, and its status."""
