"""What readers of the status file and of the history print passes through one redaction."""

import json

from pushglance.core.commands import SaveDebit, SaveOutcome
from pushglance.runtime.control.control_client import _replies
from pushglance.runtime.status.status_file import FORMAT
from pushglance.runtime.status.status_reader import link_reasons, read_status, watch_remarks
from pushglance.runtime.storage.history import History
from pushglance.runtime.storage.store import SqliteStore
from support import plans

LOGIN = "mqtt://door:sesame@broker.local: refused"


def test_no_login_leaves_the_status_file(tmp_path):
    """Reasons, refusals, alerts and replies lose user names and passwords; readings are shown as they are."""
    watch = {"shown": {"text": "5 of a:b@c"}, "parked": LOGIN, "paused_ms": 0, "failure": LOGIN}
    content = {
        "format": FORMAT,
        "watches": {"watch": watch},
        "messages": {"noted": {"garage": LOGIN}, "failure": ""},
        "sensors": {"note": {"text": "a:b@c", "problem": LOGIN}},
        "links": {"mqtt": 0, "pushover": 0},
        "link_reasons": {"mqtt": LOGIN},
        "store_fault": LOGIN,
        "replies": [{"request": "r", "detail": LOGIN}],
    }
    (tmp_path / "live.json").write_text(json.dumps(content))
    status = read_status(tmp_path)
    assert "sesame" not in json.dumps(status)
    assert link_reasons(status)["mqtt"] == "mqtt://broker.local: refused"
    assert "broker.local" in watch_remarks(status["watches"]["watch"])[0]
    assert status["watches"]["watch"]["shown"] == {"text": "5 of a:b@c"}
    assert status["sensors"]["note"]["text"] == "a:b@c"
    assert "sesame" not in str(_replies(tmp_path / "live.json"))


def test_no_login_leaves_the_history(tmp_path):
    """What Pushover or a proxy answered loses user names and passwords; what was sent stays as it was."""
    store = SqliteStore(tmp_path, [plans.watch()], "boot-1")
    store.load(0)
    store.save([SaveDebit("watch", 1, 0, 1000, -1, {"text": "a:b@c"}, {})], 0)
    store.save([SaveOutcome("watch", 1, 1, "unknown", f"http://me:sesame@proxy {LOGIN}", 1000, -1, {})], 0)
    store.close()
    with History(tmp_path) as history:
        (row,) = history.pushes(5)
    assert row.sent == {"text": "a:b@c"}
    assert "sesame" not in row.detail
    assert "proxy" in row.detail
