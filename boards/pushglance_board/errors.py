"""The error that ends the program."""


class FatalError(Exception):
    """This board cannot run until it is deployed again; the message says what to correct."""
