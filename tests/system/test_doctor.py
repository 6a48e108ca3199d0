"""`pushglance doctor` on a Pi, lines that another program uses, and the GPIO chips of a Pi 5."""

import json

from support.guest.pi import open_and_close, slow


def run_doctor(pi):
    """Run `pushglance doctor` on this Pi and return its results as {name: results}."""
    with_cpuinfo = "mount --bind /run/cpuinfo /proc/cpuinfo"
    code, out, err = pi.guest.run(f"unshare --mount bash -c '{with_cpuinfo} && exec pushglance doctor --json'", 300)
    assert code in (0, 1), err
    assert out, err
    results = {}
    for result in json.loads(out):
        results.setdefault(result["name"], []).append(result)
    assert code == any(result["status"] == "wrong" for same_name in results.values() for result in same_name)
    return results


def test_the_doctor_reports_only_the_broker(running_pi):
    """On this Pi, whose broker is not running, the doctor finds the broker wrong and everything else in order."""
    results = run_doctor(running_pi)
    wrong = {name for name, same_name in results.items() if any(result["status"] == "wrong" for result in same_name)}
    assert wrong == {"agent", "broker"}, results
    (reader,), (door,) = results["reader"], results["garage, GPIO 17"]
    assert reader["status"] == "ok"
    assert "libgpiod 2" in reader["message"]
    assert "Garage closed" in door["message"]
    names = ("service", "store", "space", "keys", "device")
    assert {results[name][0]["status"] for name in names} == {"ok"}


# The guest's gpiomon uses libgpiod 1, whose interface the newest kernels no longer have.
OTHER_PROGRAM = """
import pathlib, time, gpiod
request = gpiod.request_lines("/dev/gpiochip0", consumer="other-program", config={17: gpiod.LineSettings()})
pathlib.Path("/run/requested").touch()
time.sleep(3600)
"""


@slow
def test_a_busy_line_is_reported_with_its_consumer(running_pi):
    """If another program uses a line, the agent fails with an error that names it, and so does the doctor."""
    guest = running_pi.guest
    guest.write("/run/other_program.py", OTHER_PROGRAM)
    guest.check_output("systemctl stop pushglance")
    guest.check_output("systemd-run -q --unit=other /opt/pushglance/current/bin/python /run/other_program.py")
    try:
        guest.wait_for("[ -e /run/requested ]")
        assert guest.run("systemctl start pushglance", 200)[0] != 0
        assert running_pi.property("ExecMainStatus") == "4"
        journal = guest.journal()
        assert "'other-program'" in journal
        assert "GPIO 17" in journal
        (door,) = run_doctor(running_pi)["garage, GPIO 17"]
        assert door["status"] == "wrong"
        assert "in use by 'other-program'" in door["message"]
        assert "python (" in door["message"], "the process is named, too"
    finally:
        guest.check_output("systemctl stop other")
        running_pi.start()
    running_pi.wait_until_ready()


# A Pi 5 has five chips or more; the kernel decides which number the header's chip gets.
PI_4 = (("pinctrl-bcm2711", 54),)
PI_5 = (("gpio-brcmstb@107d508500", 15), ("gpio-brcmstb@107d517c00", 15), ("pinctrl-rp1", 54), ("gpio-brcmstb", 4))


def rebuild_as(pi, chips):
    """Replace the GPIO chips of the Pi; `chips` are (label, lines) in the order of their numbers."""
    banks = "; ".join(
        f"mkdir bank{number}; echo {label} >bank{number}/label; echo {lines} >bank{number}/num_lines"
        for number, (label, lines) in enumerate(chips)
    )
    pi.guest.check_output(f"cd /sys/kernel/config/gpio-sim/pi; echo 0 >live; rmdir bank*; {banks}; echo 1 >live")


@slow
def test_the_header_of_a_pi_5_is_found_by_its_label(running_pi):
    """Among the chips of a Pi 5 the agent uses the header's, and the door reaches the watch."""
    running_pi.guest.check_output("systemctl stop pushglance")
    rebuild_as(running_pi, PI_5)
    try:
        assert running_pi.guest.check_output("gpiodetect | grep -c .").strip() == "4"
        assert "gpiochip0 [pinctrl-rp1]" not in running_pi.guest.check_output("gpiodetect")
        running_pi.start()
        running_pi.wait_until_ready()
        running_pi.move_door(0)
        running_pi.wait_until_settled()
        assert open_and_close(running_pi) == 2
        (door,) = run_doctor(running_pi)["garage, GPIO 17"]
        assert door["status"] == "ok"
    finally:
        running_pi.guest.check_output("systemctl stop pushglance")
        rebuild_as(running_pi, PI_4)
        running_pi.start()
