"""Makes users with a role; the only writer of who has which."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction

from portal.accounts.asking import asking_as
from portal.accounts.credentials import role_set
from portal.accounts.models import User
from portal.accounts.roles import Role, require_role


@transaction.atomic
def set_user(*, username: str, password: str, role: Role, actor: User | None = None) -> User:
    """Create the user, or give an existing one this password and role; administrators also enter the admin site."""
    require_role(actor, Role.ADMINISTRATOR)
    user, _ = User.objects.get_or_create(username=username)
    user.set_password(password)
    user.is_staff = role in {Role.OPERATOR, Role.ADMINISTRATOR}
    user.is_superuser = role is Role.ADMINISTRATOR
    with asking_as(actor):
        user.save()
    user.groups.set([Group.objects.get(name=role)])
    role_set(user, actor, str(role))
    return user
