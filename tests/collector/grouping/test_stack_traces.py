"""Stack traces of each language that is read, and what makes two errors one."""

from __future__ import annotations

import random

import pytest
from spanwise_collector.grouping.errors import identify, masked
from spanwise_collector.grouping.stack_traces import MOST_FRAMES, frames, headline

from tests.generated import seed

PYTHON = """\
Traceback (most recent call last):
  File "/app/shop/orders.py", line 41, in place
    charge(order)
    ~~~~~~^^^^^^^
KeyError: 'abc'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/.venv/lib/python3.12/site-packages/starlette/routing.py", line 73, in app
    response = await f(request)
  File "/app/shop/api.py", line 12, in handler
    place(x)
  File "/usr/lib/python3.11/json/__init__.py", line 3, in loads
    foo
shop.errors.Denied: order 17 of 'bob' denied
second line
"""
JVM = """\
Exception in thread "main" java.lang.IllegalStateException: Could not charge 12
	at com.acme.pay.Charger.charge(Charger.java:41)
	at com.acme.pay.Charger.lambda$run$0(Charger.java:12)
	at app//com.acme.Main.main(Main.java)
	at org.springframework.web.Servlet.service(Servlet.java:7) ~[spring-web-6.1.jar:6.1]
	at java.base/java.lang.Thread.run(Thread.java:829)
Caused by: java.sql.SQLException: nope
	... 3 more
"""
V8 = """\
TypeError: Cannot read properties of undefined (reading 'id')
    at getUser (/srv/app/users.js:10:15)
    at async Cart.total (file:///srv/app/dist/index-BX3kd92a.js:20:3)
    at /srv/app/node_modules/express/lib/router/layer.js:95:5
    at new Promise (<anonymous>)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
"""
GO = """\
panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
panic({0x45a3c0?, 0xc00001c0a8?})
	/usr/local/go/src/runtime/panic.go:884 +0x212
main.(*Server).handle(0xc000010, {0x12, 0x3})
	/app/main.go:12 +0x1d
github.com/gorilla/mux.(*Router).ServeHTTP(0xc0000)
	/go/pkg/mod/github.com/gorilla/mux@v1.8.0/mux.go:210 +0x1cf
main.main()
	/app/cmd/main.go:7 +0x20
"""
DOTNET = """\
System.InvalidOperationException: Bad thing
   at Shop.Orders.Place(String id, Int32 n) in /src/Orders.cs:line 42
   at System.Threading.Tasks.Task.Run()
"""
RUBY = """\
app/models/order.rb:12:in `charge': no funds (RuntimeError)
	from /usr/lib/ruby/gems/3.0/gems/rack/lib/rack.rb:3:in 'call'
"""
PHP = """\
#0 /var/www/app/Order.php(12): App\\Order->charge(Object(Foo))
#1 /var/www/vendor/x/y.php(3): call_user_func()
"""


@pytest.mark.parametrize(
    ("stack", "own", "libraries", "said"),
    [
        (
            PYTHON,
            [("/app/shop/api.py", 12, "handler"), ("/app/shop/orders.py", 41, "place")],
            ["loads", "app"],
            ("shop.errors.Denied", "order 17 of 'bob' denied"),
        ),
        (
            JVM,
            [
                ("Charger.java", 41, "com.acme.pay.Charger.charge"),
                ("Charger.java", 12, "com.acme.pay.Charger.lambda$run$0"),
                ("Main.java", 0, "app//com.acme.Main.main"),
            ],
            ["org.springframework.web.Servlet.service", "java.base/java.lang.Thread.run"],
            ("java.lang.IllegalStateException", "Could not charge 12"),
        ),
        (
            V8,
            [("/srv/app/users.js", 10, "getUser"), ("file:///srv/app/dist/index-BX3kd92a.js", 20, "Cart.total")],
            ["", "new Promise", "process.processTicksAndRejections"],
            ("TypeError", "Cannot read properties of undefined (reading 'id')"),
        ),
        (
            GO,
            [("/app/main.go", 12, "main.(*Server).handle"), ("/app/cmd/main.go", 7, "main.main")],
            ["panic", "github.com/gorilla/mux.(*Router).ServeHTTP"],
            ("panic", "runtime error: index out of range [5] with length 3"),
        ),
        (
            DOTNET,
            [("/src/Orders.cs", 42, "Shop.Orders.Place")],
            ["System.Threading.Tasks.Task.Run"],
            ("System.InvalidOperationException", "Bad thing"),
        ),
        (RUBY, [("app/models/order.rb", 12, "charge")], ["call"], ("", "")),
        (PHP, [("/var/www/app/Order.php", 12, "App\\Order->charge")], ["call_user_func"], ("", "")),
        # A tracer that runs from its working tree is not the application.
        ('  File "/work/tracer/spanwise/instrument/httpx.py", line 41, in send', [], ["send"], ("", "")),
        ("out of memory", [], [], ("", "")),
        ("", [], [], ("", "")),
    ],
    ids=["python", "jvm", "v8", "go", "dotnet", "ruby", "php", "tracer", "text", "nothing"],
)
def test_a_stack_trace_is_read(
    stack: str, own: list[tuple[str, int, str]], libraries: list[str], said: tuple[str, str]
) -> None:
    found = frames(stack)
    assert [(each.file, each.line, each.function) for each in found if not each.library] == own
    assert [each.function for each in found if each.library] == libraries
    assert headline(stack) == said


