"""Which group may do what with pages. The groups' names are shared with the rest of the portal."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from content.editing.gate import REVIEWERS
from content.models.approval import ClinicalReview

WRITE = ("add_page", "change_page")
DECIDE = (*WRITE, "publish_page", "lock_page", "unlock_page")
ON_PAGES = {"editor": WRITE, "clinical reviewer": DECIDE, "administrator": DECIDE}

ENTER = ("access_admin",)
KEEP = tuple(
    f"{verb}_{what}" for what in ("source", "glossaryterm") for verb in ("add", "change", "view")
)
PUT_RIGHT = ("delete_source", "delete_glossaryterm", "change_clinicsettings")
BEYOND_PAGES = {
    "editor": (*ENTER, *KEEP),
    "clinical reviewer": (*ENTER, *KEEP),
    "administrator": (*ENTER, *KEEP, *PUT_RIGHT),
}
PICTURES = ("add_image", "change_image", "choose_image")
WORKFLOW = "Two people"
TASK = "Clinical review"


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
        give_pictures(group)
    make_workflow(root.get_children())


def give_pictures(group: Group) -> None:
    root = Collection.get_first_root_node() or Collection.add_root(name="Root")
    for permission in _permissions(("wagtailimages",), PICTURES):
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=root, permission=permission
        )


def make_workflow(homes: Iterable[Page]) -> None:
    """One submits, a clinical reviewer approves: on the whole site, unless somebody chose another.

    Not on the root of the tree: there Wagtail has put a workflow of its own.
    """
    task = ClinicalReview.objects.filter(name=TASK).first()
    task = task or ClinicalReview.objects.create(name=TASK)
    task.groups.add(Group.objects.get(name=REVIEWERS))
    workflow, _ = Workflow.objects.get_or_create(name=WORKFLOW)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task)
    for home in homes:
        WorkflowPage.objects.get_or_create(page=home, defaults={"workflow": workflow})


def _permissions(apps: Iterable[str], codes: Iterable[str]) -> Iterable[Permission]:
    return Permission.objects.filter(content_type__app_label__in=apps, codename__in=codes)
