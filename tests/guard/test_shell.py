"""Shell verdicts by quoting: attacks, benign twins, argument lists; a real shell is asked where it can be."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.guard.programs import reads_stdin
from hauberk.guard.quoting import Quoting
from hauberk.guard.shell import judge, judge_argv, shell_script
from tests.guard.sites import ask

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
    (["find", ".", "-exec", "sh", "-c", "echo a; id", ";"], "a; id", "attack"),
    (["find", ".", "-exec", "sh", "-c", 'echo "$1"', "sh", "a; id", ";"], "a; id", "inert"),
    (["find", ".", "-name", "sh -c; id"], "sh -c; id", "inert"),
    (["xargs", "sh", "-c", "echo a; id"], "a; id", "attack"),
    (["timeout", "5", "sh", "-c", "echo a; id"], "a; id", "attack"),
    (["su", "app", "-c", "echo a; id"], "a; id", "attack"),
    (["ssh", "host.example", "echo a; id"], "a; id", "attack"),
    (["ssh", "-p", "22", "host.example", "echo", "a; id"], "a; id", "attack"),
    (["ssh", "-o", "BatchMode=yes", "host.example", "echo 'a; id'"], "a; id", "inert"),
    (["ssh", "-i", "a b.pem", "host.example", "uptime"], "a b.pem", "inert"),
    (["python3.11", "-c", "print('x'); import os #')"], "x'); import os #", "attack"),
    (["python", "-Ic", "print(__import__('os'))"], "__import__('os')", "attack"),
    (["timeout", "5", "python3", "-c", "print(1+1)"], "1+1", "attack"),
    (["python", "-c", "print('two words; x')"], "two words; x", "inert"),
    (["python", "-c", "import sys; print(sys.argv)", "a; id()"], "a; id()", "inert"),
    (["python", "script.py", "-c", "import os; os.system()"], "import os; os.system()", "inert"),
    (["perl", "-e", "print 'x'; system 'id'"], "x'; system 'id", "attack"),
    (["perl", "-ne", 'print "@{[system 1]}"'], "@{[system 1]}", "attack"),
    (["perl", "-e", "print 'ada@example.org, $5'"], "ada@example.org, $5", "inert"),
    (["perl", "-MStorable", "x.pl", "a; id"], "a; id", "inert"),
    (["ruby", "-e", 'puts "#{`id`}"'], "#{`id`}", "attack"),
    (["ruby", "-e", 'puts "item #4, ada@example.org"'], "item #4, ada@example.org", "inert"),
    (["node", "-e", "console.log('x'+process.exit()+'')"], "x'+process.exit()+'", "attack"),
    (["node", "--eval=console.log(`${process.exit()}`)"], "${process.exit()}", "attack"),
    (["node", "-e", 'console.log("it is $5, isn\'t it")'], "it is $5, isn't it", "inert"),
    (["node", "-p", '"say \\"hi\\""'], 'say \\"hi\\"', "inert"),
    (["sudo", "-u", "node", "grep", "-e", "a; b()"], "a; b()", "inert"),
    (["php", "-r", 'echo "{$x}";'], "{$x}", "attack"),
    (["php", "-r", "echo 'costs $5';"], "costs $5", "inert"),
    (["awk", '{print "x"; system("id")}', "f"], 'x"; system("id', "attack"),
    (["awk", "-F", ":", '$1 == "O\'Neil, J." {print $2}', "f"], "O'Neil, J.", "inert"),
    (["awk", "-v", "x=a; b()", "{print x}", "f"], "a; b()", "inert"),
    (["awk", "-f", "prog.awk", "a; b()"], "a; b()", "inert"),
    (["/opt/a b/tool", "x"], "/opt/a b/tool", "unknown"),
    (["psql", "-c", "select 'x' or 1=1 --'"], "x' or 1=1 --", "attack"),
    (["psql", "shop", "-tAc", "select * from t where a = 1 or 1=1"], "1 or 1=1", "attack"),
    (["psql", "--command=select 'O''Brien'"], "O'Brien", "inert"),
    (["psql", "-h", "db", "-c", "select 'a; drop table t'"], "a; drop table t", "inert"),
    (["psql", "-f", "a; b.sql"], "a; b.sql", "inert"),
    (["mysql", "-uroot", "-Nse", 'select "x" or 1 #"'], 'x" or 1 #', "attack"),
    (["mysql", "-e", "select 'O\\'Brien'"], "O'Brien", "inert"),
    (["mariadb", "--execute=drop table t", "shop"], "drop table t", "attack"),
    (["sqlite3", "a.db", "select 'x'; .shell id'"], "x'; .shell id", "attack"),
    (["sqlite3", "-json", "a.db", "select 'it is; fine'"], "it is; fine", "inert"),
    (["sqlite3", "my file; 1.db", ".dump"], "my file; 1.db", "inert"),
    (["mongosh", "mongodb://db.example/shop", "--eval", "db.t.find({a: 'x'+quit()+''})"], "x'+quit()+'", "attack"),
    (["mongosh", "--eval", "db.t.find({a: 'two words'})"], "two words", "inert"),
    (["sed", "s/a/x/e;id/"], "x/e;id", "attack"),
    (["sed", "-n", "-e", "s/a/b/; 1e id"], "1e id", "attack"),
    (["sed", "-i", "s|NAME|O'Brien & sons (10 %)|", "f"], "O'Brien & sons (10 %)", "inert"),
    (["sed", "-i", "s/NAME/x/", "my file; e"], "my file; e", "inert"),
    (["lua", "-e", "print('x' .. os.exit() .. '')"], "x' .. os.exit() .. '", "attack"),
    (["lua5.4", "-e", "print('two words; x')"], "two words; x", "inert"),
    (["Rscript", "-e", "cat('x'); system('id')"], "x'); system('id", "attack"),
    (["Rscript", "-e", "cat('two words; $5')"], "two words; $5", "inert"),
    (["julia", "-e", 'print("$(run(`id`))")'], "$(run(`id`))", "attack"),
    (["docker", "exec", "web", "sh", "-c", "echo a; id"], "a; id", "attack"),
    (["docker", "exec", "-i", "web", "ls", "a; id"], "a; id", "inert"),
    (["docker", "run", "--name", "node", "img", "-e", "a; id()"], "a; id()", "inert"),
    (["kubectl", "exec", "pod", "--", "psql", "-c", "select 1 or 1=1"], "1 or 1=1", "attack"),
    (["git", "bisect", "run", "sh", "-c", "echo a; id"], "a; id", "attack"),
    (["tool", "--run", "python3", "-c", "print(1+1)"], "1+1", "attack"),
    (["tool", "python3", "a; b()"], "a; b()", "inert"),
    (["sshpass", "-p", "x", "ssh", "host.example", "ls a; id"], "a; id", "attack"),
    (["watch", "-n", "1", "ls a; id"], "a; id", "attack"),
    (["watch", "-x", "ls", "a; id"], "a; id", "inert"),
    (["sh", "-c", "python3 -c 'print(1+1)'"], "1+1", "attack"),
    (["sh", "-c", "python3 -c 'print(\"two words; x\")'"], "two words; x", "inert"),
    (["sh", "-c", "cd /srv && sh -c 'echo a; id'"], "a; id", "attack"),
    (["sh", "-c", "cd /srv && sh -c 'echo \"$1\"' sh 'a; id'"], "a; id", "inert"),
    (["sh", "-c", "ssh host.example 'ls a; id'"], "a; id", "attack"),
    (["sh", "-c", "echo 'a; id' | sh"], "a; id", "attack"),
    (["sh", "-c", "printf 'a; id' | sort"], "a; id", "inert"),
    (["sh", "-c", "psql -c 'select 1 or 1=1' | sort"], "1 or 1=1", "attack"),
    (["sh", "-c", "grep -e 'python -c x; y' f"], "python -c x; y", "inert"),
    (["sh", "-c", "eval 'a; id'"], "a; id", "attack"),
    (["sh", "-c", "printf %s ''"], "''", "inert"),
    (["sh", "-c", "printf %s '; id''"], "'; id'", "attack"),
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


@pytest.mark.parametrize(
    ("argv", "language"),
    [
        (["sh"], "sh"),
        (["bash", "-s", "x"], "sh"),
        (["env", "A=b", "bash"], "sh"),
        (["python3", "-"], "python"),
        (["node"], "javascript"),
        (["sh", "-c", "cat"], None),
        (["sh", "script.sh"], None),
        (["python", "-c", "pass"], None),
        (["python", "-m", "json.tool"], None),
        (["cat"], None),
        ([], None),
        (["psql", "-h", "db", "shop"], "postgresql"),
        (["psql", "-f", "a.sql"], None),
        (["mysql", "-u", "root"], "mysql"),
        (["sqlite3", "a.db"], "sqlite"),
        (["sqlite3", "a.db", "select 1"], None),
        (["docker", "exec", "-i", "db", "psql", "-U", "app"], "postgresql"),
        (["sed", "s/a/b/"], None),
        (["awk", "{print}"], None),
    ],
)
def test_whose_standard_input_is_a_program(argv: list[str], language: str | None) -> None:
    assert reads_stdin(argv) == language


@pytest.mark.parametrize(
    ("command", "script", "value", "status"),
    [
        (["sh"], "echo {}\n", "a; id", 403),
        (["sh", "-s"], "echo {}\n", "$(id)", 403),
        (["sh"], "echo '{}'\n", "a; id", 200),
        (["cat"], "echo {}\n", "a; id", 200),
        (["sh", "-c", "cat"], "echo {}\n", "a; id", 200),
        ([sys.executable], "print({})\n", "__import__('os').getpid()", 403),
        ([sys.executable], "print('{}')\n", "two words; x", 200),
    ],
)
def test_a_script_on_standard_input(command: list[str], script: str, value: str, status: int) -> None:
    def run(given: str) -> str:
        done = subprocess.run(command, input=script.format(given), capture_output=True, text=True, check=True)
        return done.stdout

    assert ask(run, value) == status


ONE_OF_MANY = "import json, sys; print(json)"


@pytest.mark.parametrize("value", ["import json, sys", "import json, sys; print(json)"])
def test_the_code_s_own_program_is_no_input(value: str) -> None:
    def run(given: str) -> str:
        subprocess.run([sys.executable, "-c", "import json, sys; print(json)", given], check=True, capture_output=True)
        subprocess.run([sys.executable, "-c", ONE_OF_MANY, given], check=True, capture_output=True)
        return "ok"

    assert ask(run, value) == 200


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("LD_PRELOAD", 403),
        ("PYTHONPATH", 403),
        ("ld_preload", 403),
        ("BASH_ENV", 403),
        ("LANG", 200),
        ("path", 200),
        ("PATH", 403),
        ("MY_NAME", 200),
    ],
)
def test_a_variable_named_by_the_request(name: str, status: int) -> None:
    def run(given: str) -> str:
        subprocess.run([sys.executable, "-c", "pass"], env={**os.environ, given.upper(): ""}, check=True)
        return "ok"

    assert ask(run, name) == status


def test_the_application_s_own_variables_may_be_named_in_a_request() -> None:
    def run(given: str) -> str:
        subprocess.run([sys.executable, "-c", "pass"], env={**os.environ, "PYTHONPATH": "/srv/own"}, check=True)
        return given

    assert ask(run, "PYTHONPATH") == 200
    assert ask(lambda given: str(subprocess.run(["true"], env=dict(os.environ), check=True)), "PATH") == 200
