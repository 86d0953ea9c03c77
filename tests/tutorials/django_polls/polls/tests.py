# mypy: allow-subclassing-any
"""The polls' own tests, as the tutorial teaches to write them; in parts, as a suite grows."""

from __future__ import annotations

import datetime as dt
import hashlib
import http.client
import re

from django.contrib.auth.models import User
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory, SimpleTestCase, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from tests.tutorials.django_polls.polls.models import Choice, Question
from tests.tutorials.django_polls.polls.views import IndexView


def make(text: str, days: float = -1, *choices: str) -> Question:
    question: Question = Question.objects.create(text=text, published=timezone.now() + dt.timedelta(days=days))
    for choice in choices:
        question.choice_set.create(text=choice)
    return question


class QuestionTests(SimpleTestCase):
    def test_what_is_recent(self) -> None:
        for days, expected in ((30, False), (-1.01, False), (-0.99, True), (0.5, False)):
            published = timezone.now() + dt.timedelta(days=days)
            self.assertIs(Question(published=published).is_recent(), expected)


class IndexTests(TestCase):
    def test_without_questions(self) -> None:
        reply = self.client.get(reverse("polls:index"))
        self.assertContains(reply, "No polls are available.")
        self.assertQuerySetEqual(reply.context["latest"], [])
        self.assertTemplateUsed(reply, "polls/index.html")

    def test_past_and_future(self) -> None:
        old, new = make("Old?", -30), make("New?", -5)
        make("Not yet?", 30)
        reply = self.client.get(reverse("polls:index"))
        self.assertQuerySetEqual(reply.context["latest"], [new, old])
        self.assertNotContains(reply, "Not yet?")

    def test_text_is_escaped(self) -> None:
        make("<b>bold</b> & 'quoted'?")
        self.assertContains(
            self.client.get(reverse("polls:index")), "&lt;b&gt;bold&lt;/b&gt; &amp; &#x27;quoted&#x27;?"
        )

    def test_search(self) -> None:
        make("Tea?")
        for wanted, texts in (("te", ["Tea?"]), ("' OR 1=1 --", []), ("%", [])):
            reply = self.client.get(reverse("polls:index"), {"q": wanted})
            self.assertEqual([question.text for question in reply.context["latest"]], texts)

    def test_number_of_queries(self) -> None:
        with self.assertNumQueries(1):
            self.client.get(reverse("polls:index"))

    def test_a_view_by_itself(self) -> None:
        make("Alone?")
        reply = IndexView.as_view()(RequestFactory().get("/polls/"))
        self.assertContains(reply.render(), "Alone?")

    def test_head_and_wrong_methods(self) -> None:
        head = self.client.head(reverse("polls:index"))
        self.assertEqual((head.status_code, head.content), (200, b""))
        wrong = self.client.put(reverse("polls:index"))
        self.assertEqual(wrong.status_code, 405)
        self.assertEqual(wrong.headers["Allow"], "GET, HEAD, OPTIONS")

    def test_a_missing_slash(self) -> None:
        self.assertRedirects(self.client.get("/polls"), "/polls/", status_code=301)


class DetailTests(TestCase):
    def test_past_future_and_missing(self) -> None:
        self.assertContains(self.client.get(reverse("polls:detail", args=(make("Past?").pk,))), "<h1>Past?</h1>")
        self.assertEqual(self.client.get(reverse("polls:detail", args=(make("Future?", 5).pk,))).status_code, 404)
        missing = self.client.get(reverse("polls:detail", args=(999,)))
        self.assertTemplateUsed(missing, "404.html")

    def test_the_page_for_what_is_missing(self) -> None:
        reply = self.client.get("/nowhere/")
        self.assertContains(reply, "Nothing at", status_code=404)


