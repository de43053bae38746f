"""Converters by name: listed without being imported, called through one signature."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import annoconv
from annoconv import registry, times
from annoconv.casefile import LoadedCase
from annoconv.errors import AnnoconvError, OutputExistsError, UsageError
from annoconv.loss import LossReport
from annoconv.registry import Context, Option
from tests.documents import good
from tests.fake_converters import installed

__all__ = ["installed"]


def loaded() -> LoadedCase:
    import json

    from annoconv.model import Case

    return LoadedCase(Case.model_validate_json(json.dumps(good())))


@pytest.mark.usefixtures("installed")
def test_formats_are_listed_without_being_imported() -> None:
    found = {each.name: each for each in annoconv.formats()}
    assert list(found) == ["absent", "broken", "good"]
    assert (found["good"].reads, found["good"].writes) == (True, True)
    assert found["good"].summary == "Good files: a format to test with."
    assert (found["broken"].reads, found["broken"].summary) == (False, "Broken files.")
    assert "not installed" in found["absent"].summary
    assert not {"good_converter", "some_converters", "not_there"} & sys.modules.keys()


def test_writing_and_reading_by_name(installed: Path) -> None:
    target = installed / "out.txt"
    losses = annoconv.write([loaded()], str(target), format="good", images=["a"], level=5)
    assert isinstance(losses, LossReport)
    assert target.read_text() == repr((["CASE_1"], [Path("a")], 5, False, "a"))
    with pytest.raises(OutputExistsError):
        annoconv.write([loaded()], target, format="good")
    annoconv.write([loaded()], target, format="good", overwrite=True)
    annoconv.write_case(loaded(), installed / "c.json")
    (reading,) = annoconv.read([str(installed / "c.json")], format="good")
    assert reading.case.case_id == "CASE_1"


@pytest.mark.usefixtures("installed")
def test_what_does_not_exist_is_named() -> None:
    with pytest.raises(UsageError, match="absent, broken, good"):
        annoconv.write([], "x", format="nrrd")
    with pytest.raises(UsageError, match="no converter reads"):
        annoconv.read([], format="broken")
    with pytest.raises(UsageError, match="no such option; found quality; expected images, level, keep_empty, kind"):
        annoconv.write([], "x", format="good", quality=1)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["broken", "absent"])
def test_a_converter_that_cannot_be_imported_says_so(name: str) -> None:
    with pytest.raises(AnnoconvError, match=f"to-{name} cannot be loaded.*Install what"):
        annoconv.write([], "x", format=name)


@pytest.mark.usefixtures("installed")
def test_options_come_from_the_signature() -> None:
    options = registry.converter("to", "good").options
    assert list(options) == ["images", "level", "keep_empty", "kind"]
    assert options["kind"].annotation.__metadata__ == (Option(help="Which.", name="type"),)


def test_every_installed_converter_is_described() -> None:
    for each in registry.formats():
        assert each.summary
    for converter in registry.converters().values():
        assert callable(converter.function)
        assert all(hasattr(each.annotation, "__metadata__") for each in converter.options.values()), converter.name


def test_public_names_are_sorted_and_there() -> None:
    assert annoconv.__all__ == sorted(annoconv.__all__)
    for name in annoconv.__all__:
        assert getattr(annoconv, name) is not None
    assert set(annoconv.__all__) <= set(dir(annoconv))
    with pytest.raises(AttributeError):
        _ = annoconv.nothing


def test_importing_annoconv_imports_nothing_heavy() -> None:
    heavy = "{'numpy', 'pydantic', 'typer', 'pydicom', 'nibabel', 'importlib.metadata'}"
    code = f"import sys, annoconv; print({heavy} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"


def test_a_context_is_frozen() -> None:
    seen: list[Any] = []
    context = Context(progress=lambda done, total: seen.append((done, total)))
    context.advance(1, 2)
    Context().advance(1)
    assert seen == [(1, 2)]
    with pytest.raises(FrozenInstanceError):
        context.task = "x"  # type: ignore[misc]


# --- times ---


def case_with(**metadata: Any) -> LoadedCase:
    import json

    from annoconv.model import Case

    document = good()
    document["metadata"] = {"annotator": "A1", **metadata}
    return LoadedCase(Case.model_validate_json(json.dumps(document)))


def test_a_text_needs_a_zone() -> None:
    eight = timezone(timedelta(hours=8))
    assert times.parse_timestamp("2025-03-12T10:25:00Z") == datetime(2025, 3, 12, 10, 25, tzinfo=UTC)
    assert times.parse_timestamp("2025-03-12T10:25:00", eight) == datetime(2025, 3, 12, 10, 25, tzinfo=eight)
    with pytest.raises(UsageError, match="names no zone"):
        times.parse_timestamp("2025-03-12T10:25:00")
    with pytest.raises(UsageError, match="no time"):
        times.parse_timestamp("yesterday")
    assert times.parse_timestamp("now").tzinfo is not None


def test_zones() -> None:
    assert times.parse_timezone("-03:30").utcoffset(None) == -timedelta(hours=3, minutes=30)
    assert times.parse_timezone("Z") is UTC
    assert str(times.parse_timezone("Asia/Shanghai")) == "Asia/Shanghai"
    for bad in ("8", "+8:00", "Mars/Base", "../etc", ""):
        with pytest.raises(UsageError):
            times.parse_timezone(bad)


def test_the_newest_time_wins() -> None:
    event = {"action": "review", "actor": "R1", "at": "2025-05-01T00:00:00+08:00"}
    stamps = {"start": "2025-01-01T00:00:00Z", "end": "2025-04-01T00:00:00Z"}
    loaded = case_with(timestamps=stamps, audit=[event])
    assert times.timestamp([loaded.case]).isoformat() == "2025-05-01T00:00:00+08:00"
    asked = datetime(2020, 1, 1, tzinfo=UTC)
    assert times.timestamp([loaded.case], given=asked) == asked


def test_without_a_time_it_is_asked_for() -> None:
    with pytest.raises(UsageError, match="--timestamp"):
        times.timestamp([case_with().case])


def test_the_images_come_second() -> None:
    class Source:
        def __init__(self, at: datetime | None) -> None:
            self.acquired_at = at

    naive = datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    sources: Any = [Source(None), Source(naive)]
    with pytest.raises(UsageError, match="--timezone"):
        times.timestamp([case_with().case], [one.acquired_at for one in sources])
    assert times.timestamp([case_with().case], [one.acquired_at for one in sources], zone=UTC) == naive.replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize("name", sorted(registry.converters()))
def test_a_converter_has_a_function_with_its_options_in_the_signature(name: str) -> None:
    called = registry.converters()[name]
    function = getattr(annoconv, name.replace("-", "_"))
    parameters = inspect.signature(function).parameters
    for option, each in called.options.items():
        assert parameters[option].default == each.default
        assert parameters[option].kind is inspect.Parameter.KEYWORD_ONLY
        assert f"\n{option}\n    " in function.__doc__
    assert "context" in parameters
    assert ("overwrite" in parameters) == (called.direction == "to")
    assert function.__name__ in dir(annoconv)


def test_functions_of_formats_write_and_read(tmp_path: Path) -> None:
    losses = annoconv.to_coco(loaded(), tmp_path / "x.json", plain=True)
    assert losses == annoconv.write(loaded(), tmp_path / "y.json", format="coco", plain=True)
    assert (tmp_path / "x.json").read_bytes() == (tmp_path / "y.json").read_bytes()
    (reading,) = annoconv.from_coco(tmp_path / "x.json")
    assert reading.case.annotations
    with pytest.raises(UsageError, match="Did you mean plain"):
        annoconv.to_coco(loaded(), tmp_path / "z.json", plan=True)  # type: ignore[call-arg]
    for name in ("to_cocoo", "to-coco", "from_nothing", "sideways"):
        assert not hasattr(annoconv, name)
