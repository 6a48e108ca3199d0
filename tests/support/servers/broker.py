"""A real mosquitto on a free loopback port, for every test that needs a broker."""

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

_MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
_READY_S = 10
_PORTS_TRIED = 5


def free_port():
    """Return a loopback TCP port that nobody listened to a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def require_mosquitto():
    """Skip the test if there is no mosquitto; on CI that is a failure, or nobody would notice."""
    if _MOSQUITTO is None:
        sentence = "mosquitto is not installed: type `sudo apt install mosquitto`"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)


class Broker:
    """Run one mosquitto; it keeps its port and what it retains over `restart`.

    `users` maps names to passwords (anonymous clients are then refused). `tls` is a (certificate, key, CA) of PEM
    paths for the listener. `settings` are more lines for mosquitto.conf.
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
        """Start and return once it accepts connections; a port lost to another program is replaced the first time."""
        for _ in range(_PORTS_TRIED):
            self._spawn()
            if self._is_ready():
                return
            self.stop()
            if (self.folder / "was-ready").exists():
                break
            self.port = free_port()
        pytest.fail("mosquitto does not start:\n" + (self.folder / "mosquitto.log").read_text())

    def stop(self):
        """End it and wait until it is gone."""
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
        """Publish one message and return when the broker has it."""
        self.publish_all([(topic, payload)], qos=qos, retain=retain)

    def publish_all(self, messages, *, qos=1, retain=False):
        """Publish (topic, payload) pairs one after the other and return when the broker has them."""
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
        yield "user root"  # started by root it would become somebody who cannot read this folder
        yield "persistence true"
        yield f"persistence_location {self.folder}/"
        yield "max_queued_messages 0"  # no limit: what a test misses, the agent lost
        yield from self._settings

    def _is_ready(self):
        until = time.monotonic() + _READY_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with socket.create_connection((self.host, self.port), timeout=1) as probe:
                    self._greet(probe)
            except OSError:
                time.sleep(0.01)
                continue
            (self.folder / "was-ready").touch()
            return self._process.poll() is None  # or it was another program that answered
        return False

    def _greet(self, probe):
        """Close in good order; a TLS listener logs an error for each probe that says nothing."""
        if self._tls:
            context = ssl.create_default_context(cafile=str(self._tls[2]))
            context.wrap_socket(probe, server_hostname=self.host).close()


class FalseBroker:
    """Accept connections on a loopback port and give each client these answers, one for each time it says something.

    An answer is bytes, or a function that makes them of what the client said; one that raises OSError hangs up.
    """

    def __init__(self, *answers, tls=None):
        self._answers = answers
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.heard = []
        self.was_spoken_to = threading.Event()
        self._clients = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for client in self._clients:
            client.close()
        self._thread.join()

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                if self._tls:
                    client = self._tls.wrap_socket(client, server_side=True)
                self._clients.append(client)
                for answer in self._answers:
                    self.heard.append(client.recv(4096))
                    self.was_spoken_to.set()
                    client.sendall(answer(self.heard[-1]) if callable(answer) else answer)
            except OSError:
                client.close()
