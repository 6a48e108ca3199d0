"""`pushglance web` as a command: where it listens, what it asks for, and what it says."""

import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from pushglance.web.authentication import Authenticator, hash_password
from support.terminal import Terminal


def started(tmp_path, *arguments, **more):
    """Start a page and return the process and the first line it says."""
    surroundings = os.environ | {"STATE_DIRECTORY": str(tmp_path), "RUNTIME_DIRECTORY": str(tmp_path)} | more
    command = [sys.executable, "-m", "pushglance", "web", "--port", "0", *arguments]
    process = subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, process.stdout.readline()


def ended(process, number=signal.SIGTERM):
    """End a page and return its exit code and what it complained of."""
    process.send_signal(number)
    _, complaints = process.communicate(timeout=20)
    return process.returncode, complaints


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_quietly(tmp_path, number):
    """The address that it prints answers; a signal ends it with 0 and without a trace."""
    process, detail = started(tmp_path)
    address = re.search(r"http://127\.0\.0\.1:\d+/", detail).group()
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own loopback address
        assert b"no pushglance is running" in answer.read()
    assert ended(process, number) == (0, "")


def test_an_open_page_does_not_hold_it_up(tmp_path):
    """A signal ends the stream of an open page, and nothing is complained of."""
    process, detail = started(tmp_path)
    address = re.search(r"http://127\.0\.0\.1:\d+/", detail).group()
    with urllib.request.urlopen(address + "events") as stream:  # noqa: S310 - our own loopback address
        assert stream.readline() == b"retry: 2000\n"
        assert ended(process) == (0, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - it is refused
def test_beyond_loopback_there_must_be_a_password(tmp_path, host):
    """Without a password it does not listen where others could look, and says what to type."""
    process, detail = started(tmp_path, "--host", host)
    code, complaints = process.communicate(timeout=20)[1], process.returncode
    assert (detail, complaints) == ("", 1)
    assert "--make-password" in code


def test_a_credential_is_the_password(tmp_path):
    """Systemd's credential is taken by itself; its empty stand-in is no password."""
    (tmp_path / "web_password").write_text(hash_password("a horse and a battery"))
    process, detail = started(tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert "asks for the password" in detail
    assert ended(process) == (0, "")
    (tmp_path / "web_password").write_text("\n")
    process, detail = started(tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert "asks for the password" not in detail
    assert ended(process) == (0, "")


def test_a_password_is_made_on_a_terminal():
    """The password is asked for twice, never shown, and what is printed opens the door."""
    with Terminal("web", "--make-password") as person:
        person.answer("Password", "a horse and a battery")
        person.answer("Repeat", "a horse and a battery")
        assert person.end() == 0, person.text
    assert "horse" not in person.text
    kept = re.search(r"scrypt\$\S+", person.text).group()
    assert Authenticator(kept).verify("a horse and a battery", "here")
    assert not Authenticator(kept).verify("a horse and a batterz", "here")


@pytest.mark.parametrize("content", [None, "the password itself", ""])
def test_a_file_that_holds_no_hash_ends_it(tmp_path, content):
    """A missing file, or one that holds the password in the clear, ends with 1 and a sentence."""
    if content is not None:
        (tmp_path / "p").write_text(content)
    process, detail = started(tmp_path, "--password-file", str(tmp_path / "p"))
    complaints = process.communicate(timeout=20)[1]
    assert (detail, process.returncode) == ("", 1)
    assert "--make-password > FILE" in complaints
    assert "itself" not in complaints


def test_a_taken_port_is_said(tmp_path):
    """A port that somebody has gets a sentence with the options to choose another one."""
    first, detail = started(tmp_path)
    port = re.search(r":(\d+)/", detail).group(1)
    second, _ = started(tmp_path, "--port", port)
    complaints = second.communicate(timeout=20)[1]
    assert second.returncode == 1
    assert "--host and --port" in complaints
    assert ended(first) == (0, "")
