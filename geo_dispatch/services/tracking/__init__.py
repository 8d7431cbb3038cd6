"""Fixes: taken in, brought to SQL, and what follows for visits."""
