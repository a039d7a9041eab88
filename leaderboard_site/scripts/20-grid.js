// Sorting, filtering, search and export of tables.
