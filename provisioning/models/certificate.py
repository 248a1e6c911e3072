"""The certificate of a district's removal: written once, signed, never changed; PostgreSQL refuses it as well."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext as _

from messages.message import message
from provisioning.models.run import Run
from registry.districts.models import District


class CertificateIsFinalError(Exception):
    """Somebody tried to change or delete a certificate."""

    def __init__(self) -> None:
        super().__init__(message("A certificate of removal is final: it is neither changed nor deleted."))


class CertificateQuerySet(models.QuerySet["RemovalCertificate"]):
    """Reads; every way of changing is refused."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise CertificateIsFinalError

    def delete(self) -> NoReturn:
        """Refuse."""
        raise CertificateIsFinalError

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise CertificateIsFinalError


class RemovalCertificate(models.Model):
    """What existed of a district, when each went, and that nothing is left, signed by the portal."""

    district = models.OneToOneField(District, on_delete=models.PROTECT, related_name="removal_certificate")
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="removal_certificate")
    issued_at = models.DateTimeField()
    document = models.TextField()
    """Canonical JSON, as it was signed."""
    sha256 = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=64)
    public_key = models.TextField()

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return _("Certificate %(number)s") % {"number": self.pk}

    @property
    def number(self) -> int:
        """The certificate's number, as pages and its document name it."""
        return int(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; raises CertificateIsFinalError for one that exists."""
        if not self._state.adding:
            raise CertificateIsFinalError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise CertificateIsFinalError
