"""Tables and charts of finished pages as files for a paper."""
