"""One submission under examination, what stands around it, what was found."""
