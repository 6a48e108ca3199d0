"""Check the systemd service: installed, running, restarts, and its last warning; whether a second agent runs."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.subprocesses import output_of

from .agent import check_agent

_UNIT = "pushglance.service"
_PROPERTIES = ("LoadState", "ActiveState", "SubState", "Result", "NRestarts", "ExecMainStatus", "UnitFileState")
_EXIT_CODES = {
    "1": "an error outside the settings, the store and the pins; its log names it",
    "2": "an error in the settings: pushglance check names it",
    "3": "the store: see below",
    "4": "a pin or its library: see below",
}
_RESTARTS_MAX = 3
LOGS_HINT = "pushglance logs --since -1h"


def check_service(context: CheckContext) -> Iterator[CheckResult]:
    """Check the unit, its last warning in the journal, the agent's own status, and for second agents."""
    yield from _check_unit()
    yield from check_agent(context, LOGS_HINT)
    yield _check_single(context.root / "proc")


def _check_unit() -> Iterator[CheckResult]:
    output = output_of("systemctl", "show", _UNIT, f"--property={','.join(_PROPERTIES)}")
    if output is None:
        yield CheckResult("service", SKIPPED, "this system does not run systemd")
        return
    properties = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    if properties.get("LoadState") != "loaded":
        message = f"{_UNIT} is not installed here"
        yield CheckResult(
            "service", SKIPPED, message, "to install it: the package pushglance, or scripts/install (see README.md)"
        )
        return
    yield unit_result(properties)
    warning = output_of(
        "journalctl", f"_SYSTEMD_UNIT={_UNIT}", "--priority=warning", "--since=-1day", "-n1", "-o", "cat", "-q"
    )
    if warning and warning.strip():
        message = f"the last warning within a day: {warning.strip().splitlines()[-1]}"
        yield CheckResult("journal", WARNING, message, LOGS_HINT)


def unit_result(properties: dict[str, str]) -> CheckResult:
    """Return what systemd's properties of the unit mean."""
    active, restarts = properties.get("ActiveState", ""), int(properties.get("NRestarts") or 0)
    if active == "failed":
        code = properties.get("ExecMainStatus", "")
        reason = _EXIT_CODES.get(code, f"result {properties.get('Result')}, exit code {code}")
        hint = f"{LOGS_HINT}; then systemctl restart pushglance"
        return CheckResult("service", WRONG, f"it has failed: {reason}", hint)
    if active == "activating":
        return CheckResult("service", WRONG, f"it is not ready, {restarts} restarts so far", LOGS_HINT)
    if active != "active":
        message = f"it does not run ({active}, {properties.get('UnitFileState')})"
        return CheckResult("service", WARNING, message, "systemctl enable --now pushglance")
    if restarts >= _RESTARTS_MAX:
        return CheckResult("service", WARNING, f"it runs, but was restarted {restarts} times", LOGS_HINT)
    if properties.get("UnitFileState") != "enabled":
        message = "it runs, but will not start after a reboot"
        return CheckResult("service", WARNING, message, "systemctl enable pushglance")
    return CheckResult("service", OK, "it runs and starts at boot")


def _check_single(proc: Path) -> CheckResult:
    """Find agents by their command line; two of them may have two stores and push to the same watch."""
    agents = []
    for path in proc.glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue  # the process has ended, or belongs to another user
        if _is_agent(words):
            agents.append(path.parent.name)
    if len(agents) > 1:
        message = f"{len(agents)} agents run here (processes {', '.join(sorted(agents, key=int))})"
        hint = "stop all but one: agents with separate stores do not share the budget of a watch"
        return CheckResult("copies", WARNING, message, hint)
    return CheckResult("copies", OK, "one agent runs here" if agents else "no agent runs here")


def _is_agent(words: list[bytes]) -> bool:
    """Return whether a process with this command line is an agent, or is about to become one."""
    if b"pushglance.runtime" in words:
        return True
    # After a start with unchanged settings the command line is still the typed one, run by Python, not by sudo.
    interpreter, *rest = (Path(os.fsdecode(word)).name for word in words[:4])
    return interpreter.startswith("python") and ("pushglance", "run") in pairwise(rest)
