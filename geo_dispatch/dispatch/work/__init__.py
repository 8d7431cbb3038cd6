"""Work orders: what they ask for, how they move, and the events that say so."""
