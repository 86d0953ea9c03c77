"""Paths that an input chose, through everything that takes a path; names of files in an archive that a client sent."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import glob
import io
import os
import pathlib
import shutil
import sqlite3
import tarfile
import urllib.request
import warnings
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from hauberk.guard import install
from tests.guard.sites import ask, site
from tests.guard.test_connect import drive, uvloop_run
from tests.guard.test_inputs import tarred, zipped

Use = Callable[[str], Any]


def connected(path: str) -> None:
    sqlite3.connect(path).close()


def with_other(function: Callable[[Any, Any], Any]) -> Use:
    """A function of two paths, of which the input is the second."""

    def use(path: str) -> Any:
        other = os.path.join(os.path.dirname(path), "other")
        return function(other, path)

    return use


USES: dict[str, Use] = {
    "open": lambda path: open(path).close(),
    "pathlib": lambda path: pathlib.Path(path).read_bytes(),
    "os.open": lambda path: os.close(os.open(path, os.O_RDONLY)),
    "os.listdir": os.listdir,
    "os.scandir": lambda path: os.scandir(path).close(),
    "os.walk": lambda path: [*os.walk(path)],
    "os.remove": os.remove,
    "os.unlink": os.unlink,
    "os.mkdir": os.mkdir,
    "os.makedirs": os.makedirs,
    "os.rmdir": os.rmdir,
    "os.chmod": lambda path: os.chmod(path, 0o600),
    "os.chown": lambda path: os.chown(path, -1, -1),
    "os.utime": os.utime,
    "os.truncate": lambda path: os.truncate(path, 0),
    "os.mkfifo": lambda path: os.mkfifo(path),
    "os.rename": with_other(os.rename),
    "os.replace": with_other(os.replace),
    "os.link": with_other(os.link),
    "os.symlink": with_other(os.symlink),
    "pathlib.touch": lambda path: pathlib.Path(path).touch(),
    "pathlib.unlink": lambda path: pathlib.Path(path).unlink(),
    "pathlib.iterdir": lambda path: [*pathlib.Path(path).iterdir()],
    "glob.glob": lambda path: glob.glob(path + "/*"),
    "shutil.rmtree": shutil.rmtree,
    "shutil.copy": with_other(shutil.copy),
    "shutil.copytree": with_other(shutil.copytree),
    "shutil.move": with_other(shutil.move),
    "shutil.make_archive": lambda path: shutil.make_archive(path, "zip", os.path.dirname(path)),
    "shutil.unpack_archive": lambda path: shutil.unpack_archive(path, "/nowhere"),
    "zipfile": lambda path: zipfile.ZipFile(path).close(),
    "tarfile": lambda path: tarfile.open(path).close(),
    "sqlite3.connect": connected,
    "ctypes.CDLL": ctypes.CDLL,
}


def outcome(use: Use, base: pathlib.Path, value: str) -> int:
    return ask(lambda value: use(os.path.join(base, value)), value)


@pytest.mark.parametrize("name", USES)
def test_every_use_of_a_path(name: str, tmp_path: pathlib.Path) -> None:
    install()
    base = tmp_path / "base"
    (base / "sub").mkdir(parents=True)
    (base / "sub/file").write_text("x")
    (tmp_path / "target").write_text("kept")
    assert outcome(USES[name], base, "../target") == 403
    assert outcome(USES[name], base, f"{tmp_path}/target") == 403
    assert (tmp_path / "target").read_text() == "kept"
    assert outcome(USES[name], base, "sub/../sub/file") in {200, 500}


def by_pathlib(base: pathlib.Path) -> Use:
    """Sound applications resolve a path, and compare it, before they do anything with it."""

    def use(value: str) -> Any:
        path = (base / value).resolve()
        return path.read_text() if path.is_relative_to(base.resolve()) and path.exists() else "refused"

    return use


def by_realpath(base: pathlib.Path) -> Use:
    def use(value: str) -> Any:
        path = os.path.realpath(os.path.join(base, value))
        inside = os.path.commonpath([path, os.path.realpath(base)]) == os.path.realpath(base)
        return "found" if inside and os.path.isfile(path) else "refused"

    return use


def by_flask(base: pathlib.Path) -> Use:
    def use(value: str) -> Any:
        from flask import send_from_directory
        from werkzeug.exceptions import NotFound

        try:
            send_from_directory(base, value).close()
        except NotFound:
            return "refused"
        return "found"

    return use


@pytest.mark.parametrize("sound", [by_pathlib, by_realpath, by_flask])
def test_resolving_is_not_using(tmp_path: pathlib.Path, sound: Callable[[pathlib.Path], Use]) -> None:
    install()
    base = tmp_path / "base"
    base.mkdir()
    (base / "a.txt").write_text("a")
    (tmp_path / "target").write_text("kept")
    for value in ("../target", f"{tmp_path}/target", "a/../../target", "a.txt", "./a.txt"):
        assert ask(sound(base), value) == 200


ASKS: dict[str, Use] = {
    "os.path.exists": os.path.exists,
    "os.path.isfile": os.path.isfile,
    "os.path.getsize": os.path.getsize,
    "os.access": lambda path: os.access(path, os.R_OK),
    "pathlib.exists": lambda path: pathlib.Path(path).exists(),
    "pathlib.stat": lambda path: pathlib.Path(path).stat(),
}


@pytest.mark.parametrize("name", ASKS)
def test_whether_a_file_exists_is_an_answer(name: str, tmp_path: pathlib.Path) -> None:
    install()
    base = tmp_path / "base"
    base.mkdir()
    (base / "a.txt").write_text("a")
    (tmp_path / "target").write_text("kept")
    assert outcome(ASKS[name], base, "../target") == 403
    assert outcome(ASKS[name], base, f"{tmp_path}/target") == 403
    assert outcome(ASKS[name], base, "./a.txt") == 200


def test_os_stays_what_it_was() -> None:
    install()
    assert os.stat in os.supports_follow_symlinks
    assert os.stat in os.supports_dir_fd
    assert os.stat(".").st_mode == pathlib.Path.cwd().stat().st_mode
    assert os.access(".", os.R_OK, follow_symlinks=True)
    with pytest.raises(FileNotFoundError):
        os.stat("/nowhere/at/all")


def sent(base: pathlib.Path, name: str) -> Any:
    from flask import send_file

    response = send_file(base / name)
    response.close()
    return response


def test_a_file_that_is_sent(tmp_path: pathlib.Path) -> None:
    install()
    base = tmp_path / "base"
    base.mkdir()
    (base / "a.txt").write_text("a")
    (tmp_path / "target").write_text("kept")
    assert ask(lambda value: sent(base, value).status_code, "../target") == 403
    assert ask(lambda value: sent(base, value).status_code, "./a.txt") == 200


def unpacked_by_hand(base: pathlib.Path, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            with open(os.path.join(base, name), "wb") as file:
                file.write(archive.read(name))


def unpacked_by_tarfile(base: pathlib.Path, content: bytes) -> None:
    with warnings.catch_warnings(), tarfile.open(fileobj=io.BytesIO(content)) as archive:
        warnings.simplefilter("ignore", DeprecationWarning)
        archive.extractall(base, filter="fully_trusted")


def unpacked_by_zipfile(base: pathlib.Path, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(base)


@pytest.mark.parametrize(
    ("unpack", "archive", "status"),
    [
        (unpacked_by_hand, zipped("a.txt", "../../up.txt"), 403),
        (unpacked_by_hand, zipped("a.txt", "b.txt"), 200),
        (unpacked_by_tarfile, tarred("../../up.txt"), 403),
        (unpacked_by_tarfile, tarred("../../up.txt", packing="w:gz"), 403),
        (unpacked_by_tarfile, tarred("a", link="/etc/passwd"), 403),
        (unpacked_by_tarfile, tarred("a/b.txt", packing="w:gz"), 200),
        # zipfile makes such names harmless by itself.
        (unpacked_by_zipfile, zipped("a.txt", "../../up.txt"), 200),
    ],
    ids=range(7),  # the archives hold the time at which they were made
)
def test_names_in_an_archive(tmp_path: pathlib.Path, unpack: Any, archive: bytes, status: int) -> None:
    install()
    base = tmp_path / "one" / "two"
    base.mkdir(parents=True)
    upload = {"f": (io.BytesIO(archive), "archive")}
    assert site(lambda r: unpack(base, r.files["f"].read())).post("/", data=upload).status_code == status
    raw = site(lambda r: unpack(base, r.get_data()))
    assert raw.post("/", data=archive, content_type="application/octet-stream").status_code == status
    assert not (tmp_path / "up.txt").exists()


async def by_shell(value: str) -> None:
    process = await asyncio.create_subprocess_shell(f"true {value}")
    await process.wait()


async def by_list(value: str) -> None:
    process = await asyncio.create_subprocess_exec("sh", "-c", f"true {value}")
    await process.wait()


async def by_argument(value: str) -> None:
    process = await asyncio.create_subprocess_exec("true", value)
    await process.wait()


@pytest.mark.parametrize("run", [asyncio.run, uvloop_run])
@pytest.mark.parametrize("start", [by_shell, by_list])
def test_processes_of_a_loop(run: Any, start: Any, tmp_path: pathlib.Path) -> None:
    install()
    mark = tmp_path / "mark"

    async def from_text(value: str) -> None:
        await start(value.replace("+", " "))

    assert drive(run, from_text, f"x;touch+{mark}") == 403
    assert not mark.exists()
    assert drive(run, from_text, "a-word") == 200
    assert drive(run, by_argument, "x;touch+y") == 200


def attached(statement: str, *parameters: str) -> Any:
    connection = sqlite3.connect(":memory:")
    try:
        return connection.execute(statement, parameters).fetchall()
    finally:
        connection.close()


OPENING: dict[str, Use] = {
    "attach": lambda path: attached(f"ATTACH DATABASE '{path}' AS other"),
    "attach, bound": lambda path: attached("attach ? as other", path),
    "attach, after a remark": lambda path: attached(f"-- more\n attach '{path}' as other"),
    "attach, a URL": lambda path: attached(f"ATTACH 'file:{path}' AS other"),
    "vacuum": lambda path: attached(f"VACUUM INTO '{path}'"),
    "urllib": lambda path: urllib.request.urlopen(f"file://{path}").close(),
}


@pytest.mark.parametrize("name", OPENING)
def test_files_that_a_statement_or_a_url_opens(name: str, tmp_path: pathlib.Path) -> None:
    install()
    base = tmp_path / "base"
    base.mkdir()
    if name == "urllib":
        (base / "a.txt").write_text("a")
        (tmp_path / "target").write_text("kept")
    for value in ("../target", f"{tmp_path}/target"):
        assert outcome(OPENING[name], base, value) == 403
    assert outcome(OPENING[name], base, "a.txt") == 200
    assert name == "urllib" or not (tmp_path / "target").exists()


def test_a_url_that_the_request_chose_whole(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")

    def fetch(url: str) -> str:
        with urllib.request.urlopen(url) as answer:
            return str(answer.read())

    for url in (
        f"file://{target}",
        f"File://localhost{target}",
        f"URL:file:{target}",
        f"<file://{target}>",
        f"file://{target}#x",
    ):
        assert ask(fetch, url) == 403
    assert ask(lambda note: note and fetch(f"file://{target}"), "file: my notes") == 200


def test_a_filter_that_takes_climbing_out_once(tmp_path: pathlib.Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "a.txt").write_text("a")
    (tmp_path / "target").write_text("kept")

    def use(value: str) -> str:
        return (base / value.replace("../", "")).read_text()

    assert ask(use, "....//target") == 403
    assert ask(use, "..././target") == 403
    assert ask(use, "../a.txt") == 200


OWN = os.path.join(os.getcwd(), f"guard-own-{os.getpid()}.sqlite3")


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        pytest.param(lambda v: OWN, "x", 200, id="the application's own, again"),
        pytest.param(lambda v: OWN, "../x", 200, id="the application's own, whatever else is asked"),
        pytest.param(lambda v: os.path.abspath("data/" + v), "x", 200, id="a name below the application's folder"),
        pytest.param(lambda v: os.path.abspath("data/" + v), "../" * 20 + OWN[1:], 403, id="led to it"),
        pytest.param(
            lambda v: os.path.abspath("data/" + unquote(v)), "../" * 20 + OWN[1:].replace(".", "%2E"), 403, id="encoded"
        ),
        pytest.param(lambda v: v, OWN, 403, id="named whole"),
    ],
)
@pytest.mark.parametrize("use", [lambda path: sqlite3.connect(path).close(), os.stat], ids=["connect", "stat"])
def test_a_path_is_known_as_the_object_that_it_is(
    use: Use, path: Callable[[str], str], value: str, status: int
) -> None:
    """What equals a path of an earlier request may still be what this request made."""

    def run(given: str) -> str:
        with contextlib.suppress(OSError, sqlite3.OperationalError):
            use(path(given))
        return "ok"

    def connects(_: str) -> str:
        sqlite3.connect(OWN).close()
        return "ok"

    try:
        ask(connects, "x")
        assert [ask(run, value) for _ in range(2)] == [status, status]
    finally:
        os.unlink(OWN)
