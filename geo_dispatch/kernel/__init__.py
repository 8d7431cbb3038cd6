"""Floor 0: what every other floor speaks in: errors, ids, units, places and times."""
