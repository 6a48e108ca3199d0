"""A person at a terminal: reads what a program asks, and types answers."""

import os
import pty
import select
import subprocess
import sys
import time

WAIT_S = 30


class Terminal:
    """Run a pushglance command on a terminal of its own."""

    def __init__(self, *arguments, **surroundings):
        self._here, there = pty.openpty()
        clean = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
        clean |= {"TERM": "xterm", "COLUMNS": "200"} | surroundings
        command = [sys.executable, "-m", "pushglance", *arguments]
        self.process = subprocess.Popen(
            command, stdin=there, stdout=there, stderr=there, env=clean, start_new_session=True
        )
        os.close(there)
        self.text = ""
        self._read = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._here)

    def expect(self, words):
        """Wait until these words stand there, after what was expected before."""
        until_s = time.monotonic() + WAIT_S
        while words not in self.text[self._read :]:
            assert time.monotonic() < until_s, f"no {words!r} in:\n{self.text}"
            assert self._more(), f"it ended without {words!r}:\n{self.text}"
        self._read = self.text.index(words, self._read) + len(words)

    def _more(self):
        """Read a little; return False at the end."""
        if select.select([self._here], [], [], 0.1)[0]:
            try:
                self.text += os.read(self._here, 4096).decode()
            except OSError:  # the other side has closed
                return False
        return True

    def answer(self, question, line):
        """Wait for a question and type a line."""
        self.expect(question)
        os.write(self._here, line.encode() + b"\n")

    def end(self):
        """Return the exit code, after everything was read."""
        until_s = time.monotonic() + WAIT_S
        while self._more():
            assert time.monotonic() < until_s, self.text
        return self.process.wait(WAIT_S)
