"""Routes of single students and of the record of access. A district's own student id never stands in an address."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from processor.access import Scope
from processor.analytics.students import accesses_to, first_broken_link, record_of
from processor.api.authorization import Audit, Student, access, services_of
from processor.children import UnclearIdError, child_of, find_child

router = APIRouter(prefix="/v1", tags=["students"])
UNKNOWN = "There is no such student."


class Local(BaseModel):
    """A student by the district's own id."""

    local_id: str = Field(min_length=1, max_length=200)


@router.get("/students/{student}")
def get_student(request: Request, caller: Student, student: uuid.UUID) -> dict[str, Any]:
    """Tell a student's name, enrolments and results; the reading is on the record with its purpose."""
    pool = services_of(request).pool
    record = record_of(pool, access(request, caller, Scope.STUDENT), child_of(pool, student))
    if record is None:
        raise HTTPException(404, UNKNOWN)
    return record


@router.post("/students/find")
def find_student(request: Request, caller: Student, local: Local) -> dict[str, Any]:
    """Tell the same of a student by the district's own id, which is in the body and not in the address."""
    services = services_of(request)
    try:
        student = find_child(services.pool, services.pseudonyms(), local.local_id)
    except UnclearIdError as error:
        raise HTTPException(409, str(error)) from error
    record = record_of(services.pool, access(request, caller, Scope.STUDENT), student)
    if record is None:
        raise HTTPException(404, UNKNOWN)
    return record


@router.get("/students/{student}/accesses")
def get_accesses(request: Request, caller: Audit, student: uuid.UUID) -> dict[str, Any]:
    """Tell who reached for a student's records, when and for what (34 CFR 99.32)."""
    access_entry = access(request, caller, Scope.AUDIT, "report of accesses")
    return {"student": str(student), "rows": accesses_to(services_of(request).connections, access_entry, student)}


@router.get("/access-chain")
def get_access_chain(request: Request, caller: Audit) -> dict[str, Any]:
    """Recompute the record's chain of hashes and tell where it is broken, if it is."""
    broken = first_broken_link(services_of(request).connections)
    return {"whole": broken is None, "first_broken": broken}
