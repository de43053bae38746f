"""`annoconv check-images`: what it says, in both languages, as JSON, and its exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from annoconv.cli import main
from tests.converters.check_images.made_series import SERIES, file_of, made, write

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_clean_series_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-images", str(write(made(), tmp_path))]) == 0
    assert "0 errors, 0 warnings" in capsys.readouterr().err


def test_a_missing_slice_is_said_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(made(), tmp_path)
    file_of(folder, 5).unlink()
    assert main(["check-images", str(folder)]) == 1
    told = capsys.readouterr().err
    assert "slices missing between" in told
    assert "[A-7.2e.slice_missing]" in told
    assert main(["--lang", "zh", "check-images", str(folder)]) == 1
    assert "缺少" in capsys.readouterr().err


def test_json_has_the_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(made(), tmp_path)
    file_of(folder, 5).unlink()
    assert main(["check-images", str(folder), "--json", "--headers-only"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["path"] == f"/series/{SERIES}/slices/4"
    assert finding["source"] == str(file_of(folder, 4))


def test_a_folder_without_images_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("none")
    assert main(["check-images", str(tmp_path)]) == 1
    assert "expected DICOM images" in capsys.readouterr().err
