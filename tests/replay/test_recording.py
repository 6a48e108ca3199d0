"""Recordings: what they may say, and what a person is told who wrote something else."""

import pytest

from pushglance.replay.recording import PULSES, TOTALS, RecordingError, read_recording
from support import plans

HEADER = "unix_time,sensor,value\n"
SENSORS = [plans.contact(), plans.counter(), plans.gauge(decimals=1), plans.text()]


@pytest.fixture
def read(tmp_path):
    """Return a function from the lines of a file to a Recording."""

    def read(text, sensors=SENSORS, **options):
        path = tmp_path / "trace.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_recording(path, sensors, **options)

    return read


def test_values_are_read_as_the_core_takes_them(read):
    """Contacts become words, numbers keep their text, names may have capitals, and times fractions."""
    lines = "10,garage,1\n10,Garage,closed\n10.25,tank,55.55\n11,visitors,1\n11,note,hello, world\n"
    recording = read(HEADER + lines.replace("hello, world", '"hello, world"'))
    assert recording.at_ms == [10_000, 10_000, 10_250, 11_000, 11_000]
    assert recording.sensor == ["garage", "garage", "tank", "visitors", "note"]
    assert recording.text == ["open", "closed", "55.55", "1", "hello, world"]


def test_a_contact_may_speak_its_own_words(read):
    """Payload words of the settings are understood in recordings, too."""
    door = plans.topic_contact("door", open_payloads=["auf"], closed_payloads=["zu"])
    assert read(HEADER + "1,door,auf\n2,door,ZU\n3,door,1.0\n", [door]).text == ["open", "closed", "open"]


def test_pulses_and_totals_are_told_apart(read):
    """A counter whose values are all 1 or 0 is recorded pulse by pulse; any other value makes it a running total."""
    assert read(HEADER + "1,visitors,1\n2,visitors,0\n3,visitors,1\n").counts == {"visitors": PULSES}
    assert read(HEADER + "1,visitors,1\n2,visitors,2\n").counts == {"visitors": TOTALS}


def test_lines_of_other_sensors_may_be_skipped_and_are_counted(read):
    """With may_skip a recording of a whole house serves settings of a part of it."""
    recording = read(HEADER + "1,garage,1\n2,cellar,1\n3,cellar,0\n", may_skip=True)
    assert recording.sensor == ["garage"]
    assert recording.skipped == {"cellar": 2}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("", "line 1: the first line names the columns, unix_time,sensor,value; found nothing"),
        ("time,door\n", "line 1: the first line names the columns, unix_time,sensor,value; found time,door"),
        (HEADER, "no line of a sensor that the settings name, so there is nothing to replay"),
        (HEADER + "1,garage\n", "line 2: 2 values instead of unix_time,sensor,value"),
        (HEADER + "1,garage,1\n\nx,garage,0\n", "line 4: 'x' is no time; write seconds since 1970 (UTC)"),
        (HEADER + "1795425600000,garage,0\n", "is no time; write seconds since 1970 (UTC)"),
        (HEADER + "nan,garage,0\n", "is no time; write seconds since 1970 (UTC)"),
        (HEADER + "5,garage,1\n4,garage,0\n", "line 3: 4 is earlier than the line before; sort the lines by time"),
        (HEADER + "1,garge,1\n", "line 2: the settings name no sensor 'garge'; did you mean garage?"),
        (HEADER + "1,cellar,1\n", "no sensor 'cellar'; they name garage, visitors, tank, note."),
        (HEADER + "1,garage,ajar\n", "line 2: 'ajar' is no value of garage; a contact is 1 or 0, open or closed"),
        (HEADER + "1,tank,high\n", "line 2: 'high' is no value of tank; a gauge is a number, e.g. 21.5"),
        (HEADER + "1,visitors,-4\n", "line 2: '-4' is no value of visitors; a counter is a running total"),
        (b"\xff\xfe\x00", "this is no CSV text in UTF-8; its first line should be unix_time,sensor,value"),
    ],
)
def test_mistakes_are_told_with_their_line(read, lines, sentence):
    """Whatever is wrong is told in one sentence that names file, line and cure."""
    with pytest.raises(RecordingError) as caught:
        read(lines)
    assert sentence in str(caught.value)
    assert "trace.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    """A recording that is not there is named with the reason."""
    with pytest.raises(RecordingError, match=r"nowhere\.csv: cannot read the recording \(no such file"):
        read_recording(tmp_path / "nowhere.csv", SENSORS)
