"""Payloads: MicroPython reads the same text from the same bytes as CPython, with the one reader of the core."""

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
FORMAT = [char for char in ASSIGNED if unicodedata.category(char) in ("Cf", "Co", "Cc", "Zs", "Zl", "Zp")]
POINTERS = ["", "/level", "/", "/a/0", "/level/0/a", "/~0/~1"]


def plan_of(kind, pointer="", length=40):
    return {"kind": kind, "pointer": pointer, "length": length} | WORDS


def read_on_board(folder, cases):
    """Return the text that MicroPython reads from each (plan, payload)."""
    path = folder / "payloads.txt"
    path.write_text("".join(json.dumps([plan, payload.hex()]) + "\n" for plan, payload in cases))
    finished = subprocess.run(
        [micropython(), "-X", "heapsize=1M", str(ROOT / "tests/boards/runtime/on_board/read_payloads.py"), str(path)],
        env={"MICROPYPATH": f"{ROOT / 'boards'}:{ROOT / 'agent'}:.frozen"},
        capture_output=True,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stdout[-300:] + finished.stderr
    return [json.loads(line) for line in finished.stdout.decode("utf-8", "surrogatepass").splitlines()]


def assert_same(folder, cases):
    """Fail with the first payload that the two interpreters read differently."""
    for (plan, payload), text in zip(cases, read_on_board(folder, cases), strict=True):
        assert (plan["kind"], payload, text) == (plan["kind"], payload, read_payload(plan, payload)[0])


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
def test_both_interpreters_read_the_same(tmp_path_factory, cases):
    """For any bytes, kind and pointer both read the same text, or neither reads one."""
    assert_same(tmp_path_factory.mktemp("payloads"), cases)


@pytest.mark.parametrize("kind", ["contact", "text", "gauge"])
def test_unprintable_characters_are_treated_alike(tmp_path, kind):
    """Each control, format and space character of Unicode is kept, dropped or replaced alike."""
    private = {"\ue000", "\uf8ff", "\U000f0000", "\U0010fffd"}
    chars = [char for char in FORMAT if unicodedata.category(char) != "Co" or char in private]
    assert_same(tmp_path, [(plan_of(kind), f"{char}open{char}x{char}".encode()) for char in chars])
    assert_same(tmp_path, [(plan_of(kind), f"{char}63{char}".encode()) for char in chars])


@pytest.mark.parametrize("second", [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0x41])
def test_invalid_utf8_is_unreadable(tmp_path, second):
    """Overlong forms, surrogates and codes beyond Unicode are unreadable on both, after every first byte."""
    cases = [
        (plan_of("text"), b"a" + bytes([first, second, 0x80, 0x80][:length]) + b"z")
        for first in range(0x80, 0x100)
        for length in (1, 2, 3, 4)
    ]
    assert_same(tmp_path, cases)


def test_lone_surrogates_in_json_are_treated_alike(tmp_path):
    """An escaped half of a surrogate pair is dropped from a text and makes a word or a number unreadable."""
    documents = [
        b'{"level": "on\\ud800"}',
        b'{"level": "6\\udc00"}',
        b'{"level": "\\ud83d\\ude00"}',
        b'{"level": "\\ud83dx"}',
        b'{"level": "\\ud83don"}',
        b'{"level": "\\ud83d\\u006fn"}',
    ]
    kinds = ("text", "contact", "gauge")
    assert_same(tmp_path, [(plan_of(kind, "/level"), document) for kind in kinds for document in documents])
