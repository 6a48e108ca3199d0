"""The store that several hubs share: can it be asked, and does it keep what it is told?"""

from collections.abc import Iterator

from pushglance.doctor.check_result import OK, SKIPPED, WRONG, CheckContext, CheckResult


def check_shared(patient: CheckContext) -> Iterator[CheckResult]:
    """Ask the shared store how it is set up; nothing is written there. Says nothing where there is none."""
    cluster = patient.plan.get("cluster") if patient.plan is not None else None
    if patient.plan is None or cluster is None:
        return
    if not patient.has_keys:
        detail = "its password is missing, or may not be read by this user"
        yield CheckResult("cluster", SKIPPED, detail, "sudo pushglance doctor")
        return
    try:
        from pushglance.runtime.cluster.shared_store import SharedStore, StoreUnavailable  # noqa: PLC0415 - an extra
    except ImportError:
        detail = "the library redis is not installed, so the shared store cannot be asked"
        yield CheckResult("cluster", WRONG, detail, "scripts/install again, or pip install 'pushglance[cluster]'")
        return
    store = SharedStore(cluster, patient.plan["secrets"].get("cluster_password", ""))
    try:
        why = store.why_unfit()
    except StoreUnavailable as error:
        cure = "look at url, username and password under [cluster], and at the network: without it nothing is pushed"
        yield CheckResult("cluster", WRONG, f"the shared store cannot be asked ({error})", cure)
    else:
        if why and cluster["trust"] != "always":
            yield CheckResult("cluster", WRONG, f"the shared store is not used: {why}")
        else:
            yield CheckResult("cluster", OK, "the shared store answers" + ("" if why else " and keeps what it is told"))
    finally:
        store.close()
