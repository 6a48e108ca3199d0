"""A pushglance command on a pseudo-terminal, with typed answers."""

import codecs
import os
import pty
import select
import subprocess
import sys
import time

TIMEOUT_S = 30


class Terminal:
    """A pushglance command on a pseudo-terminal, with additional variables of its environment."""

    def __init__(self, *arguments, **variables):
        self._controller, terminal = pty.openpty()
        environment = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
        environment |= {"TERM": "xterm", "COLUMNS": "200"} | variables
        command = [sys.executable, "-m", "pushglance", *arguments]
        self.process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
        )
        os.close(terminal)
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a character may come in two parts
        self.text = ""
        self.keystrokes = 0
        self._position = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._controller)

    def expect(self, words):
        """Wait for these words in the output after the words of the previous call."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while words not in self.text[self._position :]:
            assert time.monotonic() < deadline_s, f"no {words!r} in:\n{self.text}"
            assert self._read(), f"it ended without {words!r}:\n{self.text}"
        self._position = self.text.index(words, self._position) + len(words)

    def _read(self):
        """Read available output; return False at its end."""
        if select.select([self._controller], [], [], 0.1)[0]:
            try:
                self.text += self._decoder.decode(os.read(self._controller, 4096))
            except OSError:  # the command has closed its terminal
                return False
        return True

    def answer(self, question, line):
        """Wait for a question and type a line."""
        self.expect(question)
        self.keystrokes += len(line) + 1
        os.write(self._controller, line.encode() + b"\n")

    def end(self):
        """Return the exit code, after all output was read."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while self._read():
            assert time.monotonic() < deadline_s, self.text
        return self.process.wait(TIMEOUT_S)
