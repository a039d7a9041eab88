"""What models answered, as a table: columns, writing, reading, checking."""
