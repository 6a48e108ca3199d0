"""On a real kernel under a real systemd: installed, moved, cut off from broker and network, hung, killed, upgraded."""

import json
import time

import pytest


@pytest.fixture(scope="module")
def watched(installed):
    """Return the Pi with a door that is shut and known to its watch."""
    installed.settle_in("service")
    installed.start()
    installed.wait_until_ready()
    installed.door(0)
    installed.wait_for_screen(text="Garage closed")
    installed.wait_until_settled()
    return installed


def shown_when_open(pi):
    """Open the door, wait for the watch, shut it again, and return how many pushes that took."""
    before = len(pi.arrivals())
    pi.door(1)
    pi.wait_for_screen(text="Garage open")
    pi.door(0)
    pi.wait_for_screen(text="Garage closed")
    pi.wait_until_settled()
    return len(pi.arrivals()) - before


def test_installed_twice_is_installed_once(watched):
    """A second call changes nothing: the same process runs on, with encrypted keys and little exposure."""
    process = watched.property("MainPID")
    _, said = watched.install()
    assert "nothing has changed" in said
    assert watched.property("MainPID") == process
    listed = watched.guest.sh("ls /etc/pushglance/credentials /opt/pushglance/versions")
    assert "pushover_token.encrypted" in listed
    assert listed.count("py311") == 1
    watched.guest.sh("systemd-analyze security --threshold=15 --no-pager pushglance")
    assert watched.property("User") == "pushglance"


def test_a_bouncing_door_is_one_push(watched):
    """Edges a few milliseconds apart are one change, and one push with one field."""
    assert shown_when_open(watched) == 2
    assert [arrival.fields for arrival in watched.arrivals()][-2:] == [
        {"text": "Garage open"},
        {"text": "Garage closed"},
    ]


@pytest.mark.parametrize(("rate", "pulses"), [(1, 5), (10, 40), (100, 400), (500, 1500)])
def test_pulses_are_counted_or_known_to_be_lost(watched, rate, pulses):
    """Pulses are counted, or their loss is known: exactly up to 100 a second, and never in silence beyond.

    The simulated chip has one pending interrupt for each line, as a real one has: where the emulated processor comes
    late, several edges become one, and no more can be known of them than that some are lost.
    """

    def counted():
        sensor = watched.live()["sensors"]["visitors"]
        return int(sensor["text"]), sensor["lost"]

    before, lost_before = counted()
    reached = watched.pulses(pulses, rate)
    until_s = time.monotonic() + 20
    while (now := counted())[0] - before < pulses and time.monotonic() < until_s:
        time.sleep(0.5)
    missing, lost = before + pulses - now[0], now[1] - lost_before
    print(
        f"{rate} pulses a second ({reached} reached): {pulses} made, {missing} missing, {lost} edges known to be lost"
    )
    assert missing <= lost if rate <= 100 else missing <= 0 or lost > 0
    assert missing >= -lost
    assert rate > 10 or missing == 0


def test_the_broker_goes_and_returns(watched):
    """A broker that starts late, dies and returns is found each time, and what it says reaches the watch."""
    guest = watched.guest
    guest.sh("printf 'listener 1883 127.0.0.1\\nallow_anonymous true\\n' >/run/broker.conf")
    for level in (41, 57):
        guest.sh("systemd-run -q --unit=broker mosquitto -c /run/broker.conf")
        publish = f"mosquitto_pub -h localhost -q 1 -t garden/tank -m {level}"
        heard = f"""grep -q '"tank": {{[^}}]*"{level}"' /run/pushglance/live.json"""
        guest.wait_for(f"{{ {publish} 2>/dev/null; {heard}; }}", 200)
        watched.wait_for_screen(percent=str(level))
        guest.sh("systemctl stop broker")
    assert shown_when_open(watched) == 2, "the door does not care"


def test_the_network_goes_and_returns(watched):
    """With the cable out the watch is told nothing; with the cable in again it shows the last state, not each one."""
    before = len(watched.arrivals())
    watched.guest.plug(is_in=False)
    watched.door(1)
    time.sleep(5)
    watched.door(0)
    time.sleep(1)
    watched.door(1)
    time.sleep(5)
    assert len(watched.arrivals()) == before
    watched.guest.plug(is_in=True)
    watched.wait_for_screen(text="Garage open")
    watched.door(0)
    watched.wait_for_screen(text="Garage closed")
    watched.wait_until_settled()
    assert watched.sandbox.most_spent(device="service") <= 50


