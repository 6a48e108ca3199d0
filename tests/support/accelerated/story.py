"""One story: days with changes, faults, kills and boots, then a quiet day after which the watch must show the truth."""

import os
import selectors
import signal
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from .answers import GOOD, Answer
from .home import DEVICES, Home
from .laws import RUNS, Laws
from .process import DaemonProcess
from .schedule import Schedule
from .server import UP, Exchange, RawServer
from .virtual_time import DAY, HOUR, MINUTE, SECOND, VirtualTime

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_NS = 26 * HOUR  # after the last fault every debit has returned, and so have the waits after answers
_LOOK_S = 0.01  # real: how often the process is looked after while nothing happens
_KEYS = ("token", "user", "device")


@dataclass
class Counts:
    """What a story, or several, have lived through."""

    days: float = 0
    pushes: int = 0
    kills: int = 0
    reboots: int = 0
    power_cuts: int = 0
    answers: set[str] = field(default_factory=set)  # names of the answers that were given
    violations: list[tuple[str, str]] = field(default_factory=list)  # (law, what happened)

    def __str__(self) -> str:
        """Return the figures in one line."""
        return (
            f"{self.days:.0f} days, {self.pushes} pushes, {self.kills} kills, {self.reboots} boots, "
            f"{self.power_cuts} power cuts, "
            f"{len(self.answers)} kinds of answers, {len(self.violations)} violations"
        )

    def add(self, other: "Counts") -> None:
        """Add another story."""
        self.days += other.days
        self.pushes += other.pushes
        self.kills += other.kills
        self.reboots += other.reboots
        self.power_cuts += other.power_cuts
        self.answers |= other.answers
        self.violations += other.violations


