"""A real mosquitto on a free loopback port, and a server that sends prepared answers instead of a broker."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest
from paho.mqtt import publish

from .tls_socket import accept_tls

_MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
_READY_S = 10
_PORT_ATTEMPTS = 5


def free_port():
    """Return a loopback TCP port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def require_mosquitto():
    """Skip the test if mosquitto is not installed; on CI fail instead, so that it is noticed."""
    if _MOSQUITTO is None:
        message = "mosquitto is not installed: type `sudo apt install mosquitto`"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


class Broker:
    """One mosquitto, which keeps its port and its retained messages over `restart`.

    `users` maps names to passwords; anonymous clients are then refused. `tls` is the listener's (certificate, key, CA),
    as paths of PEM files. `settings` are more lines for mosquitto.conf.
    """

    host = "127.0.0.1"

    def __init__(self, folder, *, users=None, tls=None, settings=()):
        require_mosquitto()
        self.folder = Path(folder)
        self.port = free_port()
        self._users = users or {}
        self._tls = tls
        self._settings = settings
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start it and wait until it accepts connections; at the first start another port is tried if one is in use."""
        for _ in range(_PORT_ATTEMPTS):
            self._spawn()
            if self._is_ready():
                return
            self.stop()
            if (self.folder / "was-ready").exists():
                break
            self.port = free_port()
        pytest.fail("mosquitto does not start:\n" + (self.folder / "mosquitto.log").read_text())

    def stop(self):
        """Stop it and wait until the process has ended."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def restart(self):
        """Stop and start on the same port."""
        self.stop()
        self.start()

    def publish(self, topic, payload, *, qos=1, retain=False):
        """Publish one message and wait until the broker has it."""
        self.publish_all([(topic, payload)], qos=qos, retain=retain)

    def publish_all(self, messages, *, qos=1, retain=False):
        """Publish (topic, payload) pairs in order and wait until the broker has them."""
        name, password = next(iter(self._users.items()), (None, None))
        publish.multiple(
            [{"topic": topic, "payload": payload, "qos": qos, "retain": retain} for topic, payload in messages],
            hostname=self.host,
            port=self.port,
            auth={"username": name, "password": password} if name else None,
            tls={"ca_certs": str(self._tls[2])} if self._tls else None,
        )

    def _spawn(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(self._config()) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([_MOSQUITTO, "-c", str(config)], stdout=log, stderr=log)

    def _config(self):
        yield f"listener {self.port} {self.host}"
        if self._tls:
            certificate, key, authority = self._tls
            yield f"certfile {certificate}"
            yield f"keyfile {key}"
            yield f"cafile {authority}"
        if self._users:
            passwords = self.folder / "passwords"
            passwords.unlink(missing_ok=True)
            passwords.touch(mode=0o600)
            for name, password in self._users.items():
                subprocess.run(["mosquitto_passwd", "-b", str(passwords), name, password], check=True)
            yield f"password_file {passwords}"
        yield f"allow_anonymous {'false' if self._users else 'true'}"
        yield "user root"  # else mosquitto, started by root, changes to a user who cannot read this folder
        yield "persistence true"
        yield f"persistence_location {self.folder}/"
        yield "max_queued_messages 0"  # no limit, so that a missing message was lost by the agent
        yield from self._settings

    def _is_ready(self):
        deadline_s = time.monotonic() + _READY_S
        while time.monotonic() < deadline_s and self._process.poll() is None:
            try:
                with socket.create_connection((self.host, self.port), timeout=1) as probe:
                    self._close_cleanly(probe)
            except OSError:
                time.sleep(0.01)
                continue
            (self.folder / "was-ready").touch()
            return self._process.poll() is None  # else another program answered on this port
        return False

    def _close_cleanly(self, probe):
        """Complete the TLS handshake before closing, because mosquitto logs an error for each probe without one."""
        if self._tls:
            context = ssl.create_default_context(cafile=str(self._tls[2]))
            context.wrap_socket(probe, server_hostname=self.host).close()


_CLIENT_S = 30.0  # how long a false broker waits for a client that neither sends nor leaves


class FalseBroker:
    """A server on a loopback port that sends each client these answers, one for each chunk that it receives.

    An answer is bytes, or a function of the received bytes that returns them; if it raises OSError, the server closes.
    """

    def __init__(self, *answers, tls=None):
        self._answers = answers
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.received = []
        self.has_received = threading.Event()
        self._clients = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for client in self._clients:
            with contextlib.suppress(OSError):  # the client has left
                client.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for client in self._clients:  # also one whose handshake has just ended
            client.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            client.settimeout(_CLIENT_S)
            try:
                if self._tls:
                    client = accept_tls(self._tls, client)
                self._clients.append(client)
                for answer in self._answers:
                    self.received.append(client.recv(4096))
                    self.has_received.set()
                    client.sendall(answer(self.received[-1]) if callable(answer) else answer)
            except OSError:
                client.close()
