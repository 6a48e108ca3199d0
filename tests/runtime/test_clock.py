"""The clock: wall time becomes an event only once it can be trusted, and again when it jumps."""

import ctypes
import os
import subprocess
import sys

import pytest

from pushglance.core.events import ClockSet, DayChanged
from pushglance.runtime import clock as clock_module
from pushglance.runtime.clock import SystemClock

WALL = 1_795_425_600_000  # 2026-11-23 09:20 UTC
NOON = (WALL // 86_400_000) * 86_400_000 + 43_200_000
YEAR_2026 = 1_767_225_600_000


@pytest.fixture
def machine(monkeypatch):
    """Let a test set the wall clock, and whether the kernel calls it synchronised; the zone is UTC."""
    machine = {"wall": NOON, "is_synchronised": False}
    monkeypatch.setenv("TZ", "UTC")
    clock_module.time.tzset()
    monkeypatch.setattr(clock_module, "wall_ms", lambda: machine["wall"])
    monkeypatch.setattr(clock_module, "is_synchronised", lambda: machine["is_synchronised"])
    yield machine
    monkeypatch.undo()
    clock_module.time.tzset()


def test_unsynchronised_clock_gives_no_events(machine):
    """A Pi without a clock chip boots in the past: the wall time is unknown until the kernel is synchronised."""
    clock = SystemClock("synchronised")
    assert clock.poll_events(1000) == []
    assert clock.deadline_ms() is None
    machine["is_synchronised"] = True
    assert clock.poll_events(2000) == [ClockSet(2000, NOON, 0), DayChanged(2000, NOON // 86_400_000)]


def test_clock_stays_trusted(machine):
    """A network that fails later does not make a clock wrong that was set once."""
    machine["is_synchronised"] = True
    clock = SystemClock("synchronised")
    clock.poll_events(0)
    machine["is_synchronised"] = False
    machine["wall"] += 3_600_000
    assert clock.poll_events(3_600_000) == []
    machine["wall"] += 10_000_000
    assert clock.poll_events(3_600_001) == [ClockSet(3_600_001, machine["wall"], 0)]


@pytest.mark.parametrize("trust", ["always", "synchronised"])
def test_time_before_2026_is_never_trusted(machine, trust):
    """A wall time from before this program existed is wrong, whatever the settings or the kernel say."""
    machine["is_synchronised"] = True
    machine["wall"] = YEAR_2026 - 1
    clock = SystemClock(trust)
    assert clock.poll_events(0) == []
    machine["wall"] = YEAR_2026
    assert clock.poll_events(1)[0] == ClockSet(1, YEAR_2026, 0)


def test_trust_always_needs_no_synchronisation(machine):
    """With trust = "always" the clock is trusted at once."""
    assert SystemClock("always").poll_events(0)[0] == ClockSet(0, NOON, 0)


@pytest.mark.parametrize(("off_ms", "is_jump"), [(1500, False), (1501, True), (-1500, False), (-1501, True)])
def test_jump_is_an_event_and_drift_is_not(machine, off_ms, is_jump):
    """A clock that is more than 1.5 s off was set; less is a clock that is slewed."""
    clock = SystemClock("always")
    clock.poll_events(5000)
    machine["wall"] += 30_000 + off_ms
    assert clock.poll_events(35_000) == ([ClockSet(35_000, NOON + 30_000 + off_ms, 0)] if is_jump else [])


def test_drifts_do_not_add_up_after_a_jump(machine):
    """After a jump the clock is compared with its new time."""
    clock = SystemClock("always")
    clock.poll_events(0)
    machine["wall"] -= 5000
    assert clock.poll_events(1) == [ClockSet(1, NOON - 5000, 0)]
    assert clock.poll_events(2) == []


def test_day_changes_at_midnight(machine):
    """The day changes once, at local midnight, and the clock's deadline is just after it."""
    machine["wall"] = NOON + 43_200_000 - 1000
    clock = SystemClock("always")
    day = NOON // 86_400_000
    assert clock.poll_events(7) == [ClockSet(7, machine["wall"], 0), DayChanged(7, day)]
    at_ms = clock.deadline_ms()
    assert at_ms == 7 + 1000 + 50
    machine["wall"] += at_ms - 7
    assert clock.poll_events(at_ms) == [DayChanged(at_ms, day + 1)]
    assert clock.poll_events(at_ms + 1) == []
    assert clock.deadline_ms() == pytest.approx(at_ms + 86_400_000, abs=1000)


def test_summer_time_is_an_event(machine, monkeypatch):
    """A change of the zone's offset is an event, and the local day and midnight follow it."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    clock_module.time.tzset()
    summer = 1_774_746_000_000  # 2026-03-29 01:00 UTC
    machine["wall"] = summer - 1000
    clock = SystemClock("always")
    assert clock.poll_events(0) == [ClockSet(0, summer - 1000, 3600), DayChanged(0, summer // 86_400_000)]
    assert clock.deadline_ms() == 22 * 3_600_000 + 1000 + 50
    machine["wall"] = summer + 1000
    assert clock.poll_events(2000) == [ClockSet(2000, summer + 1000, 7200)]


class Timex(ctypes.Structure):
    """The beginning of struct timex of adjtimex(2)."""

    _fields_ = [
        ("modes", ctypes.c_int),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
    ]


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """Let a test set what adjtimex answers; timesyncd does not run."""
    kernel = {"status": 0, "others": 0, "result": 0, "modes": []}

    class FakeLibc:
        def adjtimex(self, buffer):
            kernel["modes"].append(Timex.from_buffer(buffer).modes)
            values = {name: kernel["others"] for name, _ in Timex._fields_} | {"status": kernel["status"]}
            ctypes.memmove(buffer, bytes(Timex(**values)), ctypes.sizeof(Timex))
            return kernel["result"]

    monkeypatch.setattr(clock_module, "_libc", FakeLibc)
    monkeypatch.setattr(clock_module, "_TIMESYNCD_FLAG", str(tmp_path / "synchronized"))
    return kernel


@pytest.mark.parametrize(
    ("status", "expected"), [(0x40, False), (0x2041, False), (0, True), (0x2001, True), (0x3F | 0x80, True)]
)
@pytest.mark.parametrize("others", [0, -1])
def test_kernel_is_unsynchronised_by_one_bit(kernel, status, others, expected):
    """Only STA_UNSYNC (0x40) of the status says that the kernel's clock is unsynchronised; nothing is set by asking."""
    kernel.update(status=status, others=others)
    assert clock_module.is_synchronised() is expected
    assert kernel["modes"] == [0]


def test_refused_adjtimex_is_unsynchronised(kernel):
    """A kernel that refuses the call, as some containers do, does not make the clock trusted."""
    kernel["result"] = -1
    assert clock_module.is_synchronised() is False


def test_flag_of_timesyncd_is_enough(kernel, tmp_path):
    """The flag file of systemd-timesyncd makes the clock synchronised, whatever the kernel says."""
    kernel["status"] = 0x40
    (tmp_path / "synchronized").touch()
    assert clock_module.is_synchronised() is True
    assert kernel["modes"] == []


def test_real_kernel_agrees(monkeypatch, tmp_path):
    """The status is read at the right place of the real kernel's answer."""
    monkeypatch.setattr(clock_module, "_TIMESYNCD_FLAG", str(tmp_path / "synchronized"))
    buffer = ctypes.create_string_buffer(512)
    is_allowed = ctypes.CDLL(None).adjtimex(buffer) >= 0
    expected = is_allowed and not Timex.from_buffer(buffer).status & 0x40
    assert clock_module.is_synchronised() is expected


def test_boot_id_is_the_kernels():
    """The id of the boot is a UUID without surrounding space."""
    assert len(clock_module.boot_id()) == 36
    assert clock_module.boot_id() == clock_module.boot_id()


def test_times_are_whole_milliseconds(monkeypatch):
    """Both clocks are read in ns and rounded down to ms."""
    monkeypatch.setattr(clock_module.time, "monotonic_ns", lambda: 12_345_678_999_999)
    monkeypatch.setattr(clock_module.time, "time_ns", lambda: 1_795_425_600_123_999_999)
    assert clock_module.monotonic_ms() == 12_345_678
    assert SystemClock("always").now_ms() == 12_345_678
    assert clock_module.wall_ms() == 1_795_425_600_123


CHANGED_ZONE = """
set -eu
mount --bind /usr/share/zoneinfo/Etc/UTC /etc/localtime
"$1" -P -c "$2" | {
  read -r before
  mount --bind /usr/share/zoneinfo/Asia/Tokyo /etc/localtime
  : >"$3"
  read -r after
  echo "$before $after"
}
"""
POLLS = """
import sys, time
from pathlib import Path
from pushglance.runtime.clock import SystemClock

clock = SystemClock("always")
print(clock.poll_events(0)[0].utc_offset_s, flush=True)
while not Path(sys.argv[1]).exists():
    time.sleep(0.01)
print(clock.poll_events(30_000)[0].utc_offset_s, flush=True)
"""


def test_a_changed_time_zone_of_the_machine_is_noticed(tmp_path):
    """A process that runs while /etc/localtime is replaced gets the new zone at its next poll."""
    environment = {name: text for name, text in os.environ.items() if name != "TZ"}
    flag = tmp_path / "changed"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        pytest.skip("this user may not make a mount namespace")
    program = POLLS.replace("sys.argv[1]", repr(str(flag)))
    command = ["unshare", "--mount", "bash", "-c", CHANGED_ZONE, "--", sys.executable, program, str(flag)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.stdout == "0 32400\n", ended.stderr
