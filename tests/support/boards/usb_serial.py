"""A board on USB: a pseudo terminal with a real MicroPython's REPL or the board's program.

The unix build's REPL has the raw mode of boards. This module adds what it lacks: Ctrl-D restarts it ("soft reboot"),
machine.reset() starts main.py, Ctrl-C ends main.py and starts the REPL.
"""

import os
import pty
import select
import signal
import subprocess
import threading
import tty

from .board import FAKES, WATCHDOG, Board, micropython

_RESET = 77  # the exit code of the fake machine.reset
_PROMPT = b">>> "


class UsbSerial:
    """Connect a board with the flash `folder`, or one with too little flash; a computer opens `port`."""

    def __init__(self, folder, plan, *, is_small=False):
        self._boot = ["-i", str(FAKES / "small_flash.py")] if is_small else []
        self.board = Board(folder, plan)
        self.board.watchdog_slack = 4
        self.board.bite = lambda: self._process.kill()  # noqa: PLW0108 - of a process that changes
        (self.board.folder / "plan.json").unlink()
        self._outside, self._kept = pty.openpty()
        tty.setraw(self._kept)
        self.port = os.ttyname(self._kept)
        self.resets = 0
        self._inside = self._process = None
        self._is_program = self._is_ready = False
        self._typed = b""
        self.printed = b""
        self._start_repl()
        self._is_closed = False
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._is_closed = True
        self._thread.join(5)
        self._process.kill()
        self._process.wait()
        for end in (self._inside, self._outside, self._kept):
            os.close(end)
        self.board.__exit__()

    def _start(self, *arguments, is_program):
        if self._inside is not None:
            os.close(self._inside)
        self._inside, slave = pty.openpty()
        tty.setraw(slave)
        self._is_program, self._is_ready = is_program, is_program
        environment = self.board.environment(is_compiled=True)
        environment["MICROPYPATH"] = f"lib:{environment['MICROPYPATH']}"
        command = [micropython(), "-X", "heapsize=384k", *arguments]
        self._process = subprocess.Popen(
            command, cwd=self.board.folder, env=environment, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)

    def _start_repl(self):
        self._start(*self._boot, is_program=False)

    def _forward(self):
        while not self._is_closed:
            readable, _, _ = select.select([self._outside, self._inside], [], [], 0.05)
            if self._outside in readable:
                self._typed += os.read(self._outside, 4096)
            if self._is_program and b"\x03" in self._typed:
                self._process.send_signal(signal.SIGINT)
                self._is_ready = False  # the program that ends must not get what is typed from now on
                self._typed = self._typed.rpartition(b"\x03")[2]  # the new REPL gets the rest
            elif self._is_ready and self._typed:
                self._typed = self._typed[os.write(self._inside, self._typed) :]
            if self._inside in readable:
                self._print()
            elif self._process.poll() is not None:
                self._restart(self._process.returncode)

    def _print(self):
        try:
            printed = os.read(self._inside, 4096)
        except OSError:  # the process has ended
            self._process.wait()
            self._restart(self._process.returncode)
            return
        self._is_ready = self._is_ready or _PROMPT in printed
        self.printed += printed
        os.write(self._outside, printed)

    def _restart(self, code):
        is_reset = code in (_RESET, -signal.SIGKILL)  # the latter is the watchdog; it survives a soft reboot
        if is_reset:
            self.board.stop_watchdog()
            self.board.reset_cause = WATCHDOG
            self.resets += 1
        if is_reset and (self.board.folder / "main.py").exists():
            self._start("main.py", is_program=True)
            return
        was_repl = not self._is_program
        self._start_repl()
        if was_repl:
            os.write(self._outside, b"MPY: soft reboot\r\n")
            self._typed = b"\x01" + self._typed
