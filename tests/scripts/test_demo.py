"""The demo: its end, its addresses, and what it says while a push waits."""

import base64
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from lib.demo import STORY_S
from lib.demo_story import STORY

ROOT = Path(__file__).parents[2]
BROKEN = "import sys; sys.path.insert(0, 'scripts/lib'); import demo; demo.SETTINGS = 'nothing'; demo.main()"


def test_demo_ends_when_its_agent_cannot_start():
    """The demo shows the agent's error and exits with 1, instead of waiting for ever."""
    ended = subprocess.run([sys.executable, "-c", BROKEN], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 1
    assert "The agent has ended:" in ended.stderr
    assert "pushglance.toml" in ended.stderr


def demo(*arguments, **environment):
    """Run the demo for some seconds and return what it printed."""
    ended = subprocess.run(
        [sys.executable, ROOT / "scripts/lib/demo.py", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_demo_over_ssh_prints_the_tunnel_and_why_a_push_waits():
    """The command for the other computer has both ports; each wait has its reason, also the last one."""
    text = demo("--seconds", "14", SSH_CONNECTION="10.0.0.5 50022 10.0.0.7 22")
    watch, page = re.findall(r"http://127\.0\.0\.1:(\d+)", text)[:2]
    assert f"ssh -L {watch}:127.0.0.1:{watch} -L {page}:127.0.0.1:{page} " in text
    assert "@10.0.0.7" in text
    assert re.search(r"waits  \w.*: \w", text)
    assert "pushes spent" in text


def test_demo_for_the_network_asks_for_a_password():
    """With --lan the page listens on the network and needs the password that is printed; the watch stays local."""
    command = [sys.executable, ROOT / "scripts/lib/demo.py", "--lan"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            port, password = re.search(r"status page: http://\S+:(\d+)/ \(password: (\S+)\)", line).groups()
            assert "The watch: http://127.0.0.1:" in line
            url = f"http://127.0.0.1:{port}/"
            login = "Basic " + base64.b64encode(f"pushglance:{password}".encode()).decode()
            assert httpx.get(url).status_code in (303, 401)
            assert httpx.get(url, headers={"Authorization": login}).status_code == 200
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_story_lasts_ten_minutes():
    """The story is as long as the demo, and each of its lines is one that the simulator knows."""
    assert 500 <= sum(pause_s for pause_s, _, _ in STORY) <= STORY_S
    lines = [line for _, _, make in STORY for _, line in make()]
    assert all(re.fullmatch(r"pin (17|27) [01]|topic garden/tank \{.*\}", line) for line in lines)


def test_demo_ends_with_the_next_step():
    """The last lines of the demo are commands that a newcomer can type as they are."""
    text = demo("--seconds", "3").partition("Next: your own sensors")[2]
    programs = re.findall(r"^  (\S+)(?: sandbox| init my.toml) ", text, re.MULTILINE)
    assert len(programs) == 2
    assert all((Path.cwd() / program).exists() for program in programs)


def test_closing_the_terminal_ends_the_agent_too():
    """SIGHUP, which a closed terminal sends, ends the demo and its agent: nothing stays behind."""
    command = [sys.executable, ROOT / "scripts/lib/demo.py"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert any("WATCH" in line for line in process.stdout)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            assert len(children) >= 2, "the agent and the page"
            process.send_signal(signal.SIGHUP)
            assert "Next: your own sensors" in process.stdout.read()
            assert process.wait(timeout=60) == 0
            assert not any(Path(f"/proc/{child}").exists() for child in children)
        finally:
            process.kill()
