"""From images to label maps, and corrections of label maps."""
