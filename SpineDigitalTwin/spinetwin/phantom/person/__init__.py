"""Whose spine it is: dimensions of every level."""
