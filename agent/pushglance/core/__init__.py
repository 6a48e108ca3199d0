"""The decision core: when is a change worth one of the pushes a watch accepts in a day.

Pure: no I/O, no clock, no library, no float, no thread. It runs unchanged on CPython and MicroPython.
"""
