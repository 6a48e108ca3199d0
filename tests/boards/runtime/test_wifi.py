"""WiFi that fails: a join that fails for hours, a status that stays, a link that carries nothing, in simulated time.

The unchanged `wifi.py` runs on CPython with a fake chip and a clock that the sleeps advance.
"""

import asyncio
import importlib
import sys
import types

import pytest

MINUTE = 60_000


class Reset(Exception):  # noqa: N818 - no error
    """The program has reset the board."""


class Chip:
    """A WLAN in simulated time; `is_joinable(now_ms)` and `is_carrying(now_ms)` describe the surroundings."""

    PM_NONE = 0

    def __init__(self):
        self.now_ms = 0
        self.calls = []
        self.last_status = 0
        self.since_ms = None
        self.is_joinable = lambda _now_ms: True
        self.is_carrying = lambda _now_ms: True
        self.failure = 1
        self.stale_ms = 0

    def active(self, is_on):
        self.calls.append(f"active {is_on}")

    def config(self, **_):
        pass

    def connect(self, _ssid, _password, **_):
        self.calls.append("connect")
        self.since_ms = self.now_ms

    def disconnect(self):
        self.since_ms = None

    def isconnected(self):
        """Return True two seconds after a connect that the network accepts."""
        is_joined = self.since_ms is not None and self.now_ms - self.since_ms >= 2000
        return is_joined and self.is_joinable(self.now_ms)

    def status(self):
        """Return the status, of the last attempt for the first moment of an attempt."""
        if self.since_ms is not None and self.now_ms - self.since_ms >= self.stale_ms:
            self.last_status = 1 if self.is_joinable(self.now_ms) else self.failure
        return self.last_status

    def ifconfig(self):
        return ("10.0.0.2", "", "10.0.0.1", "10.0.0.1")


class Resolver:
    def __init__(self, chip):
        self.chip = chip
        self.wifi = None

    async def query(self, _name):
        if self.chip.is_carrying(self.chip.now_ms):
            self.wifi.note_success()
            return "10.0.0.9"
        self.chip.now_ms += 6000
        return ""


class Surroundings:
    """Run the module for some simulated time."""

    def __init__(self, monkeypatch, has_deinit):
        self.chip = chip = Chip()
        if has_deinit:
            chip.deinit = lambda: chip.calls.append("deinit")
        self.messages = []
        modules = {
            "network": types.SimpleNamespace(
                WLAN=lambda _: chip,
                STA_IF=0,
                STAT_WRONG_PASSWORD=-3,
                STAT_NO_AP_FOUND=201,
                country=lambda _: None,
                hostname=lambda name: chip.calls.append("hostname " + name),
            ),
            "micropython": types.SimpleNamespace(const=lambda value: value),
        }
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr("time.ticks_ms", lambda: chip.now_ms, raising=False)
        monkeypatch.setattr("time.ticks_diff", lambda later, earlier: later - earlier, raising=False)
        monkeypatch.setattr("asyncio.sleep_ms", None, raising=False)
        monkeypatch.delitem(sys.modules, "pushglance_board.net.wifi", raising=False)
        self.module = module = importlib.import_module("pushglance_board.net.wifi")
        module.sleep_ms = self._sleep_ms
        faults = types.SimpleNamespace(report=lambda _, message: self.messages.append(message), clear=lambda _: None)
        self.wifi = module.Wifi("home", "secret secret", "DE", "pushglance-garage", faults, self._reset)
        self.resolver = Resolver(chip)
        self.resolver.wifi = self.wifi
        self.until_ms = 0
        self.joined_ms = None
        monkeypatch.delitem(sys.modules, "pushglance_board.net.wifi")

    @staticmethod
    def _reset(message):
        raise Reset(message)

    async def _sleep_ms(self, ms):
        self.chip.now_ms += ms
        if self.wifi.is_up and self.joined_ms is None:
            self.joined_ms = self.chip.now_ms
        if self.chip.now_ms >= self.until_ms:
            raise asyncio.CancelledError

    def run(self, until_ms):
        """Run until this instant; return the reason of a reset, "" without one."""
        self.until_ms = until_ms
        try:
            asyncio.run(self.wifi.run(self.resolver, "time.test"))
        except Reset as reset:
            return str(reset)
        except asyncio.CancelledError:
            return ""


@pytest.fixture
def make(monkeypatch):
    return lambda *, has_deinit=False: Surroundings(monkeypatch, has_deinit)


def test_a_join_that_fails_for_15_minutes_resets_the_board(make):
    """Without a join for 15 minutes the board is reset: only that cuts the power of a stuck WiFi chip."""
    around = make()
    around.chip.is_joinable = lambda _: False
    assert around.run(60 * MINUTE) == "no WiFi that carries data for 15 minutes"
    assert 15 * MINUTE <= around.chip.now_ms < 17 * MINUTE


def test_attempts_are_kind_to_a_router_that_starts(make):
    """The pauses between attempts grow, so a router that starts is not flooded, and its network is joined soon."""
    around = make()
    around.chip.is_joinable = lambda now_ms: now_ms > 4 * MINUTE
    assert around.run(6 * MINUTE) == ""
    assert around.chip.calls.count("connect") <= 10
    assert 4 * MINUTE < around.joined_ms < 5.5 * MINUTE


def test_a_status_of_the_last_attempt_is_ignored(make):
    """The error of the last attempt, which an ESP32 still reports, does not end the next one."""
    around = make()
    around.chip.failure = around.chip.last_status = 201
    around.chip.stale_ms = 1500
    around.chip.is_joinable = lambda now_ms: now_ms > 90_000
    assert around.run(10 * MINUTE) == ""
    assert around.joined_ms < 3 * MINUTE
    assert any("is not found" in message for message in around.messages), "a status that stays is news in the end"


def test_the_first_deaf_round_resets_the_board(make):
    """A connection that has worked and carries nothing any more leads to a reset within ten minutes."""
    around = make()
    around.chip.is_carrying = lambda now_ms: now_ms < 30 * MINUTE
    assert around.run(120 * MINUTE) == "WiFi was connected and carried no data"
    assert 30 * MINUTE < around.chip.now_ms < 41 * MINUTE


def test_a_network_that_never_carries_data_resets_every_15_minutes(make):
    """A network that carries nothing from the start does not cause a reset each minute: each one writes flash."""
    around = make()
    around.chip.is_carrying = lambda _: False
    assert around.run(60 * MINUTE) == "no WiFi that carries data for 15 minutes"
    assert around.chip.now_ms >= 15 * MINUTE


def test_servers_that_are_down_do_not_reset_the_board(make):
    """Failures of other servers do not matter while the name server answers."""
    around = make()
    around.wifi.note_success()
    real = around._sleep_ms

    async def sleep_and_fail(ms):
        around.wifi.note_failure()
        await real(ms)

    around.module.sleep_ms = sleep_and_fail
    assert around.run(120 * MINUTE) == ""


def test_deinit_switches_the_chip_off_where_a_port_has_it(make):
    """Between attempts the chip is switched off by `deinit`, because active(False) leaves it powered."""
    around = make(has_deinit=True)
    around.chip.is_joinable = lambda _: False
    around.run(5 * MINUTE)
    assert around.chip.calls.count("deinit") >= around.chip.calls.count("connect") - 1 > 0
    assert "hostname pushglance-garage" in around.chip.calls
