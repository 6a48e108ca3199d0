"""The shipped units have what the daemon relies on, and systemd accepts them."""

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
        ("MemoryMax", "192M"),
    ],
)
def test_unit_has_what_the_daemon_relies_on(unit, key, value):
    """The unit has the settings that the daemon relies on."""
    assert value in unit[key]


def test_unit_allows_to_read_the_clock_state(unit):
    """The call that reports whether the clock was set from the network is allowed."""
    assert "ProtectClock" not in unit
    assert unit["SystemCallFilter"][-1].split()[0] == "adjtimex"  # after the filter that forbids calls


def test_every_gpio_chip_is_bound(unit):
    """The private /dev has the GPIO chips 0 to 15 that exist; a Pi 5 has up to 13."""
    assert " ".join(unit["BindPaths"]).split() == [f"-/dev/gpiochip{number}" for number in range(16)]


def test_unit_requires_no_other_unit(unit):
    """The unit starts after network and clock but requires neither."""
    assert unit["After"][0].startswith("network-online.target time-sync.target")
    assert "Wants" not in unit
    assert "Requires" not in unit


def test_variables_of_a_proxy_come_from_a_file(unit):
    """HTTPS_PROXY and its like are read from a file that may be missing."""
    assert unit["EnvironmentFile"] == ["-/etc/pushglance/environment"]


def test_credentials_may_be_missing(unit):
    """Each credential has an empty default, so that a key may be set elsewhere."""
    loaded = [value.split(":")[0] for value in unit["LoadCredential"]]
    assert loaded == ["pushover_token", "pushover_user", "mqtt_password", "cluster_password"]
    assert unit["SetCredential"] == [f"{name}:\\n" for name in loaded]


@pytest.mark.skipif(_ANALYZE is None, reason="no systemd-analyze here")
@pytest.mark.parametrize(("name", "exposure"), [("pushglance", 15), ("pushglance-web", 15)])
def test_systemd_accepts_the_unit(config, tmp_path, name, exposure):
    """`systemd-analyze verify` reports nothing, and the exposure (in tenths) stays low."""
    text = (config / f"{name}.service").read_text(encoding="utf-8")
    unit = tmp_path / f"{name}.service"
    unit.write_text(text.replace("/opt/pushglance/bin/pushglance", "/bin/true"), encoding="utf-8")
    verify = subprocess.run([_ANALYZE, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in verify.stderr.splitlines() if "pushglance" in line] == []
    security = [_ANALYZE, "security", "--offline=true", f"--threshold={exposure}", str(unit)]
    assert subprocess.run(security, capture_output=True, check=False).returncode == 0


def test_unit_of_the_page_only_reads(config):
    """The page runs as a temporary user that reads the agent's directories and cannot send requests."""
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
