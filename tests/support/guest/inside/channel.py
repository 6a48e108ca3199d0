"""Server in the guest: runs the requests that arrive as JSON lines over a virtio-serial port, and answers each."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

_PORT = "/dev/virtio-ports/commands"


def main() -> None:
    """Answer requests one after the other, as long as the guest runs."""
    port = os.open(_PORT, os.O_RDWR)
    _send(port, {"up": True})
    with os.fdopen(os.dup(port), "rb", buffering=0) as requests:
        unread = b""
        while True:
            received = requests.read(65536)
            if not received:  # the host is not connected at the moment
                continue
            *lines, unread = (unread + received).split(b"\n")
            for line in lines:
                if line.strip():
                    request = json.loads(line)
                    _send(port, {"number": request["number"], **_execute(request)})


def _send(port: int, answer: dict[str, Any]) -> None:
    unsent = json.dumps(answer).encode() + b"\n"
    while unsent:
        unsent = unsent[os.write(port, unsent) :]


def _execute(request: dict[str, Any]) -> dict[str, Any]:
    if "path" in request:
        path = Path(request["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(request["content"]))
        path.chmod(request["mode"])
        return {"code": 0, "out": "", "err": ""}
    try:
        ended = subprocess.run(
            ["bash", "-c", request["script"]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=request["timeout_s"],
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return {"code": 124, "out": _decode(error.stdout), "err": _decode(error.stderr) + "\n(timed out)"}
    return {"code": ended.returncode, "out": _decode(ended.stdout), "err": _decode(ended.stderr)}


def _decode(content: bytes | None) -> str:
    return (content or b"").decode(errors="replace")


main()
