"""Fixtures of the doctor's tests: contexts made of a plan, and a folder that is the root of the machine."""

import datetime as dt

import pytest
import trustme

from pushglance.doctor.check_result import CheckContext
from support import plans


@pytest.fixture
def root(tmp_path):
    """Return the root of an empty machine: no /proc, no /sys, no devices."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def make_context(tmp_path, root):
    """Return a function that makes a context of a plan; keywords replace single fields."""

    def make_context(plan=None, **fields):
        defaults = {"has_keys": True, "state_dir": tmp_path / "state", "runtime_dir": tmp_path / "run", "root": root}
        return CheckContext(plan or plans.plan(), **defaults | fields)

    return make_context


@pytest.fixture
def write(root):
    """Return a function that writes files of the machine: {path: text}."""

    def write(files):
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    return write


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Return a function that replaces the system's programs by shell scripts: name=script; PATH holds no other."""
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
def results_of():
    """Return a function that runs a check and returns {name: (status, message -> hint)}, the last of each name."""

    def results_of(check, context):
        return {result.name: (result.status, f"{result.message} -> {result.hint}") for result in check(context)}

    return results_of


@pytest.fixture
def steps():
    """Return a function that runs a check and returns all (name, status), and all messages and hints as one text."""

    def steps(check, context):
        results = list(check(context))
        texts = [f"{result.message} -> {result.hint}" for result in results]
        return [(result.name, result.status) for result in results], " | ".join(texts)

    return steps


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Make certificates for 127.0.0.1: a valid one, an expired one, one for tomorrow; and one of another host."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, unknown = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    unknown.cert_pem.write_to_path(folder / "unknown.pem")
    now, day = dt.datetime.now(tz=dt.UTC), dt.timedelta(days=1)
    for name, host, keys in (
        ("good", "127.0.0.1", {}),
        ("expired", "127.0.0.1", {"not_after": now - day}),
        ("early", "127.0.0.1", {"not_before": now + day}),
        ("other", "example.org", {}),
    ):
        authority.issue_cert(host, **keys).private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    return folder
