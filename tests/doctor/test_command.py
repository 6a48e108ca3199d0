"""`pushglance doctor` as a command: its settings, its bounds, what it prints, and that it keeps secrets."""

import json
import os
import time

import pytest
from click.testing import CliRunner

from pushglance.cli.setup.doctor import doctor_command
from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckResult
from pushglance.doctor.checks import settings
from pushglance.doctor.checks.settings import Reading
from pushglance.doctor.runner import examine
from pushglance.errors import StoreError
from pushglance.runtime.storage.store import NAME
from pushglance.sandbox import TOKEN, USER, Sandbox
from support import plans
from support.agent_process import AgentProcess

SETTINGS = "[sensors.door]\nkind = 'contact'\ngpio = 4\n[glance]\ntitle = '{door}'\n"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    """Nothing of the caller's surroundings is read, and what a reading lends is given back."""
    for name in [*os.environ]:
        if name.startswith("PUSHGLANCE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")


@pytest.fixture
def system(root, write):
    """Settings where the installer puts them."""
    write({"etc/pushglance/pushglance.toml": SETTINGS})
    return root / "etc/pushglance/pushglance.toml"


def credentials(write, place):
    write({f"{place}/pushover_token": TOKEN, f"{place}/pushover_user": USER})


def read(path, root):
    """Return what was found about the settings as (verdict, words), and the reading."""
    reading = Reading(path, root)
    return [(one.verdict, one.detail) for one in reading.findings], reading


@pytest.mark.parametrize("place", ["run/credentials/pushglance.service", "etc/pushglance/credentials"])
def test_keys_are_read_where_the_unit_has_them(system, root, write, place):
    """For the service's own settings its credentials are found, decrypted while it runs or as they were left."""
    credentials(write, place)
    told, reading = read(system, root)
    assert told == [(OK, f"{system} has no mistakes")]
    assert reading.has_keys
    assert reading.plan["secrets"]["token"] == TOKEN


def test_other_settings_get_no_credentials(root, write, tmp_path):
    """The service's keys are for the service's settings."""
    credentials(write, "etc/pushglance/credentials")
    (tmp_path / "mine.toml").write_text(SETTINGS)
    told, reading = read(tmp_path / "mine.toml", root)
    assert told[0][0] == WRONG
    assert "pushover.token: missing" in told[0][1]
    assert OK not in [verdict for verdict, _ in told]
    assert reading.plan is not None, "all else is looked at"
    assert not reading.has_keys


