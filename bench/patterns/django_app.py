# mypy: disable-error-code="import-untyped"
"""The Django application that produce_django runs: models in SQLite, views that fail in the usual ways."""

from __future__ import annotations

import logging
import random
from pathlib import Path
from typing import Any


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record.getMessage().splitlines()[0])


class Run:
    """One application in this process; Django allows no second."""

    def __init__(self, folder: Path) -> None:
        import django
        from django.conf import settings

        settings.configure(
            DEBUG=True,
            SECRET_KEY="x",
            ALLOWED_HOSTS=["shop.example", "testserver"],
            ROOT_URLCONF="bench.patterns.django_app",
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db")}},
            INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
            MIDDLEWARE=[
                "django.middleware.security.SecurityMiddleware",
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.common.CommonMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
            ],
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
            LOGGING_CONFIG=None,
        )
        self.handler = _Kept()
        root = logging.getLogger()
        root.addHandler(self.handler)
        root.setLevel(logging.DEBUG)
        django.setup()
        for name in ("asyncio", "django.template", "django.utils.autoreload"):
            logging.getLogger(name).setLevel(logging.WARNING)

    def lines(self, chance: random.Random, requests: int) -> list[str]:
        from django.core.management import call_command
        from django.test import Client

        call_command("migrate", verbosity=0)
        from django.contrib.auth.models import User

        for name in ("anna", "bob", "carla", "dimitri"):
            User.objects.create_user(name, f"{name}@shop.example", "pw")
        del self.handler.kept[:-200]
        client, strict = (
            Client(raise_request_exception=False),
            Client(enforce_csrf_checks=True, raise_request_exception=False),
        )
        for _ in range(requests):
            number = chance.randrange(5000)
            match chance.randrange(11):
                case 0:
                    client.get(chance.choice(["/favicon.ico", f"/old/{number}", "/wp-admin/", "/.env", "/robots.txt"]))
                case 1:
                    strict.post(
                        "/login", {"name": "anna"}, headers=chance.choice([{}, {"referer": "http://evil.example/"}])
                    )
                case 2:
                    client.get(
                        "/", headers={"host": chance.choice(["evil.example", "10.0.0.1:80", "a b", "shop.example"])}
                    )
                case 3:
                    client.delete("/login")
                case 4 | 5:
                    client.post(
                        "/login",
                        {
                            "name": chance.choice(["anna", "bob", "carla", "dimitri", "eve", "mallory", "zoe"]),
                            "password": chance.choice(["pw", "x"]),
                        },
                    )
                case 6:
                    client.get(f"/break/{chance.choice(['zero', 'key', 'type', 'own', 'denied', 'bad'])}")
                case _:
                    client.post("/order", {"item": number, "count": chance.randrange(12)})
        return self.handler.kept


def _login(request: Any) -> Any:
    from django.contrib.auth import authenticate
    from django.http import HttpResponse

    log = logging.getLogger("accounts")
    user = authenticate(request, username=request.POST.get("name"), password=request.POST.get("password"))
    if user is None:
        log.warning("Login failed for %s from %s", request.POST.get("name"), request.META["REMOTE_ADDR"])
        return HttpResponse(status=401)
    log.info("User %s logged in", user)
    return HttpResponse("ok")


def _order(request: Any) -> Any:
    from django.http import HttpResponse

    log, item, count = logging.getLogger("orders"), int(request.POST["item"]), int(request.POST["count"])
    log.debug("Looking up stock of item %d in warehouse %s", item, ("north", "south", "west")[item % 3])
    if not count:
        log.error("Order rejected: quantity must be positive, got %d", count)
        return HttpResponse(status=400)
    if count > 9:
        log.warning("Only %d of %d units of item %d available, order is split", count - 3, count, item)
    if item % 17 == 0:
        log.error(
            "Payment provider %s timed out after %.2f s, attempt %d of 3",
            ("acme", "payfast", "ledgerly")[item % 3],
            item / 700,
            item % 3 + 1,
        )
        return HttpResponse(status=504)
    if item % 13 == 0:
        log.warning("Cache key order:%d missing, loading from database", item)
    log.info("Order %d created: %d items, total %.2f EUR", item * 7, count, item * count / 10)
    log.info("Queued mail '%s' to customer %d", ("Thank you", "Your order", "A voucher for you")[item % 3], item)
    return HttpResponse("ok")


def _break(request: Any, how: str) -> Any:
    from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation

    logging.getLogger("views").debug("About to fail by %s", how)
    if how == "zero":
        return 1 / 0
    if how == "key":
        return request.GET["missing"]
    if how == "denied":
        raise PermissionDenied("staff only")
    if how == "bad":
        raise BadRequest("no such parameter")
    if how == "own":
        raise SuspiciousOperation(f"Session of {request.META['REMOTE_ADDR']} was tampered with")
    raise TypeError(how)


def _home(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse(request.get_host())


def _urls() -> list[Any]:
    from django.urls import path
    from django.views.decorators.http import require_POST

    return [
        path("", _home),
        path("login", require_POST(_login)),
        path("order", _order),
        path("break/<how>", _break),
    ]


urlpatterns = _urls()
