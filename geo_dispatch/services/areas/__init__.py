"""Roads, places and territories of an area."""
