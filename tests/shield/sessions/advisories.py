"""Published faults of session, cookie, CSRF, limiter and store libraries, and the tests that show ours lacks them.

A row is the advisory, what the attack does, and tests by file and name; or, in place of them, why it is not ours.
"""

from __future__ import annotations

from typing import NamedTuple

HERE = "tests/shield/sessions/"
OWN, SESSIONS, SEALED = HERE + "test_advisories.py::", HERE + "test_sessions.py::", HERE + "test_sealed.py::"
ATTACKS, BEHAVIOURS, PACKING = HERE + "test_attacks.py::", HERE + "test_behaviours.py::", HERE + "test_packing.py::"
CSRF, COOKIES = "tests/shield/csrf/test_csrf.py::", "tests/shield/test_cookies.py::"
WIRE, BUILT = "tests/wire/test_cookie.py::", "tests/wire/test_set_cookie.py::"
RATES, THROTTLE = "tests/shield/limits/rates/test_rates.py::", "tests/auth/throttle/test_cves.py::"
HOSTS, FAULTS = "tests/shield/attacks/test_host_poisoning.py::", "tests/stores/test_faults.py::"
ENGINE = "tests/integrations/sessions/test_engine.py::"

NO_OAUTH = "there is no OAuth client here, and so no `state`: what a login at another site returns to is the library's"


class Row(NamedTuple):
    """One advisory, or one kind of attack."""

    attack: str
    tests: tuple[str, ...] = ()
    not_ours: str = ""


