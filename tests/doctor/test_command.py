"""`pushglance doctor` as a command: how it loads settings, limits checks, prints results and removes secrets."""

import json
import os
import time

import pytest
from click.testing import CliRunner

from pushglance import __version__
from pushglance.cli.setup.doctor import doctor_command
from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckResult
from pushglance.doctor.checks import settings
from pushglance.doctor.checks.broker import check_broker
from pushglance.doctor.checks.inputs.gpio_access import check_pins
from pushglance.doctor.checks.pushover import check_pushover
from pushglance.doctor.checks.settings import LoadedSettings
from pushglance.doctor.runner import run_checks
from pushglance.errors import StoreError
from pushglance.runtime.storage.store import NAME
from pushglance.sandbox import TOKEN, USER, Sandbox
from support import plans
from support.agent.agent_process import AgentProcess

SETTINGS = "[sensors.door]\nkind = 'contact'\ngpio = 6\n[glance]\ntitle = '{door}'\n"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Remove the caller's variables, and restore the one that LoadedSettings sets."""
    for name in [*os.environ]:
        if name.startswith("PUSHGLANCE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")


@pytest.fixture
def system(root, write):
    """Return the path of settings where the installer writes them."""
    write({"etc/pushglance/pushglance.toml": SETTINGS})
    return root / "etc/pushglance/pushglance.toml"


def credentials(write, place):
    write({f"{place}/pushover_token": TOKEN, f"{place}/pushover_user": USER})


def read(path, root):
    """Return the results as (status, message), and the loaded settings."""
    loaded = LoadedSettings(path, root)
    return [(result.status, result.message) for result in loaded.results], loaded


@pytest.mark.parametrize("place", ["run/credentials/pushglance.service", "etc/pushglance/credentials"])
def test_credentials_of_the_unit_are_used(system, root, write, place):
    """The service's settings find its credentials: decrypted while it runs, or as installed."""
    credentials(write, place)
    results, loaded = read(system, root)
    assert results == [(OK, f"{system} has no errors")]
    assert loaded.has_keys
    assert loaded.plan["secrets"]["token"] == TOKEN


def test_other_settings_get_no_credentials(root, write, tmp_path):
    """The service's keys are used for the service's settings only."""
    credentials(write, "etc/pushglance/credentials")
    (tmp_path / "mine.toml").write_text(SETTINGS)
    results, loaded = read(tmp_path / "mine.toml", root)
    assert results[0][0] == WRONG
    assert "pushover.token: missing" in results[0][1]
    assert OK not in [status for status, _ in results]
    assert loaded.plan is not None, "everything else is checked"
    assert not loaded.has_keys


