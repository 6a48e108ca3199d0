"""What happens in a story: changes of the home, answers, outages, kills, boots with wrong clocks, lost stores."""

from collections.abc import Callable
from pathlib import Path

from .answers import all_answers
from .server import REFUSING, SILENT, UP
from .story import Story
from .virtual_time import DAY, HOUR, MINUTE, SECOND

Action = Callable[[], None]


class Chaos:
    """Schedule the faults of a story; each kind is one method, and happens so many times a day."""

    def __init__(self, story: Story, folder: Path) -> None:
        self._story = story
        self._rng = story.rng
        self._backup = folder / "backup"
        self._deck: list[str] = []  # names of answers that were not given yet
        self._is_clock_wrong = False  # set wrong while it counts as synchronised

    def schedule(self, days: float, rates: dict[str, float]) -> None:
        """Schedule each kind `rates[kind]` times a day, at random instants."""
        kinds: dict[str, Action] = {
            "door": self.door,
            "change": self.change,
            "replay": self.replay,
            "answer": self.answer,
            "outage": self.outage,
            "kill": self.kill,
            "kill_at_push": self.kill_at_push,
            "cut_at_push": self.cut_at_push,
            "kill_at_change": self.kill_at_change,
            "restart": self.restart,
            "reload": self.reload,
            "boot": self.boot,
            "clock": self.clock,
            "lose_store": self.lose_store,
        }
        for kind, rate in rates.items():
            action = kinds[kind]
            for _ in range(round(days * rate)):
                self._story.schedule.add(int(self._rng.random() * days * DAY), action)

    # -- changes ---------------------------------------------------------------------------------------------------

    def door(self) -> None:
        """Move the door, at times several times within minutes."""
        self._story.report(self._story.home.move_door())
        if self._rng.random() < 0.5:
            self._after(self._rng.random() * 5 * MINUTE, self.door)

    def change(self) -> None:
        """Change what is not urgent."""
        self._story.report(self._story.home.change())

    def replay(self) -> None:
        """Deliver again what is true already, as a broker does after a reconnect."""
        self._story.report(self._story.home.messages())

    # -- answers and the network -----------------------------------------------------------------------------------

    def answer(self) -> None:
        """Answer one or some of the next pushes in a way that was not used yet."""
        answers = {answer.name: answer for answer in all_answers(self._story.time.wall_s())}
        if not self._deck:
            self._deck = sorted(answers)
            self._rng.shuffle(self._deck)
        self._story.answers = [answers[self._deck.pop()]] * self._rng.choice((1, 1, 1, 1, 3))

    def outage(self) -> None:
        """Let the server refuse connections, or accept them and stay silent."""
        self._story.server.set_state(self._rng.choice((REFUSING, SILENT)))
        self._note_unseen_pushes()
        self._after(self._rng.choice((MINUTE, 20 * MINUTE, 2 * HOUR)), self._end_outage)

    def _end_outage(self) -> None:
        self._story.server.set_state(UP)
        self._note_unseen_pushes()

    def _note_unseen_pushes(self) -> None:
        """The daemon may send what never arrives, and must not be certain of the screen afterwards."""
        self._story.forget_screens()
        self._story.note_fault()

    # -- kills and boots -------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """Kill the daemon at a random instant."""
        self._unless_clock_is_wrong(lambda: self._story.kill(self._pause_ns()))

    def kill_at_push(self) -> None:
        """Kill the daemon when its next push connects, has arrived, or has been answered."""
        self._end_at_push(self._story.kill)

    def cut_at_push(self) -> None:
        """Cut the power when the next push connects, has arrived, or has been answered, and boot again."""
        self._end_at_push(self._cut_power)

    def _end_at_push(self, end: Action) -> None:
        if not self._is_clock_wrong:
            self._story.kill_at = self._rng.choice(("connection", "arrival", "arrival", "answer"))
            self._story.kill_now = end

    def kill_at_change(self) -> None:
        """Kill the daemon a few steps of the scheduler after an urgent change."""
        self.door()
        self._after(self._rng.random() * SECOND / 20, self._kill_while_pushing)

    def _kill_while_pushing(self) -> None:
        self.kill()
        self._story.forget_screens()

    def restart(self) -> None:
        """Stop the daemon in an orderly way and start it again."""
        self._unless_clock_is_wrong(self._restart)

    def _restart(self) -> None:
        self._story.stop()
        self._story.start_after(self._pause_ns())

    def reload(self) -> None:
        """Let the daemon read its settings again."""
        self._unless_clock_is_wrong(self._story.reload)

    def boot(self) -> None:
        """Boot: the monotonic clock begins again, the wall clock is right or wrong, and is corrected later or never."""
        self._unless_clock_is_wrong(self._boot)

    def _boot(self) -> None:
        if self._rng.random() < 0.5:
            self._cut_power()
        else:
            self._story.stop()
            self._switch_on_later()

    def _cut_power(self) -> None:
        self._story.cut_power()
        self._switch_on_later()

    def _switch_on_later(self) -> None:
        story = self._story
        story.counts.reboots += 1
        down_ns = self._rng.choice((30 * SECOND, 30 * SECOND, 10 * MINUTE, 3 * HOUR, 20 * HOUR))
        story.schedule.add(story.time.now_ns() + down_ns, self._power_on)

    def _power_on(self) -> None:
        story = self._story
        if story.daemon.process is not None:  # it was started again before the power failed
            story.kill()
        story.time.boot()
        story.daemon.boot()
        story.note_fault()
        error_ns = self._rng.choice((0, 0, -HOUR, -30 * DAY, -50 * 365 * DAY, 2 * HOUR, 3 * DAY, 400 * DAY))
        story.time.set_wall(error_ns, is_synchronised=False)
        story.start_after(SECOND)
        if self._rng.random() < 0.8:
            self._after(self._rng.choice((0, 5 * SECOND, 10 * MINUTE, 5 * HOUR)), self._synchronise)

    def _synchronise(self) -> None:
        self._story.time.set_wall(0, is_synchronised=True)

    # -- clocks that are set while the daemon runs -----------------------------------------------------------------

    def clock(self) -> None:
        """Set a synchronised clock wrong, and right again before anything else happens to the daemon."""
        if self._is_clock_wrong or not self._story.daemon.is_ready or not self._story.time.is_synchronised:
            return
        self._is_clock_wrong = True
        error_ns = self._rng.choice((-2 * DAY, -HOUR, HOUR, 30 * HOUR))
        self._story.time.set_wall(error_ns, is_synchronised=True)
        self._story.kill_at = ""
        self._after(self._rng.randint(2, 40) * MINUTE, self._correct_clock)

    def _correct_clock(self) -> None:
        self._synchronise()
        self._after(2 * MINUTE, self._allow_kills)  # the daemon looks at its clock twice a minute

    def _allow_kills(self) -> None:
        self._is_clock_wrong = False

    def _unless_clock_is_wrong(self, action: Action) -> None:
        """Act now, or once the clock is right: one that counts as synchronised is right when a process starts."""
        if self._is_clock_wrong:
            self._after(5 * MINUTE, lambda: self._unless_clock_is_wrong(action))
        else:
            action()

    # -- the store -------------------------------------------------------------------------------------------------

    def lose_store(self) -> None:
        """Put an old copy of the database back while the daemon does not run, or delete it."""
        self._unless_clock_is_wrong(self._lose_store)

    def _lose_store(self) -> None:
        story = self._story
        if story.daemon.process is None:
            return
        story.stop()
        if self._backup.exists():
            story.daemon.replace_store(self._rng.choice((self._backup, None)))
            story.forget_screens()
        else:
            story.daemon.copy_store(self._backup)
        story.note_fault()
        story.start_after(SECOND)

    # -- helpers ---------------------------------------------------------------------------------------------------

    def _after(self, pause_ns: float, action: Action) -> None:
        self._story.schedule.add(self._story.time.now_ns() + int(pause_ns), action)

    def _pause_ns(self) -> int:
        return self._rng.choice((SECOND, SECOND, MINUTE, 2 * HOUR))
