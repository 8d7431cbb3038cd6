"""Days that are upset: emergencies, disruptions, proposals."""
