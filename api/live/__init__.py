"""What browsers and clients see move: one mirror and one log tail feed all open streams."""
