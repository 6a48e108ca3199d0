"""The power goes at random moments, and the clock with it; booted from the same disk, the laws hold."""

import os
import random
import time

from pushglance.sandbox import Fault
from support.guest.pi import long

CUTS = int(os.environ.get("PUSHGLANCE_POWER_CUTS", "20"))
SEED = int(os.environ.get("PUSHGLANCE_SEED", "1"))
STORE = {f"pushglance.{end}" for end in ("db", "db-wal", "booked", "lock", "plan")}
IN_DOUBT_S = 30  # a push this short before a cut may not have been noted as delivered

MOVES = "while true; do python3 /opt/inside/edges.py 27 1 6 0.025 >/dev/null; sleep 0.4; done"
PULSES_EACH, EACH_S = 3, 6 * 0.025 + 0.4  # of those moves; a slow guest makes fewer


def look_after_boot(pi, made):
    """See that the store is the one of before, that the ledger knows each arrival, and that no pulse was made up."""
    pi.wait_until_ready()
    pi.wait_until_settled()  # or one that is repeated now may arrive between two looks
    names = set(pi.guest.sh("ls /var/lib/pushglance").split())
    assert names <= STORE, f"a store was lost: {names}"
    assert "damaged" not in pi.guest.sh("journalctl -b -u pushglance --no-pager")
    assert pi.left() <= 50 - len(pi.arrivals()), "a push that arrived is not in the ledger"
    assert int(pi.live()["sensors"]["visitors"]["text"]) <= made


def test_what_was_just_installed_outlasts_a_cut(installed):
    """The power goes in the moment in which an upgrade is done: after the boot the new version runs."""
    pi = installed
    pi.settle_in("upgraded")
    pi.start()
    pi.wait_until_ready()
    was_newer = "pushglance 9." in pi.guest.sh("pushglance --version")
    _, detail = pi.install("new" if was_newer else "newer")
    pi.guest.cut_power()
    assert "pushglance runs" in detail
    pi.guest.boot()
    pi.wait_until_ready()
    assert ("pushglance 9." in pi.guest.sh("pushglance --version")) != was_newer


def test_the_power_goes_and_the_laws_hold(installed):
    """Cut off in mid-push and at random moments: no push over 50, no debit forgotten, none repeated for no reason."""
    pi, chance = installed, random.Random(SEED)
    pi.settle_in("power", is_counter_shown=True)
    pi.start()
    pi.wait_until_ready()
    pi.wait_for_screen(count="0")
    pi.wait_until_settled()
    cuts = []  # (arrivals before it, when by the sandbox's clock)
    made = 0  # pulses, at the most
    for number in range(CUTS):
        began_s = time.monotonic()
        pi.guest.sh(f"systemd-run -q --unit=mover bash -c '{MOVES}'")
        if number % 2 and pi.left() > 4:
            pi.sandbox.inject(Fault("hang", applies=bool(chance.getrandbits(1))))
            pi.sandbox.wait_for(lambda: pi.sandbox.held, timeout_s=120)
        else:
            time.sleep(chance.uniform(1, 7))
        pi.guest.cut_power()
        pi.sandbox.clear_faults()
        pi.sandbox.release()
        pi.sandbox.drop_connections()
        made += PULSES_EACH * (1 + int((time.monotonic() - began_s) / EACH_S))
        cuts.append((len(pi.arrivals()), time.time() * 1000))
        pi.guest.boot()
        look_after_boot(pi, made)
        print(f"cut {number + 1}: {len(pi.arrivals())} arrived, {pi.left()} left")
    arrivals = pi.arrivals()
    assert pi.sandbox.most_spent(device="power") <= 50
    repeated = [number for number, arrival in enumerate(arrivals) if not arrival.has_changed]
    for number in repeated:
        before = [at_ms for count, at_ms in cuts if count == number]
        assert before, "only the first push after a cut may repeat"
        assert before[0] - arrivals[number - 1].at_ms < IN_DOUBT_S * 1000, "and only one that was in doubt"
    print(f"{CUTS} power cuts: {len(arrivals)} pushes arrived, {len(repeated)} of them again because in doubt")


def test_a_cut_in_silence_is_no_news(installed):
    """When the power goes while the watch shows the truth, nothing is pushed after the boot."""
    pi = installed
    before, counted = len(pi.arrivals()), int(pi.live()["sensors"]["visitors"]["text"])
    pi.guest.sh("sync")
    pi.guest.cut_power()
    pi.guest.boot()
    look_after_boot(pi, counted)
    time.sleep(5)
    assert len(pi.arrivals()) == before


@long
def test_a_boot_in_the_past(installed):
    """Without a clock chip the Pi wakes in the past: nothing is forgotten, the door is shown; then the clock is set."""
    pi = installed
    pi.settle_in("past", "synchronised")
    pi.guest.sh("mkdir -p /run/systemd/timesync && touch /run/systemd/timesync/synchronized")
    pi.start()
    pi.wait_until_ready()
    pi.door(0)
    pi.wait_for_screen(text="Garage closed")
    pi.wait_until_settled()
    spent = 50 - pi.left()
    assert spent >= 1
    pi.guest.shut_down()
    pi.guest.boot(rtc="2020-01-01T00:00:00")
    assert int(pi.guest.sh("date +%s")) < time.time() - 86_400  # systemd itself lifts it to the day it was built
    pi.wait_until_ready()
    assert pi.left() <= 50 - spent
    pi.door(1)
    pi.wait_for_screen(text="Garage open")
    pi.wait_until_settled()
    in_the_past = pi.left()
    assert in_the_past < 50 - spent
    pi.guest.sh(
        f"date -s @{int(time.time())}; mkdir -p /run/systemd/timesync; touch /run/systemd/timesync/synchronized"
    )
    time.sleep(35)  # the clock is looked at each half minute
    pi.door(0)
    pi.wait_for_screen(text="Garage closed")
    pi.wait_until_settled()
    assert pi.left() <= in_the_past - 1, "nothing has come back, a day is not over"
    assert pi.left() <= 50 - len(pi.arrivals())
