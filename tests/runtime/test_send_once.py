"""`pushglance send` without a daemon: the fields, the ledger and what the next daemon start does with them."""

import socket

import pytest

from pushglance.core.events import DELIVERED, REFUSED, UNKNOWN, UNSENT, ValueSeen
from pushglance.errors import PushglanceError, StoreError
from pushglance.runtime.clock import boot_id, monotonic_ms
from pushglance.runtime.send_once import send_once
from pushglance.runtime.storage.store import SqliteStore
from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from support import plans
from support.core_harness import CoreHarness


@pytest.fixture
def sandbox():
    """Return a Pushover on loopback."""
    with Sandbox() as server:
        yield server


@pytest.fixture
def plan(sandbox):
    """Return a Plan with a door on a topic, shown in `text`, and a title."""
    plan = plans.plan([plans.topic_contact(), plans.counter()], [plans.watch(title=["Home"], text=[["garage", ""]])])
    plan["pushover"]["url"] = sandbox.url
    plan["secrets"] |= {"token": TOKEN, "users": {"watch": USER}}
    return plan


def send(plan, directory, **glance):
    """Send fields by hand and return the outcome and the pushes left."""
    answer, left = send_once(plan, plan["watches"][0], glance, directory, directory / "run")
    return answer.outcome, left


def stored(plan, directory):
    """Return what the store holds of the watch."""
    store = SqliteStore(directory, plan["watches"], boot_id())
    try:
        return store.load(monotonic_ms())
    finally:
        store.close()


def pushed_at_the_next_start(plan, directory):
    """Return what a daemon pushes that starts with this store and finds the door closed."""
    now_ms = monotonic_ms()
    daemon = CoreHarness(plan, stored(plan, directory), now_ms)
    daemon.feed(ValueSeen(now_ms, "garage", "closed", 0))
    daemon.pass_to(now_ms + 3_600_000)
    return [glance for _, _, glance in daemon.pushes]


def test_only_the_given_fields_are_sent(plan, sandbox, tmp_path):
    """A first push by hand sends only the given fields, and nothing that sensors would show."""
    assert send(plan, tmp_path, text="Hello", count="0") == (DELIVERED, 49)
    assert sandbox.screen(USER, "watch") == {"title": "", "text": "Hello", "subtext": "", "count": "0", "percent": ""}
    memory = stored(plan, tmp_path)["watches"]["watch"]
    assert memory["shown"] == {"text": "Hello", "count": "0"}
    assert len(memory["debits"]) == 1


def test_the_next_start_replaces_a_field_sent_by_hand(plan, tmp_path):
    """Fields of a delivered push are cleared or replaced when a daemon starts."""
    assert send(plan, tmp_path, text="Hello", subtext="by hand") == (DELIVERED, 49)
    assert pushed_at_the_next_start(plan, tmp_path) == [{"title": "Home", "text": "Garage closed", "subtext": ""}]


def test_the_next_start_clears_a_field_after_a_lost_answer(plan, sandbox, tmp_path):
    """A push without an answer may have reached the watch: its field does not stay there for ever."""
    sandbox.inject(Fault("drop", applies=True))
    assert send(plan, tmp_path, subtext="by hand") == (UNKNOWN, 49)
    assert stored(plan, tmp_path)["watches"]["watch"]["shown"] == {"subtext": None}
    assert pushed_at_the_next_start(plan, tmp_path) == [{"title": "Home", "text": "Garage closed", "subtext": ""}]


def test_a_push_that_never_left_costs_nothing(plan, tmp_path):
    """When no connection was made the debit is refunded."""
    with socket.socket() as unused:  # no other test can have this address and its lock
        unused.bind(("127.0.0.1", 0))
        plan["pushover"]["url"] = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert send(plan, tmp_path, text="Hello") == (UNSENT, 50)
    assert stored(plan, tmp_path)["watches"]["watch"]["debits"] == []


def test_a_spent_budget_is_refused(plan, sandbox, tmp_path):
    """With every push spent nothing is sent, and the error says when one comes back."""
    plan["watches"][0]["pushes"] = 1
    assert send(plan, tmp_path, text="one") == (DELIVERED, 0)
    with pytest.raises(PushglanceError, match=r"watch: all 1 pushes are spent: the next one comes back in 24 h 10 min"):
        send(plan, tmp_path, text="two")
    assert len(sandbox.requests()) == 1


def test_a_refusal_costs_nothing_and_is_tried_again_on_request(plan, sandbox, tmp_path):
    """A refusal is saved and returns its debit; the next command tries again, because the account may be fixed."""
    sandbox.inject(Fault("refused"))
    assert send(plan, tmp_path, text="one") == (REFUSED, 50)
    assert stored(plan, tmp_path)["watches"]["watch"]["refusal"]["detail"] != ""
    assert send(plan, tmp_path, text="two") == (DELIVERED, 49)
    assert stored(plan, tmp_path)["watches"]["watch"]["refusal"] == {}


def test_a_store_in_use_is_refused(plan, sandbox, tmp_path):
    """While a daemon has the store nothing is sent."""
    store = SqliteStore(tmp_path, plan["watches"], boot_id())
    store.load(monotonic_ms())
    with pytest.raises(StoreError):
        send(plan, tmp_path, text="Hello")
    store.close()
    assert sandbox.requests() == []
