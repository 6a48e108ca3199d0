"""The kept Plan: the very Plan that checking would give, without its secrets, and nothing at the least doubt."""

import os
import random
import shutil
import stat
from pathlib import Path

import pytest

import pushglance
from pushglance.plan import compile_plan, origins
from pushglance.runtime import plan_cache
from pushglance.settings import load_settings

TOKEN = "aT0kenMadeUpForTestsOfPushglan"
USER = "uS3rKeyMadeUpForTestsOfPushgla"
ANOTHER = "xAnotherKeyMadeUpForTheseTests"
PASSWORD = "the broker's own"
SETTINGS = """
[pushover]
user_file = "user"
ca_file = "ca.pem"
[mqtt]
host = "localhost"
username = "me"
[sensors.door]
kind = "contact"
mqtt = "door"
left_open = { after = "10min" }
[glance]
text = "{door}"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Lay out settings, a key in a file, credentials as systemd gives them, and an empty state directory."""
    for name in [name for name in os.environ if name.startswith("PUSHGLANCE_")]:
        monkeypatch.delenv(name)
    for name in ("state", "credentials"):
        (tmp_path / name).mkdir()
    (tmp_path / "pushglance.toml").write_text(SETTINGS)
    (tmp_path / "user").write_text(USER)
    (tmp_path / "ca.pem").touch()
    (tmp_path / "credentials/pushover_token").write_text(f"{TOKEN}\n")
    (tmp_path / "credentials/pushover_user").write_text("\n")  # a stand-in for what is missing
    (tmp_path / "credentials/mqtt_password").write_text(PASSWORD)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    return tmp_path


def check_and_keep(place):
    """Do what `pushglance run` does with settings that it checks, and return the Plan."""
    config = place / "pushglance.toml"
    before = plan_cache.circumstances(config)
    settings = load_settings(config)
    plan = compile_plan(settings)
    plan_cache.keep(plan, origins(settings), config, before)
    return plan


def take_up(place):
    return plan_cache.take_up(place / "pushglance.toml")


def kept_file(place):
    return place / "state" / plan_cache.NAME


def test_what_is_taken_up_is_what_was_checked(place):
    """With nothing changed the kept Plan is, secrets included, the one that checking gives."""
    plan = check_and_keep(place)
    assert plan["secrets"] == {
        "token": TOKEN,
        "users": {"watch": USER, "messages": USER},
        "mqtt_password": PASSWORD,
    }
    assert take_up(place) == plan


def test_no_secret_is_kept(place):
    """The file holds no key and no password, and nobody else may look at it; nothing lies beside it."""
    check_and_keep(place)
    text = kept_file(place).read_text()
    assert not [secret for secret in (TOKEN, USER, PASSWORD) if secret in text]
    assert kept_file(place).stat().st_mode & 0o777 == 0o600
    assert list((place / "state").iterdir()) == [kept_file(place)]


def test_nothing_kept_is_nothing_taken_up(place):
    """The first start checks the settings."""
    assert take_up(place) is None


