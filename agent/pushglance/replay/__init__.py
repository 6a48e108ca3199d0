"""Measure pacing: replay recordings through the real core in virtual time, and compare the result with hindsight.

Only `pushglance replay` and the benchmarks import this package: it needs numpy, which the daemon never loads.
"""
