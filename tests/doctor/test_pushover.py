"""The doctor's check of Pushover, against the sandbox."""

import socket
import ssl
from pathlib import Path

import pytest

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks import pushover as pushover_check
from pushglance.doctor.checks.pushover import check_pushover
from pushglance.doctor.probes import pushover_account
from pushglance.runtime.clock import wall_ms
from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from support import plans
from support.sandbox_calls import push
from support.servers.broker import free_port
from support.servers.raw_server import RawPushover, answer

VALIDATE, LIMITS = "/1/users/validate.json", "/1/apps/limits.json"


def pushover(url, device="my-watch", ca_file="", token=TOKEN, user=USER):
    """Return a plan that pushes to one watch through this server."""
    server = {"url": url, "connect_ms": 2000, "read_ms": 2000, "ca_file": str(ca_file)}
    secrets = {"token": token, "users": {"watch": user}, "mqtt_password": ""}
    return plans.plan(watches=[plans.watch() | {"device": device}], pushover=server, secrets=secrets)


@pytest.fixture
def sandbox():
    """Run a Pushover with one token, one user and two devices."""
    with Sandbox(tokens=[TOKEN], users=[USER], devices=["my-watch", "phone"]) as sandbox:
        yield sandbox


def requested_paths(sandbox):
    """Return the paths of all requests."""
    return [request.path for request in sandbox.requests()]


def test_valid_keys_and_device_are_ok(make_context, steps, sandbox):
    """Pushover is asked once; nothing is pushed and no key is shown."""
    results, words = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert results == [("pushover", OK), ("pushover", OK), ("keys", OK), ("device", OK), ("quota", OK)]
    assert requested_paths(sandbox) == [VALIDATE, LIMITS]
    assert TOKEN not in words
    assert USER not in words


def test_pushover_is_asked_once_per_user(make_context, steps, sandbox):
    """Two watches of one user need one request."""
    watches = [plans.watch("a") | {"device": "my-watch"}, plans.watch("b") | {"device": "phone"}]
    plan = pushover(sandbox.url) | {"watches": watches}
    plan["secrets"] = {"token": TOKEN, "users": {"a": USER, "b": USER}, "mqtt_password": ""}
    results, _ = steps(check_pushover, make_context(plan))
    assert results[2:5] == [("keys", OK), ("device", OK), ("device", OK)]
    assert requested_paths(sandbox) == [VALIDATE, LIMITS]


def test_receiver_of_messages_is_checked(make_context, steps, sandbox):
    """User and device of [messages] are checked like those of a watch."""
    plan = pushover(sandbox.url) | {"messages": plans.messages(device="tablet")}
    plan["secrets"]["users"]["messages"] = USER
    results, words = steps(check_pushover, make_context(plan))
    assert results[-3:-1] == [("device", OK), ("device", WRONG)]
    assert "the user of messages has no device 'tablet'" in words
    assert requested_paths(sandbox) == [VALIDATE, LIMITS]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"token": "x" * 30}, "application token is invalid"),
        ({"user": "x" * 30}, "-> copy the user key again from pushover.net, then type systemctl reload pushglance"),
        (
            {"token": "x" * 30, "user": "y" * 30},
            "-> copy the application's token again from pushover.net/apps and copy the user key again",
        ),
    ],
)
def test_wrong_keys_are_wrong(make_context, steps, sandbox, keys, words):
    """The message names the wrong key and shows no key."""
    results, message = steps(check_pushover, make_context(pushover(sandbox.url, **keys)))
    assert results[-2:] == [("keys", WRONG), ("quota", SKIPPED)]
    assert words in message
    assert len(requested_paths(sandbox)) == 1


