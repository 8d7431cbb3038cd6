"""Records of every kind: entered, looked up, imported."""
