from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from content.making.demo import make_demo_clinic
from content.making.groups import make_groups
from content.making.tree import make_pages


class Command(BaseCommand):
    help = "Makes the pages that are missing; leaves every page that exists as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo-clinic",
            action="store_true",
            help="describe a made-up clinic, if nobody has described one yet",
        )

    def handle(self, *args: Any, demo_clinic: bool = False, **options: Any) -> None:
        outcome = make_pages()
        make_groups()
        for address in outcome.made:
            self.stdout.write(f"made  {address}")
        for address in outcome.asking:
            self.stdout.write(f"has questions on its facts now  {address}")
        if outcome.left:
            self.stdout.write(f"left as they are: {len(outcome.left)} pages")
        self.stdout.write(f"{len(outcome.made)} pages made.")
        if demo_clinic and make_demo_clinic():
            self.stdout.write("A made-up clinic is described; change it under Settings → Clinic.")
