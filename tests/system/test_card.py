"""How much is written to the card on a busy day: measured for each kind of event in the guest, and added up."""

import time

from pushglance.core.checkpoint import CHECKPOINT_MS
from support.guest.pi import long

DAY_S = 86_400
MOVES = 40
REST_S = 60
COUNTED_S = 330  # of a meter that never rests, twice: its number is written every five minutes
LIMIT = 5_000_000
# Of a busy day: a hundred openings, every push that there is, and the meter's number whenever it is due.
DOOR_MOVES, PUSHES, SAVES = 200, 50, DAY_S * 1000 // CHECKPOINT_MS
SAMPLES = """
from pathlib import Path
from pushglance.runtime.storage.history import History
with History(Path("/var/lib/pushglance")) as history:
    print(len(history.samples("visitors", 0, 1000)))
"""


def written(pi):
    """Return bytes that the process has written, and that reached the disk of the whole guest, since they began."""
    told = pi.guest.sh(
        "sync; awk '/^write_bytes/ {print $2}' /proc/$(systemctl show -P MainPID pushglance)/io; "
        "awk '{print $7 * 512}' /sys/block/vda/stat"
    )
    own, disk = told.split()
    return int(own), int(disk)


def saves(pi):
    """Return how often the meter's number was written."""
    return int(pi.guest.sh(f"/opt/pushglance/current/bin/python -c '{SAMPLES}'"))


def cost(pi, act):
    """Return what the process and the disk wrote while something was done."""
    own, disk = written(pi)
    act()
    own_after, disk_after = written(pi)
    return own_after - own, disk_after - disk


@long
def test_a_busy_day_is_little(installed):
    """A door opened a hundred times, fifty pushes and a meter that never rests write less than 5 MB in a day."""
    pi = installed
    pi.settle_in("card")
    pi.start()
    pi.wait_until_ready()
    pi.door(0)
    pi.wait_for_screen(text="Garage closed")
    pi.wait_until_settled()

    def move():
        for number in range(MOVES):
            pi.level(17, number % 2)
            time.sleep(1)
        pi.wait_until_settled()

    def move_in_silence():
        pi.guest.sh("pushglance pause 1h")
        for number in range(MOVES):
            pi.level(17, number % 2)
            time.sleep(1)

    idle = cost(pi, lambda: time.sleep(REST_S))
    left = pi.left()
    moved_and_pushed = cost(pi, move)
    pushes = left - pi.left()
    moved = cost(pi, move_in_silence)
    samples = saves(pi)
    counted = cost(pi, lambda: [pi.pulses(2 * COUNTED_S, 2) for _ in range(2)])
    samples = saves(pi) - samples
    assert idle[0] == 0, "while nothing happens nothing is written"
    assert pushes > 0
    assert samples >= 2, "the meter's number was written"
    assert moved[1] > 0, "what a door does is history, and history is on the card"
    days = []
    for name, number in (("process", 0), ("disk", 1)):
        a_move = moved[number] / MOVES
        a_push = max(0.0, moved_and_pushed[number] - moved[number]) / pushes
        a_save = counted[number] / samples
        day = DOOR_MOVES * a_move + PUSHES * a_push + SAVES * a_save
        days.append(day)
        print(
            f"{name}: {a_move:.0f} bytes a change, {a_push:.0f} a push, {a_save:.0f} a number saved, "
            f"{idle[number] / 1000:.0f} kB in a minute of rest; a busy day {day / 1e6:.2f} MB"
        )
    assert days[0] < LIMIT
