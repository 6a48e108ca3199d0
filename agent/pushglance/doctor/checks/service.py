"""The service: is it there, does it run, how often did it start again, what did it say last, is it the only one?"""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from pushglance.core.words import duration_text
from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.subprocesses import output_of
from pushglance.runtime.status.status_reader import SILENT_MS, age_ms, is_gone

_UNIT = "pushglance.service"
_ASKED = ("LoadState", "ActiveState", "SubState", "Result", "NRestarts", "ExecMainStatus", "UnitFileState")
_EXIT_CODES = {
    "1": "something in the world around it",
    "2": "a mistake in the settings: pushglance check names it",
    "3": "the store: see below",
    "4": "a pin or its library: see below",
}
_RESTARTS_MAX = 3
_LOGS = "pushglance logs --since -1h"
_LINKS = {"mqtt": "the MQTT broker", "pushover": "Pushover", "store": "its store", "cluster": "the shared store"}


def check_service(patient: CheckContext) -> Iterator[CheckResult]:
    """Look at the unit, the last warning in the journal, what the agent tells of itself, and for second copies."""
    yield from _unit()
    yield from _agent(patient)
    yield from _copies(patient.root / "proc")


def _unit() -> Iterator[CheckResult]:
    told = output_of("systemctl", "show", _UNIT, f"--property={','.join(_ASKED)}")
    if told is None:
        yield CheckResult("service", SKIPPED, "there is no systemd here")
        return
    state = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    if state.get("LoadState") != "loaded":
        yield CheckResult("service", SKIPPED, f"there is no {_UNIT} here", "the README says how to install it")
        return
    yield unit_finding(state)
    detail = output_of(
        "journalctl", f"_SYSTEMD_UNIT={_UNIT}", "--priority=warning", "--since=-1day", "-n1", "-o", "cat", "-q"
    )
    if detail and detail.strip():
        yield CheckResult("journal", WARNING, f"the last warning of a day: {detail.strip().splitlines()[-1]}", _LOGS)


def unit_finding(state: dict[str, str]) -> CheckResult:
    """Return what systemd's properties of the unit mean."""
    active, restarts = state.get("ActiveState", ""), int(state.get("NRestarts") or 0)
    if active == "failed":
        code = state.get("ExecMainStatus", "")
        why = _EXIT_CODES.get(code, f"result {state.get('Result')}, exit code {code}")
        return CheckResult("service", WRONG, f"it has failed: {why}", f"{_LOGS}; then systemctl restart pushglance")
    if active == "activating":
        return CheckResult("service", WRONG, f"it is not ready, {restarts} restarts so far", _LOGS)
    if active != "active":
        cure = "systemctl enable --now pushglance"
        return CheckResult("service", WARNING, f"it does not run ({active}, {state.get('UnitFileState')})", cure)
    if restarts >= _RESTARTS_MAX:
        return CheckResult("service", WARNING, f"it runs, and had to be started again {restarts} times", _LOGS)
    if state.get("UnitFileState") != "enabled":
        return CheckResult("service", WARNING, "it runs, and will not after a reboot", "systemctl enable pushglance")
    return CheckResult("service", OK, "it runs and starts with the machine")


def _agent(patient: CheckContext) -> Iterator[CheckResult]:
    live = patient.live
    if live is None or is_gone(live):
        yield CheckResult("agent", SKIPPED, "no agent runs here that this user may look at")
        return
    if age_ms(live) > SILENT_MS:
        detail = f"process {live['pid']} has told nothing for {duration_text(age_ms(live))}"
        yield CheckResult("agent", WRONG, detail, "systemctl restart pushglance")
        return
    yield CheckResult("agent", OK, f"process {live['pid']} tells its state")
    for link, is_up in sorted(live["links"].items()):
        if not is_up:
            yield CheckResult("agent", WRONG, f"it has no way to {_LINKS.get(link, link)} just now", _LOGS)
    yield from _watches(live["watches"])
    for name, sensor in live["sensors"].items():
        if sensor.get("lost"):
            detail = f"{sensor['lost']} edges of {name} came faster than they can be read"
            cure = 'for a clean signal write width = "0s", which counts lost edges too'
            yield CheckResult("agent", WARNING, detail, cure)
    if live["dropped"]:
        detail = f"{live['dropped']} facts were dropped: more came than can be taken"
        yield CheckResult("agent", WARNING, detail, "look for a topic or a contact that never holds still")


def _watches(watches: dict[str, Any]) -> Iterator[CheckResult]:
    for name, watch in watches.items():
        if watch["parked"]:
            cure = "mend the settings, then systemctl reload pushglance"
            yield CheckResult("agent", WRONG, f"Pushover refused {name}: {watch['parked']}", cure)
        elif watch["left"] == 0:
            yield CheckResult(
                "agent", WARNING, f"every push of {name} is spent", "pushglance status says when one is back"
            )


def _is_agent(words: list[bytes]) -> bool:
    """Tell whether a process with this command line is an agent, or is about to become one."""
    if b"pushglance.runtime" in words:
        return True
    # After a start with unchanged settings it is still the program that was typed, run by Python, not by sudo.
    interpreter, *rest = (Path(os.fsdecode(word)).name for word in words[:4])
    return interpreter.startswith("python") and ("pushglance", "run") in pairwise(rest)


def _copies(processes: Path) -> Iterator[CheckResult]:
    """Look for agents by their command line; their stores may differ, the watch is the same."""
    agents = []
    for path in processes.glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended, or belongs to somebody else
        if _is_agent(words):
            agents.append(path.parent.name)
    if len(agents) > 1:
        detail = f"{len(agents)} agents run here (processes {', '.join(sorted(agents, key=int))})"
        cure = "stop all but one: two that push to one watch do not know of each other's budget"
        yield CheckResult("copies", WARNING, detail, cure)
    else:
        yield CheckResult("copies", OK, "one agent runs here" if agents else "no agent runs here")
