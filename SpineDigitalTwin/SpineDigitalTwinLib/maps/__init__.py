"""Section Label maps: label maps as nodes of the scene, their segments, surfaces and codes, painted on and shown."""
