"""`pushglance web` as a command: its address, its password and its messages."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from pushglance.web.access.authentication import Authenticator, hash_password
from support.terminal import Terminal


def start(tmp_path, *arguments, **more):
    """Start a page and return the process and the first line of its output."""
    environment = os.environ | {"STATE_DIRECTORY": str(tmp_path), "RUNTIME_DIRECTORY": str(tmp_path)} | more
    command = [sys.executable, "-m", "pushglance", "web", "--port", "0", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, process.stdout.readline()


def stop(process, number=signal.SIGTERM):
    """Stop a page and return its exit code and its stderr."""
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    return process.returncode, stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_page_prints_its_address_and_stops_on_a_signal(tmp_path, number):
    """The printed address answers; a signal ends the process with 0 and without a message."""
    process, line = start(tmp_path)
    address = re.search(r"http://127\.0\.0\.1:\d+/", line).group()
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own loopback address
        assert b"no pushglance is running" in answer.read()
    assert stop(process, number) == (0, "")


def test_open_stream_does_not_delay_the_stop(tmp_path):
    """A signal ends the stream of an open page, without a message."""
    process, line = start(tmp_path)
    address = re.search(r"http://127\.0\.0\.1:\d+/", line).group()
    with urllib.request.urlopen(address + "events") as stream:  # noqa: S310 - our own loopback address
        assert stream.readline() == b"retry: 2000\n"
        assert stop(process) == (0, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - it is refused
def test_other_addresses_than_loopback_need_a_password(tmp_path, host):
    """Without a password the page refuses such an address, and prints what to type."""
    process, line = start(tmp_path, "--host", host)
    stderr = process.communicate(timeout=20)[1]
    assert (line, process.returncode) == ("", 1)
    assert "--make-password" in stderr


def test_address_can_be_set_in_the_environment(tmp_path):
    """PUSHGLANCE_WEB_HOST sets the address, e.g. for the systemd unit, and needs a password like --host."""
    process, line = start(tmp_path, PUSHGLANCE_WEB_HOST="0.0.0.0")  # noqa: S104 - it is refused
    stderr = process.communicate(timeout=20)[1]
    assert (line, process.returncode) == ("", 1)
    assert "0.0.0.0 can be reached from other computers" in stderr


def test_credential_is_used_as_password(tmp_path):
    """The systemd credential is the password; an empty one counts as missing."""
    (tmp_path / "web_password").write_text(hash_password("a horse and a battery"))
    process, line = start(tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert "asks for the password" in line
    assert stop(process) == (0, "")
    (tmp_path / "web_password").write_text("\n")
    process, line = start(tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert "asks for the password" not in line
    assert stop(process) == (0, "")


def test_make_password_prints_a_hash_that_verifies():
    """The password is asked for twice and never shown; the printed hash accepts it."""
    with Terminal("web", "--make-password") as person:
        person.answer("Password", "a horse and a battery")
        person.answer("Repeat", "a horse and a battery")
        assert person.end() == 0, person.text
    assert "horse" not in person.text
    password_hash = re.search(r"scrypt\$\S+", person.text).group()
    assert asyncio.run(Authenticator(password_hash).verify("a horse and a battery", "here"))
    assert not asyncio.run(Authenticator(password_hash).verify("a horse and a batterz", "here"))


@pytest.mark.parametrize("content", [None, "the password itself", ""])
def test_password_file_without_a_hash_is_an_error(tmp_path, content):
    """A missing file, or one with the plain password, ends with 1 and a message."""
    if content is not None:
        (tmp_path / "p").write_text(content)
    process, line = start(tmp_path, "--password-file", str(tmp_path / "p"))
    stderr = process.communicate(timeout=20)[1]
    assert (line, process.returncode) == ("", 1)
    assert "--make-password > FILE" in stderr
    assert "itself" not in stderr


def test_used_port_is_an_error_that_names_the_options(tmp_path):
    """A port in use gives a message with the options for another one."""
    first, line = start(tmp_path)
    port = re.search(r":(\d+)/", line).group(1)
    second, _ = start(tmp_path, "--port", port)
    stderr = second.communicate(timeout=20)[1]
    assert second.returncode == 1
    assert "--host and --port" in stderr
    assert stop(first) == (0, "")
