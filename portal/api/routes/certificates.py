"""Certificates of removal; the key that proves them is public, at `/certificates/key`."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from portal.api.door import caller_of, operation
from portal.api.paging import Cursor, Limit, page_of
from portal.api.parameters import Number
from portal.api.schemas.records import CertificateFile, CertificateOut, CertificatePage, certificate_out
from provisioning.teardown.certificates import certificate_file, check
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["certificates"])


@operation(router, "GET", "/certificates", scope=Scope.READ, returns=CertificatePage)
def list_certificates(request: HttpRequest, cursor: Cursor, limit: Limit) -> CertificatePage:
    """Certificates of districts within reach, the newest first."""
    read, following = page_of(caller_of(request).certificates().select_related("district"), cursor, limit)
    return CertificatePage(items=[certificate_out(certificate) for certificate in read], next=following)


@operation(router, "GET", "/certificates/{number}", scope=Scope.READ, returns=CertificateOut)
def show_certificate(request: HttpRequest, number: Number) -> CertificateOut:
    """A certificate, and whether what is stored is what was signed."""
    certificate = caller_of(request).certificate(number)
    return certificate_out(certificate, check(certificate))


@operation(router, "GET", "/certificates/{number}/file", scope=Scope.READ, returns=CertificateFile)
def download_certificate(request: HttpRequest, number: Number) -> CertificateFile:
    """The signed file."""
    return CertificateFile.model_validate(certificate_file(caller_of(request).certificate(number)))
