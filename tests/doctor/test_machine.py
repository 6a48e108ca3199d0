"""The doctor's checks of the machine: disk, card, power, clock."""

import os
import subprocess
from contextlib import contextmanager

import pytest

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks import clock
from pushglance.doctor.checks.clock import check_clock
from pushglance.doctor.checks.power import check_power, throttling_results
from pushglance.doctor.checks.sd_card import check_card
from support import plans

DAY_S = 86_400


@contextmanager
def memory_disk(path, options):
    """Mount a small tmpfs, or skip the test if this user may not."""
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"this user may not mount: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


def test_full_disk_is_wrong(make_context, results_of, tmp_path):
    """Without free space no push can be recorded."""
    with memory_disk(tmp_path / "state", "size=1m"):
        (tmp_path / "state/filler").write_bytes(b"x" * 900_000)
        status, message = results_of(check_card, make_context())["space"]
        assert status == WRONG
        assert message.startswith("0 MB are free in ")
        assert "free some space" in message


def test_little_free_space_is_a_warning(make_context, results_of, tmp_path):
    """The warning comes before the disk is full."""
    with memory_disk(tmp_path / "state", "size=30m"):
        assert results_of(check_card, make_context())["space"][0] == WARNING


def test_missing_inodes_are_wrong(make_context, results_of, tmp_path):
    """Free bytes without free inodes hold no file."""
    with memory_disk(tmp_path / "state", "size=200m,nr_inodes=3"):
        for name in "ab":
            (tmp_path / "state" / name).touch()
        assert "inodes are used up" in results_of(check_card, make_context())["space"][1]


def test_read_only_disk_is_wrong(make_context, results_of, tmp_path):
    """The kernel remounts a disk read-only after an error."""
    with memory_disk(tmp_path / "state", "size=200m,ro"):
        status, message = results_of(check_card, make_context())["space"]
        assert (status, "read-only" in message) == (WRONG, True)


@pytest.fixture
def disk(tmp_path, root, write):
    """Make a disk `mmcblk0` in /sys; its second partition holds the state directory."""
    (tmp_path / "state").mkdir()
    number = (tmp_path / "state").stat().st_dev
    write({"sys/block/mmcblk0/mmcblk0p2/partition": "2\n", "sys/block/mmcblk0/stat": "1 0 8 0 9 0 0 0 0 0 0\n"})
    (root / "sys/dev/block").mkdir(parents=True)
    link = root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
    link.symlink_to(root / "sys/block/mmcblk0/mmcblk0p2")
    return root / "sys/block/mmcblk0"


@pytest.mark.parametrize(
    ("life", "end", "status", "message"),
    [
        ("0x01 0x01", "0x01", OK, "0 to 10 % of its life"),
        ("0x02 0x09", "0x01", WARNING, "80 to 90 % of its life"),
        ("0x02 0x02", "0x02", WARNING, "10 to 20 % of its life"),
    ],
)
def test_wear_of_an_emmc_is_shown(make_context, results_of, disk, write, life, end, status, message):
    """The worse of both cell types counts, and so does the warning about spare blocks."""
    write({"sys/block/mmcblk0/device/life_time": life, "sys/block/mmcblk0/device/pre_eol_info": end})
    result = results_of(check_card, make_context())["wear"]
    assert result[0] == status
    assert message in result[1]


def test_wear_of_an_sd_card_is_skipped(make_context, results_of, disk, write):
    """SD cards do not report their wear."""
    write({"sys/block/mmcblk0/device/type": "SD\n"})
    assert results_of(check_card, make_context())["wear"][0] == SKIPPED
    assert "SD card, which does not report its wear" in results_of(check_card, make_context())["wear"][1]


def test_bytes_written_per_day_are_shown(make_context, disk, write):
    """Sectors written since boot, and the agent's part of them, are converted to megabytes per day."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = ["S"] + ["0"] * 18 + [str(DAY_S * ticks)] + ["0"] * 10
    write(
        {
            "proc/uptime": f"{2 * DAY_S}.00 1.0\n",
            "sys/block/mmcblk0/stat": "1 0 8 0 9 0 4000000 0 0 0 0\n",
            "proc/77/io": "rchar: 1\nwrite_bytes: 3000000\n",
            "proc/77/stat": f"77 (a (name) b) {' '.join(fields)}\n",
        }
    )
    messages = [
        result.message for result in check_card(make_context(agent_status={"pid": 77})) if result.name == "written"
    ]
    assert messages == [
        "all programs together write 1024 MB per day to mmcblk0",
        "pushglance writes 3.0 MB per day of that",
    ]


def test_missing_state_directory_uses_its_parent(make_context, results_of):
    """Before the first start, the free space of the parent directory counts."""
    assert results_of(check_card, make_context())["space"][0] == OK


@pytest.mark.parametrize(
    ("bits", "messages"),
    [
        (0, ["the voltage is and was high enough"]),
        (0x50005, ["the voltage is too low"]),
        (0x50000, ["the voltage was too low at some time since boot"]),
        (0xE0008, ["the Pi is hot and slowed down"]),
        (0x80000, ["the Pi was hot and slowed down at some time since boot"]),
    ],
)
def test_throttling_bits_give_messages(bits, messages):
    """Each bit of get_throttled has a message; present problems are worse than past ones."""
    for result, message in zip(throttling_results(bits), messages, strict=True):
        assert result.message.startswith(message)


def test_firmware_is_asked_before_the_kernel(make_context, results_of, programs, write):
    """Only vcgencmd knows about the past; the kernel's alarm is used where it is absent."""
    write({"sys/class/hwmon/hwmon1/name": "rpi_volt\n", "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"})
    programs(vcgencmd="echo throttled=0x0")
    assert results_of(check_power, make_context())["power"][0] == OK
    programs(vcgencmd="exit 1")
    assert results_of(check_power, make_context())["power"][0] == WRONG
    write({"sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n"})
    assert results_of(check_power, make_context())["power"][0] == OK


def test_machine_without_voltage_alarm_is_skipped(make_context, results_of, programs):
    """Only a Raspberry Pi reports its voltage."""
    assert results_of(check_power, make_context())["power"][0] == SKIPPED


@pytest.mark.parametrize(
    ("year", "is_set", "trust", "status", "words"),
    [
        (2030, True, "synchronised", OK, "synchronised with the network"),
        (2030, False, "synchronised", WARNING, "not synchronised since the boot"),
        (2030, False, "always", OK, "the settings trust it"),
        (2020, False, "always", WRONG, "older than pushglance"),
    ],
)
def test_clock_status(make_context, results_of, monkeypatch, year, is_set, trust, status, words):
    """A synchronised or trusted clock is ok; a date before the first version of pushglance is wrong."""
    monkeypatch.setattr(clock, "is_synchronised", lambda: is_set)
    monkeypatch.setattr(clock, "wall_ms", lambda: (year - 1970) * 365 * DAY_S * 1000)
    result = results_of(check_clock, make_context(plans.plan(clock=trust)))["clock"]
    assert result[0] == status
    assert words in result[1]
