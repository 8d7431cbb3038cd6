"""What a company decides for itself: job types, rules, prices, figures of performance."""
