"""A package of evidence is verified without the portal, and whatever is changed in it is refused with what is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from homeroom_cli.canonical import canonical
from homeroom_cli.exits import Exit
from messages.message import verbatim
from provisioning.evidence import service
from provisioning.evidence.anchors import anchor_text
from provisioning.evidence.package import EVENTS, MANIFEST, PURPOSE
from provisioning.evidence.service import make_package, request_package
from provisioning.models import AuditAnchor, EvidencePackage
from provisioning.teardown.certificates import signing_key
from provisioning.teardown.signatures import file_of, make_key, public_key, sign
from registry.audit import canonical as portals
from registry.audit.actions import AuditAction
from registry.audit.models import AuditLink
from registry.audit.services import record
from tests.builders import a_run
from tests.cli.shell import Done, Shell
from tests.portal.console.test_teardown_pages import a_certificate

pytestmark = pytest.mark.django_db
Files = dict[str, bytes]
LINE_ENDS = "A reason with\u2028a line of another kind, \x85and a next."
BEHIND = 10


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Shell:
    """Return a shell of a machine that reaches no portal."""
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.export(HOMEROOM_URL="https://127.0.0.1:9", HOMEROOM_TOKEN="none")
    return shell


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return the file of a package of today: its chain was anchored at its end, and has a certificate."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    monkeypatch.setattr(service, "ask_workers", lambda name, number: None)
    a_run()
    a_certificate()
    values = {"figures": [0.5, 10.0, 1e-9, 1e22, 3]}
    for number in range(BEHIND):
        record(
            action=AuditAction.USER_SET,
            actor=None,
            subject_kind="user",
            subject_id="x",
            message=verbatim(f"{number}. {LINE_ENDS}"),
            after=values,
        )
    day = timezone.now().date()
    row = request_package(since=day, until=day, actor=None)
    head = AuditLink.objects.exclude(position=None).latest("position")
    assert head.position is not None
    now = timezone.now()
    AuditAnchor.objects.create(
        position=head.position, hash=head.hash, at=now, key="anchors/x", version="1", locked_until=now
    )
    make_package(row.pk)
    return bytes(EvidencePackage.objects.get(pk=row.pk).file or b"")


def unpacked(package: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def signed_anew(files: Files) -> Files:
    """Return files with a list that the portal's key has signed: what a thief of key and database could make."""
    document = json.loads(files[MANIFEST])["document"]
    lines = [json.loads(line) for line in files[EVENTS].decode().split("\n")[:-1]]
    document["chain"] |= {"last": lines[-1]["position"], "hash": lines[-1]["hash"]}
    for name, entry in document["files"].items():
        entry |= {"sha256": hashlib.sha256(files[name]).hexdigest(), "bytes": len(files[name])}
    signed = file_of(sign(document, signing_key(), PURPOSE))
    return files | {MANIFEST: (json.dumps(signed, indent=1, ensure_ascii=False) + "\n").encode()}


def verified(shell: Shell, content: bytes, *more: str, key: Path | None = None) -> Done:
    file, public = shell.home / "evidence.zip", shell.home / "key.pem"
    file.write_bytes(content)
    public.write_text(public_key(signing_key()).pem)
    return shell.run("evidence", "verify", str(file), "--key", str(key or public), *more, "--json")


def test_a_genuine_package_says_what_was_held(shell: Shell, package: bytes):
    done = verified(shell, package)
    files = unpacked(package)
    assert done.status == Exit.SUCCEEDED, done.out
    assert done.json["genuine"]
    assert done.json["files"] == len(files) - 1
    assert done.json["events"] == files[EVENTS].count(b"\n") > BEHIND
    assert (done.json["anchors"], done.json["certificates"]) == (1, 1)
    assert LINE_ENDS in files[EVENTS].decode()
    assert (
        "genuine"
        in shell.run("evidence", "verify", str(shell.home / "evidence.zip"), "--key", str(shell.home / "key.pem")).out
    )


