"""The base of every table: unknown keys are refused, and errors never show values."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of the settings file; immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
