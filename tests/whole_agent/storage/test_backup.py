"""`pushglance backup` and `restore` with real agents: nothing is lost, no key leaves unasked, no push is given back."""

import json
import stat
import tarfile

import pytest

from pushglance.runtime.backup.archive import read_backup, write_backup
from pushglance.runtime.storage.schema import VERSION
from pushglance.sandbox import TOKEN, USER
from support.agent.agent_process import AgentProcess

PUSHES = 6


@pytest.fixture
def agent(agent):
    """Return an agent with a small budget; its sandbox counts what arrives."""
    agent.write_settings(budget=('spacing = "2s"', f'spacing = "0s"\npushes = {PUSHES}'))
    return agent


@pytest.fixture
def other(tmp_path_factory, sandbox):
    """Return another agent, without settings and state, as on a new card."""
    agent = AgentProcess(tmp_path_factory.mktemp("b"), sandbox)
    agent.config.unlink()
    yield agent
    agent.close()


def run(agent, *words):
    """Run a command that must succeed, and return what it printed."""
    ended = agent.run_command(*words, "--config", str(agent.config))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def refused(agent, *words):
    """Run a command that must fail, and return its error."""
    ended = agent.run_command(*words, "--config", str(agent.config))
    assert ended.returncode not in (0, 70)
    assert "Traceback" not in ended.stderr
    return ended.stderr


def push(agent, level):
    """Move the door, and wait until the watch shows it and the agent knows."""
    agent.move_door(level)
    agent.wait_for_screen(text="Garage open" if level else "Garage closed")
    agent.wait_until_settled()


def left(agent):
    """Return the pushes left of the running agent."""
    agent.wait_for(lambda: "watches" in agent.status())
    return agent.status()["watches"]["watch"]["left"]


@pytest.mark.parametrize("is_pushed_before", [True, False])
def test_a_backup_of_a_running_agent_gives_no_push_back(agent, other, sandbox, tmp_path, is_pushed_before):
    """A push, backup, more pushes, and the backup restored on a new card: never more than the budget arrives.

    The same holds for a backup that was made before the first push.
    """
    file = tmp_path / "pushglance.backup"
    agent.start()
    if is_pushed_before:
        push(agent, 1)
        push(agent, 0)
    printed = run(agent, "backup", "--keys", str(file))
    assert TOKEN not in printed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    push(agent, 1)
    push(agent, 0)
    agent.stop()
    arrived = len(sandbox.arrivals())
    printed = run(other, "restore", str(file))
    assert "every budget counts as spent for the next 24 hours" in printed
    assert "must not run any more" in printed
    assert TOKEN not in printed
    pushes = json.loads(other.run_command("history", "--json").stdout)["pushes"]
    assert [row["outcome"] for row in pushes] == ["delivered"] * 2 * is_pushed_before
    other.simulator = agent.simulator  # it is a part of the settings
    other.start()
    other.move_door(1)
    other.wait_for_reading("garage", "Garage open")
    assert left(other) == 0
    other.stop()
    other.start()
    assert left(other) == 0
    assert len(sandbox.arrivals()) == arrived <= PUSHES


def test_a_backup_restored_where_it_was_made_gives_no_push_back(agent, sandbox, tmp_path):
    """While the agent runs nothing is restored; afterwards the budget counts as spent, and what it replaces is kept."""
    file = tmp_path / "pushglance.backup"
    agent.start()
    run(agent, "backup", str(file), "--keys")
    push(agent, 1)
    push(agent, 0)
    error = refused(agent, "restore", "--replace", str(file))
    assert f"another pushglance (process {agent.process.pid}) uses the store" in error
    agent.stop()
    assert f"pushglance restore --replace {file}" in refused(agent, "restore", str(file))
    run(agent, "restore", "--replace", str(file))
    assert (agent.folder / "pushglance.toml.before").exists()
    assert (agent.folder / "state/pushglance.db.replaced-1").exists()
    agent.start()
    assert left(agent) == 0
    arrived = len(sandbox.arrivals())
    agent.move_door(1)
    agent.wait_for_reading("garage", "Garage open")
    agent.stop()
    assert len(sandbox.arrivals()) == arrived <= PUSHES


def test_a_moved_agent_does_not_start_again(agent, other, tmp_path):
    """After `backup --move` only the restored agent starts; restored where it was, it starts there."""
    file = tmp_path / "pushglance.backup"
    agent.start()
    push(agent, 1)
    assert "uses the store" in refused(agent, "backup", "--move", str(file))
    agent.stop()
    run(agent, "backup", "--move", "--keys", str(file))
    for words in (["run"], ["send", "--text", "hello"]):
        assert f"pushglance restore {file}" in refused(agent, *words)
    run(other, "restore", str(file))
    other.start().stop()
    run(agent, "restore", "--replace", str(file))
    agent.start().stop()


def test_no_key_is_in_a_backup_unless_asked(agent, other, tmp_path):
    """Keys in the settings, in their comments and in files are left out; restore says what is missing."""
    file = tmp_path / "pushglance.backup"
    (agent.folder / "user").write_text(USER)
    agent.write_settings(user=(f'user = "{USER}"', f'user_file = "user" # not {TOKEN}'))
    run(agent, "backup", str(file))
    with tarfile.open(file) as archive:
        content = b"".join(archive.extractfile(name).read() for name in archive.getnames())
    assert TOKEN.encode() not in content
    assert USER.encode() not in content
    assert "gpio = 27" in content.decode(errors="replace")
    printed = run(other, "restore", str(file))
    assert "Before the start, write what is missing here:" in printed
    assert "the credential pushover_token" in printed
    run(agent, "backup", str(file), "--keys")
    run(other, "restore", "--replace", str(file))
    assert (other.folder / "user").read_text().strip() == USER
    assert stat.S_IMODE((other.folder / "user").stat().st_mode) == 0o600
    assert stat.S_IMODE(other.config.stat().st_mode) & 0o007 == 0, "the token is in it"
    run(other, "check")


def test_a_backup_that_cannot_be_used_changes_nothing(agent, other, tmp_path):
    """A file that is not a backup, not whole, damaged or newer is refused with a sentence, and nothing is written."""
    file, broken = tmp_path / "pushglance.backup", tmp_path / "broken"
    agent.start()
    push(agent, 1)
    run(agent, "backup", str(file))
    backup = read_backup(file)
    content = bytearray(backup.store)
    content[len(content) // 2] ^= 1
    page = backup.store.find(b"garage")
    content[page : page + 3] = b"abc"
    texts = {
        "does not exist": lambda: broken.unlink(missing_ok=True),
        "is not a backup of pushglance": lambda: broken.write_text("hello"),
        "it is not whole": lambda: broken.write_bytes(file.read_bytes()[:-100]),
        "is damaged": lambda: write_backup(broken, backup._replace(store=bytes(content))),
        "install pushglance 9.0": lambda: write_backup(
            broken, backup._replace(version="9.0", store_format=VERSION + 1)
        ),
    }
    for text, write in texts.items():
        write()
        assert text in refused(other, "restore", str(broken))
        assert not other.config.exists()
        assert not (other.folder / "state/pushglance.db").exists()
