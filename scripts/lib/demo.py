"""The demo: a real agent with simulated sensors and the sandbox in place of Pushover, and a report at the end.

The demo writes lines into a FIFO: levels of a bouncing pin, pulses, payloads of a tank's topic. The agent that reads
them is the real one, a separate process with its store in a temporary folder that is deleted at the end.
"""

import argparse
import errno
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from lib.demo_access import address_in_network, protected_page, tunnel_command
from lib.demo_story import SETTINGS, scenes
from pushglance.cli.options import terminal_width
from pushglance.cli.wrapping import wrapped
from pushglance.errors import PushglanceError
from pushglance.runtime.status.status_reader import explain_wait, read_status
from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import TOKEN, Request, Sandbox

PORT = 8765
PAGE_PORT = 8787
STORY_S = 600  # it spends about half of the budget
WAIT_POLL_S = 1.0
NEXT_STEPS = """
Next: your own sensors
  {command} sandbox             a watch in the browser for them, without an account
  {command} init my.toml        asks a few questions and writes the settings
  sudo scripts/install          on the Pi: a service that pushes to your watch
README.md, "Five minutes to your watch", has each step."""


class Demo:
    """Run the sandbox, the agent and the status page, simulate the sensors, and print what happens."""

    def __init__(self, folder: Path, *, is_lan: bool) -> None:
        self._folder = folder
        self._options, self._password = protected_page(folder) if is_lan else ([], "")
        self._user = "u" + secrets.token_hex(15)[1:]  # a new one: another demo must not share its watch
        self._shown_reason = ""
        self._printing = threading.Lock()
        self._ended = threading.Event()
        self._sandbox = self._open_sandbox()
        self._agent = self._start("agent.log", "run", "--config", str(self._write_settings()))
        self._page, self.page_url = self._start_page()

    def _open_sandbox(self) -> Sandbox:
        try:
            return Sandbox(PORT, on_request=self._print_push)
        except OSError:  # another program uses the port
            return Sandbox(0, on_request=self._print_push)

    def _write_settings(self) -> Path:
        config = self._folder / "pushglance.toml"
        fifo = self._folder / "simulation"
        os.mkfifo(fifo, 0o600)
        config.write_text(SETTINGS.format(url=self._sandbox.url, token=TOKEN, user=self._user, hand=fifo))
        return config

    def _start(self, log_name: str, *arguments: str) -> subprocess.Popen[str]:
        environment = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
        environment |= {
            "STATE_DIRECTORY": str(self._folder / "state"),
            "RUNTIME_DIRECTORY": str(self._folder / "run"),
        }
        command = [sys.executable, "-m", "pushglance", *arguments]
        with (self._folder / log_name).open("w") as log:
            return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)

    def _start_page(self) -> tuple[subprocess.Popen[str], str]:
        """Return the page and its address, or why it has none."""
        for port in (PAGE_PORT, 0):  # another program may use the first one
            page = self._start("page.log", "web", "--port", str(port), *self._options)
            assert page.stdout is not None
            if first_line := page.stdout.readline():
                return page, next(word for word in first_line.split() if word.startswith("http"))
            page.wait()
        return page, f"not started: {(self._folder / 'page.log').read_text().strip()}"

    def _print_addresses(self) -> None:
        """Print where the pages are, for a browser here, in the network or behind ssh."""
        page, port = self.page_url, urlsplit(self.page_url).port
        if self._password and port:
            page = f"http://{address_in_network()}:{port}/ (password: {self._password})"
        print(f"The watch: {self._sandbox.url}    The status page: {page}", flush=True)
        tunnel = tunnel_command(os.environ, [self._sandbox.port, *([port] if port else [])])
        if tunnel and not self._password:
            print(f"To open both where you sit, type there:  {tunnel}", flush=True)
            print("or start the demo with --lan: the status page, with a password, for the whole network.", flush=True)
        print(
            "Open them side by side. The story takes ten minutes; Ctrl-C ends it earlier, with a summary.\n", flush=True
        )

    def _print_wait(self) -> None:
        """Print why a change waits, once for each reason."""
        reason = self._waiting()
        kind = reason.partition(":")[0]
        if reason and kind != self._shown_reason:
            self._print("waits", reason)
        self._shown_reason = kind if reason else ""

    def _waiting(self) -> str:
        """Return which fields wait and why, "" if the watch is up to date."""
        try:
            watch = read_status(self._folder / "run")["watches"]["watch"]
        except PushglanceError:  # it starts
            return ""
        return f"{', '.join(watch['pending'])}: {explain_wait(watch)}" if watch["pending"] and watch["why"] else ""

    def _print(self, source: str, text: str) -> None:
        with self._printing:
            for line in wrapped([f"{time.strftime('%H:%M:%S')}  {source:<6} {text}"], terminal_width()):
                print(line, flush=True)

    def _print_push(self, request: Request) -> None:
        if request.arrival is None:
            self._print("error", "; ".join(request.errors))
            return
        fields = ", ".join(f"{name} {text!r}" for name, text in request.arrival.fields.items())
        self._print("WATCH", f"{fields}    [{request.arrival.spent} of 50 spent]")

    def run(self, seconds: float) -> None:
        """Play the story for `seconds`, or until `stop`. Raises SystemExit if the agent ends."""
        self._print_addresses()
        with self._open_fifo() as fifo:
            timer = threading.Timer(seconds, self._ended.set)
            timer.daemon = True
            timer.start()
            for pause_s, description, lines in scenes():
                if self._pause(pause_s):
                    return
                self._require_agent()
                self._print("sensor", description)
                for line_pause_s, line in lines():
                    self._ended.wait(line_pause_s)
                    fifo.write(line + "\n")

    def _pause(self, seconds: float) -> bool:
        """Wait until the next scene, and print meanwhile why a change waits. Return whether the demo has ended."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > WAIT_POLL_S:
            if self._ended.wait(WAIT_POLL_S):
                return True
            self._print_wait()
        return self._ended.wait(max(0.0, left_s))

    def _open_fifo(self) -> IO[str]:
        """Open the FIFO as soon as the agent reads it."""
        while True:
            self._require_agent()
            try:
                descriptor = os.open(self._folder / "simulation", os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # the agent does not read yet
                    raise
            else:
                os.set_blocking(descriptor, True)
                return os.fdopen(descriptor, "w", buffering=1)
            if self._ended.wait(0.05):
                sys.exit("The demo was ended before the agent was ready.")

    def _require_agent(self) -> None:
        if self._agent.poll() is not None:
            sys.exit("The agent has ended:\n" + (self._folder / "agent.log").read_text())

    def stop(self, *_: object) -> None:
        """End `run` soon."""
        self._ended.set()

    def close(self) -> None:
        """Print what still waits, and end the agent, the page and the sandbox."""
        self._shown_reason = ""
        self._print_wait()
        for process in (self._agent, self._page):
            process.terminate()
        for process in (self._agent, self._page):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._sandbox.close()

    def summarise(self) -> None:
        """Print what the watch shows and which pushes were spent."""
        print("\nThe watch shows")
        for name, text in self._sandbox.screen(self._user).items():
            if text:
                print(f"  {name:<8} {text}")
        print("\nThe pushes that were spent (each returns to the budget after a day)")
        for row in reversed(last_pushes(self._folder / "state", 50)):
            when = time.strftime("%H:%M:%S", time.localtime(row.made_wall_ms / 1000))
            fields = ", ".join(f"{name} {text!r}" for name, text in row.sent.items())
            print(f"  {when}  {row.outcome or 'no answer':<10} {fields}")
        spent, warnings = self._sandbox.spent(self._user), len(self._sandbox.warnings())
        print(f"\n{spent} of 50 pushes spent, {warnings} warnings of the sandbox")
        print(NEXT_STEPS.format(command=_command()))


def _command() -> str:
    """Return how to call pushglance in this environment."""
    program = Path(sys.executable).with_name("pushglance")
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=STORY_S, help="end after this time (default: %(default)s)")
    parser.add_argument("--lan", action="store_true", help="show the status page to the network, with a password")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pushglance-demo-") as folder:
        demo = Demo(Path(folder), is_lan=arguments.lan)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGHUP: its terminal was closed
            signal.signal(number, demo.stop)
        try:
            demo.run(arguments.seconds)
        finally:
            demo.close()
        demo.summarise()


if __name__ == "__main__":
    main()
