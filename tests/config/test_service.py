"""The shipped unit says what the daemon relies on, and systemd understands it."""

import shutil
import subprocess

import pytest

_ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def unit(config):
    """Return the unit's lines as {key: [values]}."""
    unit = {}
    for line in (config / "pushglance.service").read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            unit.setdefault(key, []).append(value)
    return unit


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("WatchdogSec", "90"),
        ("ExecStart", "/opt/pushglance/bin/pushglance run --config /etc/pushglance/pushglance.toml"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("RestartPreventExitStatus", "2"),
        ("StateDirectory", "pushglance"),
        ("RuntimeDirectory", "pushglance"),
        ("WorkingDirectory", "%t/pushglance"),
        ("SupplementaryGroups", "gpio"),
        ("DeviceAllow", "char-gpiochip rw"),
        ("PrivateDevices", "yes"),
        ("StartLimitIntervalSec", "0"),
    ],
)
def test_relies_on(unit, key, value):
    """What the daemon is built upon stands in the unit."""
    assert value in unit[key]


def test_asks_for_the_clock(unit):
    """The call that tells whether the clock was set from the network is not forbidden."""
    assert "ProtectClock" not in unit
    assert unit["SystemCallFilter"][-1].split()[0] == "adjtimex"  # the last word, after what is taken away


def test_every_chip_is_handed_in(unit):
    """The daemon's own /dev has the GPIO chips 0 to 15, as far as there are any; a Pi 5 has up to 13."""
    assert " ".join(unit["BindPaths"]).split() == [f"-/dev/gpiochip{number}" for number in range(16)]


def test_waits_for_nobody(unit):
    """It starts after network and clock where they are wanted, and asks for neither."""
    assert unit["After"][0].startswith("network-online.target time-sync.target")
    assert "Wants" not in unit
    assert "Requires" not in unit


def test_credentials_may_be_missing(unit):
    """Each credential has an empty stand-in, so that a key may come from elsewhere and no credential is a must."""
    loaded = [value.split(":")[0] for value in unit["LoadCredential"]]
    assert loaded == ["pushover_token", "pushover_user", "mqtt_password", "cluster_password"]
    assert unit["SetCredential"] == [f"{name}:\\n" for name in loaded]


@pytest.mark.skipif(_ANALYZE is None, reason="no systemd-analyze here")
@pytest.mark.parametrize(("name", "exposure"), [("pushglance", 15), ("pushglance-web", 15)])
def test_systemd_understands(config, tmp_path, name, exposure):
    """`systemd-analyze verify` has nothing to say, and the exposure (in tenths) stays low."""
    text = (config / f"{name}.service").read_text(encoding="utf-8")
    unit = tmp_path / f"{name}.service"
    unit.write_text(text.replace("/opt/pushglance/bin/pushglance", "/bin/true"), encoding="utf-8")
    verify = subprocess.run([_ANALYZE, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in verify.stderr.splitlines() if "pushglance" in line] == []
    security = [_ANALYZE, "security", "--offline=true", f"--threshold={exposure}", str(unit)]
    assert subprocess.run(security, capture_output=True, check=False).returncode == 0


def test_the_page_may_look_and_not_touch(config):
    """The page's unit is nobody in the agent's group, sees its two directories, and has no way to ask the agent."""
    text = (config / "pushglance-web.service").read_text(encoding="utf-8")
    for line in (
        "ExecStart=/opt/pushglance/bin/pushglance web",
        "DynamicUser=yes",
        "SupplementaryGroups=pushglance",
        "ProtectSystem=strict",
        "InaccessiblePaths=-/run/pushglance/requests",
        "LoadCredential=web_password:/etc/pushglance/credentials/web_password",
        "SetCredential=web_password:\\n",
    ):
        assert line in text.splitlines(), line
    assert "STATE_DIRECTORY=/var/lib/pushglance RUNTIME_DIRECTORY=/run/pushglance" in text
    assert "ReadWritePaths" not in text
    assert "StateDirectory=" not in text
