"""Values of a request that reach an interpreter on the way from a handler: seen within one function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import Module, argument

SQL = code_rule(
    "sql-request",
    "A query is put together with a request's value",
    "high",
    why="The value can end the literal it stands in and change what the query does.",
    fix="Bind it as a parameter; choose names of columns from a fixed set.",
    cwe=(89,),
    asvs="1.2.4",
    top10="A05",
)
SHELL = code_rule(
    "shell-request",
    "A command line is put together with a request's value",
    "high",
    why="The value can end the command and begin another.",
    fix='Give a list of arguments and no shell: subprocess.run(["tool", "--", name]).',
    cwe=(78,),
    asvs="1.2.5",
    top10="A05",
)
EVAL = code_rule(
    "eval-request",
    "A request's value is run as code",
    "critical",
    why="Whoever sends it runs what he likes in this process.",
    fix="Parse it: ast.literal_eval, json.loads, a table of functions by name.",
    cwe=(95,),
    asvs="1.3.2",
    top10="A05",
)
TEMPLATE = code_rule(
    "template-source",
    "A request's value becomes the source of a template",
    "critical",
    why="Template languages reach the objects of the process, and from there run commands.",
    fix="Keep templates in files and give the value as a variable.",
    cwe=(1336, 94),
    asvs="1.3.7",
    top10="A05",
)
PATH = code_rule(
    "path-request",
    "A request's value names a file",
    "high",
    why="`../` or an absolute path in it leads out of the folder that was meant.",
    fix="Look the name up in a list, or resolve it and compare with the folder: safe_join, Path.is_relative_to.",
    cwe=(22,),
    asvs="5.3.2",
    top10="A01",
)
REDIRECT = code_rule(
    "redirect-request",
    "A request's value is where the browser is sent",
    "medium",
    why="A link to this site that ends on another one is what phishing is made of.",
    fix="Allow paths of the own site only: one slash, then no slash or backslash; or look the target up in a list.",
    cwe=(601,),
    asvs="3.7.2",
    top10="A01",
)
REQUEST = code_rule(
    "server-request",
    "A request's value is the address that the server asks",
    "high",
    why="The own network and the cloud's metadata service answer the server, not the visitor.",
    fix="Compare scheme and host with a list, and the resolved address with private networks.",
    cwe=(918,),
    asvs="1.3.6 13.2.4",
    top10="A01",
)
REGEX = code_rule(
    "regex-request",
    "A request's value is a regular expression",
    "medium",
    why="A pattern of ten characters can keep a worker busy for years.",
    fix="Escape it with re.escape, or search for it as text.",
    cwe=(1333, 400),
    asvs="1.2.9",
)
FORMAT = code_rule(
    "format-request",
    "A request's value is a format string",
    "medium",
    why="str.format reaches attributes of what is formatted: configuration, keys, globals.",
    fix="Keep the format in the code and give the value as an argument.",
    cwe=(134,),
    asvs="1.3.10",
    top10="A05",
)
MARKUP = code_rule(
    "markup-request",
    "A request's value is declared to be safe markup",
    "high",
    why="It is script in the browser of everybody who opens the page.",
    fix="Let the template escape it, or sanitise it with nh3.",
    cwe=(79,),
    asvs="1.2.1 1.1.2 1.3.1",
    top10="A05",
)
LOG = code_rule(
    "log-request",
    "A request's value is written to the log as part of the text",
    "low",
    why="A line break in it starts a line of the log that never happened.",
    fix="Write logs as JSON, or give the value with %r.",
    cwe=(117,),
    asvs="16.4.1",
    top10="A09",
)
UNPICKLE = code_rule(
    "unpickle-request",
    "A request's value is read by a format that can run code",
    "critical",
    why="Pickle and full YAML make any object their author wants, and calls with it.",
    fix="Read JSON, or msgpack.",
    cwe=(502,),
    asvs="1.5.2",
    top10="A08",
)
XPATH = code_rule(
    "xpath-request",
    "An XPath expression is put together with a request's value",
    "high",
    why="The value can end its literal and select what it likes.",
    fix="Give it as a variable: tree.xpath('//u[@n=$name]', name=name).",
    cwe=(643,),
    asvs="1.2.7",
    top10="A05",
)
LDAP = code_rule(
    "ldap-request",
    "An LDAP filter is put together with a request's value",
    "high",
    why="Parentheses and stars in it change whom the filter finds.",
    fix="Escape it: ldap3.utils.conv.escape_filter_chars, ldap.filter.escape_filter_chars.",
    cwe=(90,),
    asvs="1.2.6",
    top10="A05",
)

EXECUTE = ("execute", "executemany", "executescript", "raw", "exec_driver_sql", "text", "RawSQL", "extra")
SHELLS = (
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
)
RUNNERS = ("subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output")
OPENERS = ("open", "io.open", "os.open", "os.remove", "os.unlink", "os.listdir", "shutil.rmtree", "aiofiles.open")
METHODS = ("read_text", "read_bytes", "write_text", "write_bytes", "unlink", "iterdir")
CLIENTS = ("requests", "httpx", "httpx2", "urllib.request", "urllib3", "aiohttp")
VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request", "urlopen", "stream")
READERS = (
    "pickle.loads",
    "pickle.load",
    "dill.loads",
    "marshal.loads",
    "jsonpickle.decode",
    "yaml.load",
    "yaml.unsafe_load",
)
RE = ("compile", "match", "search", "fullmatch", "sub", "findall", "finditer", "split")


def _look(
    matches: Callable[[str, ast.Call], bool], said: str, position: int = 0, *keywords: str
) -> Callable[[Module], Iterator[Hit]]:
    """Calls of which one argument comes from the request as it is."""

    def look(module: Module) -> Iterator[Hit]:
        for reached in module.tainted_calls:
            if matches(reached.name, reached.call):
                given = argument(reached.call, position, *keywords)
                if given is not None and reached.holds(given):
                    yield Hit(reached.call, said.format(name=reached.name), sure=not reached.looked_at(given))

    return look


def _built(node: ast.expr) -> bool:
    """Whether a text is put together here, rather than taken as it is."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}