class Story:
    """Run the daemon, its home and its server in one thread, in virtual time."""

    def __init__(
        self, rng: Random, folder: Path, pushes: int, watches: int, rate: int, package: Path | None, left_open: str = ""
    ) -> None:
        self._violations_max = 1 if package is not None else 5  # one is enough to catch a broken daemon
        self.rng = rng
        self.time = VirtualTime(folder, rate)
        self.time.build()
        self.schedule = Schedule()
        self.home = Home(self.rng)
        self.violations: list[tuple[str, str]] = []
        self.laws = {device: Laws(pushes, self.violations) for device in DEVICES[:watches]}
        self.counts = Counts()
        self._selector = selectors.DefaultSelector()
        self.server = RawServer(
            self.time, self.schedule, self._selector, self._on_connection, self._on_request, self._on_end
        )
        url = f"http://127.0.0.1:{self.server.port}"
        self.daemon = DaemonProcess(folder, self.time, url, pushes, watches, left_open, package)
        self._selector.register(self.time.alarm, selectors.EVENT_READ, lambda: os.eventfd_read(self.time.alarm))
        self._selector.register(self.daemon.notify, selectors.EVENT_READ, self._on_notification)
        self.answers: list[Answer] = []  # given to the next requests; GOOD when it is empty
        self.kill_at: str = ""  # "connection", "arrival" or "answer" of the next push
        self.messages: list[tuple[int, str]] = []  # (true time, text) of those that were answered
        self.kill_now: Callable[[], None] = self.kill  # what happens then
        self.last_fault_ns = 0
        self._is_reloading = False

    # -- what happens to the daemon --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the daemon, unless it runs."""
        if self.daemon.process is None:
            for laws in self.laws.values():
                laws.on_start(self.time.now_ns())
            self.daemon.start()

    def kill(self, restart_after_ns: int = SECOND) -> None:
        """Kill the daemon now, and start it again later."""
        if self.daemon.process is not None:
            self.counts.kills += 1
            self._end(signal.SIGKILL)
        self.start_after(restart_after_ns)

    def stop(self) -> None:
        """Stop the daemon in an orderly way."""
        if self.daemon.process is None:
            return
        code = self._end(signal.SIGTERM if self.daemon.is_ready else signal.SIGKILL)
        if code not in (0, -signal.SIGKILL):
            self.violate(RUNS, f"it was stopped and ended with {code}\n{self.daemon.log_end()}")

    def _end(self, number: int) -> int:
        code = self.daemon.end(number)
        self._on_end_of_process()
        return code

    def cut_power(self) -> None:
        """Cut the power now; the caller switches it on again."""
        if self.daemon.process is not None:
            self.counts.power_cuts += 1
            self.daemon.cut_power(self.rng)
            self._on_end_of_process()

    def _on_end_of_process(self) -> None:
        self._is_reloading = False
        for laws in self.laws.values():
            laws.on_kill(self.time.now_ns())
        self.note_fault()

    def start_after(self, pause_ns: int) -> None:
        """Start the daemon after a pause."""
        self.schedule.add(self.time.now_ns() + pause_ns, self.start)

    def reload(self) -> None:
        """Let the daemon read its settings again; time does not skip meanwhile."""
        if self.daemon.is_ready:
            self._is_reloading = True
            self.daemon.reload()

    def note_fault(self) -> None:
        """Remember that something went wrong just now."""
        self.last_fault_ns = self.time.now_ns()

    def violate(self, law: str, detail: str) -> None:
        """Note a violation that concerns every watch."""
        next(iter(self.laws.values())).violate(law, self.time.now_ns(), detail)

    def forget_screens(self) -> None:
        """The daemon cannot know what the watches show."""
        for laws in self.laws.values():
            laws.forget_screen()

    def report(self, messages: list[str]) -> None:
        """Deliver changes of the home."""
        if self.daemon.is_ready:
            self.daemon.send(messages)

    def _on_notification(self) -> None:
        if self.daemon.read_notifications():
            self._is_reloading = False
            self.daemon.send(self.home.messages())  # what a broker has retained

    # -- what reaches the server -----------------------------------------------------------------------------------

    def _on_connection(self, _exchange: Exchange) -> None:
        if self.kill_at == "connection":
            self._kill_at_push()

    def _on_request(self, exchange: Exchange, form: dict[str, str]) -> None:
        now_ns = self.time.now_ns()
        answer = self.answers.pop() if self.answers else GOOD
        if answer is not GOOD:
            self.note_fault()
        if "message" in form:
            self._on_message(exchange, form["message"], answer)
            return
        glance = {name: text for name, text in form.items() if name not in _KEYS}
        began_ns = now_ns if exchange.began_ns is None else exchange.began_ns
        laws = self.laws[form["device"]]
        laws.on_arrival(now_ns, glance, answer, began_ns - exchange.idle_since_ns)
        exchange.answer = answer.name
        if self.kill_at == "arrival":
            self._kill_at_push(laws)
        if self.daemon.process is None:  # it was killed before: the answer is not read
            return
        self.server.reply(exchange, answer, lambda: laws.on_answered(glance, answer))
        if self.kill_at == "answer":
            self._kill_at_push(laws)

    def _on_message(self, exchange: Exchange, text: str, answer: Answer) -> None:
        """Note an alarm; the laws are about pushes."""
        if self.daemon.process is not None:
            self.server.reply(exchange, answer, lambda: self.messages.append((self.time.now_ns(), text)))

    def _kill_at_push(self, arrived: Laws | None = None) -> None:
        """End the daemon; it cannot know what watches show whose push has not `arrived` and was to leave next."""
        self.kill_at = ""
        self.kill_now()
        for laws in self.laws.values():
            if laws is not arrived:
                laws.forget_screen()

    def _on_end(self, exchange: Exchange) -> None:
        next(iter(self.laws.values())).check_exchange(self.time.now_ns(), exchange.began_ns, exchange.answer)

    # -- time ------------------------------------------------------------------------------------------------------

    def run(self, days: float) -> Counts:
        """Live through these days and the quiet ones; what was scheduled before happens in them."""
        self._watch_count()
        self.start()
        self._run_until(int(days * DAY))
        self.answers, self.kill_at = [], ""
        self.server.set_state(UP)
        self.time.set_wall(0, is_synchronised=True)
        self.start()
        self._run_until(max(self.time.now_ns(), self.last_fault_ns) + QUIET_NS)
        if len(self.violations) < self._violations_max:
            for exchange in self.server.exchanges:
                self._on_end(exchange)
            for laws in self.laws.values():
                laws.check_truth(self.time.now_ns(), self.home.glance(), self.daemon.log_end())
        return self._counted()

    def _counted(self) -> Counts:
        counts = self.counts
        counts.days = self.time.now_ns() / DAY
        counts.pushes = sum(len(laws.arrivals_ns) for laws in self.laws.values())
        counts.answers = {name for laws in self.laws.values() for name in laws.answers}
        counts.violations = self.violations
        return counts

    def _watch_count(self) -> None:
        now_ns = self.time.now_ns()
        is_idle = self.daemon.is_ready and not any(exchange.began_ns for exchange in self.server.exchanges)
        for laws, left in zip(self.laws.values(), self.daemon.left() if is_idle else [], strict=False):
            laws.check_count(now_ns, left)
        self.schedule.add(now_ns + 20 * MINUTE, self._watch_count)

    def _run_until(self, until_ns: int) -> None:
        while (now_ns := self.time.now_ns()) < until_ns and len(self.violations) < self._violations_max:
            self.schedule.run_due(now_ns)
            if self.daemon.has_ended():
                self.violate(RUNS, f"it ended by itself\n{self.daemon.log_end()}")
                self.daemon.process = None
                self.start_after(10 * SECOND)
            next_ns = min(self.schedule.next_ns(), until_ns)
            if self.daemon.process is None and not self.server.exchanges:
                self.time.skip_to(next_ns)
            self.time.allow(self.daemon.pid if self.daemon.is_ready else 0, next_ns)
            if self._is_reloading:
                self.time.hold()
            elif self.server.state != UP:
                self.time.release_later()
            self.time.release()
            for key, _ in self._selector.select(min(_LOOK_S, self.time.real_s(next_ns))):
                key.data()

    def close(self) -> None:
        """End the daemon and close every socket."""
        self.daemon.close()
        self.server.close_all()
        self._selector.close()
        self.time.close()