CHANGES = {
    "a byte of the settings": lambda place: (place / "pushglance.toml").write_text(SETTINGS + "#"),
    "no settings": lambda place: (place / "pushglance.toml").unlink(),
    "another key in the file": lambda place: (place / "user").write_text(ANOTHER),
    "no key in the file": lambda place: (place / "user").write_text(" \n"),
    "no such file": lambda place: (place / "user").unlink(),
    "another token": lambda place: (place / "credentials/pushover_token").write_text(ANOTHER),
    "a credential more": lambda place: (place / "credentials/pushover_user").write_text(USER),
    "a credential less": lambda place: (place / "credentials/mqtt_password").unlink(),
    "no certificates": lambda place: (place / "ca.pem").unlink(),
    "readable by others": lambda place: kept_file(place).chmod(0o640),
    "another one's directory": lambda place: os.environ.update(CREDENTIALS_DIRECTORY=str(place)),
    "a setting in the environment": lambda _place: os.environ.update(PUSHGLANCE_BUDGET__PUSHES="40"),
    "a key in the environment": lambda _place: os.environ.update(PUSHGLANCE_PUSHOVER__TOKEN=TOKEN),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_has_the_settings_checked(place, change, monkeypatch):
    """Whatever may decide what the Plan is: one change of it, and what was kept is not taken up."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    check_and_keep(place)
    change(place)
    assert take_up(place) is None


def test_a_link_is_not_followed(place):
    """What stands in the file's place by a link may be anybody's."""
    check_and_keep(place)
    kept_file(place).rename(place / "elsewhere")
    kept_file(place).symlink_to(place / "elsewhere")
    assert take_up(place) is None


def test_another_one_s_file_is_not_ours(place, monkeypatch):
    """A file that belongs to another user is not taken up, though it may be read."""
    check_and_keep(place)
    fstat = os.fstat

    def another_one_s(handle):
        fields = list(fstat(handle))
        fields[stat.ST_UID] += 1
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", another_one_s)
    assert take_up(place) is None


def test_another_version_checks_anew(place, monkeypatch):
    """After an update, and after a change of the code that checks, nothing old is taken up."""
    check_and_keep(place)
    monkeypatch.setattr(pushglance, "__version__", "999")
    assert take_up(place) is None
    monkeypatch.undo()


def test_changed_code_checks_anew(place, tmp_path, monkeypatch):
    """Whoever works on the settings or the Plan sees the change at the next start."""
    copy = tmp_path / "package/pushglance"
    shutil.copytree(Path(pushglance.__file__).parent, copy)
    monkeypatch.setattr(pushglance, "__file__", str(copy / "__init__.py"))
    check_and_keep(place)
    assert take_up(place) is not None
    (copy / "plan/compiler.py").write_text("another")
    assert take_up(place) is None


def test_a_damaged_file_checks_anew(place):
    """One changed byte anywhere in the file, or a file that ends early, is noticed."""
    check_and_keep(place)
    whole, luck = kept_file(place).read_bytes(), random.Random(9)
    for _ in range(300):
        at = luck.randrange(len(whole))
        kept_file(place).write_bytes(whole[:at] + bytes([whole[at] ^ 1 << luck.randrange(8)]) + whole[at + 1 :])
        assert take_up(place) is None
        kept_file(place).write_bytes(whole[:at])
        assert take_up(place) is None
    kept_file(place).write_bytes(whole)
    assert take_up(place) is not None


def test_a_new_password_is_read_anew(place):
    """A password is any text: the new one is taken, without a word about the rest."""
    check_and_keep(place)
    (place / "credentials/mqtt_password").write_text("a new one\n")
    assert take_up(place)["secrets"]["mqtt_password"] == "a new one"


@pytest.mark.parametrize("where", ["settings", "environment"])
def test_with_keys_that_stand_elsewhere_nothing_is_kept(place, where, monkeypatch):
    """Keys in the settings file or the environment are not looked for there again; what was kept before is removed."""
    check_and_keep(place)
    (place / "credentials/pushover_token").unlink()
    if where == "settings":
        (place / "pushglance.toml").write_text(SETTINGS.replace("[pushover]", f'[pushover]\ntoken = "{TOKEN}"'))
    else:
        monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN)
    check_and_keep(place)
    assert list((place / "state").iterdir()) == []


def test_settings_that_changed_while_they_were_read_are_not_kept(place):
    """Nobody knows which of the two the Plan is of."""
    config = place / "pushglance.toml"
    before = plan_cache.circumstances(config)
    settings = load_settings(config)
    config.write_text(SETTINGS + "\n")
    plan_cache.keep(compile_plan(settings), origins(settings), config, before)
    assert list((place / "state").iterdir()) == []


def test_no_directory_is_no_mistake(place):
    """Before the first start there may be no state directory: then nothing is kept, and that is all."""
    (place / "state").rmdir()
    check_and_keep(place)
    assert take_up(place) is None
