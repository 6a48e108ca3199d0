"""How many bytes a busy day writes to the card: measured for each kind of event in the guest, and added up."""

import time

from support.guest.pi import slow

DAY_S = 86_400
SAVE_INTERVAL_S = 300  # the total of a counter is written every five minutes
DOOR_MOVES = 40
IDLE_S = 60
COUNTING_S = 330  # of a meter that never stops, twice
LIMIT_BYTES = 5_000_000
# A busy day: a hundred openings, every push of the budget, and a write of the total whenever one is due.
DOOR_MOVES_A_DAY, PUSHES_A_DAY, SAVES_A_DAY = 200, 50, DAY_S // SAVE_INTERVAL_S
COUNT_SAMPLES = """
from pathlib import Path
from pushglance.runtime.storage.history import History
with History(Path("/var/lib/pushglance")) as history:
    print(len(history.samples("visitors", 0, 1000)))
"""


def written_bytes(pi):
    """Return the bytes written so far by the agent's process, and by the whole guest to its disk."""
    output = pi.guest.check_output(
        "sync; awk '/^write_bytes/ {print $2}' /proc/$(systemctl show -P MainPID pushglance)/io; "
        "awk '{print $7 * 512}' /sys/block/vda/stat"
    )
    process, disk = output.split()
    return int(process), int(disk)


def count_samples(pi):
    """Return how often the counter's total was written."""
    return int(pi.guest.check_output(f"/opt/pushglance/current/bin/python -c '{COUNT_SAMPLES}'"))


def measure(pi, action):
    """Return the bytes that the process and the disk wrote during an action."""
    process, disk = written_bytes(pi)
    action()
    process_after, disk_after = written_bytes(pi)
    return process_after - process, disk_after - disk


@slow
def test_a_busy_day_writes_less_than_5_mb(installed):
    """A hundred door openings, fifty pushes and a meter that never stops write less than 5 MB in a day."""
    pi = installed
    pi.reset("card")
    pi.start()
    pi.wait_until_ready()
    pi.move_door(0)
    pi.wait_for_screen(text="Garage closed")
    pi.wait_until_settled()

    def move():
        for number in range(DOOR_MOVES):
            pi.set_level(17, number % 2)
            time.sleep(1)
        pi.wait_until_settled()

    def move_while_paused():
        pi.guest.check_output("pushglance pause 1h")
        for number in range(DOOR_MOVES):
            pi.set_level(17, number % 2)
            time.sleep(1)

    idle = measure(pi, lambda: time.sleep(IDLE_S))
    left = pi.pushes_left()
    moved_and_pushed = measure(pi, move)
    pushes = left - pi.pushes_left()
    moved = measure(pi, move_while_paused)
    samples = count_samples(pi)
    counted = measure(pi, lambda: [pi.send_pulses(2 * COUNTING_S, 2) for _ in range(2)])
    samples = count_samples(pi) - samples
    assert idle[0] == 0, "the process writes nothing while nothing happens"
    assert pushes > 0
    assert samples >= 2, "the counter's total was written"
    assert moved[1] > 0, "each change of the door is written to the history"
    days = []
    for name, index in (("process", 0), ("disk", 1)):
        per_move = moved[index] / DOOR_MOVES
        per_push = max(0.0, moved_and_pushed[index] - moved[index]) / pushes
        per_save = counted[index] / samples
        day = DOOR_MOVES_A_DAY * per_move + PUSHES_A_DAY * per_push + SAVES_A_DAY * per_save
        days.append(day)
        print(
            f"{name}: {per_move:.0f} bytes per change, {per_push:.0f} per push, {per_save:.0f} per saved total, "
            f"{idle[index] / 1000:.0f} kB in an idle minute; a busy day {day / 1e6:.2f} MB"
        )
    assert days[0] < LIMIT_BYTES
