"""Check the files that sensors are read from: each can be read now by this user, and has a value."""

import time
from collections.abc import Iterator

from pushglance.core.wire.payload import read_payload
from pushglance.doctor.check_result import OK, WARNING, WRONG, CheckContext, CheckResult
from pushglance.runtime.inputs.file.reading import UnreadableFileError, read_file

_SLOW_S = 5.0


def check_files(context: CheckContext) -> Iterator[CheckResult]:
    """Read each file once; a read that hangs is limited by the runner."""
    for sensor in context.plan["sensors"] if context.plan is not None else ():
        if sensor["source"] != "file":
            continue
        name, begin_s = sensor["name"], time.monotonic()
        try:
            text, reason = read_payload(sensor, read_file(sensor["file"]))
        except UnreadableFileError as error:
            hint = f"correct file in [sensors.{name}]; the service reads neither /home nor devices"
            yield CheckResult("files", WRONG, f"{name}: {error}", hint)
            continue
        took_s = time.monotonic() - begin_s
        if text is None:
            hint = f"correct [sensors.{name}], or what writes the file"
            yield CheckResult("files", WRONG, f"{name}: {sensor['file']}: {reason}", hint)
        elif took_s > _SLOW_S:
            message = f"{name}: {sensor['file']} took {took_s:.0f} s"
            yield CheckResult("files", WARNING, message, f'write a longer every in [sensors.{name}], e.g. "5min"')
        else:
            yield CheckResult("files", OK, f"{name}: {sensor['file']} has the value {text[:40]}")
