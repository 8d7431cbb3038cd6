"""Changes to days that stand: emergencies, repairs, proposals."""
