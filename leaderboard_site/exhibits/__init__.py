"""What stands beside the figures of a run: views and worst items."""
