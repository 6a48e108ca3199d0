"""Settings and keys in FIFOs, devices and huge files, and hostile TOML: a sentence at once, whatever the file is."""

import os
import subprocess
import sys
import time

import pytest

from pushglance.errors import SettingsError
from pushglance.settings import load_settings
from support.settings_files import TOKEN, USER

MANY = 60_000
HOSTILE = {
    "wrong keys": "".join(f"k{n} = 1\n" for n in range(MANY)),
    "wrong keys of a sensor": "[sensors.a]\nkind='text'\nmqtt='a'\n" + "".join(f"k{n} = 1\n" for n in range(MANY)),
    "wrong sections": "".join(f"[k{n}]\n" for n in range(MANY)),
    "wrong sensors": "".join(f"[sensors.k{n}]\n" for n in range(MANY // 2)),
    "one pin": "".join(f"[sensors.k{n}]\nkind='contact'\ngpio=4\n" for n in range(MANY // 3)),
    "one watch": "".join(f"[watches.k{n}]\nglance.title='a'\n" for n in range(MANY // 3)),
    "dotted key": "a." * 100_000 + "a = 1\n",
    "dotted header": "[" + "a." * 100_000 + "a]\n",
    "dotted key inside": "x = {" + '"a b" . ' * 50_000 + "a = 1}\n",
    "nested tables": "".join("[" + ".".join("a" * n) + "]\n" for n in range(1, 1000)),
    "nested lists": "x = " + "[" * 100_000,
    "nested inline tables": "x = " + "{a=" * 100_000,
    "template": "[glance]\ntext = '" + "{a}" * 300_000 + "'\n",
}


@pytest.fixture(params=["fifo", "device", "sparse", "folder"])
def unfit(request, tmp_path):
    """Return the path of a device, folder or huge file."""
    path = tmp_path / "unfit"
    if request.param == "fifo":
        os.mkfifo(path)
    elif request.param == "device":
        path.symlink_to("/dev/zero")
    elif request.param == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(1 << 40)
    return path


@pytest.mark.parametrize("command", ["check", "run", "doctor", "send", "compile"])
def test_settings_that_are_no_small_file_are_an_error(unfit, tmp_path, command):
    """Each command that reads settings ends with a sentence, and neither waits nor fills the memory."""
    environment = os.environ | {"STATE_DIRECTORY": str(tmp_path), "RUNTIME_DIRECTORY": str(tmp_path)}
    words = [sys.executable, "-P", "-m", "pushglance", command, "--config", str(unfit)]
    more = {"send": ["--text", "x"], "compile": ["--output", str(tmp_path / "out")]}.get(command, [])
    ended = subprocess.run([*words, *more], env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode in (1, 2)
    output = ended.stdout + ended.stderr
    assert "Traceback" not in output
    assert any(reason in output for reason in ("not a regular file", "larger than 1048576 bytes", "is a directory"))


@pytest.mark.parametrize("place", ["token_file", "environment", "credential"])
def test_keys_that_are_no_small_file_are_an_error(unfit, write, monkeypatch, tmp_path, place):
    """A key's file, named anywhere, gives a sentence, and is neither waited for nor read to its end."""
    text = f'[pushover]\nuser = "{USER}"\n[glance]\ntitle = "x"\n'
    if place == "token_file":
        text = text.replace("user =", f'token_file = "{unfit}"\nuser =')
    elif place == "environment":
        monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN_FILE", str(unfit))
    else:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        unfit.rename(tmp_path / "pushover_token")
    with pytest.raises(SettingsError, match=r"pushover\.token|PUSHGLANCE_PUSHOVER__TOKEN"):
        load_settings(write(text))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_settings_are_an_error_within_seconds(write, keys, text):
    """A file of up to a megabyte is refused after seconds, with a bounded list of errors."""
    began_s = time.process_time()
    with pytest.raises(SettingsError) as caught:
        load_settings(write(text))
    assert time.process_time() - began_s < 30
    assert len(str(caught.value)) < 4_000_000


def test_of_very_many_errors_the_first_are_shown(issues):
    """Of 60 000 wrong keys a hundred are named, and the number of all."""
    lines = issues("[budget]\n" + HOSTILE["wrong keys"])
    assert lines[0] == "60000 values are wrong; these are the first 100"
    assert "budget.k0: unknown key" in "\n".join(lines)
    assert len(lines) < 110


def test_a_deep_environment_variable_is_an_error(write, keys, monkeypatch):
    """A variable of thousands of levels is refused with its name."""
    monkeypatch.setenv("PUSHGLANCE_" + "A__" * 20_000 + "B", "1")
    with pytest.raises(SettingsError, match=r"PUSHGLANCE_A__.*no setting has more than four levels"):
        load_settings(write(f'[pushover]\ntoken = "{TOKEN}"\n'))
