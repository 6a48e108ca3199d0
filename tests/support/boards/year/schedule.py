"""What happens around a board in a simulated year: a function of the seed, so that each restart finds the same world.

It runs on MicroPython, for the board's surroundings, and on CPython, for the judge. Instants are milliseconds since
the beginning, which is midnight in the Plan's zone.
"""

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START_S = 1_799_967_600  # 15 January 2027, 00:00 in the Plan's zone (UTC+1)
MONTH_S = 30 * 86_400
DOOR, GATE, METER = 17, 16, 27
TANK_MS = 30 * MINUTE  # between two values of the gauge
SLOTS = DAY // TANK_MS
NOTE_MS = 12 * HOUR
_QUIET = 30  # each 30th day nothing moves and nothing fails
_NOTES = ("low", "normal", "high")
ANSWERS = ("server error", "no answer", "burst", "no connection")

# What fails: (name, one in so many days, at least so long, at most so long). A deaf link lasts until the chip is off.
_FAULTS = (
    ("power", 7, SECOND, 6 * HOUR),
    ("hang", 25, 0, 1),
    ("router restart", 5, 2 * MINUTE, 10 * MINUTE),
    ("no WiFi", 90, 2 * HOUR, 20 * HOUR),
    ("deaf link", 8, 0, 1),
    ("no data", 60, 10 * MINUTE, 3 * HOUR),
    ("no names", 60, 10 * MINUTE, 2 * HOUR),
    ("no time", 40, 2 * DAY, 5 * DAY),
    ("no broker", 9, 10 * MINUTE, 30 * HOUR),
    ("no Pushover", 8, 5 * MINUTE, 8 * HOUR),
)


class Random:
    """Numbers that are the same on each interpreter."""

    def __init__(self, seed):
        self._state = seed * 69_069 + 12_345 & 0x7FFFFFFF
        for _ in range(4):
            self.below(2)

    def below(self, limit):
        """Return a number from 0 to limit - 1."""
        self._state = self._state * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        high = self._state >> 16
        self._state = self._state * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        return (high << 16 | self._state >> 15) % limit

    def instant(self):
        """Return an instant of a day."""
        return self.below(DAY)


class Year:
    """`days` days; all faults and roots are known at the beginning, the moves of a day by `moves`."""

    def __init__(self, seed, days):
        self.seed = seed
        self.days = days
        self.end_ms = days * DAY - 1
        rng = Random(seed)
        self.faults = []  # (from, until, name, number); the number varies what a fault does
        for day in range(1, days - 1):
            for name, period, shortest, longest in _FAULTS:
                if rng.below(period) == 0 and not self.is_quiet(day):
                    from_ms = day * DAY + rng.instant()
                    until_ms = min(from_ms + shortest + rng.below(longest - shortest), self._quiet_after(day))
                    self.faults.append((from_ms, until_ms, name, rng.below(1000)))
        self.faults.sort()
        # The server changes to the second root that is packed, then to one that only a deploy brings.
        self.root_changes_ms = (days * DAY * 4 // 10, days * DAY * 6 // 10)
        self.deploys_ms = (days * DAY * 62 // 100 + HOUR, days * DAY * 9 // 10 + HOUR)
        # Each deploy packs three roots; those of the second one end before the third.
        far_s = START_S + 10 * 365 * 86_400
        self.roots = ((b"ABX", far_s), (b"BCX", START_S + days * 86_400 * 8 // 10 + MONTH_S), (b"BCX", far_s))

    def is_quiet(self, day):
        """Return whether nothing moves or fails on this day."""
        return day % _QUIET == _QUIET - 1 or day >= self.days - 1

    def _quiet_after(self, day):
        while not self.is_quiet(day):
            day += 1
        return day * DAY

    def root_of_server(self, at_ms):
        """Return the root that has signed the server's certificate."""
        return "ABC"[sum([at_ms >= change_ms for change_ms in self.root_changes_ms])]

    def packed_roots(self, at_ms):
        """Return the roots on the board, and when the last of them ends (Unix seconds)."""
        return self.roots[sum([at_ms >= deploy_ms for deploy_ms in self.deploys_ms])]

    def fault(self, name, at_ms):
        """Return the fault of this name at an instant, None without one."""
        for fault in self.faults:
            if fault[0] > at_ms:
                return None
            if fault[2] == name and at_ms < fault[1]:
                return fault
        return None

    def moves(self, day):
        """Return all (instant, what, value) of a day, earliest first. A day begins and ends with closed contacts."""
        rng = Random(self.seed * 1000 + day)
        start_ms = day * DAY
        moves = [(start_ms + slot * TANK_MS + 777, "tank", self.tank(day, slot)) for slot in range(SLOTS)]
        if not self.is_quiet(day):
            times = 100 if rng.below(15) == 0 else 2 + rng.below(8)
            moves += _contact(rng, start_ms, DOOR, times) + _contact(rng, start_ms, GATE, rng.below(6))
            for _ in range(rng.below(40)):
                at_ms = start_ms + rng.instant()
                moves += [(at_ms, METER, 0), (at_ms + 30, METER, 1)]
            moves.append((start_ms + NOTE_MS, "note", self.note(start_ms + NOTE_MS)))
        return sorted(moves, key=lambda move: move[0])

    def tank(self, day, slot):
        """Return the value of the gauge: a triangle of eight days, with noise; constant on a quiet day."""
        if self.is_quiet(day):
            slot = 0
        level = abs((day * SLOTS + slot) % (8 * SLOTS) - 4 * SLOTS) * 25 // SLOTS
        noise = 0 if self.is_quiet(day) else (day * 31 + slot * 17) % 3
        return "%d" % max(0, min(100, level + noise))

    def note(self, at_ms):
        """Return the value of the text that a broker has retained at this instant; it changes at noon."""
        day = (at_ms - NOTE_MS) // DAY
        while self.is_quiet(day):
            day -= 1
        return _NOTES[(self.seed + day * day) % 3]


def _contact(rng, start_ms, pin, times):
    """Return the moves of a contact that opens and closes so often, each time bouncing."""
    instants = sorted([rng.below(DAY - HOUR) for _ in range(2 * times)])
    moves = []
    for number, instant in enumerate(instants):
        level = 1 - number % 2  # 1 is open
        for bounce_ms, bounce in ((0, level), (3, 1 - level), (7, level)):
            moves.append((start_ms + instant + bounce_ms, pin, bounce))
    return moves
