"""The network that finds landmarks and bones on radiographs: recipe, training, export."""
