"""Two systems compared on what both ran."""
