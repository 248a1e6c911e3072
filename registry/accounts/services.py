"""Makes users with a role; the only writer of who has which."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from registry.accounts import throttle
from registry.accounts.acts import Act
from registry.accounts.asking import asking_as
from registry.accounts.credentials import role_set
from registry.accounts.models import User
from registry.accounts.names import check_username
from registry.accounts.rights import require
from registry.accounts.roles import Role, roles_of


@transaction.atomic
def set_user(*, username: str, password: str, role: Role, actor: User | None = None) -> User:
    """Create the user, or give an existing one this password and role; administrators also enter the admin site.

    Raises NotAllowedError, or ValidationError for a new name that could be taken for another.
    """
    require(actor, Act.ADMINISTER)
    if not User.objects.filter(username=username).exists():
        check_username(username)
    if User.objects.filter(username=username, is_service=True).exists():
        raise ValidationError(_("A service account has no password."), code="service_account")
    user = User.objects.get_or_create(username=username)[0]
    before = roles_of(user)
    user.set_password(password)
    _take_on(user, role)
    with asking_as(actor):
        user.save()
    user.groups.set([Group.objects.get(name=role)])
    role_set(user, actor, str(role), before=before)
    throttle.forget(username)
    return user


@transaction.atomic
def set_service_account(*, username: str, role: Role, actor: User | None = None) -> User:
    """Create a service account, or give an existing one this role: a program works as it, by tokens alone.

    Raises NotAllowedError, or ValidationError for a new name that could be taken for another, or is a person's.
    """
    require(actor, Act.ADMINISTER)
    user = User.objects.filter(username=username).first()
    if user is None:
        check_username(username)
        user = User(username=username, is_service=True)
        user.set_unusable_password()
    if not user.is_service:
        raise ValidationError(_("A person has this name. Choose another."), code="taken")
    before = roles_of(user) if user.pk is not None else []
    with asking_as(actor):
        user.save()
    user.groups.set([Group.objects.get(name=role)])
    role_set(user, actor, str(role), before=before)
    return user


@transaction.atomic
def follow_provider(user: User, role: Role | None) -> None:
    """Give a person the role that the organization's provider says, and nothing else; none takes it away.

    What is as it was is not written again. Whoever loses a role loses the sessions with it.
    """
    before = roles_of(user)
    if before == ([role] if role is not None else []):
        return
    _take_on(user, role)
    user.save()
    user.groups.set([] if role is None else [Group.objects.get(name=role)])
    role_set(user, None, str(role) if role else None, before=before)


def _take_on(user: User, role: Role | None) -> None:
    """Set the flags that Django's admin asks for."""
    user.is_staff = role in {Role.OPERATOR, Role.ADMINISTRATOR}
    user.is_superuser = role is Role.ADMINISTRATOR
