"""Errors say which output could not be written, not where it was prepared."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.errors import AnnoconvError
from annoconv.files.disk import is_on_one_disk
from annoconv.files.stage import PREFIX
from annoconv.scratch import ScratchError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["naming"]

_WRITING: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.ENAMETOOLONG})


@contextmanager
def naming(path: Path, temporary: Path | None = None) -> Generator[None]:
    """Let an error of writing name the output: a write does not know its file, a copy names its source.

    What is read again at its `temporary` place, and refused, is named as what stands at `path`. The temporary folder
    keeps its name if the output is on another disk, which is not the one that is full.
    """
    try:
        yield
    except AnnoconvError as error:
        if temporary is not None and error.source is not None and Path(error.source).is_relative_to(temporary):
            error.source = f"{path / Path(error.source).relative_to(temporary)}"
        raise
    except ScratchError as error:
        if not is_on_one_disk(path, Path(error.filename)):
            raise
        raise OSError(error.errno, error.strerror, f"{path}") from error
    except OSError as error:
        if error.errno in _WRITING or PREFIX in f"{error.filename}":
            error.filename = f"{path}"
        raise
