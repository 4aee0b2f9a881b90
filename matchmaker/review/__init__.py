"""Organisers decide on suggestions: accept, reject with a reason, defer, note."""
