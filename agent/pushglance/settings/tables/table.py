"""The base of every table in the file: unknown keys are refused and values never stand in an error."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """Be one table of the settings file; immutable once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
