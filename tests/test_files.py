"""Files and pipes: what the standard library does only up to a limit."""

from __future__ import annotations

import os
import resource

import pytest

from rag.files import wait_readable


@pytest.mark.parametrize("descriptor", [None, 1500])
def test_a_pipe_is_waited_for_whatever_its_number(descriptor: int | None) -> None:
    if descriptor and resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= descriptor:
        pytest.skip("this system opens fewer files")
    reading, writing = os.pipe()
    pipe = reading if descriptor is None else os.dup2(reading, descriptor)
    try:
        assert not wait_readable(pipe, 0.01)
        assert not wait_readable(pipe, -1.0)
        os.write(writing, b"x")
        assert wait_readable(pipe, 0.01)
    finally:
        for each in {reading, writing, pipe}:
            os.close(each)
