"""The store that several hubs share: can it be asked, and does it keep what it is told?"""

from collections.abc import Iterator

from pushglance.doctor.check_result import OK, SKIPPED, WRONG, Finding, Patient


def check_shared(patient: Patient) -> Iterator[Finding]:
    """Ask the shared store how it is set up; nothing is written there. Says nothing where there is none."""
    cluster = patient.plan.get("cluster") if patient.plan is not None else None
    if patient.plan is None or cluster is None:
        return
    if not patient.has_keys:
        said = "its password is missing, or may not be read by this user"
        yield Finding("cluster", SKIPPED, said, "sudo pushglance doctor")
        return
    try:
        from pushglance.runtime.cluster.shared_store import SharedStore, StoreAway  # noqa: PLC0415 - an extra
    except ImportError:
        said = "the library redis is not installed, so the shared store cannot be asked"
        yield Finding("cluster", WRONG, said, "scripts/install again, or pip install 'pushglance[cluster]'")
        return
    store = SharedStore(cluster, patient.plan["secrets"].get("cluster_password", ""))
    try:
        why = store.why_unfit()
    except StoreAway as error:
        cure = "look at url, username and password under [cluster], and at the network: without it nothing is pushed"
        yield Finding("cluster", WRONG, f"the shared store cannot be asked ({error})", cure)
    else:
        if why and cluster["trust"] != "always":
            yield Finding("cluster", WRONG, f"the shared store is not used: {why}")
        else:
            yield Finding("cluster", OK, "the shared store answers" + ("" if why else " and keeps what it is told"))
    finally:
        store.close()
