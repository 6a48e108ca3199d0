"""The service on a real kernel under systemd: door, pulses, broker, network, crashes and settings errors."""

import time

import pytest

from pushglance.runtime.inputs.gpio.gpiod_input import BUFFER
from support.guest.pi import open_and_close, slow


def test_a_second_installation_changes_nothing(running_pi):
    """After a second installation the same process runs, with encrypted keys and a small exposure level."""
    process = running_pi.property("MainPID")
    _, output = running_pi.install()
    assert "nothing has changed" in output
    assert running_pi.property("MainPID") == process
    listed = running_pi.guest.check_output("ls /etc/pushglance/credentials /opt/pushglance/versions")
    assert "pushover_token.encrypted" in listed
    assert listed.count("py311") == 1
    running_pi.guest.check_output("systemd-analyze security --threshold=15 --no-pager pushglance")
    assert running_pi.property("User") == "pushglance"


def test_a_bouncing_door_is_one_push(running_pi):
    """Edges a few milliseconds apart are one change and one push with one field."""
    assert open_and_close(running_pi) == 2
    assert [arrival.fields for arrival in running_pi.arrivals()][-2:] == [
        {"text": "Garage open"},
        {"text": "Garage closed"},
    ]


def count_pulses(pi, pulses, rate, lost=0):
    """Send pulses, wait up to 30 s until all are counted; return how many were counted, and how many edges as lost."""

    def totals():
        sensor = pi.status()["sensors"]["visitors"]
        return int(sensor["text"]), sensor["lost"]

    before, lost_before = totals()
    reached = pi.send_pulses(pulses, rate)
    pi.guest.check_output("systemctl kill -s CONT pushglance")
    deadline_s = time.monotonic() + 30
    counted = (-1, -1)
    while (counted[0] < pulses or counted[1] < lost) and time.monotonic() < deadline_s:
        time.sleep(0.5)
        total, total_lost = totals()
        counted = total - before, total_lost - lost_before
    print(f"{pulses} pulses at {rate}/s ({reached}/s reached): {counted[0]} counted, {counted[1]} edges lost")
    return counted


@pytest.mark.parametrize(
    ("rate", "pulses"), [(1, 5), (500, 1500), pytest.param(10, 40, marks=slow), pytest.param(100, 400, marks=slow)]
)
def test_each_pulse_is_counted(running_pi, rate, pulses):
    """Pulses are counted exactly up to 500 per second, on a busy machine, too.

    The guest has one processor, like the first Pi Zero, so the kernel's interrupt thread runs before the next edge.
    With several processors an edge may occur before that thread has run. The kernel has one flag per line, so two such
    edges become one event with one sequence number. Levels then reveal an odd number of lost edges, never an even one.
    """
    assert count_pulses(running_pi, pulses, rate)[0] == pulses


def test_edges_lost_in_the_kernel_are_counted(running_pi):
    """Edges that overflow the kernel's queue while the agent is stopped count exactly as pulses and as lost."""
    running_pi.guest.check_output("systemctl kill -s STOP pushglance")
    lost = 1400 - BUFFER
    assert count_pulses(running_pi, 700, 500, lost) == (700, lost)


@slow
def test_the_broker_stops_and_restarts(running_pi):
    """The agent reconnects to a broker that starts late and restarts, and its messages reach the watch."""
    guest = running_pi.guest
    guest.check_output("printf 'listener 1883 127.0.0.1\\nallow_anonymous true\\n' >/run/broker.conf")
    for level in (41, 57):
        guest.check_output("systemd-run -q --unit=broker mosquitto -c /run/broker.conf")
        publish = f"mosquitto_pub -h localhost -q 1 -t garden/tank -m {level}"
        is_received = f"""grep -q '"tank": {{[^}}]*"{level}"' /run/pushglance/live.json"""
        guest.wait_for(f"{{ {publish} 2>/dev/null; {is_received}; }}", 200)
        running_pi.wait_for_screen(percent=str(level))
        guest.check_output("systemctl stop broker")
    assert open_and_close(running_pi) == 2, "the door works without a broker"


@slow
def test_the_network_is_lost_and_returns(running_pi):
    """After the network returns the watch gets the last state and not each change in between."""
    before = len(running_pi.arrivals())
    running_pi.guest.set_network(is_connected=False)
    running_pi.move_door(1)
    time.sleep(5)
    running_pi.move_door(0)
    time.sleep(1)
    running_pi.move_door(1)
    time.sleep(5)
    assert len(running_pi.arrivals()) == before
    running_pi.guest.set_network(is_connected=True)
    running_pi.wait_for_screen(text="Garage open")
    running_pi.move_door(0)
    running_pi.wait_for_screen(text="Garage closed")
    running_pi.wait_until_settled()
    assert running_pi.sandbox.most_spent(device="service") <= 50


@slow
def test_a_killed_agent_restarts_and_repeats_nothing(running_pi):
    """After SIGKILL systemd restarts the agent; it knows the state and repeats no push."""
    before, left = len(running_pi.arrivals()), running_pi.pushes_left()
    process = running_pi.property("MainPID")
    running_pi.guest.check_output("systemctl kill -s KILL pushglance")
    running_pi.guest.wait_for(
        f"[ $(systemctl show -P MainPID pushglance) -gt 0 ] && [ $(systemctl show -P MainPID "
        f"pushglance) != {process} ] && systemctl is-active -q pushglance",
        200,
    )
    running_pi.move_door(0)
    running_pi.wait_until_settled()
    assert (len(running_pi.arrivals()), running_pi.pushes_left()) == (before, left)
    assert open_and_close(running_pi) == 2


def test_the_watchdog_restarts_a_hanging_agent(running_pi):
    """An agent that hangs for WatchdogSec is killed and restarted by systemd."""
    process = running_pi.property("MainPID")
    running_pi.guest.check_output("kill -STOP $(systemctl show -P MainPID pushglance)")
    running_pi.guest.wait_for(
        f"[ $(systemctl show -P MainPID pushglance) != {process} ] "
        "&& [ $(systemctl show -P MainPID pushglance) -gt 0 ] && systemctl is-active -q pushglance",
        300,
    )
    assert "Watchdog timeout" in running_pi.guest.check_output("journalctl -u pushglance --no-pager -n 200")
    running_pi.move_door(0)
    running_pi.wait_until_settled()
    assert open_and_close(running_pi) == 2


def test_a_settings_error_is_not_retried(running_pi):
    """A settings error ends the service with code 2 and one error in the journal, without a restart."""
    guest = running_pi.guest
    guest.check_output(
        "cp /etc/pushglance/pushglance.toml /run/right.toml; sed -i s/contact/contract/ /etc/pushglance/pushglance.toml"
    )
    code, _, _ = guest.run("systemctl restart pushglance")
    assert code != 0
    time.sleep(12)  # longer than RestartSec
    assert (running_pi.property("ExecMainStatus"), running_pi.property("NRestarts")) == ("2", "0")
    assert running_pi.property("ActiveState") == "failed"
    assert "contract" in guest.journal()
    guest.check_output("cp /run/right.toml /etc/pushglance/pushglance.toml")
    running_pi.start()
    running_pi.wait_until_ready()