def test_unreadable_keys_are_skipped(system, root, write, monkeypatch):
    """A user who may not read the keys gets all other checks."""
    credentials(write, "etc/pushglance/credentials")

    def closed(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(settings.Path, "iterdir", closed)
    results, loaded = read(system, root)
    assert results[0][0] == SKIPPED
    assert "this user may not read" in results[0][1]
    assert results[1][0] == OK
    assert loaded.plan is not None


def test_encrypted_keys_of_a_stopped_service_are_skipped(system, root, write):
    """Only systemd can decrypt credentials, for the running service."""
    write({"etc/pushglance/credentials/pushover_token.encrypted": "encrypted"})
    results, _ = read(system, root)
    assert results[0][0] == SKIPPED
    assert "are encrypted, and the service does not run" in results[0][1]


def test_unreadable_keys_are_not_an_error_of_the_settings(system, root, write):
    """With encrypted keys, only errors of the settings file are shown."""
    write({"etc/pushglance/credentials/pushover_token.encrypted": "encrypted"})
    system.write_text(SETTINGS.replace("gpio = 6", "gpio = 99"))
    results, _ = read(system, root)
    assert len(results) == 1
    assert "no board has a pin 99" in results[0][1]


def test_each_error_of_the_settings_is_a_result(tmp_path, root):
    """Invalid settings give one result per error, and no plan."""
    (tmp_path / "s.toml").write_text(SETTINGS + "[budgte]\n[mqtt]\nhots = 'x'\n")
    results, loaded = read(tmp_path / "s.toml", root)
    assert {status for status, _ in results} == {WRONG}
    assert any("budgte" in message for _, message in results)
    assert any("hots" in message for _, message in results)
    assert loaded.plan is None


@pytest.mark.parametrize("check", [check_broker, check_pins, check_pushover])
def test_checks_of_unreadable_settings_are_skipped(make_context, check):
    """They do not claim that the settings name no broker, pin or watch."""
    (result,) = check(make_context()._replace(plan=None))
    assert (result.status, result.message) == (SKIPPED, "the settings cannot be read (see above)")


def test_warnings_of_check_are_warnings(tmp_path, root, monkeypatch):
    """The doctor shows the warnings of `pushglance check`."""
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", USER)
    (tmp_path / "s.toml").write_text(SETTINGS.replace("gpio = 6", "gpio = 6\npull = 'none'"))
    results, _ = read(tmp_path / "s.toml", root)
    assert [status for status, _ in results] == [OK, WARNING]
    assert "floats and reports false changes" in results[1][1]


def test_failing_or_hanging_check_hides_no_other(make_context):
    """Each check has a time limit, its error is a result, and the next check follows."""

    def hangs(_context):
        yield CheckResult("first", OK, "fine")
        time.sleep(20)

    def failing(error):
        def check(_context):
            if error is not None:
                raise error
            yield

        return check

    def fine(_context):
        yield CheckResult("last", OK, "fine")

    start_s = time.monotonic()
    checks = [
        ("hangs", hangs),
        ("fails", failing(ZeroDivisionError("oops"))),
        ("raises_ours", failing(StoreError("the store is locked"))),
        ("fine", fine),
    ]
    results = list(run_checks(make_context(), checks, limit_s=0.3))
    assert time.monotonic() - start_s < 15
    assert [(result.name, result.status) for result in results] == [
        ("first", OK),
        ("hangs", WRONG),
        ("fails", WRONG),
        ("raises_ours", WRONG),
        ("last", OK),
    ]
    assert results[1].message == "no answer within 0 s"
    assert results[3].message == "the store is locked"


def test_secrets_are_removed_from_results(make_context):
    """Known keys and passwords, and any text in the format of a key, are replaced."""
    secrets = {"token": "t" * 30, "users": {"watch": "u" * 30}, "mqtt_password": "geheim"}
    plan = plans.plan(secrets=secrets)

    def leaks(_context):
        yield CheckResult("leak", WRONG, f"{'t' * 30} {'q' * 30} geheim\x1b[2J", "u" * 30)

    (result,) = run_checks(make_context(plan), [("leaks", leaks)])
    assert result.message == "[secret] [key] [secret]\\x1b[2J"
    assert result.hint == "[secret]"


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """Run an agent on simulated sensors, with a sandbox as Pushover."""
    folder = tmp_path_factory.mktemp("d")
    with Sandbox(tokens=[TOKEN], users=[USER], devices=["my-watch"]) as sandbox:
        agent = AgentProcess(folder, sandbox)
        try:
            agent.start()
            agent.wait_for(lambda: "watches" in agent.status())
            yield agent
        finally:
            agent.close()


def test_healthy_agent_gives_exit_code_0(agent):
    """The command prints one line per result and a summary."""
    process = agent.run_command("doctor", "--config", str(agent.config))
    assert process.returncode == 0, process.stdout + process.stderr
    lines = process.stdout.splitlines()
    assert lines[0].startswith(f"ok       version: pushglance {__version__}; Python ")
    assert lines[1] == f"ok       settings: {agent.config} has no errors"
    assert f"ok       agent: process {agent.process.pid} updates its status" in lines
    assert f"ok       store: {agent.folder / 'state' / NAME} is undamaged" in process.stdout
    assert "ok       keys: Pushover knows the token and the user of watch" in lines
    assert lines[-1].startswith("0 wrong, ")
    assert TOKEN not in process.stdout
    assert USER not in process.stdout


def test_json_is_a_list_of_results(agent):
    """--json prints the results, each with one of four statuses, and nothing else."""
    process = agent.run_command("doctor", "--config", str(agent.config), "--json")
    results = json.loads(process.stdout)
    assert {tuple(result) for result in results} == {("name", "status", "message", "hint")}
    assert {result["status"] for result in results} <= {OK, WARNING, WRONG, SKIPPED}
    assert {"version", "settings", "agent", "copies", "store", "space", "power", "clock", "keys"} <= {
        result["name"] for result in results
    }
    assert process.stderr == ""
    assert not any(secret in process.stdout for secret in (TOKEN, USER)), "a bug report may contain it"


def test_wrong_key_gives_exit_code_1(agent):
    """A single wrong result is enough."""
    wrong = agent.folder / "wrong.toml"
    wrong.write_text(agent.config.read_text().replace(USER, "w" * 30))
    process = agent.run_command("doctor", "--config", str(wrong))
    assert process.returncode == 1
    assert "wrong    keys: Pushover refuses watch: user identifier is invalid" in process.stdout
    assert "-> copy the user key again from pushover.net" in process.stdout


@pytest.mark.parametrize(
    ("duration", "hint"),
    [("10", "write e.g. 10s"), ("0s", "write 1s to 10min"), ("1h", "write 1s to 10min"), ("soon", "write e.g. 10s")],
)
def test_invalid_watch_duration_is_refused(duration, hint):
    """Pins are watched for a duration with a unit, at most ten minutes; the error says what to write."""
    process = CliRunner().invoke(doctor_command, ["--watch-pins", duration])
    assert process.exit_code == 2, "click's exit code; `main` turns it into 1"
    assert hint in process.output
