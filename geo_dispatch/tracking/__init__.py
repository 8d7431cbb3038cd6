"""One fix after another: plausibility, track state, geofence, trips."""
