"""Other people's engines for rigid bodies, each in an environment of its own: the same model, computed by another route."""
