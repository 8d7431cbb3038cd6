"""Records in SQL: one append-only event log, and the tables that it keeps up to date."""
