"""The proxy of [pushover]: from the settings or the environment, and its login in nothing that is printed."""

import json

import pytest

from pushglance.plan import compile_plan, redacted
from pushglance.plan.board import board_plan
from pushglance.plan.overview import overview
from pushglance.settings.values.proxies import environment_proxy

LOGIN = "http://henri:s3cret@proxy.example:3128"
SETTINGS = '[pushover]\n%s\n[glance]\ntext = "hello"\n'
SERVER = "https://api.pushover.net"


@pytest.fixture
def load_with(load):
    """Return a function that loads settings with this line under [pushover]."""
    return lambda line="": load(SETTINGS % line)


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://a:1"}, "http://a:1"),
        ({"https_proxy": "http://b:1", "HTTPS_PROXY": "http://a:1"}, "http://b:1"),
        ({"ALL_PROXY": "http://c:1"}, "http://c:1"),
        ({"ALL_PROXY": "http://c:1", "HTTPS_PROXY": "http://a:1"}, "http://a:1"),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "pushover.net"}, None),
        ({"HTTPS_PROXY": "http://a:1", "no_proxy": "localhost, .pushover.net"}, None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "example.org"}, "http://a:1"),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": " http://a:1 "}, "http://a:1"),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": "c:1"}, "http://c:1"),
        ({"HTTP_PROXY": "http://a:1"}, None),
    ],
)
def test_variables_of_the_environment_are_used_as_usual(monkeypatch, variables, proxy):
    """HTTPS_PROXY, ALL_PROXY and NO_PROXY mean what they mean to curl."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = environment_proxy(SERVER)
    assert (found and found.get_secret_value()) == proxy


@pytest.mark.parametrize(
    ("server", "exceptions", "is_exempt"),
    [
        (SERVER, "localhost .pushover.net", True),
        (SERVER, "a.example\tb.example,*", True),
        (SERVER, "*.pushover.net", True),
        (SERVER, "API.Pushover.NET", True),
        (SERVER, "pushover.net:443", True),
        (SERVER, "pushover.net:8443", False),
        (SERVER, "over.net", False),
        (SERVER, ",, ", False),
        (SERVER, "10.0.0.0/8, [, a:b:c", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "192.168.0.0/16", False),
        ("https://10.1.2.3", "2.3", False),
        ("https://10.1.2.3:8443", "10.1.2.3:8443", True),
        ("https://10.1.2.3:8443", "10.1.2.3:443", False),
        ("https://[fd00::1]", "::1 fd00::/8", True),
        ("https://[fd00::1]:8443", "[fd00::1]:8443", True),
        ("https://[fd00::1]", "[fd00::1]", True),
        ("https://[fd00::1]", "fd00::2", False),
    ],
)
def test_exceptions_are_read_as_other_programs_do(monkeypatch, server, exceptions, is_exempt):
    """NO_PROXY may have spaces, wildcards, ports, networks and IPv6 addresses."""
    monkeypatch.setenv("HTTPS_PROXY", "http://a:1")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert (environment_proxy(server) is None) == is_exempt


def test_server_on_this_computer_needs_no_proxy(monkeypatch):
    """The sandbox at http://127.0.0.1 is reached directly, whatever the environment says."""
    monkeypatch.setenv("ALL_PROXY", "http://a:1")
    assert environment_proxy("http://127.0.0.1:8765") is None


def test_setting_is_used_before_the_environment(load_with, monkeypatch):
    """The proxy of the settings is used, and "none" uses none."""
    monkeypatch.setenv("HTTPS_PROXY", "http://a:1")
    assert compile_plan(load_with())["pushover"]["proxy"] == "http://a:1"
    assert compile_plan(load_with('proxy = "proxy.example:3128"'))["pushover"]["proxy"] == "http://proxy.example:3128"
    assert "proxy" not in compile_plan(load_with('proxy = "none"'))["pushover"]


def test_login_is_a_secret(load_with, tmp_path, monkeypatch):
    """The login is in the secrets of the Plan and in nothing that is printed, wherever it comes from."""
    (tmp_path / "proxy").write_text(LOGIN + "\n")
    for lines, origin in (
        (f'proxy = "{LOGIN}"', "settings file"),
        (f'proxy_file = "{tmp_path}/proxy"', f"file {tmp_path}/proxy"),
        ("", "HTTPS_PROXY"),
    ):
        if not lines:
            monkeypatch.setenv("HTTPS_PROXY", LOGIN)
        settings = load_with(lines)
        plan = compile_plan(settings)
        assert plan["secrets"]["proxy"] == LOGIN
        assert plan["pushover"]["proxy"] == "http://proxy.example:3128"
        text = "\n".join(overview(settings))
        assert f"http://proxy.example:3128, with a login, from {origin}" in text
        for printed in (text, json.dumps(redacted(plan)), repr(settings), json.dumps(settings.model_dump(mode="json"))):
            assert "s3cret" not in printed


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://proxy:1080",
        "https://proxy:443",
        "http://:3129",
        "http://proxy:x",
        "http://a b:1",
        "http://proxy/path",
        "http://p\u00e4:99999",
    ],
)
def test_other_proxies_are_refused_with_what_to_write(issues, proxy):
    """An address that cannot be used is an error that shows the right form and not the value."""
    (line,) = issues(SETTINGS % f'proxy = "{proxy}"')
    assert 'a proxy is written as "http://proxy.example:3128"' in line
    assert proxy not in line


def test_unusable_proxy_of_the_environment_is_a_warning(load_with, monkeypatch):
    """A SOCKS proxy in the environment does not stop the agent, and `check` says that nothing can be pushed."""
    monkeypatch.setenv("ALL_PROXY", "socks5://henri:s3cret@proxy:1080")
    settings = load_with()
    assert compile_plan(settings)["pushover"]["proxy"] == "socks5://proxy:1080"
    text = "\n".join(overview(settings))
    assert "nothing can be pushed: the proxy socks5://proxy:1080 from ALL_PROXY cannot be used" in text
    assert "s3cret" not in text


def test_board_has_no_proxy(load_with, monkeypatch):
    """A proxy of this computer's environment is not packed for a board."""
    monkeypatch.setenv("HTTPS_PROXY", LOGIN)
    plan = board_plan(load_with(), 0)
    assert "proxy" not in plan["pushover"]
    assert "proxy" not in plan["secrets"]


def test_more_pushes_than_an_account_has_in_a_month_are_a_warning(load):
    """Seven watches with 50 pushes a day may need more than the 10 000 of a month, six may not."""
    for number, is_warned in ((6, False), (7, True)):
        watches = [f'[watches.w{index}]\ndevice = "d{index}"\nglance.text = "hello"\n' for index in range(number)]
        text = "\n".join(overview(load("".join(watches))))
        assert ("7 watches may need 10850 pushes in 31 days" in text) == is_warned
        assert ("pushes = 46" in text) == is_warned
