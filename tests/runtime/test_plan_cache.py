"""The Plan cache: it gives the Plan that checking would give, holds no secrets, and in any doubt gives nothing."""

import os
import random
import shutil
import stat
from pathlib import Path

import pytest

import pushglance
from pushglance.plan import compile_plan, secret_origins
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
    """Create settings, a key in a file, credentials as systemd passes them, and an empty state directory."""
    for name in [name for name in os.environ if name.startswith("PUSHGLANCE_")]:
        monkeypatch.delenv(name)
    for name in ("state", "credentials"):
        (tmp_path / name).mkdir()
    (tmp_path / "pushglance.toml").write_text(SETTINGS)
    (tmp_path / "user").write_text(USER)
    (tmp_path / "ca.pem").touch()
    (tmp_path / "credentials/pushover_token").write_text(f"{TOKEN}\n")
    (tmp_path / "credentials/pushover_user").write_text("\n")  # a placeholder for a missing one
    (tmp_path / "credentials/mqtt_password").write_text(PASSWORD)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    return tmp_path


def check_and_save(place):
    """Check the settings and save the Plan as `pushglance run` does; return the Plan."""
    config = place / "pushglance.toml"
    key = plan_cache.cache_key(config)
    settings = load_settings(config)
    plan = compile_plan(settings)
    plan_cache.save(plan, secret_origins(settings), config, key)
    return plan


def load(place):
    return plan_cache.load(place / "pushglance.toml")


def cache_file(place):
    return place / "state" / plan_cache.NAME


def test_loaded_plan_equals_the_checked_one(place):
    """If nothing has changed, the cached Plan with its secrets is the one that checking gives."""
    plan = check_and_save(place)
    assert plan["secrets"] == {
        "token": TOKEN,
        "users": {"watch": USER, "messages": USER},
        "mqtt_password": PASSWORD,
    }
    assert load(place) == plan


def test_no_secret_is_saved(place):
    """The file holds no key and no password, only its owner may read it, and no other file is left."""
    check_and_save(place)
    text = cache_file(place).read_text()
    assert not [secret for secret in (TOKEN, USER, PASSWORD) if secret in text]
    assert cache_file(place).stat().st_mode & 0o777 == 0o600
    assert list((place / "state").iterdir()) == [cache_file(place)]


def test_empty_cache_loads_nothing(place):
    """The first start checks the settings."""
    assert load(place) is None


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
    "readable by others": lambda place: cache_file(place).chmod(0o640),
    "another directory": lambda place: os.environ.update(CREDENTIALS_DIRECTORY=str(place)),
    "a setting in the environment": lambda _place: os.environ.update(PUSHGLANCE_BUDGET__PUSHES="40"),
    "a key in the environment": lambda _place: os.environ.update(PUSHGLANCE_PUSHOVER__TOKEN=TOKEN),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_is_a_cache_miss(place, change, monkeypatch):
    """One change of anything that decides what the Plan is, and the cached Plan is not used."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    check_and_save(place)
    change(place)
    assert load(place) is None


def test_symbolic_link_is_not_followed(place):
    """A link in place of the file may lead to the file of another user."""
    check_and_save(place)
    cache_file(place).rename(place / "elsewhere")
    cache_file(place).symlink_to(place / "elsewhere")
    assert load(place) is None


def test_file_of_another_user_is_not_used(place, monkeypatch):
    """A file that belongs to another user is not used, even if it can be read."""
    check_and_save(place)
    fstat = os.fstat

    def fstat_of_another_user(handle):
        fields = list(fstat(handle))
        fields[stat.ST_UID] += 1
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", fstat_of_another_user)
    assert load(place) is None


def test_other_version_is_a_cache_miss(place, monkeypatch):
    """After an update the cached Plan is not used."""
    check_and_save(place)
    monkeypatch.setattr(pushglance, "__version__", "999")
    assert load(place) is None
    monkeypatch.undo()


@pytest.mark.parametrize("module", ["plan/compiler.py", "settings/loading/toml_file.py", "core/push/glance.py"])
def test_changed_code_is_a_cache_miss(place, tmp_path, monkeypatch, module):
    """A change of the code that makes a Plan, in any of its folders, takes effect at the next start."""
    copy = tmp_path / "package/pushglance"
    shutil.copytree(Path(pushglance.__file__).parent, copy)
    monkeypatch.setattr(pushglance, "__file__", str(copy / "__init__.py"))
    check_and_save(place)
    assert load(place) is not None
    (copy / module).write_text("changed")
    assert load(place) is None


def test_damaged_file_is_a_cache_miss(place):
    """One changed bit anywhere in the file, or a file that ends early, is detected."""
    check_and_save(place)
    whole, rng = cache_file(place).read_bytes(), random.Random(9)
    for _ in range(300):
        at = rng.randrange(len(whole))
        cache_file(place).write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
        assert load(place) is None
        cache_file(place).write_bytes(whole[:at])
        assert load(place) is None
    cache_file(place).write_bytes(whole)
    assert load(place) is not None


def test_new_password_is_read(place):
    """A password does not affect the Plan: a new one is read and the cached Plan is used."""
    check_and_save(place)
    (place / "credentials/mqtt_password").write_text("a new one\n")
    assert load(place)["secrets"]["mqtt_password"] == "a new one"


@pytest.mark.parametrize("where", ["settings", "environment"])
def test_keys_outside_files_are_not_saved(place, where, monkeypatch):
    """With keys in the settings file or the environment nothing is saved, and the earlier file is removed."""
    check_and_save(place)
    (place / "credentials/pushover_token").unlink()
    if where == "settings":
        (place / "pushglance.toml").write_text(SETTINGS.replace("[pushover]", f'[pushover]\ntoken = "{TOKEN}"'))
    else:
        monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN)
    check_and_save(place)
    assert list((place / "state").iterdir()) == []


def test_settings_changed_while_being_read_are_not_saved(place):
    """It is unknown which version of the settings the Plan belongs to."""
    config = place / "pushglance.toml"
    key = plan_cache.cache_key(config)
    settings = load_settings(config)
    config.write_text(SETTINGS + "\n")
    plan_cache.save(compile_plan(settings), secret_origins(settings), config, key)
    assert list((place / "state").iterdir()) == []


def test_missing_directory_is_not_an_error(place):
    """Before the first start there may be no state directory; then nothing is saved."""
    (place / "state").rmdir()
    check_and_save(place)
    assert load(place) is None