def test_one_byte_of_any_file_is_enough(shell: Shell, package: bytes):
    files = unpacked(package)
    for name, text in files.items():
        for place in (0, len(text) // 2, len(text) - 1):
            changed = bytearray(text)
            changed[place] ^= 1
            done = verified(shell, packed(files | {name: bytes(changed)}))
            assert (done.status, done.json["genuine"]) == (Exit.NOT_GENUINE, False), (name, place)
            assert name == MANIFEST or f"The file {name} is not the one that was signed." == done.json["problem"]


def test_a_damaged_archive_is_never_taken_for_another_content(shell: Shell, package: bytes):
    whole = unpacked(package)
    # The last bytes say where everything is.
    for place in (*range(0, len(package), max(1, len(package) // 150)), *range(len(package) - 22, len(package))):
        damaged = bytearray(package)
        damaged[place] ^= 0xFF
        done = verified(shell, bytes(damaged))
        if done.status == Exit.SUCCEEDED:
            assert unpacked(bytes(damaged)) == whole, place
        else:
            assert done.status == Exit.NOT_GENUINE, (place, done.err)
    for length in (0, 3, 100, len(package) // 2, len(package) - 1):
        assert verified(shell, package[:length]).status == Exit.NOT_GENUINE


def added(files: Files) -> None:
    files["certificates/9.json"] = b"{}"


def removed(files: Files) -> None:
    del files["policy.csv"]


def without_a_list(files: Files) -> None:
    del files[MANIFEST]


def _with_signature(files: Files, **parts: str) -> None:
    manifest = json.loads(files[MANIFEST])
    manifest["signature"] |= parts
    files[MANIFEST] = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()


def of_a_certificate(files: Files) -> None:
    """Take a signature of the same key, which is for something else."""
    document = json.loads(files[MANIFEST])["document"]
    _with_signature(files, value=sign(document, signing_key()).signature)


def of_another_document(files: Files) -> None:
    _with_signature(files, value=sign({"package": 2}, signing_key(), PURPOSE).signature)


def another_days(files: Files) -> None:
    manifest = json.loads(files[MANIFEST])
    manifest["document"]["until"] = "2099-01-01"
    files[MANIFEST] = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()


def written_otherwise(files: Files) -> None:
    files[MANIFEST] = json.dumps(json.loads(files[MANIFEST])).encode()


REFUSED: tuple[tuple[Callable[[Files], None], str], ...] = (
    (added, "certificates/9.json is not on the signed list"),
    (removed, "policy.csv is on the signed list and is missing"),
    (without_a_list, "has no list of its files"),
    (of_a_certificate, "not signed by this key"),
    (of_another_document, "not signed by this key"),
    (another_days, "its SHA-256 differs"),
    (written_otherwise, "not written as it was"),
)


@pytest.mark.parametrize(("change", "problem"), REFUSED)
def test_it_is_said_what_is_wrong(shell: Shell, package: bytes, change: Callable[[Files], None], problem: str):
    files = unpacked(package)
    change(files)
    done = verified(shell, packed(files))
    assert done.status == Exit.NOT_GENUINE
    assert problem in done.json["problem"]
    verification = shell.run(
        "evidence", "verify", str(shell.home / "evidence.zip"), "--key", str(shell.home / "key.pem")
    )
    assert (verification.status, verification.out, problem in verification.err) == (Exit.NOT_GENUINE, "", True)


def test_a_key_that_is_swapped_in_the_file_convinces_nobody(shell: Shell, package: bytes):
    files, own = unpacked(package), shell.home / "own.pem"
    other_key = make_key(own)
    _with_signature(files, public_key=other_key.pem, key_id=other_key.key_id)
    assert "not the one that has signed it" in verified(shell, packed(files)).json["problem"]
    document = json.loads(files[MANIFEST])["document"]
    by_another = file_of(sign(document, own, PURPOSE))
    files[MANIFEST] = (json.dumps(by_another, indent=1, ensure_ascii=False) + "\n").encode()
    assert "not signed by this key" in verified(shell, packed(files)).json["problem"]
    public = shell.home / "others.pem"
    public.write_text(other_key.pem)
    assert "not signed by this key" in verified(shell, package, key=public).json["problem"]
    assert verified(shell, package, "--key", str(public)).status == Exit.SUCCEEDED, "one of two has signed it"


def test_a_file_twice_is_refused(shell: Shell, package: bytes):
    buffer = io.BytesIO(package)
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("policy.csv", "another")
    assert "names a file twice" in verified(shell, buffer.getvalue()).json["problem"]


def cut(files: Files, count: int = BEHIND) -> Files:
    return files | {EVENTS: b"".join(line + b"\n" for line in files[EVENTS].split(b"\n")[: -1 - count])}


def written_anew(files: Files) -> Files:
    """Return files whose chain says something else, every hash of it computed anew."""
    lines, previous = [], None
    for line in files[EVENTS].decode().split("\n")[:-1]:
        link = json.loads(line)
        previous = previous or link["previous"]
        content = {"position": link["position"], "previous": previous, "event": link["event"] | {"message": "Other."}}
        link |= content | {"hash": hashlib.sha256(canonical(content).encode()).hexdigest()}
        previous = link["hash"]
        lines.append(json.dumps(link) + "\n")
    return files | {EVENTS: "".join(lines).encode()}


def test_a_cut_chain_is_found_though_it_was_signed_anew(shell: Shell, package: bytes):
    files = unpacked(package)
    head = AuditAnchor.objects.get()
    assert "was not the one" not in verified(shell, packed(signed_anew(files))).out
    assert verified(shell, packed(signed_anew(files))).status == Exit.SUCCEEDED
    problem = verified(shell, packed(signed_anew(cut(files)))).json["problem"]
    assert f"link {head.position} was anchored in the period: its end was cut off" in problem
    assert "not the one that was anchored" in verified(shell, packed(signed_anew(written_anew(files)))).json["problem"]

    # Whoever makes the list anew leaves the anchors out; those that lie elsewhere find it.
    forged = packed(signed_anew(cut(files | {"audit/anchors.json": b"[]\n"})))
    assert verified(shell, forged).status == Exit.SUCCEEDED
    kept, posted = shell.home / "kept", shell.home / "posted"
    kept.write_text(anchor_text(head.position, head.hash, head.at) + "\n")
    data = {"anchor": {"position": head.position, "hash": head.hash}}
    posted.write_text(json.dumps({"type": "audit.anchored", "timestamp": head.at.isoformat(), "data": data}))
    for path in (kept, posted):
        assert "cut off" in verified(shell, forged, "--anchor", str(path)).json["problem"]
        assert verified(shell, package, "--anchor", str(path)).json["anchors"] == 1
    kept.write_text(anchor_text(head.position, "0" * 64, head.at))
    assert "written anew" in verified(shell, package, "--anchor", str(kept)).json["problem"]


def test_a_link_that_is_taken_out_of_the_middle_or_changed_is_named(shell: Shell, package: bytes):
    files = unpacked(package)
    lines = files[EVENTS].split(b"\n")
    without = files | {EVENTS: b"\n".join(lines[:2] + lines[3:])}
    assert "Link 3 of the audit chain does not" in verified(shell, packed(signed_anew(without))).json["problem"]
    changed = files | {EVENTS: b"\n".join([lines[0].replace(b"success", b"refused"), *lines[1:]])}
    assert changed != files
    assert "Link 1 of the audit chain is not as" in verified(shell, packed(signed_anew(changed))).json["problem"]
    beginning = written_anew(
        files | {EVENTS: files[EVENTS].replace(b'"previous": "' + b"0" * 64, b'"previous": "1' + b"0" * 63)}
    )
    assert "Link 1 of the audit chain does not" in verified(shell, packed(signed_anew(beginning))).json["problem"]


def test_what_cannot_be_read_is_told_as_such(shell: Shell, package: bytes, tmp_path: Path):
    key = tmp_path / "key.pem"
    key.write_text(public_key(signing_key()).pem)
    for arguments in (
        (str(tmp_path / "nowhere"), "--key", str(key)),
        (str(tmp_path), "--key", str(key)),
        (str(key), "--key", str(tmp_path / "nowhere")),
    ):
        assert shell.run("evidence", "verify", *arguments).status == Exit.USAGE
    assert shell.run("evidence", "verify", str(key)).status == Exit.USAGE, "a key has to be given"
    nothing = tmp_path / "anchors"
    nothing.write_text("[]\n")
    assert "no anchor" in verified(shell, package, "--anchor", str(nothing)).err


@pytest.mark.parametrize(
    "value", [0.5, 10.0, -0.0, 1e-9, 1e22, 1.5e300, 3, -7, True, None, "\u2028ä\x7f", {"b": [], "a": {"ü": 1}}, []]
)
def test_what_is_hashed_is_written_as_the_portal_writes_it(value: Any):
    assert canonical(value) == portals.canonical(value)
