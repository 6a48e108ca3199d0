"""Validation of requests, over real HTTP."""

import json
from urllib.parse import urlencode

import pytest

from pushglance.core.push.glance import FIELD_NAMES
from pushglance.sandbox import TOKEN, USER, Sandbox
from support.sandbox_calls import FORM, GLANCES, JSON, call, push, push_json


def test_valid_push_is_accepted_and_shown(sandbox):
    """A form with every field is answered with status 1 and a request id, and the screen shows it."""
    sent = {"title": "Home", "text": "Garage open", "subtext": "since 12:00", "count": "3", "percent": "64"}
    status, response = push(sandbox, device="my-watch", **sent)
    assert (status, response["status"], len(response["request"])) == (200, 1, 36)
    assert sandbox.screen(USER, "my-watch") == sent


def test_json_is_read_like_a_form(sandbox):
    """JSON, with numbers as numbers, is accepted like a form."""
    assert push_json(sandbox, text="Größe", count=-3, percent=0)[0] == 200
    assert sandbox.screen() == {"title": "", "text": "Größe", "subtext": "", "count": "-3", "percent": "0"}


@pytest.mark.parametrize("name", ["title", "text", "subtext"])
@pytest.mark.parametrize("character", ["x", "ß", "語", "😀"])
def test_text_is_limited_in_characters_not_bytes(sandbox, name, character):
    """100 characters of any size are accepted; 101 are refused with the name of the field."""
    assert push(sandbox, **{name: character * 100})[0] == 200
    status, response = push(sandbox, **{name: character * 101})
    assert (status, response["status"], response[name]) == (400, 0, "invalid")
    assert response["errors"] == [f"{name} is 101 characters long; 100 are allowed"]
    assert sandbox.screen()[name] == character * 100


@pytest.mark.parametrize("name", ["count", "percent"])
def test_zero_is_a_value(sandbox, name):
    """Zero is shown as 0, while an empty text clears the field."""
    push(sandbox, **{name: "7"})
    push(sandbox, **{name: "0"})
    assert sandbox.screen()[name] == "0"


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_an_empty_text_clears_a_field(sandbox, name):
    """An empty text clears a field, and a field that is not sent stays."""
    push(sandbox, **{name: "7"})
    push(sandbox, **{next(other for other in FIELD_NAMES if other != name): "1"})
    assert sandbox.screen()[name] == "7"
    assert push(sandbox, **{name: ""})[0] == 200
    assert sandbox.screen()[name] == ""


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"token": "short"}, "application token is invalid"),
        ({"token": None}, "application token is invalid"),
        ({"token": TOKEN + "\n"}, "application token is invalid"),
        ({"user": "ü" * 30}, "user identifier is invalid"),
        ({"device": "x" * 26}, "device name must be up to 25 of A-Z, a-z, 0-9, _ and -"),
        ({"device": "my watch"}, "device name must be up to 25 of A-Z, a-z, 0-9, _ and -"),
        ({"count": "1.5"}, "count must be an integer"),
        ({"count": "٣"}, "count must be an integer"),
        ({"count": "+1"}, "count must be an integer"),
        ({"count": "1" * 19}, "count must be an integer"),
        ({"percent": "101"}, "percent must be an integer from 0 to 100"),
        ({"percent": "-1"}, "percent must be an integer from 0 to 100"),
        ({"percent": "12%"}, "percent must be an integer"),
        ({"text": None}, "at least one of title, text, subtext, count, percent must be supplied"),
    ],
)
def test_each_mistake_gives_its_error(sandbox, fields, error):
    """Each violation of the documented rules is refused with 400 and exactly one error."""
    status, response = push(sandbox, **{"text": "x"} | fields)
    assert (status, response["status"], response["errors"]) == (400, 0, [error])
    assert sandbox.arrivals() == []
    assert sandbox.totals()["refused"] == 1


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        (b"{", JSON, "the body is not valid JSON"),
        (b"[" * 60_000, JSON, "the body is not valid JSON"),
        (b"\xff\xfe\x00", JSON, "the body is not valid JSON"),
        (b'{"count":' + b"9" * 5000 + b"}", JSON, "the body is not valid JSON"),
        (b"[]", JSON, "the JSON body must be an object"),
        (b"text=\xff", FORM, "the value of 'text' is not valid UTF-8"),
        (b"text=%ff", FORM, "the value of 'text' is not valid UTF-8"),
        (b"&".join(b"a=1" for _ in range(65)), FORM, "the form has more than 64 parameters"),
        (
            b"x",
            {"Content-Type": "text/plain"},
            "the body must be application/x-www-form-urlencoded, multipart/form-data or application/json",
        ),
    ],
)
def test_unreadable_bodies_are_refused(sandbox, body, headers, error):
    """A body that cannot be read is refused with the reason, and the next request is served."""
    status, response = call(sandbox, "POST", GLANCES, body, headers)
    assert (status, response["errors"]) == (400, [error])
    assert push(sandbox, count=1)[0] == 200


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], "\ud800"])
def test_json_values_that_are_not_text_are_refused(sandbox, value):
    """An object, a list and a lone surrogate are refused as the value of a field."""
    status, response = push_json(sandbox, text=value)
    assert (status, response["errors"]) == (400, ["text must be text"])


