"""Which file of an evidence package answers which question of which framework. Data alone; docs/security.md tells it.

Sources: AICPA, Trust Services Criteria (2017, points of focus revised 2022); HECVAT 3, its sections; Student Data
Privacy Consortium, National Data Privacy Agreement V1, its articles.
"""

from __future__ import annotations

README = """Evidence package of Homeroom

manifest.json        the signed list of all files here, with their SHA-256, and the stretch of the audit chain
audit/events.ndjson  every audit event of the period in the chain's order, with both hashes
audit/anchors.json   heads of the chain that lie locked in the evidence bucket
changes.csv          every run of the period: who asked, who approved, what became of it
policy.csv           what the policy found in their plans
restore_drills.csv   restores that were drilled in the period: from what, how long, what was found
access_review.csv    who has access on the day on which this was made
certificates/        certificates of removal, each signed by itself
controls.csv         which file answers which question

Verify it without the portal: homeroom evidence verify FILE --key KEY.pem
The public key is at /certificates/key of the portal; take it from there and not from this archive.
"""


def _row(framework: str, control: str, files: str, what: str) -> dict[str, str]:
    return {"framework": framework, "control": control, "files": files, "what": what}


CONTROLS = (
    _row("SOC 2", "CC6.1", "access_review.csv", "Logical access: accounts, roles and second factors."),
    _row("SOC 2", "CC6.2", "access_review.csv; audit/events.ndjson", "Access is given and taken by named people."),
    _row("SOC 2", "CC6.3", "access_review.csv", "Access by role; who gave it, and since when."),
    _row(
        "SOC 2", "CC7.2", "audit/events.ndjson; audit/anchors.json", "Acts are recorded, in a chain that shows changes."
    ),
    _row("SOC 2", "CC8.1", "changes.csv; policy.csv", "Changes are asked for, reviewed, approved and recorded."),
    _row("SOC 2", "C1.2", "certificates/", "Confidential information is disposed of, with proof."),
    _row("SOC 2", "A1.3", "restore_drills.csv", "Recovery is tested: each drill, how long it took, what was found."),
    _row(
        "HECVAT 3",
        "Authentication, Authorization, and Accounting",
        "access_review.csv; audit/events.ndjson",
        "Who has access, and what they did.",
    ),
    _row("HECVAT 3", "Change Management", "changes.csv; policy.csv", "How changes of production are approved."),
    _row("HECVAT 3", "Data", "certificates/", "How data is removed at the end of a contract."),
    _row("HECVAT 3", "Disaster Recovery Plan", "restore_drills.csv", "That restores are drilled, with their results."),
    _row("NDPA V1", "Article IV, disposition of data", "certificates/", "That a district's data is gone."),
    _row(
        "NDPA V1",
        "Article V, audits",
        "audit/events.ndjson; audit/anchors.json",
        "The record of who did what, for a district's audit.",
    ),
    _row(
        "NDPA V1",
        "Article V, data security",
        "access_review.csv; changes.csv; policy.csv",
        "Access and changes are controlled.",
    ),
)
