"""From points, frames and label maps to the numbers that clinicians and modellers read."""
