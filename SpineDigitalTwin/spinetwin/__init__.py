"""SpineDigitalTwin core: from a segmented spine to points of interest, measurements and models.

In memory everything is RAS, millimetres, float64; label maps are indexed (i, j, k) with a 4x4 ``ijk_to_ras``.
"""

__version__ = "0.1.0"
