"""Who goes: candidates, assignments, places in days, arrivals to expect, the board."""
