"""Section Biomechanics: whose spine it is, its loads as bars, tables and tubes, those of before, and files for engines."""
