"""How long until the bus comes? A suite of somebody else, with a metric in minutes."""
