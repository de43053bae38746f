"""A DICOM file opened: its data set as bytes, inflated if need be, and damage told as one error that names the file.

Authority: PS3.10 7.1, PS3.5 A.5.
"""

from __future__ import annotations

import mmap
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from annoconv.errors import AnnoconvError, InputError
from annoconv.messages import Message
from annoconv_converters._dicom.elements import file_start, found_instead, inflate_start
from annoconv_converters._dicom.file import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from annoconv_converters._dicom.elements import Buffer, FileStart

__all__ = ["DAMAGED", "OpenedFile", "opened", "reading_whole", "refusing_damage"]

DAMAGED: Final = "It is damaged or cut off: fetch it again from where it was exported"
"""Advice about a file whose bytes are no data set."""


@dataclass(frozen=True)
class OpenedFile:
    """The data set of a file, as long as it is open.

    Attributes
    ----------
    data
        The whole file, or the inflated beginning of a deflated data set.
    start
        What its meta information says, and where the data set begins in `data`.
    deflated_at
        Where the deflated bytes begin in the file; None if they are not deflated.
    is_all
        Whether `data` reaches to the end of the data set.
    """

    data: Buffer
    start: FileStart
    deflated_at: int | None = None
    is_all: bool = True


@contextmanager
def opened(
    path: Path, most: int, *, advice: str, error: type[InputError] = InputError, found: str = ""
) -> Generator[OpenedFile]:
    """Open a file; what is damaged in it is raised as one error.

    Parameters
    ----------
    path
        The file.
    most
        Bytes after which a deflated data set is not inflated further.
    advice
        What to name in its place, if it is no DICOM file.
    error
        Class of the errors.
    found
        What it is then, if that is known better than that it has no preamble.
    """
    with (
        reading_whole(path, error),
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole,
    ):
        start = file_start(whole)
        if start is None:
            raise error(
                Message("this is not a DICOM file"),
                source=path,
                found=found or Message("neither DICM after 128 bytes nor a data set"),
                expected=Message("DICM (PS3.10 7.1)"),
                advice=advice,
            )
        if not start.is_deflated:
            yield OpenedFile(whole, start)
            return
        inflated, is_all = inflate_start(path, start.data_set, most)
        yield OpenedFile(inflated, replace(start, data_set=0), start.data_set, is_all)


@contextmanager
def reading_whole(path: Path, error: type[InputError] = InputError) -> Generator[None]:
    """Refuse a file whose bytes are no data set."""
    try:
        yield
    except AnnoconvError:
        raise
    except (*DAMAGE, StopIteration) as damage:
        reason = found_instead(damage)
        raise error(
            Message("the file is no whole DICOM data set: {reason}", reason=reason),
            source=path,
            found=Message("{count} bytes", count=path.stat().st_size),
            expected="elements that end within the file (PS3.5 7.1)",
            advice=DAMAGED,
        ) from damage


@contextmanager
def refusing_damage(path: Path) -> Generator[None]:
    """Refuse a file whose elements are damaged: pydicom converts them only when they are looked at, and warns then."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except AnnoconvError:
        raise
    except DAMAGE as error:
        raise InputError(
            "an element of the file is damaged",
            source=path,
            found=found_instead(error),
            expected="values of the kind that their elements have (PS3.5 6.2)",
            advice=DAMAGED,
        ) from error
