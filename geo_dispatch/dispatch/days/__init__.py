"""Technicians' days: plans worked out, judged, and tried with a visit more."""
