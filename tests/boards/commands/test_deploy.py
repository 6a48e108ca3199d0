"""`pushglance deploy`: a real mpremote copies the program to a real MicroPython; each failure is one line."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner

from pushglance.boards.device import check_board, find_port, log_lines, mismatch
from pushglance.boards.mpremote import run_mpremote
from pushglance.cli.boards.deploy import deploy_command
from pushglance.errors import HardwareUnavailable
from support.boards.board import board_plan
from support.boards.usb_serial import UsbSerial

SETTINGS = """
[pushover]
url = "https://localhost:9"
[board]
ssid = "home"
country = "DE"
ntp = "time.test"
[sensors.garage]
kind = "contact"
gpio = 4
open = "Garage open"
[glance]
text = "{garage}"
"""


@pytest.fixture
def usb(tmp_path):
    with UsbSerial(tmp_path / "flash", board_plan()) as usb:
        yield usb


@pytest.fixture
def deploy(tmp_path, monkeypatch):
    """Return a function that deploys to a port and returns the output; it raises what the command raises."""
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", "a" * 30)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", "u" * 30)
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "pushglance.toml").write_text(SETTINGS)
    common = ["-c", str(tmp_path / "pushglance.toml"), "-b", "pico_w", "--root", str(tmp_path / "ca.pem"), "--no-log"]

    def run(*more):
        result = CliRunner().invoke(deploy_command, [*common, *more])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return run


@pytest.mark.timeout(300)  # a minute when the machine is busy
def test_a_board_is_deployed_and_starts(usb, deploy):
    """All files are copied, the board restarts into the program, its log arrives, and its state stays."""
    flash = usb.board.folder
    (flash / "state.json").write_text('["push_id", 7]\n["end", 3, 12]\n')
    (flash / "lib/pushglance/core").mkdir(parents=True)
    (flash / "lib/pushglance/core/ancient.py").write_text("")
    assert "copied; the board starts" in deploy("--port", usb.port)
    usb.board.wait_until(lambda: usb.resets == 1)
    assert json.loads((flash / "plan.json").read_text())["sensors"][0]["name"] == "garage"
    assert (flash / "pushover.der").exists()
    assert not (flash / "lib/pushglance/core/ancient.py").exists(), "a file of an older version would be imported"
    lines = log_lines(usb.port)
    line = ""
    while "every budget counts as spent" not in line:
        line = next(lines)
    assert (flash / "state.json").exists()


@pytest.mark.timeout(300)
def test_a_running_board_is_deployed_again(usb, deploy):
    """A board that runs the program is stopped, updated and started again."""
    deploy("--port", usb.port)
    usb.board.wait_until(lambda: usb.resets == 1)
    (usb.board.folder / "plan.json").write_text("{}")
    deploy("--port", usb.port)
    usb.board.wait_until(lambda: usb.resets == 2)
    assert json.loads((usb.board.folder / "plan.json").read_text())["version"] == 2


@pytest.mark.timeout(300)
def test_a_full_flash_is_an_error(tmp_path, deploy):
    """The error for a full littlefs says what to do."""
    with (
        UsbSerial(tmp_path / "flash", board_plan(), is_small=True) as usb,
        pytest.raises(HardwareUnavailable, match="the board's flash is full"),
    ):
        deploy("--port", usb.port)


def test_a_missing_port_is_an_error(tmp_path):
    """A port that does not exist is an error of one line, without a traceback."""
    with pytest.raises(HardwareUnavailable) as caught:
        check_board(str(tmp_path / "ttyACM9"), "pico_w")
    assert "Traceback" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


class Port:
    def __init__(self, device, vid=11914):
        self.device, self.vid = device, vid


@pytest.mark.parametrize(
    ("ports", "sentence"),
    [
        ([], "no board is connected by USB"),
        ([Port("/dev/ttyS0", None)], "no board is connected by USB"),
        ([Port("/dev/ttyACM1"), Port("/dev/ttyACM0")], "2 boards are connected by USB: name one with --port, e.g. "),
    ],
)
def test_an_ambiguous_port_is_an_error(monkeypatch, ports, sentence):
    """With no board or with two boards on USB, the port must be named."""
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ports)
    with pytest.raises(HardwareUnavailable, match=sentence):
        find_port(None)
    assert find_port("/dev/ttyX") == "/dev/ttyX"


def test_a_single_board_is_found(monkeypatch):
    """A single board needs no --port."""
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [Port("/dev/ttyS0", None), Port("/dev/ttyACM0")])
    assert find_port(None) == "/dev/ttyACM0"


@pytest.mark.parametrize(
    ("kind", "version", "machine", "sentence"),
    [
        ("pico_w", "1.28.0", "Raspberry Pi Pico W with RP2040", ""),
        ("pico2_w", "1.25.0", "Raspberry Pi Pico 2 W with RP2350", ""),
        ("esp32_c3", "1.23.0", "Generic ESP32C3 module with ESP32C3", ""),
        ("pico_w", "1.29.0", "linux [GCC 14.2.1] version", ""),
        ("pico_w", "1.28.0", "Generic ESP32S3 module with ESP32S3", "type --board esp32_s3"),
        ("esp32", "1.28.0", "Raspberry Pi Pico W with RP2040", "not an esp32: type --board pico_w"),
        ("pico_w", "1.28.0", "Raspberry Pi Pico with RP2040", "has no WiFi; a pico_w is needed"),
        (
            "pico_w",
            "1.22.2",
            "Raspberry Pi Pico W with RP2040",
            "MicroPython 1.22.2 on this board is too old: flash 1.23",
        ),
        ("pico_w", "", "", "of unknown version"),
    ],
)
def test_another_board_is_refused(kind, version, machine, sentence):
    """A wrong chip, missing WiFi and old firmware are errors before anything is copied."""
    message = mismatch(kind, version, machine)
    assert sentence in message if sentence else message == ""


def test_an_unplugged_board_ends_the_log(usb):
    """Unplugging the cable ends the log with one line."""
    with pytest.raises(HardwareUnavailable, match="is gone"):
        next(log_lines("/dev/ttyPULLED"))
    assert Path(os.path.realpath(usb.port)).exists()


@pytest.mark.timeout(300)
def test_files_of_the_user_stay_on_the_board(usb, deploy):
    """Other files in lib/ stay, and another program's main.py is kept under a name that the command prints."""
    flash = usb.board.folder
    (flash / "lib").mkdir()
    (flash / "lib/other.py").write_text("1")
    (flash / "main.py").write_text("print('blink')")
    output = deploy("--port", usb.port)
    usb.board.wait_until(lambda: usb.resets == 1)
    assert "kept on the board as main-before-pushglance.py" in output
    assert (flash / "main-before-pushglance.py").read_text() == "print('blink')"
    assert (flash / "lib/other.py").exists()
    assert "pushglance_board" in (flash / "main.py").read_text()


