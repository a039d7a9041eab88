"""Tables of the board: grids, rows, cells, figures."""
