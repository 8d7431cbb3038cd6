"""The record that proves itself: the hash chain, and the export of one order."""
