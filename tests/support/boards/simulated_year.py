"""A simulated year of a board: the unchanged program on MicroPython, from one power cut or restart to the next.

`year/` holds the board's surroundings in virtual time. This module starts the program again after each end, plays the
user who deploys, and judges what reached the server by the laws that a Pi is judged by.
"""

import json
import subprocess
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from pushglance.boards.bundle import compile_for_boards, read_program
from support import plans
from support.accelerated.answers import Answer
from support.accelerated.laws import RUNS, Laws

from .board import board_plan, micropython
from .year.schedule import DAY, DOOR, GATE, METER, MONTH_S, SECOND, START_S, Year

_HERE = Path(__file__).parent
_NS = 1_000_000  # per millisecond
_BOOT_MS = 1500
_PUSHES = 50
_POWER_ON, _WATCHDOG = 1, 3  # an RP2 reports each other reset as one by the watchdog
_HEAP = "2M"  # with the surroundings; the memory of a board is measured by `board_emulator`
ANSWERS = {
    answer.name: answer
    for answer in (
        Answer("accepted", [], is_shown=True, is_clear=True, wait_s=0),
        Answer("server error", []),
        Answer("no answer", [], is_shown=True),
        Answer("burst", [], is_counted=False),
    )
}


@dataclass
class Life:
    """What has happened."""

    violations: list[tuple[str, str]] = field(default_factory=list)
    ends: Counter = field(default_factory=Counter)  # reason: how often
    answers: Counter = field(default_factory=Counter)
    pushes: int = 0
    truths: int = 0  # how often the watch was compared with the truth
    writes: Counter = field(default_factory=Counter)  # day: files written
    events: int = 0
    pulses: int = 0
    blocked_ms: int = 0  # the longest time for which one task has kept the others waiting
    heaps: list[int] = field(default_factory=list)  # bytes at the end of each day

    def __str__(self):
        worst = max(self.writes.values())
        mean = sum(self.writes.values()) / len(self.writes)
        heaps = f"{min(self.heaps) // 1024} to {max(self.heaps) // 1024}"
        return (
            f"{len(self.writes)} days, {self.events} events, {self.pushes} pushes {dict(self.answers)}, "
            f"ends {dict(self.ends)}; {mean:.0f} flash writes a day, {worst} at worst; the loop was blocked for "
            f"{self.blocked_ms} ms at most; heap {heaps} KiB; the watch was true {self.truths} times; "
            f"{len(self.violations)} violations"
        )


def year_plan():
    """Return the Plan of the board: two contacts, a counter, a gauge and a text on one watch."""
    sensors = [
        plans.contact("door", gpio=DOOR, settle_closed_ms=2000),
        plans.contact("gate", gpio=GATE, urgent=0, open="open", closed="closed"),
        plans.counter("meter", gpio=METER),
        plans.gauge("tank", topic="tank", deadband=0),
        plans.text("note", topic="note"),
    ]
    watch = plans.watch(
        pacing="price",
        text=[["door", ""], ", gate ", ["gate", ""], ", ", ["note", ""]],
        count=[["meter", ""]],
        percent=[["tank", ""]],
    )
    broker = plans.mqtt(1883, host="10.0.0.3", client_id="board")
    return board_plan(sensors, [watch], url="https://api.pushover.net", mqtt=broker, led="", ntp="pool.ntp.org")


