"""From settings to the Plan: plain JSON of ints and strings, the only thing that a runtime reads."""

from pushglance.plan.board import board_plan
from pushglance.plan.compile import compile_plan, origins
from pushglance.plan.redact import redacted

__all__ = ["board_plan", "compile_plan", "origins", "redacted"]
