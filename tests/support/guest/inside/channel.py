"""Runs inside the guest: carries out commands that come as JSON lines over a virtio-serial port, and answers each."""

import base64
import json
import os
import subprocess
from pathlib import Path

_PORT = "/dev/virtio-ports/commands"


def main() -> None:
    """Answer one request after the other, for as long as the guest runs."""
    handle = os.open(_PORT, os.O_RDWR)
    _say(handle, {"up": True})
    with os.fdopen(os.dup(handle), "rb", buffering=0) as requests:
        unread = b""
        while True:
            came = requests.read(65536)
            if not came:  # nobody is connected: the host side comes and goes
                continue
            *lines, unread = (unread + came).split(b"\n")
            for line in lines:
                if line.strip():
                    request = json.loads(line)
                    _say(handle, {"number": request["number"], **_carry_out(request)})


def _say(handle: int, answer: dict) -> None:
    rest = json.dumps(answer).encode() + b"\n"
    while rest:
        rest = rest[os.write(handle, rest) :]


def _carry_out(request: dict) -> dict:
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
            timeout=request["limit_s"],
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return {"code": 124, "out": _text(late.stdout), "err": _text(late.stderr) + "\n(took too long)"}
    return {"code": ended.returncode, "out": _text(ended.stdout), "err": _text(ended.stderr)}


def _text(octets: bytes | None) -> str:
    return (octets or b"").decode(errors="replace")


main()
