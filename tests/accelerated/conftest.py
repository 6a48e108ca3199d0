"""Accelerated days need a C compiler."""

import os

import pytest

from support.accelerated.virtual_time import CompilerMissingError, find_compiler


@pytest.fixture(autouse=True)
def compiler():
    """Skip the test without a C compiler, or fail if CI is set."""
    try:
        return find_compiler()
    except CompilerMissingError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))
