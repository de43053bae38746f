"""What a command says, and its exit code: text for people on standard error, or one JSON object on standard output."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections import Counter
from enum import StrEnum
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Self, TextIO

from annoconv.errors import AnnoconvError, DocumentError
from annoconv.findings import Level
from annoconv.loss import LossReport
from annoconv.messages import translate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from annoconv.findings import Finding
    from annoconv.loss import Loss
    from annoconv.messages import Language

__all__ = ["FailOnLoss", "Report"]

_SHOWN_LOSSES = 20  # lines for people; --losses and --json have them all
_LEVEL_SENTENCES = ("error", "warning", "info", "(document)")
_HELD_BYTES = 8 << 20  # findings beyond this wait in a temporary file


class FailOnLoss(StrEnum):
    """Which losses are a failure: those that change what the receiver has, or any."""

    CHANGED = "changed"
    ANY = "any"


class Report:
    """Collects what a command finds and says it, in constant memory.

    Parameters
    ----------
    as_json
        One JSON object on standard output instead of text.
    quiet
        Say nothing but errors.
    lang
        Language of findings and of what is said to people.
    losses_file
        Where the loss report goes as well.
    fail_on_loss
        Which losses are a failure (exit code 3); None for no loss.
    overwrite
        Whether existing outputs are replaced.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        quiet: bool = False,
        lang: Language = "en",
        losses_file: Path | None = None,
        fail_on_loss: FailOnLoss | None = None,
        overwrite: bool = False,
    ) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.lang: Language = lang
        self.losses_file = losses_file
        self.fail_on_loss = fail_on_loss
        self.overwrite = overwrite
        self.levels: Counter[Level] = Counter()
        self._outputs: list[str] = []
        self._losses: list[Loss] = []
        self._extra: dict[str, Any] = {}
        self._errors: list[AnnoconvError] = []
        self._started = time.perf_counter()
        self._findings: SpooledTemporaryFile[str] | None = None
        self._progress_shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._findings is not None:
            self._findings.close()

    # --- what a command tells ---

    def say(self, text: str, *values: object) -> None:
        """Say a line to people, unless they asked for quiet."""
        if not self.quiet:
            self._line(translate(text, self.lang, *values))

    def add_output(self, path: Path) -> None:
        """Record a file or folder that was written."""
        self._outputs.append(str(path))

    def add(self, key: str, value: Any) -> None:
        """Put a value beside the usual ones in the JSON object."""
        self._extra[key] = value

    def add_finding(self, finding: Finding, source: Path | str) -> None:
        """Record a finding and, for people, say it."""
        self.levels[finding.level] += 1
        if self.as_json:
            if self._findings is None:
                self._findings = SpooledTemporaryFile(_HELD_BYTES, "w+", encoding="utf-8")  # noqa: SIM115  closed by __exit__
            entry = {"source": str(source), **finding.to_json(self.lang)}
            self._findings.write((", " if self._findings.tell() else "") + json.dumps(entry, ensure_ascii=False))
        if not self.quiet or (finding.level is Level.ERROR and not self.as_json):
            place = f"{source}#{finding.case_index}" if finding.case_index else f"{source}"
            level, where = (translate(each, self.lang) for each in (finding.level.value, finding.path or "(document)"))
            self._line(f"{place}: {where}: {level}: {finding.text(self.lang)} [{finding.rule}]")

    def add_losses(self, losses: Iterable[Loss]) -> None:
        """Record losses."""
        self._losses.extend(losses)

    def fail(self, error: AnnoconvError) -> None:
        """Record an error, with its findings, and say it."""
        self._errors.append(error)
        if isinstance(error, DocumentError):
            for finding in error.findings:
                self.add_finding(finding, error.source or "")
        self._line(f"annoconv: {translate('error', self.lang)}: {error.text(self.lang)}")

    def progress(self, done: int, total: int | None) -> None:
        """Show how far the work is, on a terminal only."""
        if self.shows_progress:
            share = f"{done}/{total}" if total else str(done)
            sys.stderr.write(f"\r{share} ")
            sys.stderr.flush()
            self._progress_shown = True

    @property
    def shows_progress(self) -> bool:
        """Whether somebody watches."""
        return sys.stderr.isatty() and not self.quiet

    # --- the end ---

    def write_losses(self) -> None:
        """Write the loss file, unless something failed."""
        if self.losses_file is not None and not self._errors:
            from annoconv.files.atomic import replacing

            with replacing(self.losses_file, overwrite=self.overwrite) as temporary:
                temporary.write_text(LossReport(self._losses).to_json(), encoding="utf-8")

    def forget_outputs(self) -> None:
        """Forget the outputs: they did not appear."""
        self._outputs.clear()

    def finish(self) -> int:
        """Write the JSON object or the closing lines; return the exit code."""
        losses = LossReport(self._losses)
        code = self._exit_code(losses)
        if self.as_json:
            self._write_json(losses, code)
        else:
            self._close(losses)
        return code

    def _exit_code(self, losses: LossReport) -> int:
        if self._errors:
            return max(error.exit_code for error in self._errors)
        if self.levels[Level.ERROR]:
            return 1
        kinds = {loss.kind for loss in losses} if self.fail_on_loss else set()
        failing = {kind for kind in kinds if kind.changes_value or self.fail_on_loss is FailOnLoss.ANY}
        return 3 if failing else 0

    def _write_json(self, losses: LossReport, code: int) -> None:
        out = sys.stdout
        out.write(f'{{"outputs": {json.dumps(self._outputs, ensure_ascii=False)}')
        out.write(f', "losses": {losses.to_json(self.lang).strip()}, "findings": [')
        if self._findings is not None:
            self._findings.seek(0)
            shutil.copyfileobj(self._findings, out)
        out.write("]")
        for key, value in self._extra.items():
            out.write(f", {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        if self._errors:
            errors = [_as_object(error, self.lang) for error in self._errors]
            out.write(f', "errors": {json.dumps(errors, ensure_ascii=False)}')
        elapsed = round(time.perf_counter() - self._started, 3)
        out.write(f', "exit_code": {code}, "elapsed_s": {elapsed}}}\n')
        out.flush()

    def _close(self, losses: LossReport) -> None:
        changed = [loss for loss in losses if loss.kind.changes_value]
        kept = [loss for loss in losses if not loss.kind.changes_value]
        if changed:
            self.say("{} losses: {}", len(changed), _counts(changed))
            for loss in changed[:_SHOWN_LOSSES]:
                self.say("{}", f"  {loss.path}: {loss.kind.value}: {loss.text(self.lang)}")
            if len(changed) > _SHOWN_LOSSES:
                self.say("... and {} more; --losses FILE has them all", len(changed) - _SHOWN_LOSSES)
        if kept:
            self.say("{} values stand where other software may not look: {}", len(kept), _counts(kept))
        for path in self._outputs:
            self.say("wrote {}", path)

    def _line(self, text: str) -> None:
        stream: TextIO = sys.stderr
        if self._progress_shown:
            stream.write("\r")
            self._progress_shown = False
        stream.write(f"{text}\n")


def _as_object(error: AnnoconvError, lang: Language) -> dict[str, Any]:
    told = {} if lang == "en" else {f"message_{lang}": error.text(lang)}
    return {"message": str(error), "exit_code": error.exit_code, **told}


def _counts(losses: Iterable[Loss]) -> str:
    kinds = Counter(loss.kind.value for loss in losses)
    return ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
