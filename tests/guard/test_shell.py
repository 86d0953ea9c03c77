"""Shell verdicts by quoting: attacks, benign twins, argument lists; a real shell is asked where it can be."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.guard.quoting import Quoting
from hauberk.guard.shell import judge, judge_argv, shell_script

ATTACKS = [
    ("ping -c 1 {}", "a; id"),
    ("ping -c 1 {}", "$(id)"),
    ("ping -c 1 {}", "a b"),
    ("ping -c 1 {}", "*"),
    ("ping -c 1 {}", "a\nid"),
    ("ping -c 1 '{}'", "a'; id; '"),
    ('ping -c 1 "{}"', "`id`"),
    ('ping -c 1 "{}"', "$HOME"),
    ('ping -c 1 "{}"', 'a"; id; "'),
    ('ping -c 1 "{}" x', "a\\"),
    ("echo $'{}'", "\\'; id; \\'"),
    ('echo "$(cat {})"', "a;id"),
    ("{} -c 1", "/tmp/evil"),
    ("true; {} -c 1", "/tmp/evil"),
    ("true # {}", "x\nid"),
]
INERT = [
    ("ping -c 1 {}", "example.com"),
    ("ping -c 1 {}", "résumé_v1.2-final+x@y:z,a=b%20"),
    ("ping -c 1 '{}'", '$(id) `id` "; id'),
    ('ping -c 1 "{}"', "a; id | x 'y' C:\\temp\\x"),
    ('ping -c 1 "{}"', "a\\\\b"),
    ("echo \"$(cat '{}')\"", "a;id"),
    ("echo it # {}", "that's a remark"),
]


@pytest.mark.parametrize(("template", "value"), ATTACKS)
def test_an_input_that_leaves_its_word_is_an_attack(template: str, value: str) -> None:
    assert judge(template.format(value), value).verdict == "attack"


@pytest.mark.parametrize(("template", "value"), INERT)
def test_an_input_that_stays_in_its_word_is_inert(template: str, value: str) -> None:
    assert judge(template.format(value), value).verdict == "inert"


NASTY = ["'", "''", "it's", "'a'", "$(id)", "a b", '"', "`", "\\", "a\\", "; id", "'; id; '", "$'", "#x", "a\nb"]


@pytest.mark.parametrize("value", NASTY)
def test_quoted_as_shlex_does_it_is_inert(value: str) -> None:
    assert judge(f"ping -c 1 {shlex.quote(value)} 'x y'", value).verdict == "inert"


@pytest.mark.parametrize("value", NASTY)
def test_other_ways_to_quote_are_known(value: str) -> None:
    single = value.replace("'", "'\\''")
    assert judge(f"ping -c 1 'x{single}' y", value).verdict == "inert"
    double = "".join("\\" + char if char in '$`"\\' else char for char in value)
    assert judge(f'ping -c 1 "x{double}" y', value).verdict == "inert"


@given(st.text(alphabet=st.sampled_from("ab '\"$`\\;|&#(){}\n*"), min_size=1, max_size=12))
def test_shlex_quoting_is_never_an_attack(value: str) -> None:
    assert judge(f"echo {shlex.quote(value)}", value).verdict != "attack"


@given(st.text(), st.text(max_size=8), st.text())
def test_any_text_gets_a_verdict(before: str, value: str, after: str) -> None:
    assert judge(before + value + after, value).verdict in {"attack", "inert", "unknown"}
    quoting = Quoting(before)
    assert len(quoting.states) == len(before)
    assert len(quoting.borders) == len(before) + 1


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab '\"\\;|&$(){}<>*?~!\n"), min_size=1, max_size=10))
def test_what_is_called_inert_is_one_word_for_sh(value: str) -> None:
    """Inside single and double quotes, a real shell hands what we call inert over as one argument and runs nothing."""
    for template in ("printf %s: '{}' end", 'printf %s: "{}" end', "printf %s: x{}y end"):
        command = template.format(value)
        if value.strip() and judge(command, value).verdict == "inert":
            ran = subprocess.run(
                ["sh", "-c", command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
            )
            assert (ran.returncode, ran.stdout.count(":"), ran.stdout[-5:]) == (0, 2, ":end:"), command


ARGV = [
    (["sh", "-c", "echo a; id"], "a; id", "attack"),
    (["/bin/bash", "-lc", "echo a; id"], "a; id", "attack"),
    (["bash", "--norc", "-e", "-o", "pipefail", "-c", "echo a; id"], "a; id", "attack"),
    (["env", "A=b", "sh", "-c", "echo a; id"], "a; id", "attack"),
    (["busybox", "sh", "-c", "echo a; id"], "a; id", "attack"),
    (["sh", "-c", 'echo "$1"', "sh", "a; id"], "a; id", "inert"),
    (["sh", "script.sh", "a; id"], "a; id", "inert"),
    (["ping", "-c", "1", "a; id"], "a; id", "inert"),
    (["grep", "-c", "sh", "x; y"], "x; y", "inert"),
    (["ping", "--flood"], "--flood", "unknown"),
    (["ssh", "-oProxyCommand=id.example.org"], "-oProxyCommand=id", "unknown"),
    (["ssh", "--", "-oProxyCommand=id"], "-oProxyCommand=id", "inert"),
    (["convert", "size-100", "x"], "-100", "inert"),
    (["ping", "-c", "1", "--", "x"], "nothing of this", "inert"),
    (["/opt/a b/tool", "x"], "/opt/a b/tool", "unknown"),
]


@pytest.mark.parametrize(("argv", "value", "verdict"), ARGV)
def test_argument_lists(argv: list[str], value: str, verdict: str) -> None:
    assert judge_argv(argv, value).verdict == verdict


@pytest.mark.parametrize(
    ("argv", "position"),
    [
        ([], None),
        (["sh"], None),
        (["sh", "-c"], None),
        (["sh", "-c", "x"], 2),
        (["sh", "+x", "-c", "x"], 3),
        (["ls"], None),
    ],
)
def test_where_the_script_is(argv: list[str], position: int | None) -> None:
    assert shell_script(argv) == position
