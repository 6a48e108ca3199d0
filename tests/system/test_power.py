"""Power cuts at random moments, with the clock reset: after a boot from the same disk the laws hold."""

import os
import random
import time

from pushglance.sandbox import Fault
from support.guest.pi import slow

CUTS = int(os.environ.get("PUSHGLANCE_POWER_CUTS", "20"))
SEED = int(os.environ.get("PUSHGLANCE_SEED", "1"))
STORE_FILES = {f"pushglance.{end}" for end in ("db", "db-wal", "booked", "lock", "plan")}
IN_DOUBT_S = 30  # a push this short before a cut may not be recorded as delivered

SEND_PULSES = "while true; do python3 /opt/inside/edges.py 27 1 6 0.025 >/dev/null; sleep 0.4; done"
PULSES_EACH, EACH_S = 3, 6 * 0.025 + 0.4  # in one round of SEND_PULSES; a slow guest sends fewer


def check_after_boot(pi, pulses_max):
    """Check that the store is intact, the ledger has each push that arrived, and no pulse is counted twice."""
    pi.wait_until_ready()
    pi.wait_until_settled()  # else a push that is repeated now may arrive between two of the checks
    names = set(pi.guest.check_output("ls /var/lib/pushglance").split())
    assert names <= STORE_FILES, f"a damaged store was set aside: {names}"
    assert "damaged" not in pi.guest.check_output("journalctl -b -u pushglance --no-pager")
    assert pi.pushes_left() <= 50 - len(pi.arrivals()), "a push that arrived is not in the ledger"
    assert int(pi.status()["sensors"]["visitors"]["text"]) <= pulses_max


def test_an_upgrade_survives_a_power_cut(installed):
    """After a power cut at the end of an upgrade the new version runs."""
    pi = installed
    pi.reset("upgraded")
    pi.start()
    pi.wait_until_ready()
    was_newer = "pushglance 9." in pi.guest.check_output("pushglance --version")
    _, output = pi.install("new" if was_newer else "newer")
    pi.guest.cut_power()
    assert "pushglance runs" in output
    pi.guest.boot()
    pi.wait_until_ready()
    assert ("pushglance 9." in pi.guest.check_output("pushglance --version")) != was_newer


def test_the_laws_hold_after_power_cuts(installed):
    """After cuts at random moments: at most 50 pushes, no debit lost, and only a push in doubt is repeated."""
    pi, chance = installed, random.Random(SEED)
    pi.reset("power", is_counter_shown=True)
    pi.start()
    pi.wait_until_ready()
    pi.wait_for_screen(count="0")
    pi.wait_until_settled()
    cuts = []  # (pushes that arrived before it, its time by the sandbox's clock)
    pulses_max = 0
    for number in range(CUTS):
        began_s = time.monotonic()
        pi.guest.check_output(f"systemd-run -q --unit=pulses bash -c '{SEND_PULSES}'")
        if number % 2 and pi.pushes_left() > 4:
            pi.sandbox.inject(Fault("hang", applies=bool(chance.getrandbits(1))))
            pi.sandbox.wait_for(lambda: pi.sandbox.held, timeout_s=120)
        else:
            time.sleep(chance.uniform(1, 7))
        pi.guest.cut_power()
        pi.sandbox.clear_faults()
        pi.sandbox.release()
        pi.sandbox.drop_connections()
        pulses_max += PULSES_EACH * (1 + int((time.monotonic() - began_s) / EACH_S))
        cuts.append((len(pi.arrivals()), time.time() * 1000))
        pi.guest.boot()
        check_after_boot(pi, pulses_max)
        print(f"cut {number + 1}: {len(pi.arrivals())} arrived, {pi.pushes_left()} left")
    arrivals = pi.arrivals()
    assert pi.sandbox.most_spent(device="power") <= 50
    repeated = [number for number, arrival in enumerate(arrivals) if not arrival.has_changed]
    for number in repeated:
        before = [at_ms for count, at_ms in cuts if count == number]
        assert before, "only the first push after a cut may be a repetition"
        assert before[0] - arrivals[number - 1].at_ms < IN_DOUBT_S * 1000, "and only of a push that was in doubt"
    print(f"{CUTS} power cuts: {len(arrivals)} pushes arrived, {len(repeated)} of them repeated because in doubt")


def test_a_power_cut_without_changes_pushes_nothing(installed):
    """If the watch is up to date at a power cut, nothing is pushed after the boot."""
    pi = installed
    before, counted = len(pi.arrivals()), int(pi.status()["sensors"]["visitors"]["text"])
    pi.guest.check_output("sync")
    pi.guest.cut_power()
    pi.guest.boot()
    check_after_boot(pi, counted)
    time.sleep(5)
    assert len(pi.arrivals()) == before


@slow
def test_a_boot_with_a_clock_in_the_past(installed):
    """A Pi without a clock chip boots in the past: no debit is lost, and the door is shown."""
    pi = installed
    pi.reset("past", "synchronised")
    pi.guest.check_output("mkdir -p /run/systemd/timesync && touch /run/systemd/timesync/synchronized")
    pi.start()
    pi.wait_until_ready()
    pi.move_door(0)
    pi.wait_for_screen(text="Garage closed")
    pi.wait_until_settled()
    spent = 50 - pi.pushes_left()
    assert spent >= 1
    pi.guest.shut_down()
    pi.guest.boot(rtc="2020-01-01T00:00:00")
    # systemd itself sets the clock to the day on which it was built.
    assert int(pi.guest.check_output("date +%s")) < time.time() - 86_400
    pi.wait_until_ready()
    assert pi.pushes_left() <= 50 - spent
    pi.move_door(1)
    pi.wait_for_screen(text="Garage open")
    pi.wait_until_settled()
    left_in_the_past = pi.pushes_left()
    assert left_in_the_past < 50 - spent
    pi.guest.check_output(
        f"date -s @{int(time.time())}; mkdir -p /run/systemd/timesync; touch /run/systemd/timesync/synchronized"
    )
    time.sleep(35)  # the agent reads the clock every 30 s
    pi.move_door(0)
    pi.wait_for_screen(text="Garage closed")
    pi.wait_until_settled()
    assert pi.pushes_left() <= left_in_the_past - 1, "no debit was returned: a day has not passed"
    assert pi.pushes_left() <= 50 - len(pi.arrivals())
