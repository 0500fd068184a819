"""Segmentation by programs of other people, each in an environment of its own."""