def test_killed_it_returns_and_repeats_nothing(watched):
    """After SIGKILL systemd starts it again; the state is known, and nothing is pushed again."""
    before, left = len(watched.arrivals()), watched.left()
    process = watched.property("MainPID")
    watched.guest.sh("systemctl kill -s KILL pushglance")
    watched.guest.wait_for(
        f"[ $(systemctl show -P MainPID pushglance) -gt 0 ] && [ $(systemctl show -P MainPID "
        f"pushglance) != {process} ] && systemctl is-active -q pushglance",
        200,
    )
    watched.door(0)
    watched.wait_until_settled()
    assert (len(watched.arrivals()), watched.left()) == (before, left)
    assert shown_when_open(watched) == 2


def test_a_hang_is_ended_by_the_watchdog(watched):
    """A process that no longer turns is killed by systemd after WatchdogSec and started anew."""
    process = watched.property("MainPID")
    watched.guest.sh("kill -STOP $(systemctl show -P MainPID pushglance)")
    watched.guest.wait_for(
        f"[ $(systemctl show -P MainPID pushglance) != {process} ] "
        "&& [ $(systemctl show -P MainPID pushglance) -gt 0 ] && systemctl is-active -q pushglance",
        300,
    )
    assert "Watchdog timeout" in watched.guest.sh("journalctl -u pushglance --no-pager -n 200")
    watched.door(0)
    watched.wait_until_settled()
    assert shown_when_open(watched) == 2


def test_a_mistake_in_the_settings_is_not_tried_again(watched):
    """A settings error ends the start with 2 and a sentence in the journal, once."""
    guest = watched.guest
    guest.sh(
        "cp /etc/pushglance/pushglance.toml /run/right.toml; sed -i s/contact/contract/ /etc/pushglance/pushglance.toml"
    )
    code, _, _ = guest.ask("systemctl restart pushglance")
    assert code != 0
    time.sleep(12)  # more than RestartSec: it had the time to be tried again
    assert (watched.property("ExecMainStatus"), watched.property("NRestarts")) == ("2", "0")
    assert watched.property("ActiveState") == "failed"
    assert "contract" in guest.journal()
    guest.sh("cp /run/right.toml /etc/pushglance/pushglance.toml")
    watched.start()
    watched.wait_until_ready()


def test_an_upgrade_keeps_state_and_settings(watched):
    """The new version runs with the budget of the former one, and pushes nothing because of that."""
    before, left = len(watched.arrivals()), watched.left()
    _, said = watched.install("newer")
    assert "pushglance runs" in said
    watched.wait_until_ready()
    assert "pushglance 9." in watched.guest.sh("/opt/pushglance/bin/pushglance --version")
    watched.door(0)
    watched.wait_until_settled()
    assert (len(watched.arrivals()), watched.left()) == (before, left)
    assert shown_when_open(watched) == 2


def test_an_upgrade_that_fails_goes_back(watched):
    """A version that does not become ready is taken back, with the reason, and the former one runs on."""
    left = watched.left()
    code, said = watched.install("broken", may_fail=True)
    assert code == 1
    assert "the sky is falling" in said
    assert "did not become ready" in said
    watched.wait_until_ready()
    assert "pushglance 9." in watched.guest.sh("/opt/pushglance/bin/pushglance --version")
    assert watched.left() == left
    versions = watched.guest.sh("ls /opt/pushglance/versions /opt/pushglance")
    assert "state-before" not in versions
    watched.door(0)
    watched.wait_until_settled()
    assert shown_when_open(watched) == 2


def test_the_doctor_finds_nothing_broken(watched):
    """`pushglance doctor` can look at this Pi and tells what it found as JSON."""
    code, out, err = watched.guest.ask("/opt/pushglance/bin/pushglance doctor --json")
    assert code in (0, 1), err
    assert json.loads(out)
