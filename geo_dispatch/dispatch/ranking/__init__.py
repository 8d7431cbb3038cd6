"""Who can be sent to an order: qualified, ranked, refused with reasons."""
