"""What is exactly so: frames, points and volumes from the continuous shape, never from voxels."""
