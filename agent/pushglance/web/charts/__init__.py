"""Drawings of the history: numbers in, paths of SVG out."""
