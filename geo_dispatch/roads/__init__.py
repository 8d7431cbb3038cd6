"""Streets to compiled graph to matrices, routes, reach and snapping."""
