"""A board on the desk: the unchanged program under a real MicroPython; pins, WiFi, names and time are fake.

The folder is its flash. The watchdog is this harness: when the program does not feed it in time, the process is killed
as the chip would reset it.
"""

import contextlib
import json
import select
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

from support import plans
from support.micropython import program

ROOT = Path(__file__).parents[3]
FAKES = Path(__file__).parent / "fakes"
HEAP = "384k"  # the 64-bit build's objects are about twice a board's: this is the 192 KiB of a Pico W
_1900_S = 2_208_988_800
WAIT_S = 90  # for something that takes a second on a quiet machine, and once took 40 on a busy one


def micropython():
    """Return the path of the interpreter, or skip; CI never skips."""
    return program("micropython")


def board_plan(sensors=None, watches=None, *, url="http://127.0.0.1:9", mqtt=None, node=None, **changes):
    """Return a Plan for a board."""
    plan = plans.plan(sensors, watches)
    plan["pushover"] = {"url": url, "connect_ms": 5000, "read_ms": 5000, "ca_file": ""}
    plan["mqtt"] = mqtt
    plan["node"] = node
    plan["secrets"]["wifi_password"] = "secret of the house"
    plan["board"] = {
        "kind": "pico_w",
        "ssid": "house",
        "country": "DE",
        "ntp": "time.test",
        "zone": [[0, 3600]],
        "led": "LED",
        "root_until_s": 4_000_000_000,
    } | changes
    return plan


def broker_plan(broker, **changes):
    """Return the part of a Plan that names this broker."""
    return plans.mqtt(broker.port, **{"host": "broker.test", "client_id": "board"} | changes)


