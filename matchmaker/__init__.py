"""Matchmaker: achievements meet needs. Importing this package imports nothing else."""
