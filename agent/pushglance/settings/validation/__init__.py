"""Validation errors of pydantic: translated into plain sentences, and cut out so that the rest can be checked."""
