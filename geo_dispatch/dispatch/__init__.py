"""Who goes, when and why: records at the bottom, then work, days, promises, ranking, policy."""
