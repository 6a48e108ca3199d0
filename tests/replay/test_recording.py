"""Recordings: valid content, and the errors for everything else."""

import pytest

from pushglance.replay.recording import PULSES, TOTALS, RecordingError, read_recording
from support import plans

HEADER = "unix_time,sensor,value\n"
SENSORS = [plans.contact(), plans.counter(), plans.gauge(decimals=1), plans.text()]


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a recording from a text."""

    def read(text, sensors=SENSORS, **options):
        path = tmp_path / "trace.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_recording(path, sensors, **options)

    return read


def test_values_are_converted_for_the_core(read):
    """Contacts become words, numbers keep their text; names may have capitals, times fractions."""
    lines = "10,garage,1\n10,Garage,closed\n10.25,tank,55.55\n11,visitors,1\n11,note,hello, world\n"
    recording = read(HEADER + lines.replace("hello, world", '"hello, world"'))
    assert recording.at_ms == [10_000, 10_000, 10_250, 11_000, 11_000]
    assert recording.sensor == ["garage", "garage", "tank", "visitors", "note"]
    assert recording.text == ["open", "closed", "55.55", "1", "hello, world"]


def test_payloads_of_the_settings_are_contact_values(read):
    """Payloads from the settings are valid in recordings, too."""
    door = plans.topic_contact("door", open_payloads=["auf"], closed_payloads=["zu"])
    assert read(HEADER + "1,door,auf\n2,door,ZU\n3,door,1.0\n", [door]).text == ["open", "closed", "open"]


def test_pulses_and_totals_are_distinguished(read):
    """Values of only 1 and 0 are pulses; any other value means running totals."""
    assert read(HEADER + "1,visitors,1\n2,visitors,0\n3,visitors,1\n").counts == {"visitors": PULSES}
    assert read(HEADER + "1,visitors,1\n2,visitors,2\n").counts == {"visitors": TOTALS}


def test_lines_of_other_sensors_can_be_skipped(read):
    """With may_skip they are counted."""
    recording = read(HEADER + "1,garage,1\n2,cellar,1\n3,cellar,0\n", may_skip=True)
    assert recording.sensor == ["garage"]
    assert recording.skipped == {"cellar": 2}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("", "line 1: the first line must be unix_time,sensor,value; it is empty"),
        ("time,door\n", "line 1: the first line must be unix_time,sensor,value; it is time,door"),
        (HEADER, "no line of a sensor in the settings, so there is nothing to replay"),
        (HEADER + "1,garage\n", "line 2: 2 values; write 3: unix_time,sensor,value"),
        (HEADER + "1,garage,1\n\nx,garage,0\n", "line 4: 'x' is not a valid time; write seconds since 1970 (UTC)"),
        (HEADER + "1795425600000,garage,0\n", "is not a valid time; write seconds since 1970 (UTC)"),
        (HEADER + "nan,garage,0\n", "is not a valid time; write seconds since 1970 (UTC)"),
        (HEADER + "5,garage,1\n4,garage,0\n", "line 3: 4 is earlier than the line before; sort the lines by time"),
        (HEADER + "1,garge,1\n", "line 2: unknown sensor 'garge'; did you mean garage?"),
        (HEADER + "1,cellar,1\n", "unknown sensor 'cellar'; known: garage, visitors, tank, note."),
        (
            HEADER + "1,garage,ajar\n",
            "line 2: 'ajar' is not a valid value of garage; a contact is 1 or 0, open or closed",
        ),
        (HEADER + "1,tank,high\n", "line 2: 'high' is not a valid value of tank; a gauge is a number, e.g. 21.5"),
        (HEADER + "1,visitors,-4\n", "line 2: '-4' is not a valid value of visitors; a counter is a running total"),
        (b"\xff\xfe\x00", "not a CSV file in UTF-8; its first line must be unix_time,sensor,value"),
    ],
)
def test_error_names_file_and_line(read, lines, sentence):
    """An error is one sentence with the file, the line and what to write."""
    with pytest.raises(RecordingError) as caught:
        read(lines)
    assert sentence in str(caught.value)
    assert "trace.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_an_error(tmp_path):
    """The error names the file and the reason."""
    with pytest.raises(RecordingError, match=r"nowhere\.csv: cannot read the recording \(no such file"):
        read_recording(tmp_path / "nowhere.csv", SENSORS)
