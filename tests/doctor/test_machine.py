"""What the doctor finds on the machine itself: disk, card, power, clock."""

import os
import subprocess
from contextlib import contextmanager

import pytest

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks import clock
from pushglance.doctor.checks.clock import check_clock
from pushglance.doctor.checks.power import check_power, throttled_findings
from pushglance.doctor.checks.sd_card import check_card
from support import plans

DAY_S = 86_400


@contextmanager
def memory_disk(path, options):
    """Mount a small tmpfs, or skip where this user may not."""
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


def test_a_full_disk_is_wrong(patient, found, tmp_path):
    """With a few bytes left no push can be booked: that is said, with what follows from it."""
    with memory_disk(tmp_path / "state", "size=1m"):
        (tmp_path / "state/filler").write_bytes(b"x" * 900_000)
        verdict, detail = found(check_card, patient())["space"]
        assert verdict == WRONG
        assert detail.startswith("0 MB are free in ")
        assert "make room" in detail


def test_little_room_is_a_warning(patient, found, tmp_path):
    """Room that lasts for now and not for long is told in time."""
    with memory_disk(tmp_path / "state", "size=30m"):
        assert found(check_card, patient())["space"][0] == WARNING


def test_no_inodes_left(patient, found, tmp_path):
    """Room without a name to put it under is no room."""
    with memory_disk(tmp_path / "state", "size=200m,nr_inodes=3"):
        for name in "ab":
            (tmp_path / "state" / name).touch()
        assert "inodes are used up" in found(check_card, patient())["space"][1]


def test_a_disk_that_became_read_only(patient, found, tmp_path):
    """After an error the kernel lets nobody write any more."""
    with memory_disk(tmp_path / "state", "size=200m,ro"):
        verdict, detail = found(check_card, patient())["space"]
        assert (verdict, "read-only" in detail) == (WRONG, True)


@pytest.fixture
def disk(tmp_path, root, write):
    """A disk `mmcblk0` whose second part holds the state, as /sys shows it."""
    (tmp_path / "state").mkdir()
    number = (tmp_path / "state").stat().st_dev
    write({"sys/block/mmcblk0/mmcblk0p2/partition": "2\n", "sys/block/mmcblk0/stat": "1 0 8 0 9 0 0 0 0 0 0\n"})
    (root / "sys/dev/block").mkdir(parents=True)
    link = root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
    link.symlink_to(root / "sys/block/mmcblk0/mmcblk0p2")
    return root / "sys/block/mmcblk0"


@pytest.mark.parametrize(
    ("life", "end", "verdict", "detail"),
    [
        ("0x01 0x01", "0x01", OK, "0 to 10 % of its life"),
        ("0x02 0x09", "0x01", WARNING, "80 to 90 % of its life"),
        ("0x02 0x02", "0x02", WARNING, "10 to 20 % of its life"),
    ],
)
def test_an_emmc_tells_its_wear(patient, found, disk, write, life, end, verdict, detail):
    """The worse of both kinds of cells counts, and so does the warning that spare blocks run out."""
    write({"sys/block/mmcblk0/device/life_time": life, "sys/block/mmcblk0/device/pre_eol_info": end})
    told = found(check_card, patient())["wear"]
    assert told[0] == verdict
    assert detail in told[1]


def test_an_sd_card_does_not_tell(patient, found, disk, write):
    """Of an SD card nobody knows: that is said and not guessed."""
    write({"sys/block/mmcblk0/device/type": "SD\n"})
    assert found(check_card, patient())["wear"][0] == SKIPPED
    assert "SD card, and those do not tell" in found(check_card, patient())["wear"][1]


def test_how_much_is_written_in_a_day(patient, disk, write):
    """Sectors written since the start, and the agent's own share, become megabytes a day."""
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
    detail = [one.detail for one in check_card(patient(live={"pid": 77})) if one.name == "written"]
    assert detail == [
        "1024 MB a day go to mmcblk0, from all programs together",
        "3.0 MB of them a day are pushglance's",
    ]


def test_a_directory_that_is_not_made_yet(patient, found):
    """Before the first start the room is that of the directory around it."""
    assert found(check_card, patient())["space"][0] == OK


@pytest.mark.parametrize(
    ("bits", "verdicts"),
    [
        (0, ["the voltage is and was enough"]),
        (0x50005, ["the voltage is too low"]),
        (0x50000, ["the voltage was too low since the start"]),
        (0xE0008, ["it is hot and slowed down"]),
        (0x80000, ["it was hot and slowed down since the start"]),
    ],
)
def test_what_the_firmware_s_bits_mean(bits, verdicts):
    """Each bit of get_throttled is a sentence; what is now is worse than what was."""
    told = list(throttled_findings(bits))
    assert [one.detail.startswith(verdict) for one, verdict in zip(told, verdicts, strict=True)] == [True] * len(
        verdicts
    )


def test_the_firmware_is_asked_first(patient, found, programs, write):
    """Vcgencmd knows what was; the kernel's alarm is for where it is absent."""
    write({"sys/class/hwmon/hwmon1/name": "rpi_volt\n", "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"})
    programs(vcgencmd="echo throttled=0x0")
    assert found(check_power, patient())["power"][0] == OK
    programs(vcgencmd="exit 1")
    assert found(check_power, patient())["power"][0] == WRONG
    write({"sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n"})
    assert found(check_power, patient())["power"][0] == OK


def test_a_machine_that_tells_no_voltage(patient, found, programs):
    """Elsewhere than on a Pi this is skipped with a reason."""
    assert found(check_power, patient())["power"][0] == SKIPPED


@pytest.mark.parametrize(
    ("year", "is_set", "trust", "verdict", "words"),
    [
        (2030, True, "synchronised", OK, "set from the network"),
        (2030, False, "synchronised", WARNING, "not set from the network"),
        (2030, False, "always", OK, "vouch for it"),
        (2020, False, "always", WRONG, "before pushglance was made"),
    ],
)
def test_the_clock(patient, found, monkeypatch, year, is_set, trust, verdict, words):
    """Synchronised is fine, vouched for as well, and a date of before pushglance never is."""
    monkeypatch.setattr(clock, "is_synchronised", lambda: is_set)
    monkeypatch.setattr(clock, "wall_ms", lambda: (year - 1970) * 365 * DAY_S * 1000)
    told = found(check_clock, patient(plans.plan(clock=trust)))["clock"]
    assert told[0] == verdict
    assert words in told[1]
