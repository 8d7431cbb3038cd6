"""Use cases: load, decide, append, commit, answer."""
