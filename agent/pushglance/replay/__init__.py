"""Judge pacing: replay recordings through the real core in virtual time, and score what it did against hindsight.

Only `pushglance replay` and benchmarks import this room: it holds numpy, which the daemon never loads.
"""
