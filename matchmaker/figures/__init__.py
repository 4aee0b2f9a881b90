"""What came of an event, in figures."""
