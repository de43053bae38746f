"""Every format, every case of the zoo, there and back: nothing changes but what the loss report names, to the leaf.

`tests/golden/losses/<format>.txt` is the committed table of losses; `pytest tests/test_matrix.py --accept-losses`
writes it anew, and a change that lengthens it says why. What a format refuses no flag accepts: `REFUSES` in
`tests/converters/test_<format>.py` says which cases of the zoo, and with which error.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading, read_case, write_case
from annoconv.documents import residuals, strict_json
from annoconv.errors import InputError
from annoconv.geometry import apply_relation, compare_grids
from annoconv.loss import LossKind, LossReport
from annoconv.model import MaskAnnotation
from tests.cases import ZOO, ZooCase, make

GOLDEN = Path(__file__).parent / "golden" / "losses"
BOTH_WAYS = [one.name for one in registry.formats() if one.reads and one.writes]
PLAIN = {name for name in BOTH_WAYS if "plain" in registry.converter("to", name).options}


@dataclass(frozen=True)
class Trip:
    """One case, written and read back."""

    loaded: LoadedCase
    written: LossReport
    reading: Reading

    @property
    def changed(self) -> set[str]:
        """Return the leaves in which the case that came back differs, digests of masks once these are files again."""
        original, back = strict_json.plain(self.loaded.case), strict_json.plain(self.reading.case)
        if any("sha256" in each for each in back["annotations"]):
            with TemporaryDirectory() as folder:
                (path,) = write_case(self.reading, Path(folder) / "case")
                anew = strict_json.plain(read_case(path).case)["annotations"]
            for each, written in zip(back["annotations"], anew, strict=True):
                each.update({key: written[key] for key in ("sha256",) if key in each})
        return {residuals.pointer(path) for path in residuals.residual(original, back).paths()}

    def named(self, kinds: set[LossKind]) -> set[str]:
        """Return the leaves that the reports of both ways name with one of `kinds`.

        A series that was given and that a plain file does not refer to is named at the image, which is no leaf. A
        Bundle without the carrier says more than is read of it, which is named in its own terms.
        """
        of_case = [loss for loss in self.reading.losses if not loss.path.startswith("/entry/")]
        every = (*self.written, *of_case)
        return {loss.path for loss in every if loss.kind in kinds and not loss.message.startswith("--images has")}


@pytest.fixture(scope="module")
def zoo_case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ZooCase:
    return make(request.param, tmp_path_factory.mktemp(request.param))


@cache
def refusals(format_name: str) -> dict[str, type[InputError]]:
    """Return which cases of the zoo the format's own test says that it refuses, and with which error."""
    module = import_module(f"tests.converters.test_{format_name.replace('-', '_')}")
    return dict(getattr(module, "REFUSES", {}))


def travel(format_name: str, case: ZooCase, folder: Path, **options: object) -> Trip | str:
    """Write and read back; return the name of the error where the format refuses the case, as its test says it does."""
    writer, reader = registry.converter("to", format_name), registry.converter("from", format_name)
    images = {"images": case.images}
    loaded = read_case(case.path)
    target = folder / ("out" + writer.suffix)
    refused = None
    try:
        given = options | (images if "images" in writer.options else {})
        written = registry.write([loaded], target, format=format_name, **given)
    except InputError as refusal:
        refused = refusal
    expected = refusals(format_name).get(case.name)
    if type(refused) is not (expected or type(None)):
        pytest.fail(f"{format_name} and the case {case.name}: expected {expected}, found {refused!r}")
    if refused is not None:
        assert not target.exists(), "a refusal leaves no file"
        return type(refused).__name__
    (reading,) = registry.read([target], format=format_name, **(images if "images" in reader.options else {}))
    return Trip(loaded, written, reading)


def assert_same_masks(trip: Trip) -> None:
    """Each mask that came back has the voxels of the original at the same place in the patient."""
    kept = {one.id for one in trip.reading.case.annotations if isinstance(one, MaskAnnotation)}
    for identity, mask in trip.loaded.masks.items():
        if identity not in kept:
            continue
        back = trip.reading.masks[identity]
        relation = compare_grids(back.grid, mask.grid)
        np.testing.assert_array_equal(apply_relation(back.read(), relation), mask.read(), err_msg=identity)


