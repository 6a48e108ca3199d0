"""`pushglance compile`: one settings file, checked for the board, becomes a folder that a board runs."""

import json
import ssl
import stat
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import trustme
from click.testing import CliRunner

from pushglance.boards.root_certificates import root_in, root_of
from pushglance.cli.boards.compile import compile_command
from pushglance.cli.setup.check import check_command
from pushglance.errors import PushglanceError, SettingsError
from pushglance.sandbox import TOKEN, USER, Sandbox
from pushglance.settings import load_settings
from pushglance.settings.values.time_zones import zone_changes
from pushglance_board.zone import utc_offset_s
from support.boards.board import WAIT_S, Board

SETTINGS = """
[pushover]
{pushover}
[board]
ssid = "house"
zone = "Europe/Berlin"
country = "DE"
ntp = "time.test"
[sensors.garage]
kind = "contact"
gpio = 4
open = "Garage open"
urgent = true
[glance]
text = "{{garage}} {{garage.since}}"
"""


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", USER)
    monkeypatch.setenv("PUSHGLANCE_BOARD__PASSWORD", "secret of the house")


@pytest.fixture
def authority(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


@pytest.fixture
def sandbox(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


@pytest.fixture
def settings(tmp_path):
    """Return a function that writes the settings and returns their path."""

    def write(pushover="", more="", text=SETTINGS):
        path = tmp_path / "pushglance.toml"
        path.write_text(text.format(pushover=pushover) + more)
        return path

    return write


def compile_for(board, path, folder, *more):
    result = CliRunner().invoke(compile_command, ["-c", str(path), "-b", board, "-o", str(folder), *more])
    if isinstance(result.exception, PushglanceError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_what_is_compiled_runs(tmp_path, sandbox, settings):
    """The folder holds everything: the program of .mpy files pushes by the packed root and names the local hour."""
    path = settings(f'url = "https://localhost:{sandbox.port}"\nca_file = "{tmp_path / "ca.pem"}"')
    flash = tmp_path / "flash"
    detail = compile_for("pico_w", path, flash)
    assert "pushover.der: " in detail
    assert TOKEN not in detail
    assert list((flash / "lib").rglob("*.py")) == []
    assert stat.S_IMODE((flash / "plan.json").stat().st_mode) == 0o600
    plan = json.loads((flash / "plan.json").read_text())
    with Board(flash, plan, paths=[flash / "lib"]) as board:
        board.start(main=flash / "main.py", is_compiled=True)
        sandbox.wait_for(sandbox.arrivals, WAIT_S)
        offset = datetime.now(ZoneInfo("Europe/Berlin"))
        shown = sandbox.screen(USER)["text"]
    hours = {(offset - timedelta(minutes=minutes)).strftime("Garage open %H:%M") for minutes in range(3)}
    assert shown in hours


@pytest.mark.parametrize(
    ("board", "gpio", "pull", "sentence"),
    [
        ("pico_w", 23, "up", "GPIO23 of this Raspberry Pi Pico W belongs to the WiFi chip; choose another pin"),
        ("pico_w", 30, "up", "there is no pin 30 on this Raspberry Pi Pico W; a sensor may use 0-22, 26-28"),
        ("pico2_w", 17, "down", "an RP2350 cannot hold a pin down (its erratum E9); wire the switch to ground"),
        ("esp32", 34, "up", "GPIO34 of this ESP32 has no resistor inside; fit one of 10 kOhm outside"),
        ("esp32", 12, "up", "decides at power-on how the chip starts"),
        ("esp32_c3", 12, "up", "GPIO12 of this ESP32-C3 belongs to the flash chip"),
        ("esp32_s3", 19, "up", "GPIO19 of this ESP32-S3 carries USB"),
        ("raspberry_pi", 2, "down", "the board itself pulls GPIO2 up"),
        ("raspberry_pi", 30, "up", "there is no pin 30 on the header"),
    ],
)
def test_pins_are_checked_for_the_board(settings, board, gpio, pull, sentence):
    """A pin that this board lacks, keeps or cannot pull is refused with the reason, and the same file suits another."""
    path = settings(more=f'[sensors.other]\nkind = "contact"\ngpio = {gpio}\npull = "{pull}"\n')
    with pytest.raises(SettingsError) as caught:
        load_settings(path, board)
    assert sentence in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            '[sensors.gate]\nkind = "contact"\ngpio = 5\nleft_open = { after = "20min" }\n',
            "sensors.gate.left_open: this Raspberry Pi Pico W sends no messages",
        ),
        ('[simulation]\nhand = "/tmp/x"\n', "a simulation runs on a computer"),
        ('[mqtt]\nhost = "h"\ntls = true\ncert_file = "{here}"\nkey_file = "{here}"\n', "cannot log in with a cert"),
        (
            "".join(f'[sensors.s{n}]\nkind="text"\nmqtt="t"\n' for n in range(16)) + '[mqtt]\nhost="h"\n',
            "memory for 16",
        ),
    ],
)
def test_what_a_board_cannot_do_is_told(settings, more, sentence):
    """What only a computer does is refused for a board, and not for a Pi."""
    path = settings(more=more.replace("{here}", __file__))
    with pytest.raises(SettingsError, match=sentence):
        load_settings(path, "pico_w")
    load_settings(path)


