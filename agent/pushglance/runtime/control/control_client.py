"""Ask the running daemon for something, from another process: a line into its FIFO, the reply from its live file."""

import errno
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any, NamedTuple

from pushglance.errors import PushglanceError
from pushglance.runtime.status.status_file import NAME as LIVE

from .requests import LINE_MAX, NAME

_LOOK_S = 0.05


class ControlReply(NamedTuple):
    """What the daemon replied: whether it was done, of what it speaks (a watch, a sensor), and the sentence."""

    is_done: bool
    subject: str
    sentence: str


def is_running(directory: Path) -> bool:
    """Tell whether a daemon reads requests in this runtime directory. Raises PushglanceError if we may not ask."""
    handle = _open(directory / NAME)
    if handle is None:
        return False
    os.close(handle)
    return True


def ask(directory: Path, timeout_s: float, **asked: Any) -> ControlReply:
    """SimulatorInput in one request and wait for its reply. Raises PushglanceError if nobody is there or nobody replies."""
    request = secrets.token_hex(8)
    line = json.dumps({**asked, "request": request}).encode() + b"\n"
    if len(line) > LINE_MAX:
        raise PushglanceError(f"that is too long: a request may have {LINE_MAX} bytes")
    handle = _open(directory / NAME)
    if handle is None:
        raise PushglanceError(
            f"no pushglance is running here (nobody reads {directory / NAME}): "
            "start it with systemctl start pushglance, or name its directory with RUNTIME_DIRECTORY"
        )
    try:
        os.write(handle, line)
    except OSError as error:
        raise PushglanceError(f"the daemon takes no requests just now ({error.strerror}): try again") from error
    finally:
        os.close(handle)
    return _await(directory / LIVE, request, timeout_s)


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENXIO, errno.ENOTDIR}:
            return None
        raise PushglanceError(
            f"this user may not ask the daemon ({path}: {error.strerror}): put sudo in front of the command"
        ) from error


def _await(live: Path, request: str, timeout_s: float) -> ControlReply:
    until_s = time.monotonic() + timeout_s
    while time.monotonic() < until_s:
        for reply in _replies(live):
            if reply["request"] == request:
                return ControlReply(bool(reply["is_done"]), reply["subject"], reply["detail"])
        time.sleep(_LOOK_S)
    raise PushglanceError(
        f"no reply within {timeout_s:.0f} s; it may still be done: look with pushglance status, "
        "or with journalctl -u pushglance"
    )


def _replies(live: Path) -> list[dict[str, Any]]:
    try:
        replies: list[dict[str, Any]] = json.loads(live.read_text())["replies"]
    except (OSError, ValueError, KeyError):
        return []  # it is being started, or ends
    return replies