class VoteTests(TestCase):
    def setUp(self) -> None:
        self.question = make("Tea or coffee?", -1, "Tea", "Coffee")
        self.tea, self.coffee = self.question.choice_set.order_by("pk")
        self.url = reverse("polls:vote", args=(self.question.pk,))

    def test_a_vote_counts(self) -> None:
        reply = self.client.post(self.url, {"choice": self.coffee.pk}, follow=True)
        self.assertRedirects(reply, reverse("polls:results", args=(self.question.pk,)))
        self.assertContains(reply, "Coffee: 1 vote")
        self.assertContains(reply, "You voted for Coffee.")
        self.coffee.refresh_from_db()
        self.assertEqual(self.coffee.votes, 1)

    def test_a_message_is_shown_once(self) -> None:
        reply = self.client.post(self.url, {"choice": self.tea.pk}, follow=True)
        self.assertEqual([m.level_tag for m in reply.context["messages"]], ["success"])
        self.assertNotContains(self.client.get(reverse("polls:index")), "You voted")

    def test_no_choice_and_wrong_choices(self) -> None:
        for data in ({}, {"choice": 999}):
            self.assertContains(self.client.post(self.url, data), "You chose nothing.")
        self.assertEqual(sum(Choice.objects.values_list("votes", flat=True)), 0)

    def test_the_session_remembers(self) -> None:
        self.client.force_login(User.objects.create_user("ada"))
        self.client.post(self.url, {"choice": self.tea.pk})
        self.client.post(self.url, {"choice": self.tea.pk})
        self.assertEqual(self.client.session["voted"], [self.question.pk] * 2)
        self.assertEqual(
            self.client.get(reverse("polls:mine")).json(), {"user": "ada", "voted": [self.question.pk] * 2}
        )

    def test_forgery(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        self.assertEqual(strict.post(self.url, {"choice": self.tea.pk}).status_code, 403)
        page = strict.get(reverse("polls:detail", args=(self.question.pk,)))
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
        assert found is not None
        data = {"choice": self.tea.pk, "csrfmiddlewaretoken": found[1]}
        self.assertEqual(strict.post(self.url, data).status_code, 302)
        header = {"X-CSRFToken": strict.cookies["csrftoken"].value}
        self.assertEqual(strict.post(self.url, {"choice": self.tea.pk}, headers=header).status_code, 302)


class SuggestTests(TestCase):
    def test_a_form_that_is_right(self) -> None:
        reply = self.client.post(reverse("polls:suggest"), {"text": 'It\'s "quoted"; DROP TABLE x?'}, follow=True)
        self.assertRedirects(reply, reverse("polls:index"))
        self.assertEqual(Question.objects.get().text, 'It\'s "quoted"; DROP TABLE x?')
        self.assertContains(reply, "Thank you for It&#x27;s")

    def test_a_form_that_is_wrong(self) -> None:
        reply = self.client.post(reverse("polls:suggest"), {"text": "No mark"})
        self.assertFormError(reply.context["form"], "text", "A question ends with a question mark.")
        self.assertFormError(
            self.client.post(reverse("polls:suggest"), {}).context["form"], "text", "This field is required."
        )

    def test_a_body_of_json_is_no_form(self) -> None:
        reply = self.client.post(reverse("polls:suggest"), {"text": "x?"}, content_type="application/json")
        self.assertEqual(reply.status_code, 200)
        self.assertFalse(Question.objects.exists())


class AccountTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = User.objects.create_user("ada", password="engine-1843")

    def test_login_and_logout(self) -> None:
        refused = self.client.get(reverse("polls:mine"))
        self.assertRedirects(refused, "/accounts/login/?next=/polls/mine/")
        wrong = self.client.post("/accounts/login/", {"username": "ada", "password": "wrong"})
        self.assertContains(wrong, "Please enter a correct username and password.")
        data = {"username": "ada", "password": "engine-1843", "next": "/polls/mine/"}
        self.assertRedirects(self.client.post("/accounts/login/", data), "/polls/mine/")
        cookie = self.client.cookies["sessionid"]
        self.assertTrue(cookie["httponly"])
        self.assertEqual(cookie["samesite"], "Lax")
        self.assertContains(self.client.get("/polls/"), "<nav>ada</nav>")
        self.assertRedirects(self.client.post("/accounts/logout/"), "/polls/")
        self.assertContains(self.client.get("/polls/"), "<nav>guest</nav>")
        self.assertEqual(self.client.cookies["sessionid"].value, "")

    def test_a_login_of_the_tests_own(self) -> None:
        self.assertTrue(self.client.login(username="ada", password="engine-1843"))
        self.assertEqual(self.client.get(reverse("polls:mine")).json()["user"], "ada")
        self.client.logout()
        self.assertEqual(self.client.get(reverse("polls:mine")).status_code, 302)

    def test_signed_cookies(self) -> None:
        reply = self.client.get(reverse("polls:theme", args=("dark",)))
        self.assertEqual(reply.cookies["theme"]["samesite"], "Strict")
        self.assertEqual(reply.cookies["theme"]["max-age"], 3600)
        self.assertTrue(reply.cookies["theme"].value.startswith("dark:"))
        gone = self.client.get(reverse("polls:theme", args=("none",)))
        self.assertEqual((gone.cookies["theme"].value, gone.cookies["theme"]["max-age"]), ("", 0))


class AdminTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("root"))

    def test_pages(self) -> None:
        question = make("Shown?", -1, "Yes", "No")
        for url in ("", "polls/question/", f"polls/question/{question.pk}/change/", "auth/user/", "jsi18n/"):
            self.assertEqual(self.client.get(f"/admin/{url}").status_code, 200, url)
        self.assertContains(self.client.get("/admin/polls/question/?q=shown"), "1 question")

    def test_adding_a_question_with_choices(self) -> None:
        data = {"text": "Added?", "published_0": "2020-01-01", "published_1": "12:00:00"}
        data |= {"choice_set-TOTAL_FORMS": "2", "choice_set-INITIAL_FORMS": "0", "choice_set-0-text": "Yes"}
        data |= {"choice_set-0-votes": "0", "choice_set-1-text": "No", "choice_set-1-votes": "3"}
        reply = self.client.post("/admin/polls/question/add/", data, follow=True)
        self.assertContains(reply, "was added successfully")
        question = Question.objects.get(text="Added?")
        self.assertEqual(list(question.choice_set.values_list("text", "votes")), [("Yes", 0), ("No", 3)])

    def test_guests_are_sent_to_the_login(self) -> None:
        self.assertRedirects(Client().get("/admin/"), "/admin/login/?next=/admin/")

    def test_deleting_many(self) -> None:
        make("One?"), make("Two?")
        data = {"action": "delete_selected", "_selected_action": [q.pk for q in Question.objects.all()], "post": "yes"}
        self.assertContains(self.client.post("/admin/polls/question/", data, follow=True), "Successfully deleted 2")


