"""Section Segment: which backend, what it needs and how it gets it, and a run of it."""
