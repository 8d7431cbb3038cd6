"""Polygons and H3 cells: checks, sites to territory, load."""
