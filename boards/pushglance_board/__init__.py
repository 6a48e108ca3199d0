"""The runtime of a board: MicroPython, asyncio and pins around the unchanged core.

One task owns all state and feeds the watchdog (`loop`); the other tasks only put events into its queue. Nothing blocks:
connections are polled (`net.connection`), and names are resolved by `net.dns`, because the port's resolver has no
time-out. Written in the dialect of MicroPython 1.22 and newer: no floats, no dictionary order, no stable sorting.
"""
