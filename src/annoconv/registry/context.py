"""What a request brings along that is the same for all formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final

from annoconv.errors import UsageError
from annoconv.files.inputs import GIVE_LIMITS
from annoconv.limits import Limits
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from annoconv.model import Label

__all__ = ["Context", "check_context"]


_MOMENT: Final = Message("Give datetime(..., tzinfo=timezone.utc), or its .astimezone() for the zone of this machine")
_KINDS: Final[Mapping[str, tuple[type, str]]] = {
    "label_system": (tuple, Message("Give a tuple of Label; a LabelSystem has them as labels")),
    "task": (str, Message("Write it in quotation marks")),
    "timestamp": (datetime, _MOMENT),
    "timezone": (tzinfo, Message("Give zoneinfo.ZoneInfo('Asia/Shanghai'), or timezone(timedelta(hours=8))")),
    "limits": (Limits, GIVE_LIMITS),
}
_NEEDED: Final = ("label_system", "limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a request brings along that is the same for all formats.

    Attributes
    ----------
    label_system
        The task's labels; the built-in ones stand behind them.
    task
        Task id for cases that a format gives none.
    timestamp
        The time that outputs bear; if None, `annoconv.times.timestamp` finds one.
    timezone
        Zone of times that name none; if None, they are refused.
    limits
        Bounds on what is read.
    progress
        Called with the number of units done and, where known, of all.

    Raises
    ------
    UsageError
        If one of them has another type, or the timestamp has no zone.
    """

    label_system: tuple[Label, ...] = ()
    task: str | None = None
    timestamp: datetime | None = None
    timezone: tzinfo | None = None
    limits: Limits = field(default_factory=Limits)
    progress: Callable[[int, int | None], None] | None = None

    def __post_init__(self) -> None:
        for name, (kind, advice) in _KINDS.items():
            value = getattr(self, name)
            if not isinstance(value, kind) and (value is not None or name in _NEEDED):
                raise UsageError(
                    Message("{name} of the context has another type", name=name),
                    found=type(value).__name__,
                    expected=kind.__name__,
                    advice=advice,
                )
        if self.timestamp is not None and self.timestamp.tzinfo is None:
            raise UsageError(
                "the timestamp has no zone",
                found=type(self.timestamp).__name__,
                expected="datetime with tzinfo",
                advice=_MOMENT,
            )

    def advance(self, done: int, total: int | None = None) -> None:
        """Tell whoever watches how far the work is."""
        if self.progress is not None:
            self.progress(done, total)


def check_context(given: Context | None) -> None:
    """Raise UsageError if what was given is no context."""
    if given is not None and not isinstance(given, Context):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(
            "this is no context",
            found=type(given).__name__,
            expected="annoconv.Context",
            advice="Give annoconv.Context(task=..., timestamp=...), or leave it out",
        )