class AnswerTests(TestCase):
    def test_a_stream(self) -> None:
        make("A, B?", -1, 'say "x"', "y")
        reply = self.client.get(reverse("polls:export"))
        self.assertTrue(reply.streaming)
        self.assertEqual(reply.getvalue(), b'"A, B?","say ""x""",0\r\n"A, B?",y,0\r\n')
        self.assertEqual(reply.headers["Content-Disposition"], 'attachment; filename="votes.csv"')

    def test_a_file(self) -> None:
        reply = self.client.get(reverse("polls:rules"))
        self.assertEqual(reply.headers["Content-Type"], "application/pdf")
        self.assertEqual(reply.headers["Content-Length"], "22")
        self.assertEqual(b"".join(reply.streaming_content), b"%PDF-1.7 one vote each")

    def test_a_static_file(self) -> None:
        reply = self.client.get("/polls/files/polls/style.css")
        self.assertEqual(reply.headers["Content-Type"], "text/css")
        self.assertEqual(reply.getvalue(), b"li a { color: green; }\n")
        since = {"If-Modified-Since": reply.headers["Last-Modified"]}
        self.assertEqual(self.client.get("/polls/files/polls/style.css", headers=since).status_code, 304)
        self.assertEqual(self.client.get("/polls/files/../settings.py").status_code, 400)

    def test_an_upload(self) -> None:
        content = bytes(range(256)) * 12_000
        file = SimpleUploadedFile("päckchen.bin", content, "x/y")
        reply = self.client.post(reverse("polls:picture"), {"picture": file})
        digest = hashlib.sha256(content).hexdigest()
        self.assertEqual(reply.json(), {"name": "päckchen.bin", "size": 3_072_000, "sha256": digest})
        self.assertEqual(self.client.get(reverse("polls:picture")).status_code, 405)

    def test_async_views(self) -> None:
        make("Any?")
        self.assertEqual(self.client.get(reverse("polls:count")).json(), {"questions": 1, "user": ""})
        slow = self.client.get(reverse("polls:slow"))
        self.assertEqual((slow.content, slow.headers["Cache-Control"]), (b"done", "max-age=5"))

    def test_an_unhandled_error_reaches_the_test(self) -> None:
        with self.assertRaisesMessage(LookupError, "the ballot box is lost"):
            self.client.get(reverse("polls:broken"))

    def test_an_unhandled_error_reaches_the_user_as_a_500(self) -> None:
        with self.assertLogs("django.request", "ERROR") as logged:
            reply = Client(raise_request_exception=False).get(reverse("polls:broken"))
        self.assertContains(reply, "Something went wrong, and we know of it.", status_code=500)
        self.assertIn("the ballot box is lost", logged.output[0])

    @override_settings(DEBUG=True)
    def test_the_debug_page(self) -> None:
        with self.assertLogs("django.request", "ERROR"):
            reply = Client(raise_request_exception=False).get(reverse("polls:broken"))
        self.assertContains(reply, "LookupError", status_code=500)
        self.assertContains(reply, "Traceback", status_code=500)
        with self.assertLogs("django.request", "WARNING"):
            self.assertContains(self.client.get("/nowhere/"), "tried these URL patterns", status_code=404)

    def test_a_wrong_host(self) -> None:
        with self.assertLogs("django.security.DisallowedHost", "ERROR"):
            self.assertEqual(self.client.get("/polls/", headers={"host": "evil.example"}).status_code, 400)

    @override_settings(MIDDLEWARE=["django.middleware.common.CommonMiddleware"])
    def test_a_setting_of_the_tests_own(self) -> None:
        reply: HttpResponse = self.client.get(reverse("polls:slow"))
        self.assertEqual(reply.content, b"done")


