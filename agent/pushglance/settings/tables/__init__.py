"""The tables of the settings file, one pydantic model each."""
