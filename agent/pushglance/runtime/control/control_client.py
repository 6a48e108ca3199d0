"""Send a request to the running daemon from another process, and read its reply.

The request is a line in the daemon's FIFO; the reply is in its status file.
"""

import errno
import json
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pushglance.errors import PushglanceError
from pushglance.installation import how_to_start
from pushglance.runtime.status.status_file import NAME as STATUS_NAME
from pushglance.runtime.status.status_reader import check_format, load

from .requests import FIFO_NAME, LINE_MAX

_POLL_S = 0.05
_NO_FIFO = "{path} is not a FIFO: remove it, then type  systemctl restart pushglance"


class ControlReply(NamedTuple):
    """The daemon's reply: whether the request was granted, its subject (a watch, a sensor), and a sentence."""

    is_done: bool
    subject: str
    sentence: str


def is_running(directory: Path) -> bool:
    """Return True if a daemon reads requests in this runtime directory. Raises PushglanceError without permission."""
    handle = _open(directory / FIFO_NAME)
    if handle is None:
        return False
    os.close(handle)
    return True


def send_request(directory: Path, timeout_s: float, *, fifo: str = FIFO_NAME, **request: Any) -> ControlReply:
    """Send one request and wait for its reply. Raises PushglanceError without a daemon or without a reply."""
    request_id = secrets.token_hex(8)
    line = json.dumps({**request, "request": request_id}).encode() + b"\n"
    if len(line) > LINE_MAX:
        raise PushglanceError(f"the request is too long: {len(line)} bytes, at most {LINE_MAX} are allowed")
    handle = _open(directory / fifo)
    if handle is None:
        raise PushglanceError(
            f"no pushglance is running here (no process reads {directory / fifo}): "
            f"start it with  {how_to_start()}  or set RUNTIME_DIRECTORY to its directory"
        )
    try:
        os.write(handle, line)
    except OSError as error:
        raise PushglanceError(f"the daemon accepts no request now ({error.strerror}): try again") from error
    finally:
        os.close(handle)
    return _wait_for_reply(directory / STATUS_NAME, request_id, timeout_s)


def _open(path: Path) -> int | None:
    """Return a file descriptor of the FIFO, None if no daemon reads it.

    Root must not write into a file that a link of the service's user names.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENXIO, errno.ENOTDIR}:
            return None
        with suppress(PermissionError):  # in a directory that this user may not enter
            if not _is_fifo(path.lstat()):
                raise PushglanceError(_NO_FIFO.format(path=path)) from error
        raise PushglanceError(
            f"this user may not send requests to the daemon ({path}: {error.strerror}): put sudo before the command"
        ) from error
    if not _is_fifo(os.fstat(handle)):
        os.close(handle)
        raise PushglanceError(_NO_FIFO.format(path=path))
    return handle


def _is_fifo(status: os.stat_result) -> bool:
    return stat.S_ISFIFO(status.st_mode)


def _wait_for_reply(status: Path, request_id: str, timeout_s: float) -> ControlReply:
    until_s = time.monotonic() + timeout_s
    while time.monotonic() < until_s:
        for reply in _replies(status):
            if reply["request"] == request_id:
                return ControlReply(bool(reply["is_done"]), reply["subject"], reply["detail"])
        time.sleep(_POLL_S)
    raise PushglanceError(
        f"no reply within {timeout_s:.0f} s; the request may still be executed: see pushglance status, "
        "or journalctl -u pushglance"
    )


def _replies(status: Path) -> list[dict[str, Any]]:
    try:
        content = load(status)
    except (OSError, ValueError):
        return []  # the daemon is starting or stopping
    replies: list[dict[str, Any]] = check_format(content, status)["replies"]
    return replies
