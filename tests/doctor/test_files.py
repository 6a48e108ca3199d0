"""The doctor's check of files that sensors are read from."""

import pytest

from pushglance.doctor.check_result import OK, WRONG
from pushglance.doctor.checks.inputs.files import check_files
from support import plans


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        ("20500\n", OK, "has the value 20500"),
        ("warm\n", WRONG, "it is not a decimal number"),
        (None, WRONG, "No such file or directory"),
    ],
)
def test_each_file_is_read_once(make_context, tmp_path, content, status, message):
    """A file with a value is named with it, and another one with the reason."""
    path = tmp_path / "temp"
    if content is not None:
        path.write_text(content)
    sensor = plans.gauge("cpu", source="file", file=str(path), every_ms=60_000)
    plan = plans.plan([sensor, plans.contact()], [plans.watch()])
    [result] = check_files(make_context(plan=plan))
    assert result.status == status
    assert result.message.startswith(f"cpu: {path}")
    assert result.message.endswith(message)
