"""Answers of Pushover: each is one outcome, with its wait, what it names, and a detail without keys."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.wire.characters import is_printable
from pushglance.core.wire.pushover_answer import classify, clean, parse_body
from support.micropython import program
from support.pushover.answers import ANSWERS, HTML, OWN
from vectors import answers

VECTORS = Path(__file__).parents[2] / "vectors"
AGENT = Path(__file__).parents[3] / "agent"
TOKEN = "a" * 30
BODIES = {
    "own": OWN,
    "status 1": '{"status":1,"request":"r"}',
    "status 0": '{"status":0}',
    "list": "[1]",
    "HTML": HTML,
    "empty": "",
    "byte order mark": "\ufeff" + OWN,
    "errors as object": '{"status":0,"errors":{"count":"is bad"}}',
    "errors as text": '{"status":0,"errors":"count is bad"}',
}


def answer_of(status, headers, body):
    """Return what these bytes mean."""
    content = body if isinstance(body, bytes) else body.encode()
    return classify(status, headers, parse_body(content, json.loads), TOKEN)


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: row[0])
def test_each_answer_means_what_the_table_says(row):
    """Status, headers and body together decide about outcome, wait and cause."""
    _, status, headers, body, outcome, wait_ms, cause, detail = row
    answer = answer_of(status, headers, body)
    assert (answer.outcome, answer.wait_ms, answer.cause) == (outcome, wait_ms, cause), answer
    assert detail in answer.detail


def outcome_by_rule(status, body):
    """Return the outcome by the rules of the documentation, in other words than the product's."""
    is_own = body in ("own", "byte order mark", "errors as object", "errors as text")
    if body == "status 1":
        return "delivered" if status == 200 else "unknown"
    if status // 100 == 3 or status in (407, 511):
        return "unsent"
    if status == 429:
        return "throttled"
    return "refused" if is_own and status // 100 in (2, 4) else "unknown"


@pytest.mark.parametrize("body", BODIES)
def test_every_status_has_an_outcome_for_every_body(body):
    """From 100 to 599 only Pushover's own words refuse, only 200 with status 1 delivers, and only 429 throttles."""
    for status in range(100, 600):
        answer = answer_of(status, {}, BODIES[body])
        assert answer.outcome == outcome_by_rule(status, body), (status, answer)
        assert answer.wait_ms == 0


def test_what_no_answer_proves_keeps_its_debit():
    """No answer of a server in between, and no 5xx, is taken as a proof that a push did not arrive."""
    for row in ANSWERS:
        answer = answer_of(*row[1:4])
        if answer.cause in ("gateway", "server"):
            assert answer.outcome == "unknown", row


def test_keys_never_reach_the_detail():
    """A server that echoes keys in its errors cannot bring them into a log."""
    user = "u1" * 15
    detail = clean(f"token {TOKEN} of user {user}\nis\x1b[31m b\u00e4d\ue000" + user + "!" + "x " * 999, TOKEN)
    assert detail.startswith("token [token] of user [key] is [31m b\u00e4d [key]!x x")
    assert len(detail) == 300
    assert clean("u" * 29, "") == "u" * 29


@given(st.text(), st.text(alphabet="abcXYZ019", min_size=30, max_size=40))
def test_a_detail_is_one_printable_line_without_a_key(text, key):
    """Whatever the server sends around a key, the detail is printable and holds no 30 letters and digits in a row."""
    detail = clean(text + key + text, "")
    assert all(is_printable(char) for char in detail)
    assert key not in detail


def test_a_board_reads_every_answer_alike(tmp_path):
    """A real MicroPython gives the same outcome, wait, detail and cause for each row of the table."""
    rows = [row[1:4] for row in ANSWERS if not isinstance(row[3], bytes)]
    rows += [[status, {}, body] for status in (200, 302, 400, 429, 500) for body in BODIES.values()]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(rows))
    finished = subprocess.run(
        [program("micropython"), str(VECTORS / "answers.py"), str(file)],
        env={"MICROPYPATH": f"{AGENT}:.frozen"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert json.loads(finished.stdout) == answers.meanings(str(file))
