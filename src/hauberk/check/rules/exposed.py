"""What is reachable and was not meant for everybody."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts
from hauberk.check.verdict import Check, fail, not_applicable, passed, unknown
from hauberk.core.finding import Finding, Rule

DOCUMENTATION = Rule(
    id="check.docs-exposed",
    title="API documentation is public",
    severity="low",
    why="The schema hands over every operation and parameter, also those that no page links to.",
    fix="Turn it off outside of development, or put it behind authentication.",
    cwe=(200,),
    asvs=("v5.0.0-13.4.5",),
    top10=("A01:2025",),
)
ADMIN = Rule(
    id="check.admin-url",
    title="The administration site is where everybody looks",
    severity="info",
    why="Password guessing begins at the usual address within hours of a deployment.",
    fix="Move it to another path, limit it to the addresses of your staff, and ask for a second factor.",
    cwe=(425,),
    asvs=("v5.0.0-8.4.2",),
    top10=("A01:2025",),
)
OPEN = Rule(
    id="check.open-by-default",
    title="API views let everybody in by default",
    severity="medium",
    why="A view whose author forgets a permission is public.",
    fix="Ask for authentication by default, and open views one by one.",
    cwe=(276, 862),
    asvs=("v5.0.0-8.2.1",),
    top10=("A01:2025",),
)
LISTING = Rule(
    id="check.directory-listing",
    title="A folder lists its files",
    severity="medium",
    why="Visitors find backups, uploads of others and whatever else was never linked.",
    fix="Turn the index off.",
    cwe=(548,),
    asvs=("v5.0.0-13.4.3",),
    top10=("A01:2025",),
)
SYMLINKS = Rule(
    id="check.static-symlinks",
    title="Served files may be links out of their folder",
    severity="medium",
    why="A link that somebody can place in the folder, by an upload or an unpacked archive, gives any file away.",
    fix="Do not follow links, or copy what is to be served into the folder.",
    cwe=(59, 61),
    asvs=("v5.0.0-5.3.2",),
    top10=("A01:2025",),
)
CONTENTS = Rule(
    id="check.static-contents",
    title="A served folder holds what nobody should fetch",
    severity="high",
    why="Source code, a repository, keys or an environment file can be downloaded by their names.",
    fix="Serve a folder that holds published files only.",
    cwe=(552, 538),
    asvs=("v5.0.0-13.4.1", "v5.0.0-13.4.7"),
    top10=("A01:2025",),
)


def documentation(facts: Facts) -> Iterator[Finding]:
    """Schema and pages about it."""
    if facts.docs is None:
        yield unknown(DOCUMENTATION, facts, "whether documentation is served")
    elif not facts.docs:
        yield passed(DOCUMENTATION, "No schema or documentation page is served.")
    for page in facts.docs or ():
        evidence = {"path": page.value, "setting": page.name}
        yield fail(
            DOCUMENTATION, page.where, f"{page.value} is served ({page.name}).", key=page.value, evidence=evidence
        )


def admin(facts: Facts) -> Iterator[Finding]:
    """The usual address."""
    if facts.admin is None:
        yield unknown(ADMIN, facts, "whether there is an administration site")
    elif not facts.admin:
        yield not_applicable(ADMIN, "There is no administration site that hauberk knows.")
    for site in facts.admin or ():
        if site.value.strip("/").lower() in {"admin", "administrator", "administration", "backend"}:
            yield fail(ADMIN, site.where, f"{site.name} is at {site.value}.", key=site.value)
        else:
            yield passed(ADMIN, f"{site.name} is at a path of its own.", site.where, key=site.name)


def open_by_default(facts: Facts) -> Iterator[Finding]:
    """What a view gets whose author said nothing."""
    setting = facts.open_by_default
    if setting is None:
        yield not_applicable(OPEN, "There is no API framework with a default permission.")
    elif setting.value:
        yield fail(OPEN, setting.where, f"{setting.name} lets everybody in.")
    else:
        yield passed(OPEN, f"{setting.name} asks who it is.", setting.where)


def listing(facts: Facts) -> Iterator[Finding]:
    """Indexes of folders."""
    yield from _mounts(LISTING, facts)
    for mount in facts.mounts or ():
        if mount.listing:
            yield fail(LISTING, mount.where, f"{mount.path} lists the files of its folder.", key=mount.path)
        else:
            yield passed(LISTING, f"{mount.path} serves files and lists none.", mount.where, key=mount.path)


def symlinks(facts: Facts) -> Iterator[Finding]:
    """Links that lead out."""
    yield from _mounts(SYMLINKS, facts)
    for mount in facts.mounts or ():
        if mount.symlinks is None:
            yield not_applicable(SYMLINKS, f"It is not known whether {mount.path} follows links.")
        elif mount.symlinks:
            yield fail(
                SYMLINKS, mount.where, f"{mount.path} follows links that lead out of its folder.", key=mount.path
            )
        else:
            yield passed(SYMLINKS, f"{mount.path} stays in its folder.", mount.where, key=mount.path)


def contents(facts: Facts) -> Iterator[Finding]:
    """What lies in the folder today."""
    yield from _mounts(CONTENTS, facts)
    for mount in facts.mounts or ():
        if mount.exposes:
            message = f"{mount.path} serves a folder that holds {', '.join(mount.exposes)}."
            evidence = {"path": mount.path, "holds": list(mount.exposes)}
            yield fail(CONTENTS, mount.where, message, key=mount.path, evidence=evidence)
        else:
            message = f"{mount.path} serves a folder without source code, keys or a repository."
            yield passed(CONTENTS, message, mount.where, key=mount.path, confidence="firm")


def _mounts(rule: Rule, facts: Facts) -> Iterator[Finding]:
    if facts.mounts is None:
        yield unknown(rule, facts, "which folders are served")
    elif not facts.mounts:
        yield not_applicable(rule, "No folder is served.")


CHECKS = (
    Check(DOCUMENTATION, documentation),
    Check(ADMIN, admin),
    Check(OPEN, open_by_default),
    Check(LISTING, listing),
    Check(SYMLINKS, symlinks),
    Check(CONTENTS, contents),
)
