"""Landmarks and bones on films, found by a network that was trained on synthetic radiographs."""