def test_unknown_device_is_wrong(make_context, steps, sandbox):
    """The message names the devices of the user; an empty device means all of them."""
    results, message = steps(check_pushover, make_context(pushover(sandbox.url, device="my-wotch")))
    assert results[-2] == ("device", WRONG)
    assert "no device 'my-wotch'; known devices: my-watch, phone" in message
    results, message = steps(check_pushover, make_context(pushover(sandbox.url, device="")))
    assert results[-2] == ("device", OK)
    assert "every device of the user: my-watch, phone" in message


def test_device_of_a_group_is_skipped(make_context):
    """Pushover does not list the devices of a group."""
    watches = [plans.watch() | {"device": "anna"}]
    (result,) = pushover_check._check_devices(watches, {"status": 1, "group": 1, "devices": []})
    assert result.status == SKIPPED


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("unknown-device", WRONG, "device name is not valid for user"),
        ("unknown-device", WRONG, "compare device with the devices at pushover.net"),
        ("no-widget", WRONG, "add Pushover's complication"),
        (Fault("status", status=400, text="your trial has ended"), WRONG, "renew Pushover's licence"),
        (Fault("status", status=400, text="out of order"), WRONG, "fix what Pushover's sentence names"),
        ("quota", WARNING, "buy more messages at pushover.net"),
        ("proxy-407", WARNING, "check the proxy and its login"),
        ("portal", WARNING, "log in to this network"),
        ("html-403", WARNING, "HTTP 403 from cloudflare"),
        ("html-502", WARNING, "look at status.pushover.net"),
        ("half", WARNING, "the answer ended too early"),
    ],
)
def test_hint_follows_the_answer(make_context, steps, sandbox, fault, status, words):
    """Only wrong keys are to be copied again; every other answer gets what a user can do about it."""
    sandbox.inject(fault)
    results, message = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert results[-2:] == [("keys", status), ("quota", SKIPPED)]
    assert words in message
    assert "copy" not in message


@pytest.mark.parametrize("fault", ["unavailable", "html-429", "html-403", "empty-400", "garbage"])
def test_unusable_answer_of_pushover_is_a_warning(make_context, steps, sandbox, fault):
    """It proves nothing about the keys, and the request is not repeated."""
    sandbox.inject(fault)
    results, _ = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert results[-2:] == [("keys", WARNING), ("quota", SKIPPED)]
    assert len(requested_paths(sandbox)) == 1


def test_missing_answer_of_pushover_is_a_warning(make_context, steps, sandbox, monkeypatch):
    """The check ends within seconds."""
    monkeypatch.setattr(pushover_account, "_ANSWER_S", 0.5)
    sandbox.inject(Fault("hang"))
    results, _ = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert results[-2:] == [("keys", WARNING), ("quota", SKIPPED)]


def test_placeholders_are_not_sent_as_keys(make_context, steps, sandbox):
    """Pushover blocks addresses that send wrong keys repeatedly."""
    results, message = steps(check_pushover, make_context(pushover(sandbox.url), has_keys=False))
    assert results[-1] == ("keys", SKIPPED)
    assert "sudo pushglance doctor" in message
    assert requested_paths(sandbox) == []


def test_node_without_a_watch_needs_no_pushover(make_context, steps):
    """Settings that only publish by MQTT send no request."""
    assert steps(check_pushover, make_context(plans.plan(watches=[])))[0] == [("pushover", SKIPPED)]


@pytest.mark.parametrize(
    ("server", "trusted", "words"),
    [
        ("good", "authority", "Pushover knows the token"),
        ("good", "unknown", "its certificate cannot be verified"),
        ("early", "authority", "before the certificate becomes valid"),
        ("expired", "authority", "certificate has expired"),
        ("other", "authority", "write the host as the certificate names it"),
    ],
)
def test_certificate_of_pushover_is_verified(make_context, steps, certificates, server, trusted, words):
    """No key is sent to a server with an invalid certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / f"{server}.pem")
    with Sandbox(ssl_context=context) as sandbox:
        ca_file = certificates / f"{trusted}.pem"
        results, message = steps(check_pushover, make_context(pushover(sandbox.url, ca_file=ca_file)))
        is_good = (server, trusted) == ("good", "authority")
        assert requested_paths(sandbox) == ([VALIDATE, LIMITS] if is_good else [])
    assert words in message
    assert results[-1] == (("quota", OK) if is_good else ("pushover", WRONG))


def test_clock_that_differs_from_pushover_s_is_wrong(make_context, steps, sandbox, monkeypatch):
    """Pushover's clock is the Date header of its answer."""
    monkeypatch.setattr(pushover_check, "wall_ms", lambda: wall_ms() - 3_600_000)
    results, message = steps(check_pushover, make_context(pushover(sandbox.url)))
    assert ("clock", WRONG) in results
    assert "behind Pushover's" in message