class SimulatedYear:
    """Run `days` days; the folder holds the board's flash. `write_line` gets the figures after each quiet day."""

    def __init__(self, folder, seed, days, write_line=None):
        self.year = Year(seed, days)
        self.life = Life()
        self._flash = folder / "flash"
        self._flash.mkdir(parents=True)
        self._program = folder / "program"
        self._laws = Laws(_PUSHES, self.life.violations)
        self._log: deque[str] = deque(maxlen=60)
        self._write_line = write_line

    def run(self):
        """Return what has happened."""
        start_ms, cause = 0, _POWER_ON
        self._compile()
        self._deploy(0)
        while start_ms is not None:
            self._laws.on_start(start_ms * _NS)
            reason, end_ms = self._run_once(start_ms, cause)
            self._laws.on_kill(end_ms * _NS)
            self.life.ends[reason] += 1
            cause = _POWER_ON if reason == "power" else _WATCHDOG
            start_ms = self._next_start(reason, end_ms)
        return self.life

    def _compile(self):
        """Compile program and surroundings: most of what a start costs."""
        for target, text in read_program().items():
            compile_for_boards(text, self._program / target)
        for name in ("emulated_modules", "year"):
            for path in (_HERE / name).glob("*.py"):
                compile_for_boards(path.read_text(), self._program / name / path.name)

    def _next_start(self, reason, end_ms):
        if reason in ("end", "crash"):
            return None
        if reason == "deploy":
            self._deploy(end_ms)
        if reason == "power":
            cuts = [fault[1] for fault in self.year.faults if fault[2] == "power" and fault[0] <= end_ms]
            return max(end_ms + SECOND, cuts[-1])
        return end_ms + _BOOT_MS

    def _deploy(self, at_ms):
        roots, until_s = self.year.packed_roots(at_ms)
        plan = year_plan()
        plan["board"]["root_until_s"] = until_s
        (self._flash / "plan.json").write_text(json.dumps(plan))
        (self._flash / "pushover.der").write_bytes(b"".join(b"\x30\x82\x00\x01" + bytes([root]) for root in roots))
        (self._flash / "root_ends.txt").unlink(missing_ok=True)

    def _run_once(self, start_ms, cause):
        story = {"seed": self.year.seed, "days": self.year.days, "start_ms": start_ms, "cause": cause}
        (self._flash / "world.json").write_text(json.dumps(story))
        folders = [self._program / name for name in ("year", "emulated_modules", "lib")]
        process = subprocess.Popen(
            [micropython(), "-X", f"heapsize={_HEAP}", "-c", "import start"],
            cwd=self._flash,
            env={"MICROPYPATH": ":".join([*map(str, folders), ".frozen"])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            for line in process.stdout:
                self._log.append(line)
                if line.startswith("{"):
                    end = self._on_line(json.loads(line))
                    if end:
                        return end
        self._laws.violate(RUNS, start_ms * _NS, "the program ended:\n" + "".join(self._log))
        return "crash", start_ms

    def _on_line(self, line):
        if "push" in line:
            self._on_push(line)
        elif "answered" in line:
            self._laws.on_answered(_texts(line["answered"]), ANSWERS[line["answer"]])
        elif "end" in line:
            return line["end"], line["at"]
        else:
            self._on_day(line)
        return None

    def _on_push(self, line):
        answer = ANSWERS[line["answer"]]
        self.life.pushes += 1
        self.life.answers[answer.name] += 1
        self._laws.on_arrival(line["at"] * _NS, _texts(line["push"]), answer, 0)

    def _on_day(self, line):
        life, day = self.life, line["day"]
        life.writes[day] += line["writes"]
        life.events += line["events"]
        life.pulses += line["pulses"]
        life.blocked_ms = max(life.blocked_ms, line["blocked_ms"])
        life.heaps.append(line["heap"])
        if self.year.is_quiet(day) and line["at"] >= (day + 1) * DAY - 1:
            self._check_truth(day)

    def _check_truth(self, day):
        end_ms = (day + 1) * DAY - 1
        until_s = self.year.packed_roots(end_ms)[1]
        is_ending = START_S + end_ms // SECOND > until_s - MONTH_S
        truth = {
            "text": f"Garage closed, gate closed, {self.year.note(end_ms)}",
            "count": "0",
            "percent": self.year.tank(day, 0),
        }
        if is_ending:
            truth["title"] = time.strftime("Deploy by %Y-%m-%d", time.gmtime(until_s))
        elif "title" in self._laws.screen.fields:  # of an earlier root: it must have been cleared
            truth["title"] = ""
        self.life.truths += 1
        self._laws.check_truth(end_ms * _NS, truth, "".join(self._log))
        if self._write_line is not None:
            self._write_line(str(self.life))


def _texts(fields):
    return {name: unquote(text) for name, text in fields.items()}
