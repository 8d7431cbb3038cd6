"""Wire models: what the API reads and writes."""
