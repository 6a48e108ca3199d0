"""Values in the notation of other programs: whatever is written, the suggestion itself is accepted."""

import contextlib
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from pushglance.redaction import without_logins
from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.loading.syntax_hints import syntax_hint
from pushglance.settings.tables.pin_names import bcm_number
from pushglance.settings.values.hosts import check_broker, is_host
from pushglance.settings.values.pointer_notations import as_pointer
from pushglance.settings.values.topics import _check_pointer

_POINTERS = st.one_of(st.text(), st.text("$.a[]'0\"{}|/~ _value_json", max_size=40))
_LINES = st.one_of(st.text(), st.text("ab=\"' [],.:#-\\0", max_size=60))
_HOSTS = st.text("ab:/@[].%?#-1 mqtt", max_size=40)


@given(_POINTERS)
def test_a_translated_pointer_is_a_pointer(written):
    """Each suggestion is a pointer that the settings accept, or there is none."""
    pointer = as_pointer(written)
    assert pointer == "" or (pointer.startswith("/") and _check_pointer(pointer) == pointer)


@given(_LINES)
def test_any_line_gives_a_hint_or_none(line):
    """A hint is one line, whatever is written, and the line that it suggests is TOML."""
    hint = syntax_hint(line.replace("\n", " "))
    assert "\n" not in hint
    tomllib.loads(hint.partition("; write ")[2])


@given(_HOSTS)
def test_any_host_is_plain_or_refused_without_its_login(written):
    """A host that is accepted is plain; a refusal suggests a plain one."""
    try:
        host = check_broker(written)
    except ValueProblem as problem:
        host = problem.literal.strip('"')
    assert is_host(host) or not host


@given(_HOSTS)
def test_redaction_is_complete(written):
    """What has been redacted once needs no second time, and no URL keeps an at sign before its host."""
    text = without_logins(f"mqtt://name:{written.replace(' ', '')}@host")
    assert text == "mqtt://host"


@given(st.text(max_size=20))
def test_any_name_of_a_pin_is_a_number_or_none(written):
    """A name is translated into a pin's number or not at all."""
    number = bcm_number(written)
    assert number is None or 0 <= number < 100
    with contextlib.suppress(ValueError):
        assert bcm_number(f"GPIO{int(written) % 28}") == int(written) % 28
