"""The TOML file: which file is read, its paths, and errors of its syntax."""

from pathlib import Path

import pytest

from pushglance.errors import SettingsError
from pushglance.settings import load_settings, settings_path


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[budget]\npushes = ", "line 2: a value is missing after the equals sign"),
        (
            "\n\n[glance]\ntitle = Home",
            'line 4: text needs quotes; write title = "Home"',
        ),
        ("[sensors.a]\nsettle = 200ms # wait", 'line 2: a duration is written in quotes; write settle = "200ms"'),
        (
            "[glance]\n[glance]",
            "line 2: cannot declare [glance] twice; each section and each of its keys may appear once",
        ),
        ("[a.b]\n[a.b]", "line 2: cannot declare [a.b] twice; each section"),
        ("[budget]\npushes = 1\npushes = 2", "line 3: cannot overwrite a value; each section and each of its keys"),
        ("pushes = " + "9" * 5000, "line 1: not valid TOML (a number is too long, or lists are nested too deep)"),
        ("a = " + "[" * 5000, "line 1: not valid TOML (a number is too long, or lists are nested too deep)"),
        ("a." * 90 + "a = 1", "line 1: not valid TOML (a number is too long, or lists are nested too deep)"),
        ("a." * 2000 + "a = 1", "line 1: more than 100 points in a line"),
        ('a = "x\N{LINE SEPARATOR}y"\nb = ', "line 2: a value is missing after the equals sign"),
        ("[sensors.a]\nurgent = yes", "line 2: a switch is true or false, in small letters; write urgent = true"),
        (
            "[sensors.a]\nurgent = False # no",
            "line 2: a switch is true or false, in small letters; write urgent = false",
        ),
        ("[sensors.a\nkind = 'text'", "line 1: the name of a section stands in brackets; write [sensors.a]"),
        ("[sensors.a]\ndeadband = 1,5", "line 2: a number has a point, not a comma; write deadband = 1.5"),
        (
            '[mqtt]\nca_file = "C:\\Users\\anna\\ca.pem"',
            (
                "line 2: in double quotes a backslash begins an escape; use single quotes; "
                "write ca_file = 'C:\\Users\\anna\\ca.pem'"
            ),
        ),
        ('[glance]\ntitle = "Home', 'line 2: a quote is missing at the end; write title = "Home"'),
        ('[glance]\ntitle = Home"', 'line 2: a quote is missing at the begin; write title = "Home"'),
        ("[glance]\ntitle = \u201cHome\u201d", 'line 2: text needs plain quotes; write title = "Home"'),
        ("[glance]\ntitle: Home", 'line 2: a key and its value are joined by an equals sign; write title = "Home"'),
        ("glance:\n  title: Home", "line 1: this is YAML; in TOML it is a section; write [glance]"),
        ("---\nglance:", "line 1: this is YAML; the settings are TOML: remove this line"),
        ('{"glance": {"title": "Home"}}', "line 1: this is JSON, and the settings are TOML: [section] on a line"),
        ('[glance]\ntitle "Home"', 'line 2: a key and its value are joined by an equals sign; write title = "Home"'),
        ("[glance]\n// the door", "line 2: a comment begins with #"),
        (
            '[sensors.a]\nopen_payloads = ["on", "open"\nkind = "contact"',
            'line 2: a list ends with a bracket; write open_payloads = ["on", "open"]',
        ),
        ("[pushover]\ntoken = abc", "line 2: text needs quotes"),
    ],
)
def test_syntax_error_names_file_and_line(issues, text, error):
    """A syntax error gives one sentence with the file and the line."""
    [line] = issues(text)
    assert f"pushglance.toml, {error}" in line


@pytest.mark.parametrize("line", ["password = hunter2", 'pasword: "hunter2"', "password = 'hunter2", "user hunter2"])
def test_syntax_errors_repeat_no_secret(issues, line):
    """The corrected line is not shown if its value may be a secret, also below a misspelt key."""
    [sentence] = issues("[mqtt]\n" + line)
    assert "line 2" in sentence
    assert "hunter2" not in sentence


def test_a_byte_order_mark_is_accepted(load):
    """A file that an editor on Windows saved, with a byte order mark and its line ends, is read."""
    assert load('\ufeff[glance]\r\ntitle = "Home"\r\n').glance.title.text == "Home"


def test_utf16_is_named(tmp_path):
    """A file in UTF-16 is refused with what to do in the editor."""
    path = tmp_path / "x.toml"
    path.write_text("[glance]", encoding="utf-16")
    with pytest.raises(SettingsError, match="but UTF-16: save it as UTF-8 in the editor"):
        load_settings(path)


def test_missing_file_gives_what_to_type(tmp_path):
    """A missing file gives one sentence with the commands to type."""
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "none.toml")
    assert str(caught.value) == (
        f"{tmp_path}/none.toml: cannot read the settings (no such file or directory); type  pushglance init  to "
        "write the file, or pushglance check --config PATH  to use another one"
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("content", "reason"), [(b"\xff\xfe", "it is not UTF-8 text"), (None, "is a directory")])
def test_unreadable_file_gives_the_reason(tmp_path, content, reason):
    """The error about a folder or a binary file names the reason."""
    path = tmp_path / "x"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(SettingsError, match=reason):
        load_settings(path)


def test_path_overrides_the_variable(monkeypatch):
    """The given path overrides $PUSHGLANCE_CONFIG, which overrides the default path."""
    assert settings_path(None) == Path("/etc/pushglance/pushglance.toml")
    monkeypatch.setenv("PUSHGLANCE_CONFIG", "/srv/p.toml")
    assert settings_path(None) == Path("/srv/p.toml")
    assert settings_path(Path("mine.toml")) == Path("mine.toml")


def test_config_variable_is_used(write, keys, monkeypatch):
    """Without a path the file in $PUSHGLANCE_CONFIG is read."""
    monkeypatch.setenv("PUSHGLANCE_CONFIG", str(write('[glance]\ntitle = "From the variable"')))
    assert load_settings(None).glance.title.text == "From the variable"


def test_paths_start_at_the_file(load, tmp_path, monkeypatch):
    """A path in the file starts at the file's directory, not at the current one; "~" is the home directory."""
    monkeypatch.setenv("HOME", "/home/anna")
    settings = load('[simulation]\nhand = "hand"\n[glance]\ntitle = "x"')
    assert settings.simulation.hand == str(tmp_path / "hand")
    assert load('[simulation]\nhand = "~/hand"\n[glance]\ntitle = "x"').simulation.hand == "/home/anna/hand"


def test_path_with_a_null_character_gives_errors(issues):
    """A null character in a path is an error of that key, wherever it stands in the path."""
    lines = issues(r"""
        [pushover]
        token_file = "~\u0000x"
        [mqtt]
        host = "h"
        password_file = "a\u0000/b"
        [simulation]
        hand = "~\u0000x"
        [glance]
        title = "x"
    """)
    assert [line for line in lines if "_file" in line or "hand" in line] == [
        "pushover.token_file: this must be the path of a file",
        "mqtt.password_file: this must be the path of a file",
        "simulation.hand: this must be the path of a file",
    ]
