"""Compile settings to the Plan: plain JSON of ints and strings, and the only input of a runtime."""

from .board import board_plan
from .compiler import compile_plan, secret_origins
from .redact import redacted

__all__ = ["board_plan", "compile_plan", "redacted", "secret_origins"]
