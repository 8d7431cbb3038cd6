"""The policy in force, what it decides by itself, and what was decided under it."""
