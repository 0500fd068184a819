"""What all trainings share: samples made ahead of time, the file from which one goes on, and the loop around its steps."""
