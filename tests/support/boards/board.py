"""A board for tests: the unchanged program under a real MicroPython, with fake pins, WiFi, name and time servers.

Its folder is the flash. This module is the watchdog: a program that does not feed it in time is killed, as the chip
would reset it.
"""

import contextlib
import json
import select
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
HEAP = "384k"  # objects of the 64-bit build are about twice as large, so this stands for a Pico W's 192 KiB
_1900_S = 2_208_988_800
POWER_ON, WATCHDOG = 1, 3  # an RP2 reports a wanted reset as one by the watchdog
WAIT_S = 90  # a second on an idle machine; 40 s were seen on a busy one


def micropython():
    """Return the path of the interpreter, or skip; CI never skips."""
    return program("micropython")


def board_plan(sensors=None, watches=None, *, url="http://127.0.0.1:9", mqtt=None, node=None, **changes):
    """Return a Plan for a board."""
    plan = plans.plan(sensors, watches)
    plan["pushover"] = {"url": url, "connect_ms": 5000, "read_ms": 5000, "ca_file": ""}
    plan["mqtt"] = mqtt
    plan["node"] = node
    plan["secrets"]["wifi_password"] = "wifi password"
    plan["board"] = {
        "kind": "pico_w",
        "ssid": "home",
        "country": "DE",
        "hostname": "pushglance-garage",
        "ntp": "time.test",
        "zone": [[0, 3600]],
        "led": "LED",
        "root_until_s": 4_000_000_000,
    } | changes
    return plan


def broker_plan(broker, **changes):
    """Return the MQTT part of a Plan for this broker."""
    return plans.mqtt(broker.port, **{"host": "broker.test", "client_id": "board"} | changes)


class Board:
    """Run the program of a board; `start` switches the power on, `cut_power` switches it off at any instant."""

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
        self.hardware_log = []  # what the program did with the hardware: "led 1", "rtc (...)"
        self.watchdog_resets = 0
        self.watchdog_slack = 1  # how many times longer it waits, for a busy machine
        self.reset_cause = POWER_ON
        self.longest_gap_s = 0.0
        self.bite = self._kill_process
        self.tls_ms = 0  # how long a handshake blocks, as on a chip
        self._paths = [str(path) for path in paths]
        self._process = None
        self._output = []
        self._changed = threading.Condition()
        self._harness, self._dns, self._ntp = (self._socket() for _ in range(3))
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
        self.cut_power()
        self._is_closed = True
        for thread in self._threads:
            thread.join(5)
        for sock in (self._harness, self._dns, self._ntp):
            sock.close()

    def start(self, *, heap=HEAP, main=ROOT / "boards/main.py", arguments=(), is_compiled=False):
        """Switch the power on; `arguments` are for another `main` than the board's."""
        self._peer = self._fed_s = self._watchdog_s = None
        environment = self.environment(is_compiled=is_compiled)
        self._process = subprocess.Popen(
            [micropython(), "-X", f"heapsize={heap}", str(main), *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._threads.append(reader)
        reader.start()

    def environment(self, *, is_compiled):
        """Return the environment variables by which MicroPython finds the fake hardware."""
        sources = [] if is_compiled else [str(ROOT / "boards"), str(ROOT / "agent")]
        slow = [str(FAKES.with_name("slow_tls"))] if self.tls_ms else []
        return {
            "TLS_MS": str(self.tls_ms),
            "MICROPYPATH": ":".join([*slow, *self._paths, str(FAKES), *sources, ".frozen"]),
            "HARNESS_PORT": str(self._harness.getsockname()[1]),
            "DNS_PORT": str(self._dns.getsockname()[1]),
            "NTP_PORT": str(self._ntp.getsockname()[1]),
            "RESET_CAUSE": str(self.reset_cause),
        }

    def cut_power(self):
        """Switch the power off."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.reset_cause = POWER_ON

    def wait_end(self):
        """Return the exit code once the program has ended or the watchdog has reset it."""
        code = self._process.wait(WAIT_S)
        self.reset_cause = WATCHDOG
        return code

    @property
    def console(self):
        """Return everything that was printed."""
        with self._changed:
            return "".join(self._output)

    def wait_for(self, text, times=1):
        """Return once the console has printed this text."""
        self.wait_until(lambda: self.console.count(text) >= times, text)

    def wait_for_hardware(self, action, times=1):
        """Return once the program has done this with the hardware."""
        self.wait_until(lambda: self.hardware_log.count(action) >= times, action)

    def wait_until(self, predicate, what="the condition"):
        """Return once the predicate is true."""
        until = time.monotonic() + WAIT_S
        with self._changed:
            while not predicate():
                if time.monotonic() > until:
                    raise AssertionError(f"timed out waiting for {what}:\n" + "".join(self._output[-40:]))
                self._changed.wait(0.05)

    def pin(self, number, *levels):
        """Move a pin through these levels; the program reads each of them once."""
        for level in levels:
            self._send(f"pin {number} {level}")

    def wifi(self, state):
        """Set the state of the WiFi: up, gone, password (a wrong one), absent (no network), wpa3 (it needs that)."""
        self._send(f"wifi {state}")

    def hang(self, ms):
        """Block the loop for so long."""
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
        self._harness.sendto(text.encode(), self._peer)

    def _read(self, process):
        for line in process.stdout:
            with self._changed:
                self._output.append(line)
                self._changed.notify_all()
        process.stdout.close()

    def _serve(self):
        while not self._is_closed:
            readable, _, _ = select.select([self._harness, self._dns, self._ntp], [], [], 0.05)
            for sock in readable:
                datagram, peer = sock.recvfrom(1024)
                if sock is self._harness:
                    self._receive(datagram.decode(), peer)
                elif self.is_answering:
                    answer = self._answer_name(datagram) if sock is self._dns else self._answer_time(datagram)
                    with contextlib.suppress(OSError):
                        sock.sendto(answer, peer)
            self._check_watchdog()

    def _receive(self, text, peer):
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
        with self._changed:
            self.hardware_log.append(text)
            self._changed.notify_all()

    def _check_watchdog(self):
        if self._watchdog_s and time.monotonic() - self._fed_s > self._watchdog_s * self.watchdog_slack:
            self._watchdog_s = None
            self.watchdog_resets += 1
            self.bite()

    def _kill_process(self):
        self._process.kill()

    def stop_watchdog(self):
        """Forget the watchdog: the board was reset."""
        self._watchdog_s = None

    def _answer_name(self, query):
        labels, offset = [], 12
        while query[offset]:
            labels.append(query[offset + 1 : offset + 1 + query[offset]].decode())
            offset += 1 + query[offset]
        address = self.names.get(".".join(labels))
        head = (
            query[:2] + (b"\x81\x80" if address else b"\x81\x83") + b"\x00\x01\x00" + bytes([bool(address)]) + bytes(4)
        )
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(address) if address else b""
        return head + query[12 : offset + 5] + record

    def _answer_time(self, query):
        now = time.time() + self.time_offset_s + _1900_S
        stamp = struct.pack(">II", int(now), int(now % 1 * 2**32))
        stratum = 2 if self.is_time_known else 0
        return bytes([0x24, stratum, 6, 0xEC]) + bytes(20) + query[40:48] + bytes(8) + stamp
