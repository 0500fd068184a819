"""Slicer glue of the module Spine POI: points as nodes, moving through the spine, correcting, comparing, reviewing, saving."""
