"""A comparison written down: text, Markdown, JUnit, JSON."""
