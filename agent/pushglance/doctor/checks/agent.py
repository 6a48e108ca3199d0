"""Check the status file of the running agent: its age, its links, its watches, lost edges and dropped events."""

from collections.abc import Iterator
from typing import Any

from pushglance.core.status.failure_texts import look_at
from pushglance.core.words import LINK_NAMES, duration_text
from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.runtime.status.status_reader import (
    age_ms,
    cure_of,
    explain_wait,
    has_exited,
    is_stale,
    link_reasons,
    message_problems,
    sensor_problem,
)

_REMARK_HINT = "look at the account and its devices at pushover.net"


def check_agent(context: CheckContext, logs_hint: str) -> Iterator[CheckResult]:
    """Yield a result for each problem that the agent's status file shows."""
    status = context.agent_status
    if status is None or has_exited(status):
        yield CheckResult("agent", SKIPPED, "no agent runs here whose status this user may read")
        return
    if is_stale(status):
        message = f"no update from process {status['pid']} for {duration_text(age_ms(status))}"
        yield CheckResult("agent", WRONG, message, "systemctl restart pushglance")
        return
    yield CheckResult("agent", OK, f"process {status['pid']} updates its status")
    for link, is_up in sorted(status["links"].items()):
        if not is_up:
            reason = link_reasons(status).get(link, "")
            detail = f" ({reason})" if reason else ""
            yield CheckResult("agent", WRONG, f"unavailable: {LINK_NAMES.get(link, link)}{detail}", logs_hint)
    yield from _check_sensors(status["sensors"])
    for worker in status.get("stuck", ()):
        message = f"its worker {worker!r} makes no progress"
        yield CheckResult("agent", WRONG, message, "systemctl restart pushglance")
    yield from _check_watches(status["watches"])
    yield from _check_messages(status.get("messages"))
    yield from _check_losses(status)


def _check_sensors(sensors: dict[str, Any]) -> Iterator[CheckResult]:
    for name, sensor in sensors.items():
        if problem := sensor_problem(sensor):
            status = WRONG if sensor.get("is_certain", 1) else WARNING
            yield CheckResult("agent", status, f"{name}: {problem}", f"correct [sensors.{name}] or what publishes")


def _check_watches(watches: dict[str, Any]) -> Iterator[CheckResult]:
    for name, watch in watches.items():
        if watch["parked"]:
            yield CheckResult("agent", WRONG, f"Pushover refused {name}: {watch['parked']}", cure_of(watch))
        elif watch.get("remark"):
            yield CheckResult("agent", WARNING, f"Pushover about {name}: {watch['remark']}", _REMARK_HINT)
        elif watch.get("why") == "backing off":
            message = f"{name} {explain_wait(watch)}"
            yield CheckResult("agent", WARNING, message, look_at(watch.get("failed_cause", "")))
        elif watch["left"] == 0:
            message = f"all pushes of {name} are used up"
            yield CheckResult("agent", WARNING, message, "pushglance status shows when the next one is available")


def _check_messages(messages: dict[str, Any] | None) -> Iterator[CheckResult]:
    if not messages:
        return
    if messages["parked"]:
        yield CheckResult("agent", WRONG, f"Pushover refused messages: {messages['parked']}", cure_of(messages))
    elif problems := message_problems(messages):
        hint = look_at(messages["failed_cause"]) if messages.get("failed_cause") else _REMARK_HINT
        yield CheckResult("agent", WRONG, f"messages: {'; '.join(problems)}", hint)
    elif messages["left"] == 0:
        message = "all messages are used up: an alarm would wait"
        yield CheckResult("agent", WARNING, message, "raise limit under [messages]")


def _check_losses(status: dict[str, Any]) -> Iterator[CheckResult]:
    for name, sensor in status["sensors"].items():
        if sensor.get("lost"):
            message = f"{sensor['lost']} edges of {name} were lost: they came faster than they can be read"
            hint = f'for a clean signal write width = "0s" under [sensors.{name}], which counts lost edges, too'
            yield CheckResult("agent", WARNING, message, hint)
    if status["dropped"]:
        message = f"{status['dropped']} events were dropped: they came faster than they can be handled"
        yield CheckResult("agent", WARNING, message, "find the topic or the contact that changes all the time")
