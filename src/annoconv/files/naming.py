"""Errors of the system say which output could not be written."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.files.disk import is_on_one_disk
from annoconv.files.stage import PREFIX
from annoconv.scratch import ScratchError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["naming"]

_WRITING: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.ENAMETOOLONG})


@contextmanager
def naming(path: Path) -> Generator[None]:
    """Let an error of writing name the output: a write does not know its file, a copy names its source.

    The temporary folder keeps its name if the output is on another disk, which is not the one that is full.
    """
    try:
        yield
    except ScratchError as error:
        if not is_on_one_disk(path, Path(error.filename)):
            raise
        raise OSError(error.errno, error.strerror, f"{path}") from error
    except OSError as error:
        if error.errno in _WRITING or PREFIX in f"{error.filename}":
            error.filename = f"{path}"
        raise