def test_a_board_needs_its_wifi(settings):
    """Without the name of a WiFi there is no board; a Pi does not ask for it."""
    path = settings(text=SETTINGS.replace('ssid = "house"\n', ""))
    with pytest.raises(SettingsError, match=r"board.ssid: missing; this ESP32 reaches the network by WiFi"):
        load_settings(path, "esp32")
    load_settings(path)


def test_check_names_risky_pins(settings):
    """`check` warns of a pin that something else may want, and shows what the board will do without its password."""
    path = settings(more='[sensors.other]\nkind = "contact"\ngpio = 15\n[mqtt]\nhost = "h"\nversion = "5"\n')
    result = CliRunner().invoke(check_command, ["-c", str(path), "-b", "esp32"])
    assert "GPIO15 of other is looked at when the chip starts" in result.output
    assert "uses MQTT 3.1.1" in result.output
    assert "ESP32 (esp32)" in result.output
    assert "secret of the house" not in result.output


def test_a_zone_that_nobody_knows(settings):
    """A misspelt zone is told with the nearest one."""
    path = settings(text=SETTINGS.replace("Europe/Berlin", "Europe/Berlim"))
    with pytest.raises(SettingsError, match='zone = "Europe/Berlin"'):
        load_settings(path, "pico_w")


def test_another_root_is_refused(tmp_path, sandbox, settings):
    """A server that the named root does not verify is no reason to check less: nothing is written."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    path = settings(f'url = "https://localhost:{sandbox.port}"\nca_file = "{tmp_path / "other.pem"}"')
    with pytest.raises(PushglanceError, match="does not verify"):
        compile_for("pico_w", path, tmp_path / "flash")
    assert not (tmp_path / "flash").exists()


def test_the_root_of_many_is_found(tmp_path, sandbox, authority):
    """Among several trusted roots the one that verifies the server is packed, with the date when it ends."""
    many = tmp_path / "many.pem"
    many.write_bytes(b"".join(ca.cert_pem.bytes() for ca in (trustme.CA(), authority, trustme.CA())))
    root = root_of(f"https://localhost:{sandbox.port}", str(many))
    assert ssl.DER_cert_to_PEM_cert(root.der).split() == authority.cert_pem.bytes().decode().split()
    assert root.until_s > datetime.now(UTC).timestamp()


def test_a_named_root_needs_no_connection(tmp_path, authority, settings):
    """--root takes a file where this computer reaches nobody; two roots in it are one too many."""
    folder = tmp_path / "flash"
    compile_for("pico_w", settings('url = "https://localhost:9"'), folder, "--root", str(tmp_path / "ca.pem"))
    assert (folder / "pushover.der").read_bytes() == root_in(str(tmp_path / "ca.pem")).der
    two = tmp_path / "two.pem"
    two.write_bytes(authority.cert_pem.bytes() + trustme.CA().cert_pem.bytes())
    with pytest.raises(PushglanceError, match="holds 2 root certificates"):
        root_in(str(two))


def test_an_unreachable_server_is_told(settings, tmp_path):
    """Without a network the root cannot be found, and the sentence says what else one can type."""
    with pytest.raises(PushglanceError, match="name the root's file with --root"):
        compile_for("pico_w", settings('url = "https://localhost:9"'), tmp_path / "flash")


def test_a_publishing_board_needs_no_keys(settings, tmp_path, monkeypatch):
    """A board that only publishes holds neither token, glance nor root."""
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__TOKEN")
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__USER")
    text = SETTINGS.partition("[glance]")[0].replace("[board]", '[node]\nname = "shed"\n[board]')
    compile_for("esp32", settings(text=text + '[mqtt]\nhost = "broker"\n'), tmp_path / "flash")
    plan = json.loads((tmp_path / "flash/plan.json").read_text())
    assert plan["watches"] == []
    assert plan["secrets"]["token"] == ""
    assert plan["node"]["root"] == "pushglance/shed"
    assert not (tmp_path / "flash/pushover.der").exists()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_zones_are_right_for_years(zone):
    """The packed changes give the zone's own offset at every hour of the next years."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    changes = zone_changes(zone, int(begin.timestamp()))
    for hour in range(0, 9 * 365 * 24, 5):
        at = begin + timedelta(hours=hour)
        expected = at.astimezone(ZoneInfo(zone)).utcoffset().total_seconds()
        assert utc_offset_s(changes, int(at.timestamp())) == expected, at
