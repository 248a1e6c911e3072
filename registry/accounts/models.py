"""The portal's user: Django's own, with a record of who gave whom which credentials."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messages.message import message
from registry.accounts.roles import Role


class User(AbstractUser):
    """A person who works with the portal, or a service account that a program works as."""

    is_service = models.BooleanField(default=False, editable=False)
    """No person: it has no password and no second factor, and comes in by tokens alone."""
    password_was_set = False
    """Whether a password was set and is not stored yet; who stores it is recorded (`registry.accounts.signals`)."""
    _is_being_checked = False
    has_grants = models.BooleanField(default=False, editable=False)
    """Whether any grant of theirs has not been ended: of everybody else none is looked for."""
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)
    """How often all sessions of the person were ended; a session of before is none any more."""

    def set_password(self, raw_password: str | None) -> None:
        """Set a password; one that is only hashed anew, as Django does at a sign-in, is the same password."""
        super().set_password(raw_password)
        self.password_was_set = not self._is_being_checked

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the person's password."""
        self._is_being_checked = True
        try:
            return super().check_password(raw_password)
        finally:
            self._is_being_checked = False

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Tie sessions to the password, as Django does, and to how often they were ended."""
        plain: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if not self.sessions_ended:
            return plain
        value = f"{self.sessions_ended}:{plain}"
        return salted_hmac("homeroom.sessions", value, secret=secret, algorithm="sha256").hexdigest()


class SignInCount(models.Model):
    """How often something was tried, by a keyed digest of the account, address or token; no name stands in it."""

    key = models.CharField(max_length=32, primary_key=True)
    tries = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return message("{tries} tries until {until}", tries=self.tries, until=f"{self.until:%H:%M:%S}")


class Credential(models.TextChoices):
    """What decides who can come in as somebody, and what they may do then."""

    PASSWORD = "password", _("password")
    LINK = "link", _("link to a new password")
    ROLE = "role", _("role")
    GRANT = "grant", _("grants")
    ADDRESS = "address", _("e-mail address")


class CredentialChange(models.Model):
    """What somebody was given (`Credential`): who gave it could come in as them, or act through them."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="credential_changes")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    """Nobody, where it was done by a command on the server."""
    what = models.CharField(max_length=16, choices=Credential.choices)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["at"], name="credential_change_at")]

    def __str__(self) -> str:
        return message("{what} of {user} by {by}", what=self.what, user=self.user, by=self.by or message("a command"))

    @property
    def label(self) -> str | Promise:
        """What was given, in the reader's language."""
        return Credential(self.what).label


class ApiToken(models.Model):
    """What a program comes in by, as a person or as a service account. Only `registry.accounts.tokens` writes it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64, unique=True)
    """Of the secret, which is shown once and kept nowhere."""
    scopes = models.JSONField()
    environments = models.JSONField(default=list, blank=True)
    account_ids = models.JSONField(default=list, blank=True)
    suffixes = models.JSONField(default=list, blank=True)
    """The reach: districts that are in every list that is not empty."""
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    last_used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], condition=models.Q(revoked_at__isnull=True), name="api_token_name_once"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__lte=models.F("created_at") + timedelta(days=366)),
                name="api_token_expires_within_a_year",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.user})"

    @property
    def is_live(self) -> bool:
        """Return whether it holds, as far as the token itself is asked."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def is_narrow(self) -> bool:
        """Return whether it reaches some of the districts alone."""
        return bool(self.environments or self.account_ids or self.suffixes)


class Grant(models.Model):
    """A role that somebody holds for a part of the districts, or for a time. Only `registry.accounts.grants` writes it.

    The day of its last use is noted by `registry.accounts.rights`.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=16)
    environments = models.JSONField(default=list, blank=True)
    account_ids = models.JSONField(default=list, blank=True)
    suffixes = models.JSONField(default=list, blank=True)
    """The reach: districts that are in every list that is not empty."""
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    """Nobody, where it was done by a command on the server."""
    last_used_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=[role.value for role in Role]), name="grant_role_known")
        ]

    def __str__(self) -> str:
        return f"{self.role} ({self.user})"

    def holds_at(self, now: datetime) -> bool:
        """Return whether it counts at a moment."""
        return self.ended_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def is_live(self) -> bool:
        """Return whether it counts now."""
        return self.holds_at(timezone.now())

    @property
    def label(self) -> str:
        """The role in the reader's language."""
        return Role(self.role).label


class DeviceSignIn(models.Model):
    """A program's request to sign in, which a person confirms in a browser; `registry.accounts.tokens` writes it."""

    device_sha256 = models.CharField(max_length=64, unique=True)
    """Of the code with which the program asks; it is kept nowhere."""
    user_code = models.CharField(max_length=32, unique=True)
    """A keyed digest of the code that the person types."""
    client = models.CharField(max_length=40)
    """What the program says it is: nobody has checked that."""
    address = models.GenericIPAddressField(null=True)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    interval = models.PositiveSmallIntegerField()
    """Seconds that the program has to wait between two questions."""
    asked_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    is_approved = models.BooleanField(null=True)
    """Empty until somebody has decided."""
    environments = models.JSONField(default=list, blank=True)
    account_ids = models.JSONField(default=list, blank=True)
    suffixes = models.JSONField(default=list, blank=True)
    """The reach that the person gives."""
    days = models.PositiveSmallIntegerField(default=30)
    """For how many days the person lets the token hold."""
    taken_at = models.DateTimeField(null=True)
    """When the program got its token: it gets one."""

    def __str__(self) -> str:
        return f"{self.client} at {self.created_at:%H:%M:%S}"
