"""Requirements files: what changes in them, and that nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.audit.fix.pins import append, parse, rewrite

H, J = "sha256:" + "a" * 64, "sha256:" + "b" * 64


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("idna==2.8\n", "idna==3.7\n"),
        ("idna == 2.8\n", "idna == 3.7\n"),
        ("IDNA===2.8", "IDNA===3.7"),
        ("idna[x]==2.8 ; python_version < '4'\n", "idna[x]==3.7 ; python_version < '4'\n"),
        ("# idna==2.8\nidna==2.8  # idna==2.8\n", "# idna==2.8\nidna==3.7  # idna==2.8\n"),
        ("idna==2.8.1                 # via yarl\n", "idna==3.7                   # via yarl\n"),
        ("idna==2.8\r\nflask==1\r\n", "idna==3.7\r\nflask==1\r\n"),
        ("-r base.txt\n\n\nidna==2.8\n\n--pre\n", "-r base.txt\n\n\nidna==3.7\n\n--pre\n"),
        ("not-idna==2.8\nidna>=2.8\n", "not-idna==2.8\nidna>=2.8\n"),
        (f"idna==2.8 --hash={H}\n", f"idna==3.7 --hash={J}\n"),
        (
            f"idna==2.8 \\\n    --hash={H} \\\n    --hash={H}\n    # via x\n",
            f"idna==3.7 \\\n    --hash={J}\n    # via x\n",
        ),
        (
            f"idna==2.8 \\\n    --hash={H} \\\n    # via x\nother==1 \\\n    --hash={H}\n",
            f"idna==3.7 \\\n    --hash={J} \\\n    # via x\nother==1 \\\n    --hash={H}\n",
        ),
    ],
)
def test_only_pins_and_hashes_change(before: str, after: str) -> None:
    assert rewrite(before, {"idna": "3.7"}, {"idna": [J]}) == after


def test_several_hashes_keep_the_layout() -> None:
    text = rewrite(f"idna==2.8 \\\n  --hash={H}\n", {"idna": "3.7"}, {"idna": [H, J]})
    assert text == f"idna==3.7 \\\n  --hash={H} \\\n  --hash={J}\n"


def test_what_comes_in_anew_is_appended() -> None:
    assert append("a==1\n", {"b": "2"}, {"b": [H]}) == f"a==1\nb==2 \\\n    --hash={H}\n"
    assert append("a==1\n", {}, {}) == "a==1\n"


def test_a_bound_in_place_of_a_pin() -> None:
    (entry,) = parse(f"Jinja2[i18n]==2.10 ; python_version > '3' --hash={H}  # x")
    assert entry.bounded(">=", "2.11") == "Jinja2[i18n]>=2.11 ; python_version > '3'"


@given(st.text(st.sampled_from("ab=12.\\\n#-; \r"), max_size=60))
def test_any_text_is_kept_where_nothing_is_to_change(text: str) -> None:
    assert rewrite(text, {}, {}) == text
    assert rewrite(text, {"nothing-of-it": "1"}, {}) == text
