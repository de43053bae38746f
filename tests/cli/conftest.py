"""Running the command line within the test's own process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from annoconv.cli import main
from tests.fake_converters import installed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["installed"]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        answer = json.loads(self.out)
        assert answer["exit_code"] == self.code
        assert {"outputs", "losses", "findings", "elapsed_s"} <= answer.keys()
        return answer  # type: ignore[no-any-return]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def called(*arguments: object) -> Ran:
        code = main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(code, out, err)

    return called
