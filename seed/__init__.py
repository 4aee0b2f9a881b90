"""Demonstration data: invented organisations, people, achievements and needs."""
