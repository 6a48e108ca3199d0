"""The chip of the header among others, and what a user who may not open it has to type."""

import grp
import os
from types import SimpleNamespace

import pytest

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio import gpio_chips
from pushglance.runtime.inputs.gpio.gpio_chips import find_chip, permission_hint
from support import fake_gpiod

GPIO = 986


@pytest.fixture
def board(monkeypatch, tmp_path):
    """Return a Pi 5, on which the header is one of several chips."""
    monkeypatch.setattr(gpio_chips, "_DEVICES", tmp_path)
    chips = {}
    for number, label in {0: "gpio-brcmstb", 4: "pinctrl-rp1", 10: "gpio-brcmstb"}.items():
        (tmp_path / f"gpiochip{number}").touch()
        chips[str(tmp_path / f"gpiochip{number}")] = label
    return fake_gpiod.Board(chips)


def closing(board, *names):
    """Return the module gpiod for a user who may not open these chips."""
    module = board.module()
    opened = module.Chip

    def open_chip(path):
        if path.endswith(names):
            raise PermissionError(13, "Permission denied", path)
        return opened(path)

    module.Chip = open_chip
    return module


def test_other_chips_may_be_closed(board, tmp_path):
    """The header's chip is found behind chips that this user may not open; its own refusal is an error."""
    assert find_chip(closing(board, "gpiochip0", "gpiochip10")) == str(tmp_path / "gpiochip4")
    with pytest.raises(HardwareUnavailable, match=r"may not open .*gpiochip4"):
        find_chip(closing(board, "gpiochip4"))


@pytest.mark.parametrize(
    ("has_group", "owner", "mode", "members", "words"),
    [
        (False, 0, 0o600, [], "no group gpio: type `sudo groupadd --system gpio`, then `sudo chgrp gpio"),
        (True, 0, 0o660, [], "the group gpio may not, either: type `sudo chgrp gpio"),
        (True, GPIO, 0o600, [], "the group gpio may not, either: type `sudo chgrp gpio"),
        (True, GPIO, 0o660, [], "with `sudo usermod -aG gpio pi` and log in again"),
        (True, GPIO, 0o660, ["pi"], "pi joined the group gpio after the login: log in again"),
    ],
)
def test_what_to_type_depends_on_the_group(monkeypatch, tmp_path, has_group, owner, mode, members, words):
    """The sentence names what is missing: the group, its access to the device, the user in it, or a new login."""

    def group(name):
        if not has_group:
            raise KeyError(name)
        return SimpleNamespace(gr_gid=GPIO, gr_mem=members)

    device = tmp_path / "gpiochip0"
    device.touch()
    state = SimpleNamespace(st_gid=owner, st_mode=mode)
    monkeypatch.setattr(grp, "getgrnam", group)
    monkeypatch.setattr(gpio_chips.pwd, "getpwuid", lambda _number: SimpleNamespace(pw_name="pi"))
    monkeypatch.setattr(os, "getgroups", lambda: [1000])
    monkeypatch.setattr(type(device), "stat", lambda _path: state)
    assert words in permission_hint(device)