class AsyncTests(TestCase):
    async def test_sync_and_async_views(self) -> None:
        await Question.objects.acreate(text="Any?", published=timezone.now())
        self.assertEqual((await self.async_client.get(reverse("polls:count"))).json(), {"questions": 1, "user": ""})
        self.assertContains(await self.async_client.get(reverse("polls:index")), "Any?")

    async def test_a_stream(self) -> None:
        reply = await self.async_client.get(reverse("polls:ticker"))
        self.assertEqual(b"".join([part async for part in reply]), b"data: 0\n\ndata: 1\n\ndata: 2\n\n")

    async def test_a_login(self) -> None:
        user = await User.objects.acreate_user("ada")
        await self.async_client.aforce_login(user)
        self.assertEqual((await self.async_client.get(reverse("polls:mine"))).json()["user"], "ada")

    async def test_an_unhandled_error(self) -> None:
        with self.assertRaises(LookupError):
            await self.async_client.get(reverse("polls:broken"))


class LiveTests(StaticLiveServerTestCase):
    def test_over_a_socket(self) -> None:
        connection = http.client.HTTPConnection(self.server_thread.host, self.server_thread.port, timeout=10)
        for method, path, status, begin in (
            ("GET", "/polls/", 200, b"<!doctype html>"),
            ("GET", "/static/polls/style.css", 200, b"li a"),
            ("HEAD", "/polls/", 200, b""),
            ("GET", "/polls/export.csv", 200, b""),
            ("GET", "/nowhere/", 404, b"<!doctype html>"),
        ):
            connection.request(method, path)
            reply = connection.getresponse()
            body = reply.read()
            self.assertEqual((reply.status, body.startswith(begin)), (status, True), path)
        connection.close()
