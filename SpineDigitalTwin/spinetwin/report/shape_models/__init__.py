"""The report of shape models that were built: how compact, general and specific, and what their modes do."""
