"""The limit on guesses: for each client and for all, counted before a guess is checked."""

from contextlib import suppress

import pytest

from pushglance.web.access.guess_limit import GuessLimit, TooManyGuesses


@pytest.fixture
def limit(clock):
    """Return a limit on the clock of the test."""
    return GuessLimit(clock)


def guesses_of(limit, addresses):
    """Return how many guesses from these addresses may be checked."""
    checked = 0
    for address in addresses:
        with suppress(TooManyGuesses):
            limit.count(address)
            checked += 1
    return checked


def test_a_client_has_five_guesses_a_minute(limit, clock):
    """The sixth guess must wait until a minute after the first."""
    assert guesses_of(limit, ["10.0.0.1"] * 9) == 5
    with pytest.raises(TooManyGuesses) as refusal:
        limit.count("10.0.0.1")
    assert refusal.value.wait_s == 60
    clock.now_s += 59
    assert guesses_of(limit, ["10.0.0.1"]) == 0
    clock.now_s += 1
    assert guesses_of(limit, ["10.0.0.1"] * 9) == 5


def test_all_clients_have_thirty_guesses_together(limit):
    """After 30 guesses from any addresses all must wait, and the counts take bounded memory."""
    assert guesses_of(limit, [f"10.0.{number}.1" for number in range(40)]) == 30
    assert guesses_of(limit, ["10.9.9.9"]) == 0


def test_many_clients_take_bounded_memory(limit, clock):
    """The counts of the oldest clients are forgotten, never the total."""
    for number in range(3000):
        guesses_of(limit, [f"11.{number // 256}.{number % 256}.1"])
        clock.now_s += 2.1
    assert len(limit._guesses) <= 1000
    assert guesses_of(limit, [f"12.0.0.{number}" for number in range(99)]) < 30


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8::1", "2001:db8::ffff:2"), ("fe80::1%eth0", "fe80::2%eth0"), ("::ffff:10.0.0.1", "10.0.0.1")],
)
def test_addresses_of_one_host_are_one_client(limit, one, other):
    """A host that may choose among the addresses of its IPv6 network has no more guesses than others."""
    assert guesses_of(limit, [one] * 3 + [other] * 9) == 5


def test_other_networks_are_other_clients(limit):
    """Two IPv6 networks, and two IPv4 addresses written as IPv6, have their own guesses."""
    assert guesses_of(limit, ["2001:db8::1"] * 9 + ["2001:db8:0:1::1"] * 9) == 10
    assert guesses_of(limit, ["::ffff:10.0.0.1"] * 9 + ["::ffff:10.0.0.2"] * 9) == 10
