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
        ("[sensors.tür", "line 1: the name of a section stands in brackets; write [sensors.tuer]"),
        (
            '[sensors.a]\nmap = { "1" -> "an" }',
            'line 2: in a table in braces a key and its value are joined by an equals sign; write map = { 1 = "an" }',
        ),
        ("[glance]\ntitle: Home", 'line 2: a key and its value are joined by an equals sign; write title = "Home"'),
        (
            "# mine\nglance:\n  title: Home",
            (
                "line 3: this is YAML, and the settings are TOML: [section] on a line, key = value on the lines below "
                'it; write [glance], and below it title = "Home"'
            ),
        ),
        ("sensors:\n  a:\n    gpio: 4", "line 3: this is YAML, and "),
        ("[glance]\nglance:", "line 2: this is YAML; in TOML it is a section; write [glance]"),
        ('[glance]\ntitle = \'Home\ntext = "x"', 'line 2: a quote is missing at the end; write title = "Home"'),
        (
            '[glance]\ntitle = """Home\ntext = "x"',
            'line 2: three quotes begin a text of several lines; one is enough; write title = "Home"',
        ),
        (
            "[sensors.a]\nof = [\n  'b',\n  'c',\n[glance]\ntitle = 'x'",
            'line 2: a list ends with a bracket; write of = ["b", "c"]',
        ),
        (
            "[sensors.a]\nof = ['b',\n'c'\nopen = 'x'\n",
            'line 2: a list ends with a bracket; write of = ["b", "c"]',
        ),
        ("[sensors.a]\nof = [\n'b',\n]\nopen = wide\n", 'line 5: text needs quotes; write open = "wide"'),
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


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('title => "Home"', 'write title = "Home"'),
        ("title = 'it's'", 'write title = "it\'s"'),
        ('title = "say "hi""', "write title = 'say \"hi\"'"),
        ("glance]", "write [glance]"),
        ("[glance]]", "write [glance]"),
        ("[sensors.Front Door]", "write [sensors.front_door]"),
        ("[sensors/a]", "write [sensors.a]"),
        (
            '[glance] title = "x"',
            "a section stands on a separate line, and its keys on the lines below it; write [glance]",
        ),
        ('title = "Home";', 'may follow the value; write title = "Home"'),
        ('kind = "contact" gpio = 17', 'each key stands on a separate line; write kind = "contact"'),
        ("open_payloads = [on, off]", 'write open_payloads = ["on", "off"]'),
        ('open_payloads = "on"]', 'a list begins with a bracket; write open_payloads = ["on"]'),
        ('open_payloads = ["on" "off"]', 'write open_payloads = ["on", "off"]'),
        ("open_payloads = (“on”)", 'a list stands in square brackets; write open_payloads = ["on"]'),
        ('settle = { open: "1s" }', 'write settle = { open = "1s" }'),
        ('settle = { open = "1s", closed = "2s"', 'write settle = { open = "1s", closed = "2s" }'),
        (
            'settle = {\n open = "1s",\n closed = "2s"\n}',
            'a table in braces stands on one line; write settle = { open = "1s", closed = "2s" }',
        ),
        ("settle = 2 min", 'a duration is written in quotes; write settle = "2min"'),
        ("resets_at = 7:00", 'write resets_at = "07:00"'),
        ("pushes = 040", "a number has no zero before it; write pushes = 40"),
        ("pushes = 4O", "not the letter O; write pushes = 40"),
        ("high = 40%", "a number stands without a unit; write high = 40"),
        ("title = null", "an empty value does not exist in TOML; remove this line"),
        ('front door = "x"', 'a key has only letters, digits, _ and -; write front_door = "x"'),
        (
            'title\xa0= "x"',
            'it contains a character that cannot be seen, e.g. a space copied from a web page; write title = "x"',
        ),
        ("text = '{a}\"", 'a text ends with the same quote as it begins; write text = "{a}"'),
        ('"title = "x"', 'write title = "x"'),
        ('= "Home"', "a key is missing before the equals sign"),
        ('<?xml version="1.0"?>', "this is XML"),
        ('[\n {"a": 1}\n]', "this is JSON"),
        ("import os, sys", "a line is [section] or key = value"),
        ("text = {door}", 'text needs quotes; write text = "{door}"'),
        ("text = {door} is {x.y}  # so", 'text needs quotes; write text = "{door} is {x.y}"'),
        ("high = 1.000,5", "nothing between thousands; write high = 1000.5"),
        (
            "valid = { low = 0,5, high = 10 }",
            "a number has a point, not a comma; write valid = { low = 0.5, high = 10 }",
        ),
        ("PUSHGLANCE_PUSHOVER__TOKEN=abc", "this is a variable of the environment"),
        ("kind contact", 'joined by an equals sign; write kind = "contact"'),
        ("urgent", "a value is missing: a line is key = value"),
        ("open = \\", "a value stands on the line of its key"),
        ("```toml", "this is Markdown: remove this line"),
        ("<<<<<<< HEAD", "a conflict of a version control system"),
        ("> [glance]", "write [glance]"),
        ("{sensors: {a: 1}}", "this is JSON"),
        ("token = !secret x", "a secret stands in a separate file"),
    ],
)
def test_each_cause_has_its_answer(issues, text, answer):
    """The first line of a wrong text is named with its cause, and with the line to write."""
    [line] = issues(text)
    assert "pushglance.toml, line 1: " in line
    assert answer in line


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ('title = "Home"'.encode("utf-16-le"), "but UTF-16: save it as UTF-8"),
        (
            '# x\ntitle = "K\xfcche"'.encode("latin-1"),
            'line 2: it has a letter of another encoding.*write title = "K\xfcche"',
        ),
        ("title = 'x'".encode("utf-32"), "but UTF-32: save it as UTF-8"),
        ('password: "K\xfcche"'.encode("latin-1"), "line 1: it has a letter of another encoding[^;]*$"),
        (b'[glance]\rtitle = "x"\r', "its lines end with a carriage return alone"),
        (b"PK\x03\x04" + bytes(30), "it is not a text file"),
    ],
)
def test_files_that_are_no_utf8_text(tmp_path, content, answer):
    """A file of another encoding or of another program is named, with what to do."""
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=answer):
        load_settings(path)


@pytest.mark.parametrize(
    "line",
    [
        "password = hunter2",
        'pasword: "hunter2"',
        "password = 'hunter2",
        "user hunter2",
        "PUSHGLANCE_MQTT__PASSWORD=hunter2",
    ],
)
def test_syntax_errors_repeat_no_secret(issues, line):
    """The corrected line is not shown if its value may be a secret, also below a misspelt key."""
    [sentence] = issues("[mqtt]\n" + line)
    assert "line 2" in sentence
    assert "hunter2" not in sentence


def test_yaml_repeats_no_secret(issues):
    """The first value of a YAML file is not shown if it may be a secret."""
    [sentence] = issues("pushover:\n  token: hunter2\n")
    assert sentence.endswith("write [pushover]")


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
