"""The command `pushglance sandbox`."""

import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pushglance.cli.simulation.sandbox import describe_request, sandbox_command
from pushglance.errors import PushglanceError
from pushglance.sandbox import Arrival, Request
from support.sandbox_calls import call, push

START = "from pushglance.cli.simulation.sandbox import sandbox_command; sandbox_command()"


class SandboxProcess:
    """The command in a separate process, with the `port` that `push` needs."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, "--port", "0", *options], stdout=subprocess.PIPE, text=True
        )
        self.output = ""
        while "Ctrl-C" not in self.output:
            line = self.process.stdout.readline()
            assert line, "the command ended early"
            self.output += line
        self.port = int(re.search(r"__URL=http://127.0.0.1:(\d+)\n", self.output).group(1))

    def end(self, sign):
        """Send a signal; return the exit code and the rest of the output."""
        self.process.send_signal(sign)
        rest = self.process.stdout.read()
        return self.process.wait(timeout=10), rest


@pytest.fixture
def start():
    """Return a function that starts the command; its processes are killed after the test."""
    processes = []

    def start_one(*options):
        processes.append(SandboxProcess(*options))
        return processes[-1]

    yield start_one
    for started in processes:
        started.process.kill()
        started.process.communicate()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_command_prints_pushes_and_a_summary(start, sign):
    """It prints a line for each push and a summary, and exits with 0 on both signals."""
    started = start()
    assert push(started, text="Garage open", count=3)[0] == 200
    assert push(started, count="x")[0] == 400
    code, rest = started.end(sign)
    assert code == 0
    assert 'every device text="Garage open" count="3" -> shown (1 in 24 h)' in rest
    assert "refused, 400: count must be an integer" in rest
    assert "Stopped: 2 requests over 2 connections, 1 reached a watch" in rest


def test_quiet_prints_no_pushes(start):
    """With --quiet only the address and the summary are printed, and --limit is applied."""
    started = start("--quiet", "--limit", "1")
    push(started, count=1)
    push(started, count=2)
    code, rest = started.end(signal.SIGTERM)
    assert (code, rest.count("\n")) == (0, 2)
    assert "1 of them not shown" in rest


def test_printed_keys_are_valid_settings(start):
    """The keys to paste have 30 letters and digits and the names of the settings."""
    printed = start().output
    assert re.search(r"PUSHGLANCE_PUSHOVER__TOKEN=[A-Za-z0-9]{30}\n", printed)
    assert re.search(r"PUSHGLANCE_PUSHOVER__USER=[A-Za-z0-9]{30}\n", printed)


def test_port_in_use_is_an_error_with_the_option(sandbox):
    """A port in use is a PushglanceError with exit code 1 that mentions --port."""
    result = CliRunner().invoke(sandbox_command, ["--port", str(sandbox.port)])
    assert isinstance(result.exception, PushglanceError)
    assert result.exception.exit_code == 1
    assert f"Port {sandbox.port} of 127.0.0.1 cannot be used" in str(result.exception)
    assert "--port" in str(result.exception)


def test_control_characters_of_a_push_are_escaped():
    """Escape sequences in a field are printed as visible escapes."""
    arrival = Arrival(0, "u", "", {"title": "\x1b[2J\u202e"}, has_changed=True, was_shown=True, spent=1, request_id="")
    line = describe_request(Request(0, "/1/glances.json", 1, {}, {}, 0, (), "drop", arrival))
    assert r'title="\x1b[2J\u202e"' in line
    assert "[fault: drop, no answer]" in line
    assert line.isprintable()


def test_faults_of_the_command_are_answered_in_order(start, tmp_path):
    """--fault names the first answers, the script of --faults the next ones."""
    (tmp_path / "script.json").write_text('["normal", {"kind": "status", "status": 503}]')
    started = start("--fault", "bad-count", "--faults", str(tmp_path / "script.json"), "--delay", "10min")
    assert push(started, count=1)[1]["errors"] == ["count is too large"]
    assert push(started, count=2)[0] == 200
    assert push(started, count=3)[0] == 503


def test_lines_name_the_period_that_counts(start):
    """With --resets-at a line counts the pushes since that time of day, not those of 24 hours."""
    started = start("--resets-at", "05:00")
    push(started, count=1)
    push(started, count=2)
    assert call(started, "GET", "/sandbox/state.json")[1]["resets_at"] == "05:00"
    _, rest = started.end(signal.SIGTERM)
    assert "-> shown (2 since 05:00)" in rest
    assert "24 h" not in rest


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fault", "html-999"], "unknown fault 'html-999'; choose one of html-429"),
        (["--delay", "11min"], "write 0s to 10min"),
        (["--resets-at", "25:00"], "write a time of day, e.g. 05:00"),
    ],
)
def test_wrong_options_name_what_is_allowed(options, words):
    """Each wrong option is an error that says what to write."""
    result = CliRunner().invoke(sandbox_command, options)
    assert result.exit_code == 2
    assert words in result.output
