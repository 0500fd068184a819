"""Section Levels: vertebrae renamed, merged and split, and what follows them."""
