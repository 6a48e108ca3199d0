"""The file itself: found, read, and its syntax told with a line number."""

from pathlib import Path

import pytest

from pushglance.errors import SettingsError
from pushglance.settings import load_settings, settings_path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[budget]\npushes = ", 'line 2: not TOML (invalid value); text needs quotes, e.g. title = "Home"'),
        ("\n\n[glance]\ntitle = Home", 'line 4: not TOML (invalid value); text needs quotes, e.g. title = "Home"'),
        ("[sensors.a]\nsettle = 200ms # wait", 'line 2: a duration is written in quotes; write settle = "200ms"'),
        ("[glance]\n[glance]", "line 2: cannot declare [glance] twice; each section and each key of it may stand once"),
        ("[a.b]\n[a.b]", "line 2: cannot declare [a.b] twice; each section"),
        ("[budget]\npushes = 1\npushes = 2", "line 3: cannot overwrite a value; each section and each key"),
        ("pushes = " + "9" * 5000, "line 1: not TOML (a number or a list in a list has no end)"),
        ("a = " + "[" * 5000, "line 1: not TOML (a number or a list in a list has no end)"),
        ('a = "x\N{LINE SEPARATOR}y"\nb = ', "line 2: not TOML (invalid value)"),
    ],
)
def test_syntax(issues, text, told):
    """A mistake in the syntax is one sentence with the file and the line."""
    [line] = issues(text)
    assert f"pushglance.toml, {told}" in line


def test_missing(tmp_path):
    """A file that is not there is one sentence that says what to type."""
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "none.toml")
    assert str(caught.value) == (
        f"{tmp_path}/none.toml: cannot read the settings (no such file or directory); start from "
        f"pushglance.example.toml, or name another file: type pushglance check --config PATH"
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("content", "reason"), [(b"\xff\xfe", "it is not UTF-8 text"), (None, "is a directory")])
def test_unreadable(tmp_path, content, reason):
    """A folder and a file that is no text are told as what they are."""
    path = tmp_path / "x"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(SettingsError, match=reason):
        load_settings(path)


def test_which_file(monkeypatch):
    """The path given wins over $PUSHGLANCE_CONFIG, which wins over /etc."""
    assert settings_path(None) == Path("/etc/pushglance/pushglance.toml")
    monkeypatch.setenv("PUSHGLANCE_CONFIG", "/srv/p.toml")
    assert settings_path(None) == Path("/srv/p.toml")
    assert settings_path(Path("mine.toml")) == Path("mine.toml")


def test_config_variable_is_used(write, keys, monkeypatch):
    """Without a path the file in $PUSHGLANCE_CONFIG is read."""
    monkeypatch.setenv("PUSHGLANCE_CONFIG", str(write('[glance]\ntitle = "From there"')))
    assert load_settings(None).glance.title.text == "From there"


def test_paths_start_at_the_file(load, tmp_path, monkeypatch):
    """A path in the file starts at the file's directory, and "~" is a home directory, wherever the command is typed."""
    monkeypatch.setenv("HOME", "/home/somebody")
    settings = load('[simulation]\nhand = "hand"\n[glance]\ntitle = "x"')
    assert settings.simulation.hand == str(tmp_path / "hand")
    assert load('[simulation]\nhand = "~/hand"\n[glance]\ntitle = "x"').simulation.hand == "/home/somebody/hand"
