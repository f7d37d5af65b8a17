from typing import Any

from django.core.management.base import BaseCommand

from content.making.groups import make_groups
from content.making.tree import make_pages


class Command(BaseCommand):
    help = "Makes the pages that are missing; leaves every page that exists as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = make_pages()
        make_groups()
        for address in outcome.made:
            self.stdout.write(f"made  {address}")
        if outcome.left:
            self.stdout.write(f"left as they are: {len(outcome.left)} pages")
        self.stdout.write(f"{len(outcome.made)} pages made.")
