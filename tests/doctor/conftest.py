"""What the doctor's tests share: patients made of a plan, in a folder that stands for the machine."""

import pytest

from pushglance.doctor.check_result import CheckContext
from support import plans


@pytest.fixture
def root(tmp_path):
    """An empty machine: no systems of files, no devices."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def patient(tmp_path, root):
    """Make a patient of a plan; other keys are the patient's own."""

    def patient(plan=None, **keys):
        whole = {"has_keys": True, "state_dir": tmp_path / "state", "runtime_dir": tmp_path / "run", "root": root}
        return CheckContext(plan or plans.plan(), **whole | keys)

    return patient


@pytest.fixture
def write(root):
    """Write files of the machine: path -> text."""

    def write(files):
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    return write


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put shell scripts in the place of the system's programs: name -> script; no other one is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def programs(**scripts):
        for name, script in scripts.items():
            path = folder / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o700)

    return programs


@pytest.fixture
def found():
    """Run a check and return what it found as {name: (verdict, said + cure)}, the last one of each name."""

    def found(check, patient):
        return {one.name: (one.verdict, f"{one.detail} -> {one.cure}") for one in check(patient)}

    return found
