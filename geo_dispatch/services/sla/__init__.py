"""Promises: their clocks, their risks, how well they were kept."""