def assert_some_correspondence(trip: Trip, named: set[str]) -> None:
    """What is named is what differs, if each annotation is taken for one that came back, or for none.

    What is the only one of its type and label, there and back, is not taken for gone.
    """
    original, back = strict_json.plain(trip.loaded.case), strict_json.plain(trip.reading.case)
    ours, theirs = original.pop("annotations"), back.pop("annotations")
    beside = {path for path in named if not path.startswith("/annotations/")}
    assert beside == {residuals.pointer(path) for path in residuals.residual(original, back).paths()}
    told = [{path for path in named if path.startswith(f"/annotations/{place}/")} for place in range(len(ours))]
    gone = [told[place] == _leaves(each, {}, place) for place, each in enumerate(ours)]
    fits = np.array([[told[n] == _leaves(a, b, n) for b in theirs] for n, a in enumerate(ours)]).reshape(len(ours), -1)
    matched = maximum_bipartite_matching(csr_matrix(fits), perm_type="column")
    assert [place for place, found in enumerate(matched) if found < 0 and not gone[place]] == []
    more = [each for place, each in enumerate(theirs) if place not in matched]
    extra = {
        f"/annotations/{place}{residuals.pointer(path)}"
        for place, each in enumerate(more, start=len(ours))
        for path in residuals.leaves(each)
    }
    assert beside.union(extra, *told) == named
    for place, each in enumerate(ours):
        alike = [[one for one in some if _kind(one) == _kind(each)] for some in (ours, theirs)]
        assert not (gone[place] and [len(some) for some in alike] == [1, 1])


def _leaves(ours: Any, theirs: Any, place: int) -> set[str]:
    """Return the leaves in which two annotations differ; an id that is another's is none."""
    if ours["id"] != theirs.get("id"):
        theirs = {key: value for key, value in theirs.items() if key != "id"}
    return {f"/annotations/{place}{residuals.pointer(path)}" for path in residuals.residual(ours, theirs).paths()}


def _kind(annotation: Any) -> tuple[str, str]:
    return annotation["type"], annotation["label_code"]


@pytest.mark.parametrize("format_name", BOTH_WAYS)
def test_what_is_refused_is_a_part_of_the_zoo(format_name: str) -> None:
    assert set(refusals(format_name)) < set(ZOO)


def test_a_writer_that_refuses_what_it_should_take_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> LossReport:
        raise InputError("nothing is good enough")

    monkeypatch.setattr(registry, "write", refuse)
    for name in ZOO:
        case = make(name, tmp_path / name)
        for format_name in BOTH_WAYS:
            if refusals(format_name).get(name) is not InputError:
                with pytest.raises(pytest.fail.Exception, match="nothing is good enough"):
                    travel(format_name, case, tmp_path / name)
            else:
                travel(format_name, case, tmp_path / name)


@pytest.mark.parametrize("zoo_case", ZOO, indirect=True)
@pytest.mark.parametrize("format_name", BOTH_WAYS)
def test_there_and_back(format_name: str, zoo_case: ZooCase, tmp_path: Path) -> None:
    trip = travel(format_name, zoo_case, tmp_path)
    if isinstance(trip, str):
        return
    assert trip.changed == trip.named({kind for kind in LossKind if kind.changes_value})
    assert_same_masks(trip)


@pytest.mark.parametrize("zoo_case", ZOO, indirect=True)
@pytest.mark.parametrize("format_name", sorted(PLAIN))
def test_there_and_back_without_the_carrier(format_name: str, zoo_case: ZooCase, tmp_path: Path) -> None:
    trip = travel(format_name, zoo_case, tmp_path, plain=True)
    if isinstance(trip, str):
        return
    named = trip.named(set(LossKind) - {LossKind.UNCODED})
    if trip.changed != named:  # the format numbers its annotations
        assert_some_correspondence(trip, named)
    assert_same_masks(trip)


@pytest.mark.parametrize("zoo_case", ZOO, indirect=True)
@pytest.mark.parametrize("format_name", BOTH_WAYS)
def test_input_is_unchanged_and_bytes_are_the_same_twice(format_name: str, zoo_case: ZooCase, tmp_path: Path) -> None:
    before = _digest(zoo_case.path.parent)
    loaded = read_case(zoo_case.path)
    document = strict_json.dumps(strict_json.plain(loaded.case))
    digests = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        trip = travel(format_name, zoo_case, tmp_path / folder)
        digests.append(trip if isinstance(trip, str) else _digest(tmp_path / folder))
    assert digests[0] == digests[1]
    assert _digest(zoo_case.path.parent) == before
    assert strict_json.dumps(strict_json.plain(loaded.case)) == document


@pytest.mark.parametrize("format_name", BOTH_WAYS)
def test_losses_are_those_of_the_committed_table(
    format_name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lines = []
    for name in ZOO:
        trip = travel(format_name, make(name, tmp_path / name), tmp_path / name)
        shutil.rmtree(tmp_path / name)
        if isinstance(trip, str):
            lines.append(f"{name}: refused, {trip}")
        else:
            lines += [f"{name}: {loss.kind.value:12} {loss.path}" for loss in (*trip.written, *trip.reading.losses)]
    table = GOLDEN / f"{format_name}.txt"
    text = "\n".join(lines) + "\n"
    if request.config.getoption("--accept-losses"):
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text(text, "utf-8")
    assert table.read_text("utf-8") == text


def _digest(path: Path) -> str:
    """Return a digest of a file, or of every file of a folder with its name."""
    files = sorted(one for one in path.rglob("*") if one.is_file())
    together = hashlib.sha256()
    for file in files:
        together.update(str(file.relative_to(path)).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return together.hexdigest()
