"""Work that takes long, kept out of the way: the worker, its bar and log, threads, and steps from the event loop."""
