"""Routes of uploads and files: `/v1/uploads`, `/v1/files`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from processor.access import Scope
from processor.api import files
from processor.api.authorization import Ingest, access, services_of

router = APIRouter(prefix="/v1", tags=["ingest"])
UNKNOWN = "There is no such file."
PURPOSE = "correction of an upload"


@router.post("/uploads", status_code=201)
def post_upload(request: Request, caller: Ingest, trial: bool = False) -> dict[str, Any]:
    """Return a form's address and fields to send one file with, as multipart/form-data, the file last.

    With `trial` the file is read and checked, what storing it would change is counted, and nothing is stored.
    """
    services = services_of(request)
    return files.upload_form(services.s3, services.settings.bucket, "", trial=trial)


@router.get("/files")
def get_files(
    request: Request, caller: Ingest, limit: Annotated[int, Query(ge=1, le=200)] = 50, before: int = 2**62
) -> dict[str, Any]:
    """Tell the newest files and how far each got."""
    return {"rows": files.files(services_of(request).pool, limit=limit, before=before)}


@router.get("/files/{file_id}")
def get_file(request: Request, caller: Ingest, file_id: int) -> dict[str, Any]:
    """Tell how far one file got."""
    file = files.file(services_of(request).pool, file_id)
    if file is None:
        raise HTTPException(404, UNKNOWN)
    return file


@router.get("/files/{file_id}/rejected")
def get_rejected(
    request: Request, caller: Ingest, file_id: int, limit: Annotated[int, Query(ge=1, le=1000)] = 100, after: int = -1
) -> dict[str, Any]:
    """Tell refused rows by line, field and reason; the report has them all, with their values."""
    return {"rows": files.rejected(services_of(request).pool, file_id, limit=limit, after=after)}


@router.get("/files/{file_id}/report", response_class=StreamingResponse)
def get_report(request: Request, caller: Ingest, file_id: int) -> StreamingResponse:
    """Download the report of refused rows; the download is on the record of access."""
    services = services_of(request)
    access_entry = access(request, caller, Scope.INGEST, PURPOSE)
    report = files.report(services.pool, services.s3, services.settings.bucket, access_entry, file_id)
    if report is None:
        raise HTTPException(404, "There is no report of such a file.")
    name, content = report
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=headers)
