"""Clients that send half a request, that do not read, or that guess all at once, against a real server."""

import base64
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HALF_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
HALF_BODY = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\npassword="
STYLE = b"GET /style.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
MIB = 1024  # in KiB


class Page:
    """A page with a password as a process."""

    def __init__(self, folder, password_file=None):
        environment = os.environ | {"STATE_DIRECTORY": str(folder / "state"), "RUNTIME_DIRECTORY": str(folder / "run")}
        command = [sys.executable, "-P", "-m", "pushglance", "web", "--port", "0"]
        command += ["--password-file", str(password_file)] if password_file else []
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._connections = []
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline())[1])

    def connect(self, sent=b""):
        """Return a connection on which these bytes have been sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self._connections.append(connection)
        connection.sendall(sent)
        return connection

    def get(self, path, **headers):
        """Return the status of a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    def peak_kib(self):
        """Return the most memory that the process had so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])

    def stop(self):
        """Stop the process and return what it printed about errors."""
        for connection in self._connections:
            connection.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=30)[1]


@pytest.fixture
def page(directories, password_hash, tmp_path):
    """Start a page with a password; it must end without a message."""
    (tmp_path / "password").write_text(password_hash)
    page = Page(tmp_path, tmp_path / "password")
    yield page
    assert page.stop() == ""


def seconds_until_closed(connection, began_s):
    """Wait until the server closes a connection, and return how long that took; send a byte each half second."""
    connection.settimeout(0.5)
    while time.monotonic() < began_s + 40:
        try:
            if not connection.recv(65536):
                break
        except TimeoutError:
            try:
                connection.send(b"x")
            except OSError:
                break
        except OSError:
            break
    return time.monotonic() - began_s


@pytest.mark.parametrize("sent", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "half head", "half body"])
def test_half_requests_hold_no_place(page, sent):
    """While hundreds of connections wait with half a request, the health, the form and the page answer at once."""
    for _ in range(300):
        page.connect(sent)
    began_s = time.monotonic()
    assert page.get("/healthz") == 200
    assert page.get("/login") == 200
    assert page.get("/") == 303
    assert time.monotonic() - began_s < 5


def test_a_request_has_ten_seconds(page):
    """A request that is not complete after ten seconds is ended, although a byte arrives now and then."""
    began_s = time.monotonic()
    held = [page.connect(sent) for sent in (b"", b"G", HALF_HEAD, HALF_BODY)]
    with ThreadPoolExecutor(4) as threads:
        seconds = list(threads.map(lambda connection: seconds_until_closed(connection, began_s), held))
    assert min(seconds) > 8
    assert max(seconds) < 14
    assert page.get("/healthz") == 200


def test_a_client_that_does_not_read_is_ended(page):
    """A client that asks for a file thousands of times and never reads it is ended; others are served meanwhile."""
    lazy = page.connect(STYLE * 3000)
    began_s = time.monotonic()
    while is_open(page, lazy):
        assert page.get("/login") == 200
        assert time.monotonic() - began_s < 30
        time.sleep(0.2)
    assert time.monotonic() - began_s > 8


def is_open(page, connection):
    """Return whether the page's end of a connection is open."""
    listed = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ours = f"0100007F:{page.port:04X} 0100007F:{connection.getsockname()[1]:04X} "
    return any(f" {ours}01" in line for line in listed)


def test_sixty_guesses_at_once_are_five_guesses(page):
    """Of 60 guesses at once five are checked, one after the other, and all others refused; it takes no more memory."""
    page.get("/login")
    before_kib = page.peak_kib()
    ready = threading.Barrier(60)

    def guess(number):
        header = "Basic " + base64.b64encode(f"a:guess number {number}".encode()).decode()
        ready.wait()
        return page.get("/metrics", Authorization=header)

    with ThreadPoolExecutor(60) as threads:
        statuses = list(threads.map(guess, range(60)))
    assert statuses.count(401) == 5
    assert statuses.count(429) == 55
    assert page.peak_kib() - before_kib < 30 * MIB
    assert page.get("/healthz") == 200
