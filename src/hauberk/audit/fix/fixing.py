"""The whole of it: copy, upgrade, audit the copy again, replace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hauberk.audit.files import relative
from hauberk.audit.fix.choosing import NoFix, Upgrade
from hauberk.audit.fix.job import Applier, FixOptions, Job
from hauberk.audit.fix.outcome import Change, Failure, Fixes, Left
from hauberk.audit.fix.state import Judge, Package, State, changes, downgrades, keys_of, manifest_of, state_of
from hauberk.audit.fix.targets import Target, applier, collect
from hauberk.audit.fix.tools import RefusedError
from hauberk.audit.fix.workspace import Workspace
from hauberk.audit.index import Index
from hauberk.audit.judging import Key
from hauberk.audit.readers import FORMATS
from hauberk.audit.text import clean, enumerate_some
from hauberk.core.errors import InputError, MissingExtraError, NothingToTestError
from hauberk.core.progress import Progress, silent

_ROUNDS = 5
"""What an upgrade brings in may be vulnerable itself, and is upgraded in the next round."""
_TRIES = 4
"""Candidates that are tried for one package, smallest first."""
_DEFAULTS = FixOptions()


def fix(
    paths: Sequence[Path],
    *,
    index: Index,
    root: Path,
    options: FixOptions = _DEFAULTS,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Fixes:
    """Upgrade what advisories concern, by as little as clears them.

    `paths` are lock files, manifests, or folders to search for them; `root` is the project, to which reports relate.
    A file that cannot be worked on is left as it is and becomes a Failure. Raises NothingToTestError if there is
    nothing to judge, InputError if a path does not exist or a file cannot be replaced.
    """
    targets, broken = collect(paths, root)
    where = enumerate_some((relative(path, root) for path in paths), 3)
    if not targets and not broken:
        raise NothingToTestError(f"{where}: there is no lock file or manifest; hauberk reads {', '.join(FORMATS)}")
    with Workspace() as space:
        run = _Run(space, Judge(index), options, root)
        run.failed += [Failure(file=error.source, problem=_problem(error)) for error in broken]
        for folder in {path.resolve() if path.is_dir() else path.resolve().parent for path in paths}:
            space.take_around(folder, folder)
        for number, target in enumerate(targets):
            progress(f"mending {target.name}", number, len(targets))
            run.mend(target)
        progress("mending", len(targets), len(targets))
        if not run.packages and not run.failed:
            raise NothingToTestError(f"{where}: pins no package that can be judged")
        diff = tuple(space.diff(root))
        written = tuple(relative(path, root) for path in (space.changed() if dry_run else space.commit()))
    return Fixes(
        target=where,
        dry_run=dry_run,
        files=len(targets),
        changed=tuple(run.changed),
        no_fix=tuple(run.no_fix),
        left=tuple(run.left),
        failed=tuple(run.failed),
        written=written,
        diff=diff,
        notes=tuple(run.notes),
    )


@dataclass(slots=True)
class _Run:
    """What has come of it so far."""

    space: Workspace
    judge: Judge
    options: FixOptions
    root: Path
    packages: int = 0
    changed: list[Change] = field(default_factory=list)
    no_fix: list[Left] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def mend(self, target: Target) -> None:
        """One file, as a whole or not at all."""
        snapshot = self.space.snapshot(target.path.parent)
        try:
            work = _Work(self, target, self.space.take(target.path))
            snapshot = self.space.snapshot(target.path.parent)
            self.packages += len(work.before)
            work.mend()
        except (InputError, MissingExtraError) as error:
            self.space.restore(snapshot)
            self.failed.append(Failure(file=target.name, problem=_problem(error)))
            return
        self.space.adopt(target.path.parent)
        after = work.state()
        self.changed += changes(work.before, after, target.name, work.cleared)
        self.notes += dict.fromkeys(work.job.notes)
        for wish in work.wishes():
            (self.no_fix if isinstance(wish, NoFix) else self.left).append(_left(target, wish, work.refused))


class _Work:
    """One file under work."""

    def __init__(self, run: _Run, target: Target, copy: Path) -> None:
        self.run, self.target = run, target
        self.job = Job(file=copy, name=target.name, options=run.options)
        self.before = self.state()
        self.refused: dict[Key, str] = {}
        self.cleared: dict[Package, tuple[str, ...]] = {}

    def state(self) -> State:
        """What the copy says now."""
        return state_of(manifest_of(self.job.file, self.target.kind, self.target.name))

    def wishes(self) -> list[Upgrade | NoFix]:
        """What is vulnerable in the copy now."""
        return self.run.judge.wishes(keys_of(manifest_of(self.job.file, self.target.kind, self.target.name)))

    def open(self) -> list[Upgrade]:
        """What can be upgraded, and was not refused."""
        return [one for one in self.wishes() if isinstance(one, Upgrade) and _key(one) not in self.refused]

    def mend(self) -> None:
        """Upgrade until nothing is left that can be."""
        upgrades = self.open()
        apply = applier(self.target) if upgrades else None
        for _ in range(_ROUNDS):
            if not upgrades:
                return
            if apply is None:
                reason = f"hauberk does not rewrite files of this format ({self.target.kind}): let its own tool do it"
                self.refused |= {_key(one): reason for one in upgrades}
                return
            self._all(apply, upgrades)
            upgrades = self.open()

    def _all(self, apply: Applier, upgrades: Sequence[Upgrade]) -> None:
        """All at once; where that is refused, one by one, so that one refusal does not hold back the others."""
        try:
            self._try(apply, upgrades)
        except RefusedError as error:
            if len(upgrades) == 1 and len(upgrades[0].candidates) == 1:
                self.refused[_key(upgrades[0])] = error.reason
                return
            for one in upgrades:
                if one in self.open():  # an earlier one may have moved it along
                    self._one(apply, one)

    def _one(self, apply: Applier, upgrade: Upgrade) -> None:
        """The smallest of its candidates that is accepted."""
        reason = ""
        for start in range(min(len(upgrade.candidates), _TRIES)):
            try:
                self._try(apply, [_from(upgrade, start)])
            except RefusedError as error:
                reason = reason or error.reason
            else:
                return
        self.refused[_key(upgrade)] = reason

    def _try(self, apply: Applier, upgrades: Sequence[Upgrade]) -> None:
        """One attempt, undone if the tool refuses or anything goes down. What stays vulnerable is not tried again."""
        before, notes = self.state(), list(self.job.notes)
        snapshot = self.run.space.snapshot(self.target.path.parent)
        try:
            apply(self.job, upgrades)
            _refuse_downgrades(before, self.state())
        except RefusedError:
            self.run.space.restore(snapshot)
            self.job.notes[:] = notes
            raise
        still = {_key(one) for one in self.open()}
        for one in upgrades:
            if _key(one) in still:
                self.refused[_key(one)] = "the resolver kept it: what depends on it does not admit a safe version"
            package = (one.ecosystem, one.name)
            self.cleared[package] = tuple(dict.fromkeys((*self.cleared.get(package, ()), *one.advisories)))


def _refuse_downgrades(before: State, after: State) -> None:
    if down := downgrades(before, after):
        raise RefusedError("the resolver", f"would go down with {enumerate_some(down)}")


def _from(upgrade: Upgrade, start: int) -> Upgrade:
    return Upgrade(
        ecosystem=upgrade.ecosystem,
        name=upgrade.name,
        version=upgrade.version,
        candidates=upgrade.candidates[start:],
        advisories=upgrade.advisories,
    )


def _key(one: Upgrade | NoFix) -> Key:
    return one.ecosystem, one.name, one.version


def _left(target: Target, wish: Upgrade | NoFix, refused: dict[Key, str]) -> Left:
    if isinstance(wish, NoFix):
        reason, safe = wish.reason, None
    else:
        reason, safe = refused.get(_key(wish), f"not cleared within {_ROUNDS} rounds"), wish.to
    return Left(
        file=target.name,
        package=wish.name,
        ecosystem=wish.ecosystem,
        version=wish.version,
        reason=reason,
        advisories=wish.advisories,
        safe=safe,
    )


def _problem(error: InputError | MissingExtraError) -> str:
    if isinstance(error, MissingExtraError):
        return str(error)
    return clean(error.problem + f" ({error.fix})" * bool(error.fix), 800)
