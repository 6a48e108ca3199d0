"""os of the board emulator: the build's own, and random bytes, which the WebAssembly build lacks."""

from uos import *  # noqa: F403


def urandom(length):
    return bytes(length)
