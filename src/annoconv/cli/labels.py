"""The task's labels from the file of an option."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from annoconv.limits import Limits
    from annoconv.model import Label


def read_labels(path: Path, limits: "Limits | None" = None) -> "tuple[Label, ...]":
    """Return the labels of a label system, or of a list of labels; see `read_label_system`."""
    from annoconv.casefile.label_systems import read_label_system

    return read_label_system(path, limits)[0]
