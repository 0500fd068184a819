"""Procedural spines with exact ground truth."""