def _last(*words: str) -> Callable[[str, ast.Call], bool]:
    return lambda name, call: name.rpartition(".")[2] in words


def _among(*names: str) -> Callable[[str, ast.Call], bool]:
    return lambda name, call: name in names


def _sql(name: str, call: ast.Call) -> bool:
    return name.rpartition(".")[2] in EXECUTE and bool(call.args)


def _shell(name: str, call: ast.Call) -> bool:
    if name in SHELLS:
        return True
    return name in RUNNERS and any(
        k.arg == "shell" and isinstance(k.value, ast.Constant) and k.value.value is True for k in call.keywords
    )


def _client(name: str, call: ast.Call) -> bool:
    return name.partition(".")[0] in {c.partition(".")[0] for c in CLIENTS} and name.rpartition(".")[2] in VERBS


def _format(module: Module) -> Iterator[Hit]:
    for reached in module.tainted_calls:
        func = reached.call.func
        if isinstance(func, ast.Attribute) and func.attr in {"format", "format_map"} and reached.holds(func.value):
            yield Hit(reached.call, "The text that is formatted comes from the request.")


def _file(module: Module) -> Iterator[Hit]:
    yield from _look(_opens, "{name}() gets a path with a request's value in it.")(module)
    for reached in module.tainted_calls:
        func = reached.call.func
        if isinstance(func, ast.Attribute) and func.attr in METHODS and reached.holds(func.value):
            sure = not reached.looked_at(func.value)
            yield Hit(reached.call, f"A path with a request's value in it is used by {func.attr}().", sure=sure)


def _opens(name: str, call: ast.Call) -> bool:
    return name in OPENERS or name.rpartition(".")[2] in {"send_file", "FileResponse"}


def _log(module: Module) -> Iterator[Hit]:
    for reached in module.tainted_calls:
        owner, _, word = reached.name.rpartition(".")
        if word in {"debug", "info", "warning", "error", "critical", "exception"} and owner.lower().endswith(
            ("logging", "logger", "log", "getlogger()")
        ):
            given = argument(reached.call, 0)
            if given is not None and _built(given) and reached.holds(given):
                yield Hit(reached.call, "A request's value is part of the text that is logged.")


CHECKS = (
    check_code(SQL, _look(_sql, "{name}() gets a query with a request's value in it.")),
    check_code(SHELL, _look(_shell, "{name}() gets a command line with a request's value in it.")),
    check_code(EVAL, _look(_among("eval", "exec", "compile"), "{name}() gets a request's value.")),
    check_code(
        TEMPLATE,
        _look(
            lambda name, call: (
                name.rpartition(".")[2] in {"render_template_string", "from_string"}
                or name in {"jinja2.Template", "django.template.Template", "mako.template.Template"}
            ),
            "{name}() gets a request's value as source.",
        ),
    ),
    check_code(PATH, _file),
    check_code(
        REDIRECT,
        _look(
            _last("redirect", "RedirectResponse", "HttpResponseRedirect", "Redirect"),
            "{name}() is sent where the request says.",
            0,
            "url",
            "location",
            "path",
        ),
    ),
    check_code(REQUEST, _look(_client, "{name}() asks the address that the request names.", 0, "url")),
    check_code(
        REGEX,
        _look(
            lambda name, call: name.startswith("re.") and name[3:] in RE, "{name}() gets a request's value as pattern."
        ),
    ),
    check_code(FORMAT, _format),
    check_code(MARKUP, _look(_last("Markup", "mark_safe", "SafeString"), "{name}() gets a request's value.")),
    check_code(LOG, _log, found="review"),
    check_code(UNPICKLE, _look(_among(*READERS), "{name}() reads a request's value.")),
    check_code(
        XPATH, _look(_last("xpath", "XPath", "ETXPath"), "{name}() gets an expression with a request's value in it.")
    ),
    check_code(
        LDAP,
        _look(
            _last("search_s", "search_ext_s", "search_st"), "{name}() gets a filter with a request's value in it.", 2
        ),
    ),
)
