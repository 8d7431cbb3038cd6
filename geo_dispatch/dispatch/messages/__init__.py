"""Who is told what: messages, and the webhooks that carry them."""
