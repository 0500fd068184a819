"""How the spine stands: where every vertebra is, and how it is turned."""
