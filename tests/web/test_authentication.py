"""Access to the page: the password, sessions, guesses, host names, and the headers of every response."""

import base64
import re
import time

import itsdangerous
import pytest
from starlette.testclient import TestClient

from pushglance.errors import PushglanceError
from pushglance.web.access.access_middleware import COOKIE
from pushglance.web.access.authentication import Authenticator, hash_password
from pushglance.web.app import build_app
from pushglance.web.serve import serve
from support.agent.agent_directories import PASSWORD

PATHS = ["/", "/events", "/pushes?before=5", "/weeks", "/metrics", "/page.js"]
THIRTY_DAYS_S = 30 * 24 * 3600


def basic(text):
    """Return a Basic header with this user and password."""
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def log_in(client):
    """Log in and return the value of the session cookie."""
    assert client.post("/login", data={"password": PASSWORD}).status_code == 303
    return client.cookies[COOKIE]


def opens_page(client, cookie):
    """Return whether the page is shown to a browser with this session cookie."""
    client.cookies.clear()
    client.cookies.set(COOKIE, cookie)
    return client.get("/").status_code == 200


def test_password_file_holds_only_a_salted_hash(password_hash):
    """The line contains no password, and two hashes of the same password differ."""
    assert PASSWORD not in password_hash
    assert password_hash.startswith("scrypt$")
    assert password_hash != hash_password(PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_password_length_is_limited(password):
    """A password below 8 or above 200 characters is refused with the allowed length."""
    with pytest.raises(PushglanceError, match="8 to 200 characters"):
        hash_password(password)


@pytest.mark.parametrize("line", ["", PASSWORD, "scrypt$x$y", "scrypt$AAAA$AAAA", "md5$AAAA$" + "A" * 44])
def test_password_file_without_valid_hash_is_refused(line):
    """A password in plain text, or anything else, is an error with the command to type."""
    with pytest.raises(PushglanceError, match="--make-password"):
        Authenticator(line)


@pytest.mark.parametrize("path", PATHS)
def test_every_page_needs_the_password(locked, path):
    """Pages, the stream and metrics answer 401; the main page redirects to the login form."""
    response = locked.get(path)
    assert response.status_code == (303 if path == "/" else 401)
    assert "Garage" not in response.text


@pytest.mark.parametrize("path", ["/healthz", "/login", "/style.css"])
def test_public_paths_show_no_readings(locked, path):
    """Health, the login form and its style need no password and contain no reading."""
    response = locked.get(path)
    assert response.status_code == 200
    assert "Garage" not in response.text


def test_login_starts_a_session_and_logout_ends_it(locked):
    """The right password sets a cookie that scripts and other sites cannot use, and the cookie opens the page."""
    response = locked.post("/login", data={"password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    cookie = response.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "; secure" not in cookie, "plain HTTP would not send it back"
    assert "Garage open" in locked.get("/").text
    assert locked.post("/logout").status_code == 303
    assert COOKIE not in locked.cookies
    assert locked.get("/").status_code == 303


def test_cookie_is_secure_behind_tls(directories, authenticator):
    """A request over https gets a cookie that the browser never sends over plain HTTP."""
    app = build_app(directories.state, directories.run, authenticator, None)
    with TestClient(app, base_url="https://home.example", follow_redirects=False) as client:
        cookie = client.post("/login", data={"password": PASSWORD}).headers["Set-Cookie"].lower()
        assert "; secure" in cookie
        assert client.get("/").status_code == 200


def test_session_survives_a_restart_but_not_a_new_password(directories, locked, password_hash):
    """The cookie is valid in another process with the same password, and invalid after a new password."""
    cookie = log_in(locked)
    with directories.client(Authenticator(password_hash), hosts=None) as restarted:
        assert opens_page(restarted, cookie)
    with directories.client(Authenticator(hash_password("another one, just as long")), hosts=None) as changed:
        assert not opens_page(changed, cookie)


def test_session_ends_after_thirty_days_although_it_is_used(locked, monkeypatch):
    """A session is valid for 30 days from the login; requests do not extend it."""
    now_s = itsdangerous.TimestampSigner("").get_timestamp()
    monkeypatch.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda _: now_s)
    monkeypatch.setattr(time, "time", lambda: now_s)
    cookie = log_in(locked)
    now_s += THIRTY_DAYS_S
    locked.cookies.clear()
    response = locked.get("/", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert response.status_code == 200
    now_s += 1
    for shown in (cookie, response.cookies.get(COOKIE, cookie)):
        assert not opens_page(locked, shown)


def test_forged_sessions_are_refused(locked):
    """Changed, cut or invented cookies open nothing and cause no error."""
    cookie = log_in(locked)
    content, date, signature = cookie.split(".")
    assert opens_page(locked, f"{content}.{date}.{signature}")
    later = itsdangerous.encoding.base64_encode(itsdangerous.encoding.int_to_bytes(2_000_000_000)).decode()
    for forged in (
        *("", ".", "x", "..", "null", f"{content}.{date}.", f"{content}.{signature}", f"{content}.{later}.{signature}"),
        f"e30=.{date}.{signature}",
        itsdangerous.TimestampSigner("another key").sign(content).decode(),
    ):
        assert not opens_page(locked, forged), forged


def test_wrong_password_shows_the_form_with_an_error(locked):
    """A wrong password returns the form with an error and without a cookie."""
    for password in ("wrong", "", "x" * 5000):
        response = locked.post("/login", data={"password": password})
        assert response.status_code == 403
        assert "Wrong password." in response.text
        assert COOKIE not in response.cookies


def test_guesses_of_one_address_are_limited(locked, clock):
    """After five wrong passwords an address must wait a minute, even with the right one."""
    for _ in range(5):
        assert locked.post("/login", data={"password": "wrong"}).status_code == 403
    response = locked.post("/login", data={"password": PASSWORD})
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "61"
    clock.now_s += 59
    assert locked.post("/login", data={"password": PASSWORD}).status_code == 429
    clock.now_s += 1
    assert locked.post("/login", data={"password": PASSWORD}).status_code == 303


def test_a_right_password_forgets_the_guesses_before_it(locked):
    """Four mistakes and a success, again and again, are no reason to wait."""
    for _ in range(3):
        for _ in range(4):
            assert locked.post("/login", data={"password": "wrong"}).status_code == 403
        assert locked.post("/login", data={"password": PASSWORD}).status_code == 303


def test_basic_header_opens_the_metrics(locked, authenticator, monkeypatch):
    """Prometheus sends the password with each scrape; only the first one costs a hash."""
    assert locked.get("/metrics", headers=basic(f"anybody:{PASSWORD}")).status_code == 200
    monkeypatch.setattr(authenticator, "verify", None)  # a second call would fail
    assert locked.get("/metrics", headers=basic(f"anybody:{PASSWORD}")).status_code == 200


@pytest.mark.parametrize(
    "header", [basic("a:wrong"), basic("nothing"), {"Authorization": "Basic %%"}, {"Authorization": "Bearer x"}]
)
def test_invalid_headers_are_refused(locked, header):
    """Only the password in a Basic header is accepted."""
    assert locked.get("/metrics", headers=header).status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "evil.example:8787", "", "[::2]", "localhost/", "x/localhost"),
        *("localhost@evil.example", "evil.example?localhost", "localhost:8787:1", "localhost, evil.example", "[::1"),
    ],
)
def test_foreign_host_names_are_refused(client, host):
    """Without a password a page of another site cannot read this one through a local browser (DNS rebinding)."""
    response = client.get("/", headers={"Host": host})
    assert response.status_code == 400
    assert response.text == (
        "This page can be opened as 127.0.0.1 or localhost or [::1] only. For a proxy at another name, start "
        "pushglance web with --proxy NAME.\n"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8787", "[::1]", "[::1]:8787", "LocalHost:8787", "localhost."])
def test_local_host_names_are_accepted(client, host):
    """The usual names of this machine open the page, with and without a port."""
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["x/healthz?", "x/login?", "x/style.css#", "x/login?a=/", "/healthz?", "healthz"])
@pytest.mark.parametrize("path", PATHS)
def test_no_host_name_opens_a_page_without_the_password(locked, path, host):
    """A Host header that contains a path without a password is not mistaken for the path of the request."""
    response = locked.get(path, headers={"Host": host})
    assert response.status_code == (303 if path == "/" else 401)
    assert "Garage" not in response.text


