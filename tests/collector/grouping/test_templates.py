"""Templates as a function of the set of forms: of any order, with nothing lost, and in reasonable time for any text."""

from __future__ import annotations

import random
import string

import pytest
from spanwise_collector.grouping.templates import MOST_FORMS, templates
from spanwise_collector.grouping.words import parts, tidy

from tests.generated import seed


def texts(*forms: str) -> list[str]:
    return sorted(each.text for each in templates(dict(enumerate(forms))))


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("wrote <*> buffers", "wrote <*> buffers"),
        ("open www.example.com failed", "open <*> failed"),
        ("user=anna is new", "user=<*> is new"),
        ("closed id=<*> name= flags=N cmd=get", "closed <*>"),
        ("row (<*>, x, null) fails", "row (<*>) fails"),
        ("ids <*>, <*>,<*> are gone", "ids <*> are gone"),
        ("reset, client: <*>, server: x, request: <*>", "reset, <*>"),
        ("cipher <implicit> and - are none", "cipher <*> and <*> are none"),
        ("do_cleanup", "do_cleanup"),
        ('cut in "the mid', "cut in <*>"),
        ("a  b\tc", "a b c"),
        ("", ""),
    ],
)
def test_what_is_plainly_a_parameter_is_shown_as_one(form: str, shown: str) -> None:
    assert tidy(form) == shown
    assert "".join(parts(shown)) == shown


def test_words_that_vary_beside_constant_ones_are_a_parameter() -> None:
    assert texts(*(f"login of user {name} failed" for name in ("anna", "bob", "carla"))) == ["login of user <*> failed"]


def test_few_words_at_a_place_are_different_statements() -> None:
    opened = [
        f"session {what} for user {name}"
        for what in ("opened", "closed")
        for name in ("anna", "bob", "carla", "dimitri")
    ]
    assert texts(*opened) == ["session closed for user <*>", "session opened for user <*>"]


def test_free_text_after_a_colon_is_a_parameter_but_not_after_a_level() -> None:
    said = ["red", "blue sky", "a b c", "all (two)", "one; two", "x, y and z", "no [way] out", "that's it", "so? yes"]
    assert texts(*(f"client said: {each}" for each in said)) == ["client said: <*>"]
    assert len(texts(*(f"ERROR: {each}" for each in said))) == len(said)


def test_order_changes_nothing_and_every_form_is_in_one_template() -> None:
    chance = random.Random(seed())
    words = [
        "open",
        "file",
        "user",
        "anna",
        "bob",
        "<*>",
        "failed",
        "for",
        "from",
        "to",
        "key=",
        "x_y",
        ":",
        "(",
        ")",
        ",",
    ]
    forms = {chance.getrandbits(64): " ".join(chance.choices(words, k=chance.randrange(1, 9))) for _ in range(600)}
    shuffled = dict(chance.sample(sorted(forms.items()), len(forms)))
    made = templates(forms)
    assert made == templates(shuffled)
    assert sorted(form for each in made for form in each.forms) == sorted(forms)
    assert all(each.id == min(each.forms) for each in made)


def test_forms_beyond_the_most_are_templates_of_their_own() -> None:
    forms = {number: f"word {'abcdefghij'[number % 10]} {number}" for number in range(MOST_FORMS + 3)}
    made = templates(forms)
    assert sorted(form for each in made for form in each.forms) == sorted(forms)
    assert [each.forms for each in made[-3:]] == [(MOST_FORMS + n,) for n in range(3)]


def test_hostile_forms_are_grouped_without_end() -> None:
    chance = random.Random(seed())
    repeated = ["_", "a_", "<*>", "=", "a=", ", a: ", "(,", '"', "-", "/", "<a", ": ", "\\", "\x00", "é", "a.", "<*>, "]
    forms = [each * 1024 for each in repeated]
    forms = [(each + "!")[:1024] for each in forms]
    forms += ["".join(chance.choices(string.printable, k=1024)) for _ in range(50)]
    made = templates(dict(enumerate(forms)))
    assert sorted(form for each in made for form in each.forms) == list(range(len(forms)))
