"""Backends that are programs of their own, run as children in a private environment."""