def test_the_name_of_a_proxy_is_accepted_exactly(directories):
    """The name of a proxy is accepted in any case; the name without "www." is neither accepted nor redirected to it."""
    with directories.client(hosts=["www.Home.example"]) as client:
        assert client.get("/", headers={"Host": "www.home.Example:443"}).status_code == 200
        assert client.get("/", headers={"Host": "home.example"}).status_code == 400


@pytest.mark.parametrize("proxy", ["*", "*.home.example", "", "home.example:8787", "https://home.example"])
def test_proxy_must_be_a_plain_host_name(tmp_path, proxy):
    """A pattern would accept every host name: it is refused before the server starts."""
    with pytest.raises(PushglanceError, match="--proxy needs a host name"):
        serve(None, tmp_path, tmp_path, None, proxy)


@pytest.mark.parametrize("path", [*PATHS[:1], *PATHS[2:], "/nothing", "/healthz"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_every_response_has_strict_headers(client, path, host):
    """A browser may load, run and frame only what this server sends, and no shared cache may store it."""
    headers = client.get(path, headers={"Host": host}).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"].startswith(("no-store", "private"))
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/", "/weeks", "/login", "/pushes?before=9"])
def test_pages_contain_nothing_inline(client, locked, path):
    """HTML contains no inline script, style or event handler and no address of another server."""
    html = (locked if path == "/login" else client).get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r"(?:src|href|action)=.https?:", html)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("DELETE", "/pushes"), ("PUT", "/metrics"), ("GET", "/logout")]
)
def test_other_methods_are_refused(client, method, path):
    """The page only shows data: other methods answer 405."""
    assert client.request(method, path).status_code == 405
