"""The outbox, and what carries it to webhooks."""
