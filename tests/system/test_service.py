"""On a real kernel under a real systemd: installed, moved, cut off from broker and network, hung, killed, upgraded."""

import json
import time

import pytest

from pushglance.runtime.inputs.gpio.gpiod_input import BUFFER
from support.guest.pi import long


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
    _, detail = watched.install()
    assert "nothing has changed" in detail
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


def counted_of(pi, pulses, rate, lost=0):
    """Make pulses; return how many were counted and how many edges are known to be lost, of these; wait for so many."""

    def counted():
        sensor = pi.live()["sensors"]["visitors"]
        return int(sensor["text"]), sensor["lost"]

    before, lost_before = counted()
    reached = pi.pulses(pulses, rate)
    pi.guest.sh("systemctl kill -s CONT pushglance")
    until_s = time.monotonic() + 30
    found = (-1, -1)
    while (found[0] < pulses or found[1] < lost) and time.monotonic() < until_s:
        time.sleep(0.5)
        total, total_lost = counted()
        found = total - before, total_lost - lost_before
    print(f"{pulses} pulses, {rate} a second wanted, {reached} reached: {found[0]} counted, {found[1]} edges lost")
    return found


@pytest.mark.parametrize(
    ("rate", "pulses"), [(1, 5), (500, 1500), pytest.param(10, 40, marks=long), pytest.param(100, 400, marks=long)]
)
def test_each_pulse_is_counted(watched, rate, pulses):
    """Pulses are counted exactly, up to 500 a second and however busy the machine is.

    The guest has one processor, as the first Zero has, so that the kernel's thread always comes before the next edge.
    With several, edges may be made on one of them while that thread waits for another. The kernel keeps one mark for
    each line, so such edges become one event under one number, and nobody can know more of them than that levels do
    not alternate: a floor, which tests/runtime/inputs holds and the README tells.
    """
    assert counted_of(watched, pulses, rate)[0] == pulses


def test_what_the_kernel_had_no_room_for_is_known(watched):
    """Edges that fall out of the kernel's queue while the agent stands still count as pulses, and as lost, exactly."""
    watched.guest.sh("systemctl kill -s STOP pushglance")
    lost = 1400 - BUFFER
    assert counted_of(watched, 700, 500, lost) == (700, lost)


@long
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


@long
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


@long
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


@long
def test_an_upgrade_keeps_state_and_settings(watched):
    """The new version runs with the budget of the former one, and pushes nothing because of that."""
    before, left = len(watched.arrivals()), watched.left()
    _, detail = watched.install("newer", "--web")
    assert "pushglance runs" in detail
    watched.wait_until_ready()
    assert "pushglance 9." in watched.guest.sh("pushglance --version")
    watched.door(0)
    watched.wait_until_settled()
    assert (len(watched.arrivals()), watched.left()) == (before, left)
    assert shown_when_open(watched) == 2


@long
def test_the_page_came_with_the_upgrade(watched):
    """`scripts/install --web` brings a page that reads the agent's store and live file, and listens on loopback."""
    look = "import urllib.request as web; print(web.urlopen('http://127.0.0.1:8787/', timeout=30).read().decode())"
    watched.guest.wait_for(f'python3 -c "{look}" >/run/page.html 2>/run/page.why')
    assert "Garage closed" in watched.guest.sh("cat /run/page.html")
    assert watched.guest.sh("ss -Hltn 'sport = :8787'").split()[3] == "127.0.0.1:8787"


def test_an_upgrade_that_fails_goes_back(watched):
    """A version that does not become ready is taken back, with the reason, and the former one runs on."""
    left, version = watched.left(), watched.guest.sh("pushglance --version")
    code, detail = watched.install("broken", may_fail=True)
    assert code == 1
    assert "the sky is falling" in detail
    assert "did not become ready" in detail
    watched.wait_until_ready()
    assert watched.guest.sh("pushglance --version") == version
    assert watched.left() == left
    assert "state-before" not in watched.guest.sh("ls /opt/pushglance")
    watched.door(0)
    watched.wait_until_settled()
    assert shown_when_open(watched) == 2