@pytest.mark.timeout(300)
def test_an_interrupted_deploy_leaves_the_earlier_program(tmp_path, usb, deploy, monkeypatch):
    """If copying ends at any file, the earlier program is complete; the watchdog starts it."""
    flash = usb.board.folder
    deploy("--port", usb.port, "--no-log")
    usb.board.wait_until(lambda: usb.resets == 1)
    before = {path: path.read_bytes() for path in flash.rglob("*") if path.suffix in (".mpy", ".py", ".der", ".json")}
    failing = "+ exec raise(OSError(5)) + exec"
    real = run_mpremote

    def interrupt(port, arguments):
        return real(port, [*arguments[:-3], *failing.split(), *arguments[-3:]])

    monkeypatch.setattr("pushglance.boards.installation.run_mpremote", interrupt)
    with pytest.raises(HardwareUnavailable):
        deploy("--port", usb.port)
    assert {path: path.read_bytes() for path in before} == before
    assert (flash / "pushglance.new/main.py").exists(), "it was interrupted after the copies"


def test_a_board_knows_that_a_deploy_restarted_it(usb, deploy):
    """The first start after a deploy names the deploy, although the chip reports a reset by the watchdog."""
    deploy("--port", usb.port)
    usb.board.wait_until(lambda: b"pushglance starts" in usb.printed)
    assert b"pushglance starts; the last run ended with: a new deploy" in usb.printed


@pytest.mark.parametrize(
    ("printed", "hint"),
    [
        ("failed to access /dev/x (it may be in use by another program)", "close Thonny"),
        ("could not enter raw repl", "close Thonny or a serial monitor if one is open"),
        ("OSError: [Errno 28] ENOSPC", "the board's flash is full"),
        ("something else", "mpremote failed: mpremote: something else"),
    ],
)
def test_failures_of_mpremote_have_a_hint(tmp_path, monkeypatch, printed, hint):
    """Each known failure of mpremote is one line that says what to do."""
    port = tmp_path / "ttyACM0"
    port.touch()
    finished = subprocess.CompletedProcess([], 1, "", f"mpremote: {printed}\n")
    monkeypatch.setattr("pushglance.boards.mpremote.subprocess.run", lambda *_, **__: finished)
    with pytest.raises(HardwareUnavailable, match=re.escape(hint)):
        run_mpremote(str(port), [])


def test_a_forbidden_port_names_its_group(tmp_path, monkeypatch):
    """A port that this user may not open is an error with the command that permits it."""
    port = tmp_path / "ttyACM0"
    port.touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(HardwareUnavailable, match=r"sudo usermod -aG \w+ \$USER"):
        check_board(str(port), "pico_w")
