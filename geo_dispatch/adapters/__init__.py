"""One outside thing each. Adapters know the core and the settings, nothing above."""