def diagnosis(pi):
    """Return the results of `pushglance doctor` on this Pi: {name: results}."""
    as_a_pi = "mount --bind /run/cpuinfo /proc/cpuinfo"
    code, out, err = pi.guest.ask(f"unshare --mount bash -c '{as_a_pi} && exec pushglance doctor --json'", 300)
    assert code in (0, 1), err
    assert out, err
    results = {}
    for result in json.loads(out):
        results.setdefault(result["name"], []).append(result)
    assert code == any(result["status"] == "wrong" for same_name in results.values() for result in same_name)
    return results


def test_the_doctor_finds_what_is_broken_and_nothing_else(watched):
    """Of this Pi, whose broker is not running, pins, pulses, keys and TLS are in order and the broker is wrong."""
    found = diagnosis(watched)
    wrong = {name for name, same in found.items() if any(one["status"] == "wrong" for one in same)}
    assert wrong == {"agent", "broker"}, found
    (reader,), (door,) = found["reader"], found["garage, GPIO 17"]
    assert reader["status"] == "ok"
    assert "libgpiod 2" in reader["message"]
    assert "Garage closed" in door["message"]
    assert {found[name][0]["status"] for name in ("service", "store", "space", "factory", "keys", "device")} == {"ok"}


# The guest's gpiomon is of libgpiod 1, of which the newest kernels know nothing any more.
MEDDLER = """
import pathlib, time, gpiod
held = gpiod.request_lines("/dev/gpiochip0", consumer="meddler", config={17: gpiod.LineSettings()})
pathlib.Path("/run/held").touch()
time.sleep(3600)
"""


@long
def test_a_busy_line_is_told_with_who_holds_it(watched):
    """The agent does not start on a line of another program: a sentence says so, and the doctor names the program."""
    guest = watched.guest
    guest.write("/run/meddler.py", MEDDLER)
    guest.sh(
        "systemctl stop pushglance; systemd-run -q --unit=other /opt/pushglance/current/bin/python /run/meddler.py"
    )
    try:
        guest.wait_for("[ -e /run/held ]")
        assert guest.ask("systemctl start pushglance", 200)[0] != 0
        assert watched.property("ExecMainStatus") == "4"
        assert "Another program, which calls itself 'meddler', holds GPIO 17" in guest.journal()
        (door,) = diagnosis(watched)["garage, GPIO 17"]
        assert door["status"] == "wrong"
        assert "in use by 'meddler'" in door["message"]
        assert "python (" in door["message"], "the process, too"
    finally:
        guest.sh("systemctl stop other")
        watched.start()
    watched.wait_until_ready()


# A Pi 5 has five chips and more, and which number the header's has is the kernel's affair.
PI_4 = (("pinctrl-bcm2711", 54),)
PI_5 = (("gpio-brcmstb@107d508500", 15), ("gpio-brcmstb@107d517c00", 15), ("pinctrl-rp1", 54), ("gpio-brcmstb", 4))


def rebuild_as(pi, chips):
    """Give the Pi other GPIO chips, as (label, lines) in the order of their numbers."""
    made = "; ".join(
        f"mkdir bank{number}; echo {label} >bank{number}/label; echo {lines} >bank{number}/num_lines"
        for number, (label, lines) in enumerate(chips)
    )
    pi.guest.sh(f"cd /sys/kernel/config/gpio-sim/pi; echo 0 >live; rmdir bank*; {made}; echo 1 >live")


@long
def test_the_header_of_a_pi_5_is_found_by_its_name(watched):
    """Among the chips of a Pi 5 the agent takes the header's, and the door reaches the watch from there."""
    watched.guest.sh("systemctl stop pushglance")
    rebuild_as(watched, PI_5)
    try:
        assert watched.guest.sh("gpiodetect | grep -c .").strip() == "4"
        assert "gpiochip0 [pinctrl-rp1]" not in watched.guest.sh("gpiodetect")
        watched.start()
        watched.wait_until_ready()
        watched.door(0)
        watched.wait_until_settled()
        assert shown_when_open(watched) == 2
        (door,) = diagnosis(watched)["garage, GPIO 17"]
        assert door["status"] == "ok"
    finally:
        watched.guest.sh("systemctl stop pushglance")
        rebuild_as(watched, PI_4)
        watched.start()
