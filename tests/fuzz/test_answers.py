"""Mutated answers of Pushover over a raw socket: each exchange ends in time with one of the documented outcomes."""

import os
import random

import pytest

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER
from support.pushover.answers import ANSWERS
from support.servers.raw_server import RawPushover, answer, seconds_of

ROUNDS = int(os.environ.get("FUZZED_ANSWERS", "400"))
OUTCOMES = (DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT)
PIECES = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\0",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Content-Length: -1\r\n",
    b"Connection: close\r\n",
    b"Content-Encoding: gzip\r\n",
    b"X-Limit-App-Remaining: 1e9\r\n",
    b"Retry-After: -1\r\n",
    b"ffffffffffffffff\r\n",
    b"0\r\n\r\n",
    b"\xff\xfe\xf0\x9f",
    b"[" * 3000,
    b"a" * 70_000,
    b'{"status":1}',
    b'{"status":1e999,"errors":[[[]]],"info":{"a":{}}}',
]


def seeds():
    """Return whole answers, from the table of answers, as a server sends them."""
    replies = [
        answer(status, body, *[f"{name}: {text}" for name, text in headers.items() if text.isascii()])
        for _, status, headers, body, *_ in ANSWERS
        if status >= 200
    ]
    chunked = (
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"status":1,"re"\r\n8\r\n:"abc"} \r\n0\r\n\r\n'
    )
    return [*replies, chunked]


def mutated(rng, reply):
    """Return an answer with some random changes."""
    for _ in range(rng.randrange(1, 5)):
        place = rng.randrange(len(reply) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            reply = reply[:place]
        elif kind == 1:
            reply = reply[:place] + rng.choice(PIECES) + reply[place:]
        elif kind == 2 and place < len(reply):
            reply = reply[:place] + bytes([reply[place] ^ 1 << rng.randrange(8)]) + reply[place + 1 :]
        elif kind == 3:
            reply = reply[:place] + rng.randbytes(rng.randrange(1, 20)) + reply[place:]
        elif kind == 4:
            reply = reply[:place] + reply[max(0, place - rng.randrange(1, 100)) :]
        else:
            end = min(len(reply), place + rng.randrange(1, 40))
            reply = reply[:place] + reply[end:]
    return reply


@pytest.mark.parametrize("seed", range(4))
def test_mutated_answers_end_in_time_with_an_outcome(seed):
    """Whatever a server sends, no exception leaves, the outcome is a documented one, and the limit holds."""
    rng = random.Random(seed)
    replies = seeds()
    sent = []

    def reply(peer):
        sent.append(mutated(rng, rng.choice(replies)))
        for piece in (sent[-1][:30], sent[-1][30:]):
            peer.send(piece)
        if rng.randrange(20) == 0:
            peer.hang()

    counts = dict.fromkeys(OUTCOMES, 0)
    with RawPushover(reply, is_parallel=False) as server:
        plan = {"url": server.url, "connect_ms": 5000, "read_ms": 300, "ca_file": ""}
        for _ in range(ROUNDS // 4):
            pushover = Pushover(plan, TOKEN)
            result, seconds = seconds_of(lambda client=pushover: client.post(USER, "", {"text": "open"}))
            pushover.close()
            assert result.outcome in OUTCOMES, sent[-1]
            assert seconds < 10, sent[-1]
            assert TOKEN not in result.detail
            assert result.detail.isprintable(), sent[-1]
            assert len(result.detail) <= 300, sent[-1]
            assert result.wait_ms >= 0, sent[-1]
            counts[result.outcome] += 1
    assert counts[UNKNOWN] > ROUNDS // 40, "most changes break an answer"
    assert counts[UNKNOWN] < ROUNDS // 4, "some changes leave it whole"
