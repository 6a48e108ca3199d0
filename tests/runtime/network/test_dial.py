"""Connecting: the first address that answers wins, and dead ones cost a quarter of a second each."""

import socket

import pytest

from pushglance.runtime.network import lookup
from pushglance.runtime.network.deadline import Deadline
from pushglance.runtime.network.dial import alternate_families, connect, connect_any
from support.servers.raw_server import RawServer, seconds_of


def info(host, port):
    """Return one entry of getaddrinfo."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]


@pytest.fixture
def server():
    """Run a server that accepts."""
    with RawServer(lambda peer: peer.hang()) as server:
        yield server


@pytest.fixture
def silent():
    """Return an address on loopback that accepts no more connections and refuses none."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        yield info("127.0.0.1", full.getsockname()[1])
        for client in waiting:
            client.close()


def test_dead_address_costs_less_than_a_second(server, silent):
    """A first address that never answers, e.g. IPv6 without a way, delays the second one by a quarter of a second."""
    sock, seconds = seconds_of(lambda: connect_any([silent, info("127.0.0.1", server.port)], deadline()))
    sock.close()
    assert 0.2 < seconds < 1


def test_refused_address_costs_nothing(server):
    """After a refusal the next address is tried at once."""
    sock, seconds = seconds_of(
        lambda: connect_any([info("127.0.0.1", closed_port()), info("127.0.0.1", server.port)], deadline())
    )
    sock.close()
    assert seconds < 0.2


def test_unreachable_family_is_skipped(server):
    """An address for which the kernel has no route does not end the attempt."""
    sock = connect_any([info("ff00::1", 1), info("127.0.0.1", server.port)], deadline())
    sock.close()


def test_all_addresses_fail_with_the_last_reason():
    """If every address refuses, the error says so."""
    with pytest.raises(ConnectionRefusedError, match="refused"):
        connect("127.0.0.1", closed_port(), deadline())


def test_connecting_ends_at_the_deadline(silent):
    """With dead addresses only, the deadline ends the attempt with its message."""
    with pytest.raises(TimeoutError, match="no way in time"):
        connect_any([silent] * 3, Deadline(300, "no way in time"))


def test_name_without_time_left_is_reported_as_a_name(monkeypatch):
    """If the deadline has passed before the wait for the name, the error still says that the name was the cause."""
    monkeypatch.setattr(lookup.socket, "getaddrinfo", fail)
    with pytest.raises(lookup.UnresolvedError, match=r"the name broker\.example was not resolved in time"):
        lookup.look_up("broker.example", 1883, Deadline(0, "not in time"))


def test_families_take_turns():
    """Addresses of the other family come second, so that one broken family costs one delay."""
    six, four = socket.AF_INET6, socket.AF_INET
    order = alternate_families([(six, 1), (six, 2), (six, 3), (four, 1), (four, 2)])
    assert order == [(six, 1), (four, 1), (six, 2), (four, 2), (six, 3)]


def fail(*_, **__):
    raise socket.gaierror(socket.EAI_NONAME, "unknown")


def deadline():
    return Deadline(10_000, "not in time")


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]
