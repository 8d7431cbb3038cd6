"""Work orders: placed, changed, moved on."""
