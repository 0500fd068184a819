"""What the networks for radiographs are trained on, and how they are trained."""
