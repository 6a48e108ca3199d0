"""Validation errors of pydantic as plain sentences; invalid values are removed so that the rest can be checked."""
