"""Runs the engine over the catalogue and keeps its suggestions."""