ADVISORIES: dict[str, Row] = {
    "CVE-2018-1000519": Row(
        "plants an id of his own making, and waits until somebody logs in under it",
        (SESSIONS + "test_an_id_that_the_client_made_up_is_never_taken", ATTACKS + "test_forged_ids"),
    ),
    "CVE-2018-1000814": Row(
        "sends a cookie on that browsers have dropped long ago",
        (SESSIONS + "test_idle_and_absolute_lifetimes", SEALED + "test_the_server_decides_when_it_ends"),
    ),
    "CVE-2022-25896": Row(
        "knows the id from before the login, or from before the logout",
        (ATTACKS + "test_a_planted_id_does_not_lead_to_who_logs_in", ATTACKS + "test_replay_after_logout"),
    ),
    "CVE-2024-35220": Row(
        "has a request under way when the session is destroyed, and it is saved again",
        (
            SESSIONS + "test_a_slow_request_never_revives_what_was_ended",
            SESSIONS + "test_a_new_id_does_not_make_it_live_longer",
        ),
    ),
    "CVE-2024-31999": Row(
        "keeps a copy of a sealed cookie and sends it after the logout",
        (SEALED + "test_logout_ends_it_and_a_copy_only_where_it_is_remembered",),
    ),
    "CVE-2015-3982": Row(
        "finds what everybody wrote under the empty key",
        (BEHAVIOURS + "test_there_is_never_a_record_without_an_id", ENGINE + "test_every_case"),
    ),
    "CVE-2015-5143": Row(
        "fills the store with ids that he made up", (OWN + "test_ids_that_nobody_made_fill_no_store",)
    ),
    "CVE-2015-5963": Row(
        "fills the store by logging out without ever logging in", (OWN + "test_logouts_of_nobody_fill_no_store",)
    ),
    "CVE-2015-5964": Row("the same by another door", (OWN + "test_logouts_of_nobody_fill_no_store",)),
    "CVE-2011-4136": Row(
        "names a key of something else that is kept in the same store so that it is a session's",
        (OWN + "test_what_else_is_kept_is_no_session",),
    ),
    "CVE-2011-0698": Row(
        "sends `../` in the place of an id",
        (SESSIONS + "test_what_has_not_the_form_of_an_id_never_reaches_the_store",),
    ),
    "CVE-2012-3458": Row(
        "sees which blocks of two sealed cookies are the same", (OWN + "test_no_block_of_a_sealed_cookie_comes_twice",)
    ),
    "CVE-2013-7489": Row(
        "writes a pickle into the store",
        (BEHAVIOURS + "test_nothing_is_unpickled", BEHAVIOURS + "test_octets_that_are_none_of_ours_run_nothing"),
    ),
    "CVE-2020-15105": Row(
        "reads a password out of a session", (BEHAVIOURS + "test_a_secret_in_a_session_is_warned_of",)
    ),
    "CVE-2026-6873": Row(
        "moves a letter from a cookie's name into its purpose, and uses one where another is meant",
        (
            OWN + "test_a_sealed_cookie_is_no_other_ones",
            PACKING + "test_a_context_that_is_framed_once_is_the_same_context",
            SEALED + "test_a_cookie_is_good_for_its_own_name",
        ),
    ),
    "CVE-2014-1418": Row(
        "asks a cache for a page that was made for somebody",
        (BEHAVIOURS + "test_a_response_that_looked_is_nobody_elses",),
    ),
    "CVE-2023-30861": Row(
        "gets a renewed cookie of somebody's out of a cache",
        (BEHAVIOURS + "test_a_cookie_is_never_renewed_for_a_cache",),
    ),
    "CVE-2026-27205": Row(
        "the same, where the page only asked whether a key is there", (SESSIONS + "test_every_way_of_looking_counts",)
    ),
    "CVE-2026-35192": Row(
        "the same, where every request is saved", (BEHAVIOURS + "test_a_cookie_is_never_renewed_for_a_cache",)
    ),
    "CVE-2014-0473": Row(
        "takes the token of a page that a cache gives to everybody", (OWN + "test_a_page_with_a_token_is_nobody_elses",)
    ),
    "CVE-2010-3082": Row(
        "sets a cookie of markup, which the page repeats", (OWN + "test_no_markup_of_a_cookie_reaches_a_token",)
    ),
    "CVE-2011-0696": Row(
        "sends X-Requested-With, which a plug-in let him", (OWN + "test_a_field_that_scripts_can_set_proves_nothing",)
    ),
    "CVE-2011-4140": Row(
        "has the Host field say that his site is the own one",
        (OWN + "test_a_forged_host_does_not_make_an_origin_the_own_one", HOSTS + "test_no_link_leads_elsewhere"),
    ),
    "CVE-2016-7401": Row(
        "sets one cookie whose value is read as a second one",
        (OWN + "test_no_cookie_is_read_out_of_another", WIRE + "test_pairs"),
    ),
    "CVE-2014-9720": Row(
        "guesses a token by how well pages compress (BREACH)",
        (OWN + "test_two_pages_have_two_tokens", CSRF + "test_masking_is_undone"),
    ),
    "CVE-2020-28482": Row(
        "sets the cookie and the token that fits it", (OWN + "test_a_token_of_another_user_is_worth_nothing",)
    ),
    "CVE-2021-29624": Row(
        "the same from a neighbour's host",
        (OWN + "test_a_token_of_another_user_is_worth_nothing", CSRF + "test_a_token_fits_its_session_and_no_other"),
    ),
    "CVE-2023-27495": Row(
        "works out what a token is bound to", (OWN + "test_what_a_token_is_bound_to_is_no_name_of_somebody",)
    ),
    "GHSA-jjmg-x456-w976": Row(
        "sets a cookie with the prefix `__Host-` where browsers do not hold to it",
        (CSRF + "test_over_http_the_cookie_has_a_plain_name", OWN + "test_every_cookie_keeps_the_rules_of_its_prefix"),
    ),
    "CVE-2024-48913": Row("sends no Content-Type", (OWN + "test_content_types_change_nothing",)),
    "CVE-2024-43787": Row("writes Content-Type in capitals", (OWN + "test_content_types_change_nothing",)),
    "CVE-2023-29003": Row("takes the content type that was forgotten", (OWN + "test_content_types_change_nothing",)),
    "CVE-2023-29008": Row("sends text/plain, or by PUT", (OWN + "test_content_types_change_nothing",)),
    "CVE-2024-56140": Row("adds a parameter to Content-Type", (OWN + "test_content_types_change_nothing",)),
    "CVE-2025-47910": Row(
        "asks for a path which the router sends on to one that is exempt", (CSRF + "test_exempt_paths",)
    ),
    "CVE-2026-48060": Row(
        "writes markup into the cookie that the form repeats", (OWN + "test_no_markup_of_a_cookie_reaches_a_token",)
    ),
    "CVE-2021-32677": Row(
        "sends JSON as text/plain, which needs no preflight", (OWN + "test_json_as_text_from_another_site",)
    ),
    "CVE-2025-14546": Row("logs a victim into his own account", not_ours=NO_OAUTH),
    "CVE-2025-68481": Row("the same, where the state is the same each time", not_ours=NO_OAUTH),
    "CVE-2023-23934": Row(
        "sets a cookie without a name whose value begins with another's",
        (OWN + "test_no_cookie_is_read_out_of_another", COOKIES + "test_only_cookies_with_the_prefix_get_in"),
    ),
    "CVE-2026-39410": Row("puts a space of another kind before it", (OWN + "test_no_cookie_is_read_out_of_another",)),
    "CVE-2024-47764": Row("injects attributes by name, path and domain", (BUILT + "test_refused",)),
    "CVE-2026-29086": Row("the same by path and domain", (BUILT + "test_refused",)),
    "CVE-2026-35536": Row("the same by samesite", (BUILT + "test_refused",)),
    "GHSA-26pp-8wgv-hjvm": Row("the same by the name", (BUILT + "test_refused",)),
    "CVE-2024-52804": Row(
        "sends a value whose quotes take a square of its length",
        (WIRE + "test_time_grows_with_the_length_and_no_faster",),
    ),
    "CVE-2024-7592": Row("the same by backslashes", (WIRE + "test_time_grows_with_the_length_and_no_faster",)),
    "CVE-2025-69230": Row(
        "fills the disk with what is said of cookies that are none", (OWN + "test_bad_cookies_fill_no_log",)
    ),
    "GHSA-q5pr-72pq-83v3": Row(
        "says that his cookie has a billion parts", (SEALED + "test_what_is_no_sealed_session_is_empty",)
    ),
    "CVE-2016-1000236": Row(
        "guesses a token octet by octet, by the time that it takes",
        (OWN + "test_tokens_are_compared_whole", SESSIONS + "test_only_hashes_lie_in_the_store"),
    ),
    "CVE-2025-59152": Row(
        "writes another X-Forwarded-For each time",
        (
            RATES + "test_a_client_cannot_choose_whom_it_counts_as",
            THROTTLE + "test_cve_2025_59152_an_address_that_the_client_writes",
        ),
    ),
    "CVE-2026-30827": Row(
        "uses up everybody's limit, as all IPv4 addresses fall into one network of IPv6",
        (
            RATES + "test_who_an_address_stands_for",
            THROTTLE + "test_cve_2026_30827_mapped_addresses_of_different_people",
        ),
    ),
    "CVE-2023-29005": Row("tries all passwords", (THROTTLE + "test_cve_2023_29005_a_login_without_a_limit",)),
    "CVE-2023-28858": Row(
        "cancels a request, and gets the answer to another one's",
        (FAULTS + "test_an_answer_never_reaches_another_request",),
    ),
    "CVE-2023-28859": Row("the same in a pipeline", (FAULTS + "test_an_answer_never_reaches_another_request",)),
}

