"""Loading a task: tables, images, sets of a hub, TREC files, and what came of it."""
