"""Measurements: numbers that a person can check by hand. Knows anatomy and geometry only."""
