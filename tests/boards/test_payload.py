"""Payloads: a board under a real MicroPython reads the same text from the same bytes as a computer."""

import json
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pushglance.core.wire.payload import read_payload
from support.boards.board import ROOT, micropython

WORDS = {"open_payloads": ["open", "true", "offen", "\u00f6ffnet", "\u043e\u0442\u043a\u0440\u044b\u0442\u043e"]}
WORDS["closed_payloads"] = ["closed", "false", "0", "ge\u00f6ffnet nicht"]
ASSIGNED = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
FORMAT = [one for one in ASSIGNED if unicodedata.category(one) in ("Cf", "Co", "Cc", "Zs", "Zl", "Zp")]
POINTERS = ["", "/level", "/", "/a/0", "/level/0/a", "/~0/~1"]


def plan_of(kind, pointer="", length=40):
    return {"kind": kind, "pointer": pointer, "length": length} | WORDS


def board_reads(folder, cases):
    """Return what a board reads from (plan, bytes)."""
    path = folder / "payloads.txt"
    path.write_text("".join(json.dumps([plan, payload.hex()]) + "\n" for plan, payload in cases))
    finished = subprocess.run(
        [micropython(), "-X", "heapsize=1M", str(ROOT / "tests/boards/on_board/read_payloads.py"), str(path)],
        env={"MICROPYPATH": f"{ROOT / 'boards'}:{ROOT / 'agent'}:.frozen"},
        capture_output=True,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stdout[-300:] + finished.stderr
    return [json.loads(line) for line in finished.stdout.decode("utf-8", "surrogatepass").splitlines()]


def assert_same(folder, cases):
    """Fail with the first payload that the two read differently; of unassigned characters only that there is a text."""
    for (plan, payload), text in zip(cases, board_reads(folder, cases), strict=True):
        read = read_payload(plan, payload)[0]
        if plan["kind"] == "text" and text is not None and any(unicodedata.category(one) == "Cn" for one in text):
            assert read is not None, (plan, payload)
            continue
        assert (plan["kind"], payload, text) == (plan["kind"], payload, read)


assigned = st.text(st.sampled_from(ASSIGNED) | st.sampled_from(FORMAT) | st.characters(max_codepoint=0x7F), max_size=30)
words = st.sampled_from([word for some in WORDS.values() for word in some]).flatmap(
    lambda word: st.sampled_from([word, word.upper(), word.title(), f" \u00a0{word}\u2003\r\n", f"\ufeff{word}"])
)
numbers = st.sampled_from(["63.50", " 7\n", "\u00a08", "1e3", "-0", "+3", "21,5", "9" * 40, ".5", "5.", "\u0663"])
texts = assigned | words | numbers
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["level", "a", "", "~"]), inner, max_size=3)
    ),
)
payloads = (
    st.binary(max_size=60)
    | texts.map(str.encode)
    | values.map(lambda value: json.dumps(value).encode())
    | values.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    | st.tuples(st.sampled_from([b"\xc3", b"\xed", b"\xe0", b"\xf0", b"\xf4", b"o"]), st.binary(max_size=4)).map(
        b"".join
    )
)
plans = st.builds(
    plan_of, st.sampled_from(["contact", "counter", "gauge", "text"]), st.sampled_from(POINTERS), st.integers(1, 100)
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases=st.lists(st.tuples(plans, payloads), min_size=20, max_size=60))
def test_a_board_reads_what_a_computer_reads(tmp_path_factory, cases):
    """Whatever the bytes, the kind and the pointer: the same text, or none on both."""
    assert_same(tmp_path_factory.mktemp("payloads"), cases)


@pytest.mark.parametrize("kind", ["contact", "text", "gauge"])
def test_every_character_that_is_no_letter(tmp_path, kind):
    """Each control, format and space character of Unicode is kept, dropped or a blank as on a computer."""
    private = {"\ue000", "\uf8ff", "\U000f0000", "\U0010fffd"}
    some = [one for one in FORMAT if unicodedata.category(one) != "Co" or one in private]
    assert_same(tmp_path, [(plan_of(kind), f"{one}open{one}x{one}".encode()) for one in some])
    assert_same(tmp_path, [(plan_of(kind), f"{one}63{one}".encode()) for one in some])


@pytest.mark.parametrize("second", [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0x41])
def test_what_is_no_utf8_is_no_value(tmp_path, second):
    """Overlong forms, surrogates and what lies beyond Unicode are unreadable on both, after every first byte."""
    cases = [
        (plan_of("text"), b"a" + bytes([first, second, 0x80, 0x80][:length]) + b"z")
        for first in range(0x80, 0x100)
        for length in (1, 2, 3, 4)
    ]
    assert_same(tmp_path, cases)


def test_halves_of_pairs_in_json(tmp_path):
    """An escaped half of a surrogate pair is dropped from a text and spoils a word or a number."""
    documents = [
        b'{"level": "on\\ud800"}',
        b'{"level": "6\\udc00"}',
        b'{"level": "\\ud83d\\ude00"}',
        b'{"level": "\\ud83dx"}',
    ]
    kinds = ("text", "contact", "gauge")
    assert_same(tmp_path, [(plan_of(kind, "/level"), document) for kind in kinds for document in documents])
