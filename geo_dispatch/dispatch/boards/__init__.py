"""A day of everybody on one sheet, and what is in its way."""