class Board:
    """Run the program of a board; `start` is power on, `cut` is power off at whatever instant it is."""

    def __init__(self, folder, plan, roots=None, paths=()):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "plan.json").write_text(json.dumps(plan))
        for name, certificate in (roots or {}).items():
            (self.folder / name).write_bytes(certificate)
        self.names = {"localhost": "127.0.0.1", "broker.test": "127.0.0.1", "time.test": "127.0.0.1"}
        self.is_answering = True  # the name and time servers
        self.time_offset_s = 0
        self.is_time_known = True
        self.told = []  # what the hardware was told: "led 1", "rtc (...)"
        self.bites = 0
        self.longest_gap_s = 0.0
        self._paths = [str(path) for path in paths]
        self._process = None
        self._output = []
        self._changed = threading.Condition()
        self._wire, self._dns, self._ntp = (self._socket() for _ in range(3))
        self._peer = None
        self._fed_s = None
        self._watchdog_s = None
        self._is_closed = False
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    @staticmethod
    def _socket():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        return sock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cut()
        self._is_closed = True
        for thread in self._threads:
            thread.join(5)
        for sock in (self._wire, self._dns, self._ntp):
            sock.close()

    def start(self, *, heap=HEAP, reset_cause=1, main=ROOT / "boards/main.py", arguments=(), is_compiled=False):
        """Give it power; `arguments` are for a `main` other than a board's own."""
        self._peer = self._fed_s = self._watchdog_s = None
        surroundings = self.surroundings(is_compiled=is_compiled, reset_cause=reset_cause)
        self._process = subprocess.Popen(
            [micropython(), "-X", f"heapsize={heap}", str(main), *arguments],
            cwd=self.folder,
            env=surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._threads.append(reader)
        reader.start()

    def surroundings(self, *, is_compiled, reset_cause=1):
        """Return the environment in which a MicroPython finds this board's hardware."""
        sources = [] if is_compiled else [str(ROOT / "boards"), str(ROOT / "agent")]
        return {
            "MICROPYPATH": ":".join([*self._paths, str(FAKES), *sources, ".frozen"]),
            "HARNESS_PORT": str(self._wire.getsockname()[1]),
            "DNS_PORT": str(self._dns.getsockname()[1]),
            "NTP_PORT": str(self._ntp.getsockname()[1]),
            "RESET_CAUSE": str(reset_cause),
        }

    def cut(self):
        """Take its power away."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def wait_end(self):
        """Return the exit code once the program has ended by itself or by the watchdog."""
        return self._process.wait(WAIT_S)

    def interrupt(self):
        """Type Ctrl-C at its console."""
        self._process.send_signal(signal.SIGINT)

    @property
    def console(self):
        """Return everything that was printed."""
        with self._changed:
            return "".join(self._output)

    def wait_for(self, words, times=1):
        """Return once these words stand on the console."""
        self.wait_until(lambda: self.console.count(words) >= times, words)

    def wait_told(self, words, times=1):
        """Return once the hardware was told this."""
        self.wait_until(lambda: self.told.count(words) >= times, words)

    def wait_until(self, predicate, what="it"):
        """Return once the predicate is true."""
        until = time.monotonic() + WAIT_S
        with self._changed:
            while not predicate():
                if time.monotonic() > until:
                    raise AssertionError(f"waited in vain for {what}:\n" + "".join(self._output[-40:]))
                self._changed.wait(0.05)

    def pin(self, number, *levels):
        """Move a pin through these levels; each of them is seen once."""
        for level in levels:
            self._send(f"pin {number} {level}")

    def wifi(self, state):
        """Change the WiFi: up, gone, password (it is wrong), absent."""
        self._send(f"wifi {state}")

    def hang(self, ms):
        """Let the loop hang."""
        self._send(f"hang {ms}")

    def state(self):
        """Return the lines of the state file."""
        text = (self.folder / "state.json").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def debits(self):
        """Return push ids of all debits on flash."""
        return [n for row in self.state() if row[0] == "watch" and row[2] == "debits" for n in row[3][::2]]

    def _send(self, text):
        self.wait_until(lambda: self._peer is not None, "the board")
        self._wire.sendto(text.encode(), self._peer)

    def _read(self, process):
        for line in process.stdout:
            with self._changed:
                self._output.append(line)
                self._changed.notify_all()
        process.stdout.close()

    def _serve(self):
        while not self._is_closed:
            readable, _, _ = select.select([self._wire, self._dns, self._ntp], [], [], 0.05)
            for sock in readable:
                datagram, peer = sock.recvfrom(1024)
                if sock is self._wire:
                    self._hear(datagram.decode(), peer)
                elif self.is_answering:
                    answer = self._name(datagram) if sock is self._dns else self._time(datagram)
                    with contextlib.suppress(OSError):
                        sock.sendto(answer, peer)
            self._watch()

    def _hear(self, text, peer):
        if text == "hello":
            self._peer = peer
        elif text == "feed":
            now_s = time.monotonic()
            if self._fed_s is not None:
                self.longest_gap_s = max(self.longest_gap_s, now_s - self._fed_s)
            self._fed_s = now_s
            return
        elif text.startswith("watchdog"):
            self._watchdog_s, self._fed_s = int(text.split()[1]) / 1000, time.monotonic()
        elif text.startswith("timer"):
            self._watchdog_s = None  # fed by a timer from now on
        with self._changed:
            self.told.append(text)
            self._changed.notify_all()

    def _watch(self):
        if self._watchdog_s and time.monotonic() - self._fed_s > self._watchdog_s:
            self._watchdog_s = None
            self.bites += 1
            self._process.kill()

    def _name(self, query):
        labels, place = [], 12
        while query[place]:
            labels.append(query[place + 1 : place + 1 + query[place]].decode())
            place += 1 + query[place]
        address = self.names.get(".".join(labels))
        head = (
            query[:2] + (b"\x81\x80" if address else b"\x81\x83") + b"\x00\x01\x00" + bytes([bool(address)]) + bytes(4)
        )
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(address) if address else b""
        return head + query[12 : place + 5] + record

    def _time(self, query):
        now = time.time() + self.time_offset_s + _1900_S
        stamp = struct.pack(">II", int(now), int(now % 1 * 2**32))
        stratum = 2 if self.is_time_known else 0
        return bytes([0x24, stratum, 6, 0xEC]) + bytes(20) + query[40:48] + bytes(8) + stamp
