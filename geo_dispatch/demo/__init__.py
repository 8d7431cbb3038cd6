"""A believable day on real roads, driven through the public API only."""
