"""What a scanner sees: MR and CT images of a spine with the tissue around it."""
