"""Work orders, technicians, qualification, ranking, ETA over a plan."""
