"""Two brokers on loopback: a real mosquitto, and one that records when a client subscribes; and a publisher."""

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

from . import mqtt_packets as packets

_MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
_TIMEOUT_S = 10
_STATISTICS_S = 1.5  # mosquitto publishes them each second if they have changed
_DROPPED = "$SYS/broker/publish/messages/dropped"


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mosquitto_version() -> str:
    """Return the version of the installed mosquitto."""
    usage = subprocess.run([_MOSQUITTO or "mosquitto", "-h"], capture_output=True, text=True, check=False).stdout
    return usage.partition("\n")[0].rpartition(" ")[2]


class Mosquitto:
    """Run a mosquitto with its default queues and windows; only its statistics come each second."""

    def __init__(self, folder: Path) -> None:
        if _MOSQUITTO is None:
            sys.exit("mosquitto is needed: type  sudo apt-get install mosquitto")
        self.port = free_port()
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nsys_interval 1\nuser root\n")
        self._counts: Publisher | None = None
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
                self._counts = Publisher(self.port, "bench-counts", keepalive_s=0)
                self._counts.subscribe([_DROPPED], 0)
                return self
        self.__exit__()
        sys.exit(f"mosquitto does not start; its log is {self._log.name}")

    def __exit__(self, *_: object) -> None:
        if self._counts is not None:
            self._counts.__exit__()
        self._process.terminate()
        self._process.wait(10)
        self._log.close()

    def dropped(self) -> int:
        """Return the number of messages dropped so far, after the next statistics."""
        assert self._counts is not None, "mosquitto is not running"
        time.sleep(_STATISTICS_S)
        self._dropped = int(self._counts.newest() or self._dropped)
        return self._dropped


class Publisher:
    """A connection to a broker with hand-made packets, which publishes a whole burst in one write."""

    def __init__(self, port: int, client_id: str, keepalive_s: int = 60) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), _TIMEOUT_S)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.sendall(packets.connect(client_id, keepalive_s))
        self._received = bytearray()
        self._packet_id = 0
        self._read(packets.CONNACK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def subscribe(self, filters: list[str], qos: int) -> None:
        """Subscribe, and return when the broker has acknowledged it."""
        self._sock.sendall(packets.subscribe(filters, qos))
        self._read(packets.SUBACK)

    def newest(self) -> bytes | None:
        """Return the payload of the last message since the previous call, or None."""
        newest = None
        with contextlib.suppress(BlockingIOError):
            self._sock.settimeout(0)
            while True:
                newest = packets.parse_publish(*self._read(packets.PUBLISH))[1]
        self._sock.settimeout(_TIMEOUT_S)
        return newest

    def publish(self, messages: list[tuple[str, bytes]], qos: int) -> None:
        """Publish all at once; return when the broker has acknowledged each (QoS 1) or received the bytes (QoS 0)."""
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
            for kind, flags, body in packets.pop_packets(self._received):
                if kind == wanted:
                    return flags, body
            more = self._sock.recv(65536)
            if not more:
                raise ConnectionError("the broker closed the connection")
            self._received += more


class ProbeBroker:
    """Accept clients of MQTT 3.1, 3.1.1 and 5 on a free loopback port and record when the first one subscribes."""

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

    def reset(self) -> None:
        """Wait for the next subscription."""
        self._subscribed.clear()

    def subscribed_at(self, timeout_s: float) -> float | None:
        """Return when (monotonic seconds) a SUBSCRIBE came, or None after the time-out."""
        return self._at_s if self._subscribed.wait(timeout_s) else None

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        received = bytearray()
        is_5 = False
        with client:
            while True:
                try:
                    more = client.recv(65536)
                except OSError:
                    return
                if not more:
                    return
                received += more
                for kind, _, body in packets.pop_packets(received):
                    if kind == packets.CONNECT:
                        is_5 = body[2 + body[1]] == 5
                        client.sendall(b"\x20\x03\x00\x00\x00" if is_5 else b"\x20\x02\x00\x00")
                    elif kind == packets.SUBSCRIBE and not self._subscribed.is_set():
                        self._at_s = time.monotonic()
                        self._subscribed.set()
