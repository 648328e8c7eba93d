"""A Django application and its test suite of Django's own test cases."""

# mypy: disable-error-code="import-untyped,misc"

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import django
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception
from django.db import connection, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.test import Client, TestCase, TransactionTestCase
from django.test.utils import setup_test_environment, teardown_test_environment
from django.urls import path
from django.views import View
from werkzeug.test import Client as Served

from tests.tracer.suites import transcript

log = logging.getLogger("app")
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    f"{__name__}.tenants",
]

if not settings.configured:
    settings.configure(
        SECRET_KEY="a secret of the suite",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=MIDDLEWARE,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        LOGGING_CONFIG=None,
        USE_TZ=True,
    )
    django.setup()


class Item(models.Model):
    """One row of the shop."""

    name = models.CharField(max_length=20, unique=True)

    class Meta:
        app_label = "shop"


def tenants(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.tenant = request.headers.get("X-Tenant", "none")
        response = get_response(request)
        response["X-Tenant"] = request.tenant
        return response

    return middleware


def item(request: Any, number: int) -> HttpResponse:
    log.warning("item %d of %s", number, request.tenant)
    return JsonResponse({"number": number, "tenant": request.tenant})


def rows(_request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        Item.objects.create(name="one")
        transaction.on_commit(lambda: log.warning("committed"))
    return JsonResponse({"names": list(Item.objects.order_by("name").values_list("name", flat=True))})


def twice(_request: HttpRequest) -> HttpResponse:
    Item.objects.create(name="same")
    Item.objects.create(name="same")
    return HttpResponse()


def numbers(_request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[bytes]:
        for number in range(3):
            yield f"{number}\n".encode()

    return StreamingHttpResponse(body(), content_type="text/csv")


def raising(_request: HttpRequest) -> HttpResponse:
    try:
        raise KeyError("inner")
    except KeyError as error:
        error.add_note("a note")
        raise ValueError("outer") from error


def missing(_request: HttpRequest) -> HttpResponse:
    raise Http404("no such thing")


def forbidden(_request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("not you")


async def count(request: Any) -> HttpResponse:
    request.session["count"] = request.session.get("count", 0) + 1
    return HttpResponse(str(request.session["count"]))


class Form(View):
    """A view of methods."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        return redirect("/numbers")

    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"form": request.POST.dict(), "files": sorted(request.FILES)})


urlpatterns = [
    path("items/<int:number>", item),
    path("rows", rows),
    path("twice", twice),
    path("numbers", numbers),
    path("raising", raising),
    path("missing", missing),
    path("forbidden", forbidden),
    path("count", count),
    path("form", Form.as_view()),
]
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("get", "/items/7", {"headers": {"X-Tenant": "blue"}}),
    ("head", "/items/7", {}),
    ("get", "/items/seven", {}),
    ("get", "/missing", {}),
    ("get", "/forbidden", {}),
    ("get", "/form", {}),
    ("post", "/form", {"data": {"a": "1"}}),
    ("put", "/form", {}),
    ("options", "/form", {}),
    ("get", "/raising", {}),
    ("get", "/count", {}),
]


def note(what: str, response: Any) -> None:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    # Their values are signed with the time.
    cookies = [
        (name, str([key for key, set_to in cookie.items() if set_to])) for name, cookie in response.cookies.items()
    ]
    transcript.answer(what, response.status_code, [*response.headers.items(), *cookies], body)


def setUpModule() -> None:
    setup_test_environment()
    with connection.schema_editor() as editor:
        editor.create_model(Item)


def tearDownModule() -> None:
    teardown_test_environment()


class Answers(TestCase):
    def test_answers(self) -> None:
        # Django's own client does not go through the WSGI handler.
        client = Served(WSGIHandler())
        for method, address, options in REQUESTS:
            with self.assertLogs() as logged:
                log.info("one line at least")
                found = client.open(address, method=method, base_url="http://testserver/", **options)
            headers = [(name, "" if name == "Set-Cookie" else value) for name, value in found.headers]
            transcript.answer(f"{method} {address}", found.status_code, headers, found.get_data())
            transcript.write("logged", [(each.name, each.levelname, each.getMessage()) for each in logged.records])

    def test_a_form_without_its_token_is_refused(self) -> None:
        note("no token", Client(enforce_csrf_checks=True).post("/form", {"a": "1"}))

    def test_rows_and_queries_are_the_same(self) -> None:
        with self.captureOnCommitCallbacks(execute=True) as callbacks, self.assertNumQueries(4):
            note("rows", self.client.get("/rows"))
        transcript.write("callbacks", len(callbacks))
        with self.assertNumQueries(1) as queries:
            transcript.write("query", Item.objects.filter(name="one").exists())
        transcript.write("statements", [each["sql"] for each in queries.captured_queries])

    def test_a_stream(self) -> None:
        note("stream", self.client.get("/numbers"))


class Failures(TransactionTestCase):
    available_apps = ()

    def test_an_exception_reaches_the_server(self) -> None:
        with pytest.raises(ValueError, match="outer") as raised:
            self.client.get("/raising")
        transcript.exception("raised", raised.value)

    def test_a_constraint_is_the_databases_own_exception(self) -> None:
        with pytest.raises(django.db.IntegrityError) as raised:
            self.client.get("/twice")
        transcript.exception("twice", raised.value)
        Item.objects.all().delete()

    def test_a_signal_is_sent(self) -> None:
        seen: list[str] = []

        def receiver(**more: Any) -> None:
            seen.append(more["request"].path)

        got_request_exception.connect(receiver)
        try:
            Client(raise_request_exception=False).get("/raising")
        finally:
            got_request_exception.disconnect(receiver)
        transcript.write("signal", seen)