def fingerprint(stack: str = PYTHON, type_: str = "Denied", message: str = "no", service: str = "shop") -> str:
    return identify(service, type_, message, stack, "").fingerprint


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("line 12, in handler", "line 99, in handler"),
        ("/app/shop/api.py", "/srv/releases/20261121/shop/api.py"),
        ("starlette/routing.py", "starlette/other.py"),
        ("order 17 of 'bob'", "order 18 of 'anna'"),
        ("    place(x)", "    place(x, y)"),
    ],
)
def test_what_differs_from_run_to_run_or_in_libraries_makes_no_other_error(before: str, after: str) -> None:
    assert before in PYTHON
    assert fingerprint(PYTHON.replace(before, after)) == fingerprint()
    without = identify("shop", "", "", PYTHON, "")
    assert identify("shop", "", "", PYTHON.replace(before, after), "").fingerprint == without.fingerprint
    assert (without.type, without.message) == ("shop.errors.Denied", "order <*> of <*> denied")


def test_another_type_message_or_place_in_the_application_is_another_error() -> None:
    others = [
        fingerprint(),
        fingerprint(type_="Refused"),
        fingerprint(message="yes"),
        fingerprint(PYTHON.replace("in handler", "in other")),
        fingerprint(PYTHON.replace("shop/api.py", "shop/web.py")),
        fingerprint(""),
        fingerprint("", service="cart"),
    ]
    assert len(set(others)) == len(others)
    assert fingerprint(service="cart") == fingerprint()


def test_builds_and_runs_of_other_languages_make_no_other_error() -> None:
    assert fingerprint(V8.replace("BX3kd92a", "C_aZ01-x")) == fingerprint(V8)
    assert fingerprint(JVM.replace("lambda$run$0", "lambda$run$12")) == fingerprint(JVM)
    assert fingerprint(GO.replace("0xc000010", "0xc00ffff")) == fingerprint(GO)


def test_a_span_that_failed_without_an_exception_is_known_by_its_service_and_name() -> None:
    found = [
        identify("shop", "", "timed out", "", name).fingerprint for name in ("GET /a", "GET /b", "pay 17", "pay 18")
    ]
    assert len(set(found)) == 3
    assert found[2] == found[3]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("'abc'", "<*>"),
        ("order 17 of 'bob' denied\nmore", "order <*> of <*> denied"),
        ("mail to a.b@example.org: /var/lib/x", "mail to <*>: <*>"),
        ('said "no way"', "said <*>"),
        ("", ""),
    ],
)
def test_a_message_is_shown_without_what_varies(message: str, shown: str) -> None:
    assert masked(message) == shown


def test_any_text_is_read_in_time() -> None:
    chance = random.Random(seed())
    pieces = [
        "  at ",
        "at (",
        " in ",
        ":line 1",
        "(",
        ")",
        "\n",
        "\n\t",
        'File "',
        '", line 1, in x',
        ".go:1",
        "'",
        '"',
    ]
    pieces += [
        "Traceback (most recent call last):\n",
        "x" * 400,
        "/",
        "@v1",
        "$",
        "\x00",
        "é",
        "\u2028",
        "#0 x.php(1): ",
    ]
    texts = ["".join(chance.choices(pieces, k=2000))[:16384] for _ in range(20)]
    texts += [each * (16384 // len(each)) for each in pieces]
    for each in texts:
        identify("shop", "", "", each, "")
        identify("shop", "", each[:1024], "", each[:256])
    assert len(frames("Traceback (most recent call last):\n" + '  File "/a.py", line 1, in x\n' * 5000)) == MOST_FRAMES
