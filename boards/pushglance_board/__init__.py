"""The runtime of a board: MicroPython, asyncio and pins around the unchanged core.

One task owns all state and feeds the watchdog (`loop`); the others only leave facts in its inbox. Nothing here blocks:
connections are polled (`link`), names are resolved without the port's own look-up that has no time-out (`names`).
Written in the dialect that MicroPython 1.22 and newer take; no floats, no dictionary order, no stable sorting.
"""
