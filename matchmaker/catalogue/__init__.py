"""Achievements and needs: post, edit, publish, withdraw, find."""
