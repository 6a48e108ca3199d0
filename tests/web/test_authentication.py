"""Who may look: the password, the session, guesses, host names, and the headers of every answer."""

import base64
import re

import pytest

from pushglance.errors import PushglanceError
from pushglance.web.authentication import (
    COOKIE,
    GUESSES,
    GUESSES_OF_ALL,
    SESSION_S,
    WAIT_S,
    Authenticator,
    hash_password,
)
from support.agent_directories import PASSWORD

PATHS = ["/", "/events", "/pushes?before=5", "/weeks", "/metrics", "/page.js"]


def test_the_password_is_kept_as_a_hash(password_hash):
    """The line holds neither the password nor the same salt twice."""
    assert PASSWORD not in password_hash
    assert password_hash.startswith("scrypt$")
    assert password_hash != hash_password(PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_has_a_length(password):
    """A password that is guessed at once, or endless, is refused with what is allowed."""
    with pytest.raises(PushglanceError, match="8 to 200 characters"):
        hash_password(password)


@pytest.mark.parametrize("line", ["", PASSWORD, "scrypt$x$y", "scrypt$AAAA$AAAA", "md5$AAAA$" + "A" * 44])
def test_a_file_that_holds_no_hash_is_refused(line):
    """A password in the clear, or anything else, ends the start with what to type."""
    with pytest.raises(PushglanceError, match="--make-password"):
        Authenticator(line)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_seen_without_the_password(locked, path):
    """Every page, the stream and the metrics stay closed; the page itself leads to the form."""
    answer = locked.get(path)
    assert answer.status_code == (303 if path == "/" else 401)
    assert "Garage" not in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/login", "/style.css"])
def test_what_is_open_to_all_tells_nothing(locked, path):
    """Health, the form and its style need no password, and say nothing of the directories."""
    answer = locked.get(path)
    assert answer.status_code == 200
    assert "Garage" not in answer.text


def test_the_password_opens_a_session(locked):
    """The right password gives a cookie that scripts and other sites cannot use, and the cookie opens the page."""
    answer = locked.post("/login", data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "Garage open" in locked.get("/").text
    assert locked.post("/logout").status_code == 303
    assert locked.get("/").status_code == 303


def test_a_session_ends_and_is_sealed(authenticator, clock, password_hash):
    """A session ends after its time, cannot be prolonged by hand, outlives a restart, and not a new password."""
    session = authenticator.session()
    assert authenticator.is_session(session)
    until, _, seal = session.partition(".")
    assert not authenticator.is_session(f"{int(until) + 1}.{seal}")
    assert not any(map(authenticator.is_session, ["", ".", "x", "99999999999.", f"{until}.é", f"²{until}.{seal}"]))
    assert Authenticator(password_hash, clock).is_session(session), "the same password, another process"
    assert not Authenticator(hash_password("another one, just as long"), clock).is_session(session)
    clock.now_s += SESSION_S
    assert not authenticator.is_session(session)


def test_a_wrong_password_is_said_in_the_form(locked):
    """A wrong password brings the form again, with a sentence, and no cookie."""
    for password in ("wrong", "", "x" * 5000):
        answer = locked.post("/login", data={"password": password})
        assert answer.status_code == 403
        assert "That is not the password." in answer.text
        assert COOKIE not in answer.cookies


def test_guessing_is_slow(locked, clock):
    """After some wrong passwords an address has to wait, even with the right one; then it may try again."""
    for _ in range(GUESSES):
        assert locked.post("/login", data={"password": "wrong"}).status_code == 403
    answer = locked.post("/login", data={"password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(int(WAIT_S) + 1)
    clock.now_s += WAIT_S
    assert locked.post("/login", data={"password": PASSWORD}).status_code == 303


def test_guessing_from_many_addresses_is_slow_too(authenticator, monkeypatch):
    """Whoever guesses from many addresses is held up like one, and each wrong guess costs memory for none."""
    monkeypatch.setattr("pushglance.web.authentication._digest", lambda *_: b"")
    for number in range(GUESSES_OF_ALL):
        assert authenticator.wait_s(f"10.0.{number}.1") == 0
        assert not authenticator.knows("wrong", f"10.0.{number}.1")
    assert authenticator.wait_s("10.9.9.9") > 0
    for number in range(3000):
        authenticator.knows("wrong", f"11.{number // 256}.{number % 256}.1")
    assert len(authenticator._wrong) <= 1000
    assert authenticator.wait_s("10.9.9.9") > 0


def basic(text):
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_a_collector_names_the_password_in_a_header(locked, authenticator, monkeypatch):
    """Prometheus sends the password with each scrape; only the first one pays for the hash."""
    assert locked.get("/metrics", headers=basic(f"anybody:{PASSWORD}")).status_code == 200
    monkeypatch.setattr(authenticator, "knows", None)  # would fail if it were asked again
    assert locked.get("/metrics", headers=basic(f"anybody:{PASSWORD}")).status_code == 200


@pytest.mark.parametrize(
    "header", [basic("a:wrong"), basic("nothing"), {"Authorization": "Basic %%"}, {"Authorization": "Bearer x"}]
)
def test_a_wrong_header_opens_nothing(locked, header):
    """Anything but the password in a Basic header is refused."""
    assert locked.get("/metrics", headers=header).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8787", "", "[::2]"])
def test_a_foreign_name_is_not_answered(client, host):
    """Without a password a page elsewhere cannot read this one through a browser here (DNS rebinding)."""
    assert client.get("/", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8787", "[::1]:8787"])
def test_this_machine_is_answered(client, host):
    """The usual names of this machine open the page."""
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", [*PATHS[:1], *PATHS[2:], "/nothing", "/healthz"])
def test_every_answer_is_strict(client, path):
    """No answer lets a browser run, load or frame anything that is not ours, or keep it for others."""
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"].startswith(("no-store", "private"))
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/", "/weeks", "/login", "/pushes?before=9"])
def test_no_page_has_anything_inline(client, locked, path):
    """No script, style or event handler stands in the HTML, and no address outside is named."""
    html = (locked if path == "/login" else client).get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r"(?:src|href|action)=.https?:", html)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("DELETE", "/pushes"), ("PUT", "/metrics"), ("GET", "/logout")]
)
def test_nothing_can_be_changed(client, method, path):
    """The page only shows: other methods are refused."""
    assert client.request(method, path).status_code == 405
