"""A short fuzz run of every target with fixed seeds: with hypothesis, and with atheris where it is installed.

`scripts/fuzz NAME --seconds 600` runs longer and continues from the inputs of earlier runs.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.targets import TARGETS
from support import plans

RUNS = 4000  # inputs of atheris for each target; takes some seconds
_EXAMPLES = Path(__file__).parents[2] / "config"
_TEXTS = st.text(max_size=60)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)
_KEYS = st.sampled_from(["version", "sensors", "watches", "fields", "parts", "pushes", "secrets", "kind", "mqtt", "0"])
_TOML = st.sampled_from(sorted(_EXAMPLES.glob("*.toml"))).map(lambda path: path.read_text())
_SCALARS = (
    st.integers()
    | st.floats()
    | st.booleans()
    | _TEXTS.map(json.dumps)
    | st.sampled_from(
        ['"1h"', '"-1s"', "[]", "{}", "1979-05-27", '"{garage}"', "inf", "nan", '"\\u0000"', '"' + "9" * 400 + '"']
    )
)


@st.composite
def mutated_example(draw):
    """Return an example file with one value replaced, or one line removed or doubled."""
    lines = draw(_TOML).splitlines()
    index = draw(st.integers(0, len(lines) - 1))
    if draw(st.booleans()) and "=" in lines[index]:
        lines[index] = f"{lines[index].split('=')[0]}= {draw(_SCALARS)}"
    else:
        lines[index : index + 1] = [lines[index]] * draw(st.sampled_from([0, 2]))
    return "\n".join(lines).encode(errors="replace")


# Inputs that are similar to valid ones, so that they reach code that random bytes do not reach.
SHAPED = {
    "settings": mutated_example(),
    "settings_with_keys": st.builds(lambda text, value: f"{text} = {value}".encode(), _KEYS | _TEXTS, _SCALARS),
    "payload": _JSON.map(lambda value: json.dumps(value).encode()) | st.floats().map(lambda value: str(value).encode()),
    "value": st.builds(
        lambda knobs, lines: knobs + b"\0" + "\n".join(lines).encode(errors="replace"),
        st.binary(min_size=6, max_size=6).filter(lambda knobs: b"\0" not in knobs),
        st.lists(st.integers(-(10**6), 10**6).map(str) | st.floats().map(str) | _TEXTS, max_size=12),
    ),
    "increments": st.builds(
        lambda step, value: step.encode(errors="replace") + b"\0" + json.dumps({step: value}).encode(), _TEXTS, _JSON
    ),
    "pointed_payload": st.builds(
        lambda steps, value: "/".join(steps).encode(errors="replace") + b"\0" + json.dumps(value).encode(),
        st.lists(_TEXTS | st.sampled_from(["0", "-1", "~0", "~1", "00"]), max_size=3),
        _JSON,
    ),
    "topic": st.builds(
        lambda name, value: name.encode() + b"\0" + json.dumps(value).encode(),
        st.sampled_from(["a/door", "a/b/c", "$SYS/a", "", "/", "a//c", "+/door", "#"]),
        _JSON,
    ),
    "template": st.lists(st.sampled_from(["{garage}", "{{", "}", "{", "{a.b}", "é", "x" * 60])).map(
        lambda parts: "".join(parts).encode()
    ),
    "pushover_answer": st.builds(
        lambda status, reset, value: (
            status.to_bytes(2, "big").replace(b"\0", b"\1")
            + b"\0"
            + reset.encode()
            + b"\0"
            + json.dumps(value).encode()
        ),
        st.integers(0, 400),
        st.sampled_from(["", "0", "1795520343", "99999999999", "-5", "1e9", "²"]),
        st.fixed_dictionaries({}, optional={"status": _JSON, "errors": _JSON, "request": _JSON}) | _JSON,
    ),
    "plan": _JSON.map(lambda value: json.dumps(value).encode()),
    "mutated_plan": st.builds(
        lambda path, value: json.dumps([path, value]).encode(),
        st.lists(_KEYS | st.integers(0, 5), min_size=1, max_size=6),
        _JSON | st.sampled_from([plans.KEY, -1, 1 << 70, [["note"]], "x" * 200]),
    ),
    "request": st.builds(
        lambda want, more: json.dumps({"want": want, "watch": "watch", "sensor": "garage", **more}).encode(),
        st.sampled_from(["push", "send", "pause", "total"]),
        st.dictionaries(st.sampled_from(["glance", "for_ms", "total", "all", "watch", "request"]), _JSON, max_size=4),
    ),
    "number": st.from_regex(r"[-+]?[0-9.]{0,25}(e[-+]?[0-9]{1,4})?", fullmatch=True).map(str.encode)
    | st.text(alphabet="01289.e-+ ٣²①\u00a0", max_size=12).map(str.encode),
}


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_input(name):
    """Random bytes, and inputs similar to valid ones, raise only documented errors."""

    @settings(max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=200) | SHAPED[name])
    def attack(content):
        TARGETS[name](content)

    attack()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", TARGETS)
def test_coverage_guided(name, tmp_path):
    """Atheris, guided by coverage, finds no failure within 4000 inputs."""
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    command = [sys.executable, "scripts/lib/fuzz_target.py", name, "--runs", str(RUNS), "--corpus", str(tmp_path)]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-3000:]
