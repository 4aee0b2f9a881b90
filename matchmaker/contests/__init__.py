"""Contests and salons: entries, a jury, a ranking; group tables."""