def test_refused_connection_to_pushover_is_wrong(make_context, steps, tmp_path):
    """No request follows."""
    results, _ = steps(check_pushover, make_context(pushover(f"http://127.0.0.1:{free_port()}")))
    assert results == [("pushover", OK), ("pushover", WRONG)]
    assert socket.getdefaulttimeout() is None
    assert not Path(tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("quota", "status", "words"),
    [
        (10_000, OK, "9999 of 10000 pushes of the month are left for all programs of the account, until 01"),
        (1, WRONG, "0 of 1 pushes of the month are left"),
    ],
)
def test_quota_of_the_month_is_shown(make_context, steps, quota, status, words):
    """The doctor asks how many pushes the account has left; none left is wrong."""
    with Sandbox(quota=quota) as sandbox:
        push(sandbox, text="one")
        results, message = steps(check_pushover, make_context(pushover(sandbox.url, device="")))
    assert results[-1] == ("quota", status)
    assert words in message


def test_few_pushes_of_the_month_are_a_warning(make_context, steps):
    """Less than a tenth of the quota is a warning."""
    with Sandbox(quota=12) as sandbox:
        for number in range(11):
            push(sandbox, count=number)
        results, _ = steps(check_pushover, make_context(pushover(sandbox.url, device="")))
    assert results[-1] == ("quota", WARNING)


def test_server_without_limits_skips_the_quota(make_context, steps):
    """A server that does not know the endpoint, or answers nonsense, is not an error."""
    known = answer(200, '{"status":1,"devices":["my-watch"]}')
    for limits in (answer(404, "no"), answer(200, '{"status":1,"limit":"x"}'), answer(200, "[]")):
        with RawPushover(known, limits) as server:
            results, _ = steps(check_pushover, make_context(pushover(server.url)))
        assert results[-1] == ("quota", SKIPPED)


def test_proxy_is_named_and_checked(make_context, steps, sandbox, monkeypatch):
    """With a proxy its own name and port are checked, its login is never shown, and its origin is named."""
    port = free_port()
    monkeypatch.setenv("HTTPS_PROXY", f"http://henri:s3cret@127.0.0.1:{port}")
    plan = pushover("https://api.example")
    plan["pushover"]["proxy"] = f"http://127.0.0.1:{port}"
    plan["secrets"]["proxy"] = f"http://henri:s3cret@127.0.0.1:{port}"
    results, words = steps(check_pushover, make_context(plan))
    assert [status for name, status in results if name == "proxy"] == [OK, WARNING, OK, WRONG]
    assert f"Pushover is reached through http://127.0.0.1:{port}, from HTTPS_PROXY" in words
    assert f"write HTTPS_PROXY=http://127.0.0.1:{port} into /etc/pushglance/environment" in words
    assert f"port {port} of 127.0.0.1 cannot be reached" in words
    assert "s3cret" not in words


def test_proxy_of_another_kind_is_wrong(make_context, steps):
    """A SOCKS proxy is refused with what to write."""
    plan = pushover("https://api.example")
    plan["pushover"]["proxy"] = "socks5://127.0.0.1:1080"
    results, words = steps(check_pushover, make_context(plan))
    assert results == [("proxy", WRONG)]
    assert "only proxies with http:// are supported" in words
