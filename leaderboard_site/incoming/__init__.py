"""What new submissions change, as a report."""
