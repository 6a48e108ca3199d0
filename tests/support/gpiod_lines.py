"""Square waves on the lines of a fake GPIO chip, and the totals that an input has reported."""

MS = 1_000_000
T0 = 6_000_000 * MS  # after the start


def square(board, gpio, pulses, half_ns, at_ns=T0):
    """Make pulses on a line as a square wave; return the instant after them."""
    for _ in range(pulses):
        for level in (0, 1):
            at_ns += half_ns
            board.drive(gpio, level, at_ns)
    board.settle(gpio, at_ns + half_ns)
    return at_ns + half_ns


def totals(queue, name="line17"):
    """Return the last reported numbers of a line: pulses and lost edges."""
    lost = queue.latest.get(f"lost:{name}")
    pulses = queue.latest.get(f"pulses:{name}")
    return (pulses.pulses if pulses else 0, lost.edges if lost else 0)
