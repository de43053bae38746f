"""What a writer and a reader say to the set of outputs that is at work (`annoconv.files.outputs`)."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from annoconv.files.naming import naming
from annoconv.files.outputs import Outputs, current

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

__all__ = ["Outputs", "check_inputs", "expecting", "note_inputs", "outputs_of", "replacing"]


@contextmanager
def replacing(path: Path, *, overwrite: bool = False, of: Path | None = None) -> Generator[Path]:
    """Give a temporary path to write an output to, as a file or as a folder.

    Within a request (`Outputs`) it comes to stand at `path` with all other outputs of it, at its end; by itself, at
    the end of the block, with those that were named within the block. What was written is synced to the disk before.

    Parameters
    ----------
    path
        The output. Missing parent folders are made.
    overwrite
        Whether an existing output is replaced, where the request does not say so.
    of
        The output that it belongs to, as its side file or as a folder beside it.

    Yields
    ------
    Path
        Does not exist yet; has the name of `path`.

    Raises
    ------
    OutputExistsError
        If `path` exists, at the start or at the end, and is not to be replaced, or is a folder or a side file that
        annoconv did not write, or another run is writing it.
    UsageError
        If `path` is a folder and a file was written, or the reverse; or it would replace an input or another output.
    """
    with outputs_of(overwrite=False) as outputs:
        temporary = outputs.add(Path(path), overwrite=overwrite, of=of)
        try:
            with naming(Path(path), temporary):
                yield temporary
        except BaseException:
            outputs.discard(Path(path))
            raise


@contextmanager
def outputs_of(*, overwrite: bool, inputs: Iterable[Path] = ()) -> Generator[Outputs]:
    """Give the set of outputs that is at work, or a new one for the block; what the block reads is noted."""
    outer = current.get()
    if outer is None:
        with Outputs(overwrite=overwrite) as outputs:
            outputs.inputs.add(inputs)
            yield outputs
        return
    outer.read(inputs)
    before, outer.overwrite = outer.overwrite, overwrite or outer.overwrite
    try:
        yield outer
    finally:
        outer.overwrite = before


def expecting(path: Path, *, of: Path) -> None:
    """Check before any work what may be written beside an output; a former one goes if it is not (`Outputs.expect`)."""
    outputs = current.get()
    if outputs is not None:
        outputs.expect(path, of=of)


def check_inputs(paths: Iterable[Path]) -> None:
    """Note files that a request names, and refuse before any work an output that would replace one of them."""
    outputs = current.get()
    if outputs is not None:
        outputs.read(paths)


def note_inputs(paths: Iterable[Path]) -> None:
    """Note files that a reader found by itself, beside those that the request names: no output may replace them."""
    outputs = current.get()
    if outputs is not None:
        outputs.inputs.add(paths)
