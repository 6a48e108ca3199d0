"""The whole agent behind a proxy of its environment: pushes arrive, and the login is nowhere to be read."""

import json
import ssl

import pytest
import trustme

from pushglance.sandbox import Sandbox
from support.agent.agent_process import AgentProcess
from support.servers.raw_server import RawServer
from support.servers.tunnel import tunnel

PASSWORD = "s3cretOfTheProxy"


@pytest.fixture
def secure(folder):
    """Run a sandbox over TLS; its authority is in ca.pem."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


@pytest.fixture
def behind(folder, secure):
    """Return an agent that trusts the sandbox's authority, not started."""
    agent = AgentProcess(folder, secure)
    agent.write_settings(timeouts=('read_timeout = "2s"', f'read_timeout = "2s"\nca_file = "{folder}/ca.pem"'))
    yield agent
    agent.close()


def texts_of(folder):
    """Return the content of all files of the agent."""
    files = [file for part in ("state", "run", "log") for file in [folder / part, *(folder / part).rglob("*")]]
    return [file.read_bytes().decode("latin-1") for file in files if file.is_file()]


def test_agent_pushes_through_the_proxy_of_its_environment(behind, secure, folder):
    """With HTTPS_PROXY each connection is a tunnel, also after a restart and a reload; its login stays secret."""
    heads = []
    with RawServer(tunnel(heads)) as proxy:
        behind.environment |= {"HTTPS_PROXY": f"http://henri:{PASSWORD}@127.0.0.1:{proxy.port}"}
        behind.start()
        behind.move_door(0)
        behind.wait_for_screen(text="Garage closed")
        assert heads
        assert all(head.startswith(f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1") for head in heads)
        behind.stop()
        used = len(heads)
        behind.start()
        behind.move_door(1)
        behind.wait_for_screen(text="Garage open")
        assert len(heads) > used
        check = behind.run_command("check", "--config", str(behind.config))
        assert f"http://127.0.0.1:{proxy.port}, with a login, from HTTPS_PROXY" in check.stdout
        exposed = [*texts_of(folder), check.stdout, json.dumps(behind.status())]
    assert len(exposed) > 4
    assert not [text for text in exposed if PASSWORD in text]


def test_proxy_that_refuses_costs_no_push(behind, secure):
    """A proxy that refuses is named in the log and spends nothing; NO_PROXY goes around it."""
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with RawServer(lambda peer: (peer.read_head(), peer.send(refusal))) as proxy:
        behind.environment |= {"HTTPS_PROXY": f"http://henri:{PASSWORD}@127.0.0.1:{proxy.port}"}
        behind.start()
        behind.move_door(0)
        behind.wait_for(lambda: "refused: HTTP 407 Proxy Authentication Required" in behind.log.read_text())
        assert behind.status()["watches"]["watch"]["left"] >= 49
        assert PASSWORD not in behind.log.read_text()
        assert secure.arrivals() == []
        behind.stop()
        behind.environment |= {"NO_PROXY": "127.0.0.1"}
        behind.start()
        behind.wait_for_screen(text="Garage closed")
