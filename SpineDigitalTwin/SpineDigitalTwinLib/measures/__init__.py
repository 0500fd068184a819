"""Section Measurements: measured values as texts, tables, plots and lines, and how they follow the points."""
