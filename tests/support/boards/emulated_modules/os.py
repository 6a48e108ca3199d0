"""os of the board emulator: that of the build, and random bytes, which the WebAssembly build lacks."""

from uos import *  # noqa: F403


def urandom(length):
    return bytes(length)