def test_json_booleans_are_no_integers(sandbox):
    """A count of true is refused although Python would take it for 1."""
    assert push_json(sandbox, count=True)[1]["errors"] == ["count must be an integer"]


def test_unknown_parameters_pass_with_a_warning(sandbox):
    """The common mistake `devices` is accepted as the real service does, and named in the warnings."""
    assert push(sandbox, count=1, devices="a,b")[0] == 200
    assert push_json(sandbox, count=1, devices=["a"])[0] == 200
    assert sandbox.warnings() == ["the unknown parameter 'devices' was ignored (the parameter is called 'device')"]


def test_oddities_are_warned_of(sandbox):
    """A parameter sent twice, one in the address and a null are accepted and named in the warnings."""
    keys = urlencode({"token": TOKEN, "user": USER})
    assert call(sandbox, "POST", f"{GLANCES}?x=1", f"{keys}&count=1&count=2", FORM)[0] == 200
    assert push_json(sandbox, count=2, title=None)[0] == 200
    assert sandbox.screen()["count"] == "2"
    assert len(sandbox.warnings()) == 3


def test_listed_keys_exclude_all_others():
    """If tokens, users and devices are listed, all others are refused with Pushover's errors."""
    with Sandbox(tokens=[TOKEN], users=[USER], devices=["my-watch"]) as sandbox:
        assert push(sandbox, count=1, device="my-watch")[0] == 200
        assert push(sandbox, count=1, token="a" * 30)[1]["errors"] == ["application token is invalid"]
        assert push(sandbox, count=1, user="u" * 30)[1]["errors"] == ["user identifier is invalid"]
        assert push(sandbox, count=1, device="other")[1]["errors"] == ["device name is not valid for user"]


def test_validate_lists_the_devices(sandbox):
    """`users/validate.json` returns the devices of a user, and refuses invalid keys like a push."""
    keys = urlencode({"token": TOKEN, "user": USER})
    assert call(sandbox, "POST", "/1/users/validate.json", keys, FORM)[1]["devices"] == ["my-watch"]
    push(sandbox, count=1, device="garage")
    status, response = call(sandbox, "POST", "/1/users/validate.json", keys, FORM)
    assert (status, response["status"], response["devices"]) == (200, 1, ["garage"])
    assert call(sandbox, "POST", "/1/users/validate.json", "user=x", FORM)[1]["user"] == "invalid"
    assert len(sandbox.arrivals()) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", GLANCES, 405),
        ("PUT", GLANCES, 405),
        ("BREW", GLANCES, 405),
        ("POST", "/1/sounds.json", 404),
        ("GET", "/nowhere", 404),
        ("POST", "/", 405),
    ],
)
def test_wrong_method_or_path_is_answered_in_json(sandbox, method, path, status):
    """A wrong method or path is answered with 405 or 404 and status 0."""
    got, response = call(sandbox, method, path, "count=1", FORM)
    assert (got, response["status"], len(response["errors"])) == (status, 0, 1)


def test_body_size_is_limited(sandbox):
    """A body above 64 KiB is refused."""
    status, response = call(sandbox, "POST", GLANCES, b"x" * 65_537, FORM)
    assert (status, response["errors"]) == (413, ["the body may have 65536 bytes"])


def test_invalid_lengths_are_refused(sandbox):
    """Chunked bodies and lengths that are not numbers are refused at once."""
    assert call(sandbox, "POST", GLANCES, iter([b"count=1"]), {**FORM, "Transfer-Encoding": "chunked"})[0] == 411
    assert call(sandbox, "POST", GLANCES, None, {**FORM, "Content-Length": "-1"})[0] == 400


def test_several_mistakes_give_several_errors(sandbox):
    """`errors` lists all mistakes of a request, as Pushover's does."""
    response = push(sandbox, token="x", user="y", percent="z")[1]
    assert response["errors"] == [
        "application token is invalid",
        "user identifier is invalid",
        "percent must be an integer",
    ]
    assert json.dumps(response)