def test_keys_that_this_user_may_not_read(system, root, write, monkeypatch):
    """Without the right to read keys all else is examined, and it is said that sudo sees more."""
    credentials(write, "etc/pushglance/credentials")

    def closed(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(settings.Path, "iterdir", closed)
    told, reading = read(system, root)
    assert told[0][0] == SKIPPED
    assert "is closed to this user" in told[0][1]
    assert told[1][0] == OK
    assert reading.plan is not None


def test_sealed_keys_of_a_service_that_does_not_run(system, root, write):
    """Encrypted credentials can only be read by systemd for the running service."""
    write({"etc/pushglance/credentials/pushover_token.encrypted": "sealed"})
    told, _ = read(system, root)
    assert told[0][0] == SKIPPED
    assert "are sealed, and the service does not run" in told[0][1]


def test_keys_that_cannot_be_read_are_no_mistake_of_the_settings(system, root, write):
    """Beside sealed keys only the mistakes of the file itself are told."""
    write({"etc/pushglance/credentials/pushover_token.encrypted": "sealed"})
    system.write_text(SETTINGS.replace("gpio = 4", "gpio = 99"))
    told, _ = read(system, root)
    assert len(told) == 1
    assert "there is no pin 99" in told[0][1]


def test_mistakes_are_told_one_by_one(tmp_path, root):
    """Settings that cannot be read are wrong, a finding for each mistake, and there is no plan."""
    (tmp_path / "s.toml").write_text(SETTINGS + "[budgte]\n[mqtt]\nhots = 'x'\n")
    told, reading = read(tmp_path / "s.toml", root)
    assert {verdict for verdict, _ in told} == {WRONG}
    assert any("budgte" in detail for _, detail in told)
    assert any("hots" in detail for _, detail in told)
    assert reading.plan is None


def test_cautions_are_warnings(tmp_path, root, monkeypatch):
    """What `check` warns of, the doctor warns of as well."""
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", USER)
    (tmp_path / "s.toml").write_text(SETTINGS.replace("gpio = 4", "gpio = 4\npull = 'none'"))
    told, _ = read(tmp_path / "s.toml", root)
    assert [verdict for verdict, _ in told] == [OK, WARNING]
    assert "floats and sees ghosts" in told[1][1]


def test_one_check_that_fails_or_hangs_hides_no_other(patient):
    """Each check is bounded in time, its error is a finding, and the next one follows."""

    def hangs(_patient):
        yield CheckResult("first", OK, "seen")
        time.sleep(20)

    def fails(_patient):
        raise ZeroDivisionError("oops")
        yield

    def complains(_patient):
        raise StoreError("the store is away")
        yield

    def fine(_patient):
        yield CheckResult("last", OK, "fine")

    began_s = time.monotonic()
    checks = [("hangs", hangs), ("fails", fails), ("complains", complains), ("fine", fine)]
    told = list(examine(patient(), checks, limit_s=0.3))
    assert time.monotonic() - began_s < 15
    assert [(one.name, one.verdict) for one in told] == [
        ("first", OK),
        ("hangs", WRONG),
        ("fails", WRONG),
        ("complains", WRONG),
        ("last", OK),
    ]
    assert told[1].detail == "no answer within 0 s"
    assert told[3].detail == "the store is away"


def test_no_secret_leaves_whatever_a_check_says(patient):
    """Keys and passwords are taken out of every finding, known ones and whatever looks like a key."""
    secrets = {"token": "t" * 30, "users": {"watch": "u" * 30}, "mqtt_password": "geheim"}
    plan = plans.plan(secrets=secrets)

    def leaks(_patient):
        yield CheckResult("leak", WRONG, f"{'t' * 30} {'q' * 30} geheim\x1b[2J", "u" * 30)

    (told,) = examine(patient(plan), [("leaks", leaks)])
    assert told.detail == "[secret] [key] [secret] [2J"
    assert told.cure == "[secret]"


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """An agent of the simulation, with a sandbox for Pushover."""
    folder = tmp_path_factory.mktemp("d")
    with Sandbox(tokens=[TOKEN], users=[USER], devices=["my-watch"]) as sandbox:
        agent = AgentProcess(folder, sandbox)
        try:
            agent.start()
            agent.wait_for(lambda: "watches" in agent.status())
            yield agent
        finally:
            agent.close()


def test_a_house_that_is_well(agent):
    """Beside a running agent nothing is wrong: exit code 0, a line for each finding and a sum of them."""
    ended = agent.run_command("doctor", "--config", str(agent.config))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == f"ok       settings: {agent.config} has no mistakes"
    assert f"ok       agent: process {agent.process.pid} tells its state" in lines
    assert f"ok       store: {agent.folder / 'state' / NAME} is whole" in ended.stdout
    assert "ok       keys: Pushover knows the token and the user of watch" in lines
    assert lines[-1].startswith("0 wrong, ")
    assert TOKEN not in ended.stdout
    assert USER not in ended.stdout


def test_findings_as_json(agent):
    """--json is a list of findings, each with a verdict of four, and nothing else is printed."""
    ended = agent.run_command("doctor", "--config", str(agent.config), "--json")
    findings = json.loads(ended.stdout)
    assert {tuple(one) for one in findings} == {("name", "verdict", "detail", "cure")}
    assert {one["verdict"] for one in findings} <= {OK, WARNING, WRONG, SKIPPED}
    assert {"settings", "agent", "copies", "store", "space", "power", "clock", "keys"} <= {
        one["name"] for one in findings
    }
    assert ended.stderr == ""


def test_whoever_is_ill_gets_exit_code_1(agent):
    """A wrong key makes the command end with 1."""
    wrong = agent.folder / "wrong.toml"
    wrong.write_text(agent.config.read_text().replace(USER, "w" * 30))
    ended = agent.run_command("doctor", "--config", str(wrong))
    assert ended.returncode == 1
    assert "wrong    keys: Pushover refuses watch: user identifier is invalid" in ended.stdout
    assert "-> copy the user anew from pushover.net" in ended.stdout


@pytest.mark.parametrize("duration", ["10", "0s", "1h", "soon"])
def test_a_duration_that_is_none_is_refused(duration):
    """How long pins are watched is a duration with its unit, of ten minutes at most."""
    ended = CliRunner().invoke(doctor_command, ["--watch-pins", duration])
    assert ended.exit_code == 2, "click's own code; `main` makes it 1"
    assert "Error: " in ended.output
