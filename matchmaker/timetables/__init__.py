"""Timetables: planned in the background, explained, changed by hand, published in versions."""
