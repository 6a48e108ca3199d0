"""Two brokers on loopback: a real mosquitto as installed, and a false one that tells when it was subscribed to."""

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

from . import packets

_MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
_LINK_S = 10
_STATISTICS_S = 1.5  # they come each second where they have changed; mosquitto forgets older ones after a minute
_DROPPED = "$SYS/broker/publish/messages/dropped"


def free_port() -> int:
    """Return a loopback port that nobody listened to a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mosquitto_version() -> str:
    """Return what the installed one calls itself."""
    told = subprocess.run([_MOSQUITTO or "mosquitto", "-h"], capture_output=True, text=True, check=False).stdout
    return told.partition("\n")[0].rpartition(" ")[2]


class Mosquitto:
    """Run a mosquitto with its own defaults for queues and windows; only its statistics come each second."""

    def __init__(self, folder: Path) -> None:
        if _MOSQUITTO is None:
            sys.exit("mosquitto is needed: type  sudo apt-get install mosquitto")
        self.port = free_port()
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nsys_interval 1\nuser root\n")
        self._counts: Link | None = None
        self._dropped = 0
        self._log = (folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen([_MOSQUITTO, "-c", str(config)], stdout=self._log, stderr=self._log)

    def __enter__(self) -> Self:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                self._counts = Link(self.port, "bench-counts", keepalive_s=0)
                self._counts.subscribe([_DROPPED], 0)
                return self
        self.__exit__()
        sys.exit(f"mosquitto does not start, see {self._log.name}")

    def __exit__(self, *_: object) -> None:
        if self._counts is not None:
            self._counts.__exit__()
        self._process.terminate()
        self._process.wait(10)
        self._log.close()

    def dropped(self) -> int:
        """Return how many messages it has dropped so far, once its statistics have come round."""
        assert self._counts is not None, "ask while it runs"
        time.sleep(_STATISTICS_S)
        self._dropped = int(self._counts.newest() or self._dropped)
        return self._dropped


class Link:
    """One connection to a broker, by hand: publishes whole bursts in one write."""

    def __init__(self, port: int, client_id: str, keepalive_s: int = 60) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), _LINK_S)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.sendall(packets.connect(client_id, keepalive_s))
        self._held = bytearray()
        self._packet_id = 0
        self._read(packets.CONNACK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def subscribe(self, filters: list[str], qos: int) -> None:
        """Subscribe, and return when the broker has agreed."""
        self._sock.sendall(packets.subscribe(filters, qos))
        self._read(packets.SUBACK)

    def newest(self) -> bytes | None:
        """Return the payload of the last message that has come since this was asked before, None if none has."""
        newest = None
        with contextlib.suppress(BlockingIOError):
            self._sock.settimeout(0)
            while True:
                newest = packets.read_publish(*self._read(packets.PUBLISH))[1]
        self._sock.settimeout(_LINK_S)
        return newest

    def publish(self, messages: list[tuple[str, bytes]], qos: int) -> None:
        """Publish all at once, and return when the broker has acknowledged each (QoS 1) or taken the bytes (QoS 0)."""
        burst = bytearray()
        for topic, payload in messages:
            self._packet_id = self._packet_id % 65535 + 1
            burst += packets.publish(topic, payload, qos, self._packet_id)
        writing = threading.Thread(target=self._sock.sendall, args=(bytes(burst),))
        writing.start()
        for _ in messages if qos else ():
            self._read(packets.PUBACK)
        writing.join()

    def _read(self, wanted: int) -> tuple[int, bytes]:
        while True:
            for kind, flags, body in packets.take(self._held):
                if kind == wanted:
                    return flags, body
            more = self._sock.recv(65536)
            if not more:
                raise ConnectionError("the broker hung up")
            self._held += more


class FalseBroker:
    """Welcome clients of MQTT 3.1, 3.1.1 and 5 on a free loopback port and note when the first one subscribes."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._subscribed = threading.Event()
        self._at_s = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def forget(self) -> None:
        """Wait for the first one anew."""
        self._subscribed.clear()

    def subscribed_at(self, timeout_s: float) -> float | None:
        """Return when (monotonic seconds) SUBSCRIBE was here; None if it does not come in time."""
        return self._at_s if self._subscribed.wait(timeout_s) else None

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        held = bytearray()
        is_5 = False
        with client:
            while True:
                try:
                    more = client.recv(65536)
                except OSError:
                    return
                if not more:
                    return
                held += more
                for kind, _, body in packets.take(held):
                    if kind == packets.CONNECT:
                        is_5 = body[2 + body[1]] == 5
                        client.sendall(b"\x20\x03\x00\x00\x00" if is_5 else b"\x20\x02\x00\x00")
                    elif kind == packets.SUBSCRIBE and not self._subscribed.is_set():
                        self._at_s = time.monotonic()
                        self._subscribed.set()
