"""A series check takes 5 ms of CPU a file with its pixels at most, 2 ms without: the better of two runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from annoconv_converters.check_images import check_images

from tests.converters.check_images.made_series import made, write

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(made(COUNT, size=512), tmp_path_factory.mktemp("large"))


@pytest.mark.parametrize(("pixels", "most_ms"), [(True, 5.0), (False, 2.0)])
def test_a_file_takes_few_milliseconds(folder: Path, pixels: bool, most_ms: float) -> None:
    taken = []
    for _ in range(3):
        started = time.process_time()
        assert list(check_images([folder], pixels=pixels)) == []
        taken.append((time.process_time() - started) * 1000 / COUNT)
    assert min(taken) < most_ms
