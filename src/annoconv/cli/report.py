"""What a command says, and its exit code: text for people on standard error, or one JSON object on standard output."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections import Counter
from contextlib import ExitStack
from copy import copy
from enum import StrEnum
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Self

from annoconv import progress
from annoconv.cli.bar import cases_in, showing
from annoconv.cli.lost import Lost
from annoconv.cli.spool import Losses
from annoconv.cli.standard_output import tell
from annoconv.errors import AnnoconvError, DocumentError
from annoconv.files.names import readable
from annoconv.findings import NOT_CHECKED, Finding, Level
from annoconv.limits import Limits
from annoconv.loss import LossKind
from annoconv.messages import Message, listed, shortened, translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.cli.bar import Bar
    from annoconv.loss import Loss
    from annoconv.messages import Language
    from annoconv.progress import Stage

__all__ = ["FailOnLoss", "Report", "as_object"]

_SHOWN = 20  # lines of each kind of loss and for each broken rule, for people
_MOST_NAMED = 10_000  # annotations whose ids are held
_LISTED = 1_000  # of each in --json; --losses and --findings have them all
_LISTED_CHARACTERS = 8 << 20  # of each list in --json
_LEVEL_SENTENCES = ("error", "warning", "info", "(document)")
_HELD_BYTES = 8 << 20  # findings beyond this wait in a temporary file


class FailOnLoss(StrEnum):
    """Which losses are a failure: those that change what the receiver has, or any."""

    CHANGED = "changed"
    ANY = "any"


class Listed:
    """The first entries of each kind, in the order in which they came, and how many there are of each."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.counts: Counter[str] = Counter()
        self._characters = 0

    def add(self, kind: str, entry: str) -> int:
        """Count an entry, and keep it if there are few of its kind; return how many there are."""
        self.counts[kind] += 1
        if entry and self.counts[kind] <= _LISTED and self._characters + len(entry) <= _LISTED_CHARACTERS:
            self.entries.append(entry)
            self._characters += len(entry)
        return self.counts[kind]


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
    losses_allowed
        File that says what may be lost.

    Attributes
    ----------
    limits
        Bounds on what is read.
    losses
        What was lost, as far as it was told.
    is_reading
        Whether files of a format are read, so that findings are about these, which `validate` knows nothing of.
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
        losses_allowed: Path | None = None,
    ) -> None:
        self.losses_allowed = losses_allowed
        self.as_json = as_json
        self.quiet = quiet
        self.lang: Language = lang
        self.losses_file = losses_file
        self.fail_on_loss, self.overwrite = fail_on_loss, overwrite
        self.limits = Limits()
        self.levels: Counter[Level] = Counter()
        self._outputs: list[str] = []
        self.losses = Losses(lang)
        self._has_losses = False
        self._names, self._named = dict[int, list[str]](), 0
        self._extra: dict[str, Any] = {}
        self._errors: list[AnnoconvError] = []
        self._failed: dict[int, dict[str, str]] = {}
        """Ids of the cases that errors are about, by the errors."""
        self._started = time.perf_counter()
        self._findings = Listed()
        self._all_findings: SpooledTemporaryFile[str] | None = None
        self.is_reading = False
        self._bar: Bar | None = None
        self._cases: Stage | None = None
        self._total: int | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._bar = self._open.enter_context(showing(self.lang, quiet=self.quiet))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        if self._all_findings is not None:
            self._all_findings.close()

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

    def add_finding(self, finding: Finding, source: Path | str, *, is_said: bool = False) -> None:
        """Record a finding and, for people, say it, unless an error says it."""
        self.levels[finding.level] += 1
        entry = ""
        if self.as_json or self._all_findings is not None:
            entry = json.dumps({"source": str(source), **finding.to_json(self.lang)}, ensure_ascii=False)
            if self._all_findings is not None:
                self._all_findings.write(f"{readable(entry)}\n")
        count = self._findings.add(finding.rule, entry)
        if not is_said and count <= _SHOWN and (not self.quiet or (finding.level is Level.ERROR and not self.as_json)):
            place = f"{source}#{finding.case_index}" if finding.case_index else f"{source}"
            level, where = (translate(each, self.lang) for each in (finding.level.value, finding.path or "(document)"))
            self._line(f"{place}: {shortened(where)}: {level}: {finding.text(self.lang)} [{finding.rule}]")

    def keep_findings(self) -> None:
        """Keep every finding from now on for `write_findings`, in a temporary file."""
        self._all_findings = SpooledTemporaryFile(_HELD_BYTES, "w+", encoding="utf-8")  # noqa: SIM115  closed by __exit__

    def write_findings(self, path: Path, sources: Iterable[str] = (), rules: Mapping[str, Any] | None = None) -> None:
        """Write every finding since `keep_findings`: as JSON Lines, or by its ending as SARIF or JUnit.

        Parameters
        ----------
        path
            The file.
        sources
            Every file that was looked at, which a JUnit report names.
        rules
            Which rules were applied, which SARIF and JUnit name.
        """
        from annoconv.files.atomic import replacing

        if self._all_findings is None:
            return
        self._all_findings.seek(0)
        with replacing(path, overwrite=self.overwrite) as temporary, temporary.open("w", encoding="utf-8") as file:
            if path.suffix.lower() == ".xml":
                from annoconv.report.quality.junit import junit

                file.write(junit(map(json.loads, self._all_findings), map(readable, sources), self.lang, rules))
            elif path.name.lower().endswith((".sarif", ".sarif.json")):
                from annoconv.report.quality.sarif import sarif

                log = sarif(map(json.loads, self._all_findings), self.lang, rules)
                json.dump(log, file, ensure_ascii=False, indent=1)
                file.write("\n")
            else:
                shutil.copyfileobj(self._all_findings, file)

    def add_losses(self, losses: Iterable[Loss], *, are_of_case: bool = False) -> None:
        """Record losses; of the cases that are written, their paths are those of annotations that have names."""
        self._has_losses = True
        self.losses.add(losses, are_of_case=are_of_case)

    def name_annotations(self, case_index: int, loaded: LoadedCase | Reading) -> None:
        """Note the ids of annotations, by which losses are told to people."""
        if self._named < _MOST_NAMED:
            self._names[case_index] = names = list(loaded.annotation_ids)
            self._named += len(names)

    def fail(self, error: AnnoconvError, *, case_id: str | None = None) -> None:
        """Record an error, with its findings, and say it; of one of many cases with its id."""
        self._errors.append(error)
        if case_id is not None:
            self._failed[id(error)] = {"case_id": case_id}
        if isinstance(error, DocumentError):
            is_said = [str(each.message) for each in error.findings] == [str(error.problem)]
            for finding in error.findings:
                self.add_finding(finding, error.source or "", is_said=is_said)
        which = "" if case_id is None else f"{case_id}: "
        self._line(f"annoconv: {translate('error', self.lang)}: {which}{error.text(self.lang)}")

    def not_checked(self, error: AnnoconvError, source: Path) -> None:
        """Record that an input could not be opened or decoded, as a finding."""
        self._errors.append(error)
        told = copy(error)
        told.source = None if error.source == str(source) else error.source
        self.add_finding(Finding(NOT_CHECKED, Level.ERROR, "", Message("{error}", error=told)), source)

    def expect(self, total: int | None) -> None:
        """Note how many cases there will be, for whoever watches."""
        self._total = total

    @property
    def shows_progress(self) -> bool:
        """Whether somebody watches."""
        return self._bar is not None

    def total_of(self, paths: Iterable[Path]) -> int | None:
        """Return how many cases files hold, as far as their lines tell; None if nobody watches."""
        return cases_in(paths) if self.shows_progress else None

    def progress(self, done: int, total: int | None) -> None:
        """Show how many cases are done, on a terminal only."""
        if self._cases is None:
            self._cases = progress.begin(Message("cases"), total or self._total)
        self._cases.to(done)

    # --- the end ---

    def write_losses(self) -> None:
        """Write the loss file."""
        if self.losses_file is not None:
            from annoconv.files.atomic import replacing

            with (
                replacing(self.losses_file, overwrite=self.overwrite) as temporary,
                temporary.open("w", encoding="utf-8") as file,
            ):
                self.losses.write(file)

    def forget_output_names(self) -> None:
        """Forget what was written, where it is not kept."""
        self._outputs.clear()

    def start_again(self) -> None:
        """Forget what was said of an attempt that is made again."""
        self.forget_outputs()
        self._findings = Listed()
        self.levels.clear()

    def forget_outputs(self) -> None:
        """Forget the outputs, which did not appear, and what they would have lacked."""
        self._outputs.clear()
        self.losses.clear()
        self._has_losses = False

    def finish(self) -> int:
        """Write the JSON object or the closing lines; return the exit code."""
        if self.as_json:
            listed = Listed()
            for loss in self.losses:
                listed.add(loss.kind, json.dumps(loss.to_json(self.lang), ensure_ascii=False))
            code = self._exit_code(listed.counts)
            self._write_json(listed, code)
            return code
        counts, lost = self.losses.counts(), Lost(self._names)
        for loss in () if self.quiet else self.losses.changes():
            lost.add(loss)
        self._close(counts, lost)
        return self._exit_code(counts)

    def _exit_code(self, losses: Counter[str]) -> int:
        if self._errors:
            return max(error.exit_code for error in self._errors)
        if self.levels[Level.ERROR]:
            return 1
        kinds = {LossKind(kind) for kind in losses} if self.fail_on_loss else set()
        failing = {kind for kind in kinds if kind.changes_value or self.fail_on_loss is FailOnLoss.ANY}
        return 3 if failing else 0

    def _write_json(self, losses: Listed, code: int) -> None:
        out = sys.stdout
        out.write(f'{{"outputs": {json.dumps(self._outputs, ensure_ascii=False)}')
        for name, each in (("losses", losses), ("findings", self._findings)):
            out.write(f', "{name}": [{", ".join(each.entries)}], "{name}_counts": {json.dumps(each.counts)}')
        for key, value in self._extra.items():
            out.write(f", {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        if self._errors:
            errors = [as_object(error, self.lang) | self._failed.get(id(error), {}) for error in self._errors]
            out.write(f', "errors": {json.dumps(errors, ensure_ascii=False)}')
        out.write(f', "exit_code": {code}, "elapsed_s": {round(time.perf_counter() - self._started, 3)}}}\n')

    def _close(self, losses: Counter[str], lost: Lost) -> None:
        for rule, count in self._findings.counts.items():
            if count > _SHOWN:
                if self.is_reading:
                    self.say("... and {} more of {}; --json has the first 1,000 of each", count - _SHOWN, rule)
                else:
                    self.say("... and {} more of {}; validate --findings FILE has them all", count - _SHOWN, rule)
        changed = Counter({kind: count for kind, count in losses.items() if LossKind(kind).changes_value})
        kept = losses - changed
        if changed:
            if changed.total() == 1:
                self.say("1 loss: {}", _counts(changed))
            else:
                self.say("{} losses: {}", changed.total(), _counts(changed))
            shown = [*islice(lost.lines(self.lang), _SHOWN)]
            for line, _ in shown:
                self.say("{}", line)
            if more := changed.total() - sum(values for _, values in shown):
                self.say("... and {} more; --losses FILE has them all", more)
        if self._has_losses and not self._errors:
            self._say_kept(kept, is_nothing_lost=not changed)
        for path in self._outputs[:_SHOWN]:
            self.say("wrote {}", path)
        if (more := len(self._outputs) - _SHOWN) > 0:
            self.say("... and {} more; --json has them all", more)

    def _say_kept(self, kept: Counter[str], *, is_nothing_lost: bool) -> None:
        """Say what other software may not see, and that nothing is lost where that is so."""
        carried, uncoded = kept[LossKind.CARRIED], kept[LossKind.UNCODED]
        told: list[Message] = [Message("nothing is lost")] if is_nothing_lost else []
        places = [*self.losses.carriers.values()] or [Message("our private carrier")]
        if carried == 1:
            told.append(Message("1 value travels in {place}", place=listed(places)))
        elif carried:
            told.append(Message("{count} values travel in {place}", count=carried, place=listed(places)))
        if uncoded == 1:
            told.append(Message("1 value stands where other software may not look"))
        elif uncoded:
            told.append(Message("{count} values stand where other software may not look", count=uncoded))
        if kept[LossKind.ADDED] == 1:
            told.append(Message("1 value stands for what the sources do not say"))
        elif kept[LossKind.ADDED]:
            told.append(Message("{count} values stand for what the sources do not say", count=kept[LossKind.ADDED]))
        if told:
            self.say("{}", listed(told, separator="; "))

    def _line(self, text: str) -> None:
        if self._bar is not None:
            self._bar.clear()
        tell(f"{readable(text)}\n")


def as_object(error: AnnoconvError, lang: Language) -> dict[str, Any]:
    """Return an error as an object: its parts beside the whole sentence, in English; None for what it does not say."""
    told = {} if lang == "en" else {f"message_{lang}": error.text(lang)}
    parts = {name: _value(getattr(error, name)) for name in ("found", "expected", "advice")}
    return {
        "kind": type(error).__name__,
        "message": error.text(),
        "problem": str(error.problem),
        "source": error.source,
        "where": None if error.where is None else str(shortened(error.where)),
        **parts,
        "exit_code": error.exit_code,
        **told,
    }


def _value(told: object) -> object:
    """Return what an error says of a value: numbers and truth as they are, anything else as text."""
    return told if told is None or isinstance(told, bool | int) else str(shortened(told))


def _counts(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