ATTACKS_BY_KIND: dict[str, Row] = {
    "session fixation": Row(
        "plants an id before the login",
        (
            ATTACKS + "test_a_planted_id_does_not_lead_to_who_logs_in",
            ATTACKS + "test_a_planted_id_does_not_lead_there_by_way_of_another",
            SESSIONS + "test_an_id_that_the_client_made_up_is_never_taken",
        ),
    ),
    "cookie tossing": Row(
        "sets a cookie of the same name from a neighbour's host",
        (ATTACKS + "test_cookie_tossing", SEALED + "test_of_two_cookies_the_genuine_one_counts"),
    ),
    "cookie overflow": Row(
        "sets so many cookies that the browser drops the genuine one, and his own is left",
        (OWN + "test_cookies_that_push_out_the_genuine_one", SEALED + "test_what_is_no_sealed_session_is_empty"),
    ),
    "__Host- by odd names": Row(
        "writes the prefix so that browsers do not see it and servers do",
        (OWN + "test_no_cookie_is_read_out_of_another", COOKIES + "test_only_cookies_with_the_prefix_get_in"),
    ),
    "signature stripping": Row(
        "takes the tag off, or the key's id",
        (
            OWN + "test_a_sealed_cookie_without_its_tag_is_none",
            SEALED + "test_any_bit_that_is_changed_makes_it_empty",
        ),
    ),
    "replay after logout": Row(
        "sends a copy of the cookie",
        (ATTACKS + "test_replay_after_logout", SEALED + "test_logout_ends_it_and_a_copy_only_where_it_is_remembered"),
    ),
    "CSRF token reuse across users": Row(
        "uses the token of his own session", (OWN + "test_a_token_of_another_user_is_worth_nothing",)
    ),
    "null Origin": Row(
        "sends from a sandboxed frame or a data: URL",
        (CSRF + "test_headers_decide", OWN + "test_an_opaque_origin_is_nobodys"),
    ),
    "method override": Row(
        "says that his POST is a GET", (CSRF + "test_a_method_override_does_not_make_a_safe_request",)
    ),
    "content-type tricks": Row(
        "chooses a content type that needs no preflight",
        (OWN + "test_content_types_change_nothing", OWN + "test_json_as_text_from_another_site"),
    ),
    "forged Host": Row(
        "names his own host",
        (OWN + "test_a_forged_host_does_not_make_an_origin_the_own_one", HOSTS + "test_no_link_leads_elsewhere"),
    ),
}
