"""Which group may do what with pages. The groups' names are shared with the rest of the portal."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from wagtail.models import GroupPagePermission, Page

WRITE = ("add_page", "change_page")
DECIDE = (*WRITE, "publish_page", "lock_page", "unlock_page")
ON_PAGES = {"editor": WRITE, "clinical reviewer": DECIDE, "administrator": DECIDE}

ENTER = ("access_admin",)
KEEP_SOURCES = ("add_source", "change_source", "view_source")
BEYOND_PAGES = {
    "editor": (*ENTER, *KEEP_SOURCES),
    "clinical reviewer": (*ENTER, *KEEP_SOURCES),
    "administrator": (*ENTER, *KEEP_SOURCES, "delete_source", "change_clinicsettings"),
}


def make_groups() -> None:
    """Gives each group what it needs; takes nothing away that somebody added."""
    root = Page.get_first_root_node()
    for name, codes in ON_PAGES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*_permissions(("wagtailadmin", "content"), BEYOND_PAGES[name]))
        GroupPagePermission.objects.bulk_create(
            (
                GroupPagePermission(group=group, page=root, permission=permission)
                for permission in _permissions(("wagtailcore",), codes)
            ),
            ignore_conflicts=True,
        )


def _permissions(apps: Iterable[str], codes: Iterable[str]) -> Iterable[Permission]:
    return Permission.objects.filter(content_type__app_label__in=apps, codename__in=codes)
