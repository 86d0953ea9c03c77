from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.auth.passwords.blocklist import Blocklist, build, digest_of, digests, looks_hashed
from hauberk.cli.passwords import command
from hauberk.core.errors import InputError

WORDS = ["password", "123456", "pässwörd", "correct horse", "qwertyuiop", " blank before", "Zoe\u0308"]


def made(path: Path, words: list[str]) -> Blocklist:
    build(map(digest_of, words), path)
    return Blocklist.open(path)


def test_what_is_in_is_found_and_what_is_not_is_not(tmp_path: Path) -> None:
    known = made(tmp_path / "list", WORDS)
    assert all(map(known, WORDS))
    assert len(known) == len(WORDS)
    assert not any(known(secrets.token_urlsafe(9)) for _ in range(2_000))
    assert not known("passwor")
    assert not known("")


def test_capitals_and_other_spellings_of_unicode_are_known_too(tmp_path: Path) -> None:
    known = made(tmp_path / "list", [*WORDS, "Zoë"])
    for word in ("PassWord", "ｐａｓｓｗｏｒｄ", "QWERTYUIOP", "Zoe\u0308", "Zoë"):
        assert known(word), word


def test_many_entries_use_the_whole_index(tmp_path: Path) -> None:
    raw = [secrets.token_bytes(20) for _ in range(50_000)]
    assert build(iter(raw), tmp_path / "list") == 50_000
    known = Blocklist.open(tmp_path / "list")
    assert all(map(known.has, raw))
    assert sum(known.has(secrets.token_bytes(20)) for _ in range(20_000)) <= 1
    assert (tmp_path / "list").stat().st_size < 50_000 * 4 + 10_000
    assert known.has(min(raw))
    assert known.has(max(raw))


def test_the_edges_of_the_index(tmp_path: Path) -> None:
    edges = [b"\x00" * 20, b"\xff" * 20, b"\x00" * 4 + b"\xff" * 16, b"\x7f" + b"\xff" * 19]
    build(iter(edges), tmp_path / "list")
    known = Blocklist.open(tmp_path / "list")
    assert all(map(known.has, edges))
    assert not known.has(b"\x01" + b"\x00" * 19)


@settings(deadline=None, max_examples=40)  # each example writes files
@given(st.lists(st.binary(min_size=20, max_size=20), min_size=1, max_size=30))
def test_built_lists_have_what_was_put_in(tmp_path_factory: pytest.TempPathFactory, raw: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("lists") / "list"
    build(iter(raw), path)
    known = Blocklist.open(path)
    assert all(map(known.has, raw))
    known.close()


def test_lists_of_passwords_and_of_digests_come_to_the_same(tmp_path: Path) -> None:
    plain = "\n".join(WORDS).encode()
    hashed = "".join(f"{digest_of(word).hex().upper()}:{n + 1}\r\n" for n, word in enumerate(WORDS)).encode()
    assert looks_hashed(hashed.splitlines())
    assert not looks_hashed(plain.splitlines())
    one = sorted(digests(plain.splitlines(keepends=True), hashed=False, least=1))
    two = sorted(digests(hashed.splitlines(keepends=True), hashed=True, least=1))
    assert one == two == sorted(map(digest_of, WORDS))
    assert len(list(digests(hashed.splitlines(), hashed=True, least=6))) == 2


@pytest.mark.parametrize(
    "octets", [b"", b"not a list", b"hauberk passwords 1\n", b"hauberk passwords 1\n" + b"\xff" * 40]
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "list").write_bytes(octets)
    with pytest.raises(InputError, match="hauberk passwords build"):
        Blocklist.open(tmp_path / "list")


def test_a_cut_or_missing_file_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "list", WORDS).close()
    whole = (tmp_path / "list").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-1])
    for name in ("cut", "missing"):
        with pytest.raises(InputError):
            Blocklist.open(tmp_path / name)


def test_an_empty_list_is_not_built_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        build(iter(()), tmp_path / "list")
    assert list(tmp_path.iterdir()) == []


def test_the_command(tmp_path: Path) -> None:
    source, target = tmp_path / "words.txt", tmp_path / "list"
    source.write_text("password\n123456\n\nletmein\n", encoding="utf-8")
    run = CliRunner()
    built = run.invoke(command, ["build", str(source), str(target)])
    assert built.exit_code == 0, built.output
    assert "3 passwords" in built.stderr
    assert Blocklist.open(target)("letmein")
    found = run.invoke(command, ["check", str(target)], input="letmein\nsomething else\n")
    assert (found.exit_code, found.stdout) == (1, "line 1: in the list\n")
    assert run.invoke(command, ["check", str(target)], input="something else\n").exit_code == 0


def test_the_command_reads_digests_with_counts(tmp_path: Path) -> None:
    source, target = tmp_path / "hashes.txt", tmp_path / "list"
    rows = [(hashlib.sha1(word.encode()).hexdigest().upper(), count) for word, count in (("often", 90), ("once", 1))]
    source.write_text("".join(f"{digest}:{count}\r\n" for digest, count in rows), encoding="ascii")
    assert CliRunner().invoke(command, ["build", str(source), str(target), "--at-least", "10"]).exit_code == 0
    known = Blocklist.open(target)
    assert known("often")
    assert not known("once")
