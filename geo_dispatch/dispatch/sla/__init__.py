"""Service level agreements: promises, business time, clocks, and what is at risk."""
