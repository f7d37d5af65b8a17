"""Fills in the form as a person would: reads each page, does what it asks, goes where it leads.

What is sent is written down, so that bench.load can play it again for many people at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.test import Client

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field
MANY = 80  # pages; no form is that long
PARTS = {"day": 2, "month": 1, "year": 0}  # of a date, where they stand in 1974-03-02
Answers = Mapping[str, Any]


@dataclass
class Box:
    """An input of a form: its name, its kind, and the values that can be chosen."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)


@dataclass
class Form:
    action: str
    boxes: dict[str, Box] = field(default_factory=dict)

    def filled(self, answers: Answers) -> list[tuple[str, str]]:
        return [
            (name, value) for name, box in self.boxes.items() for value in entered(box, answers)
        ]


class Page(HTMLParser):
    """The forms that post, and the links, of what stands in <main>."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.inside: Form | None = None
        self.select = Box("", "select")
        self.feed(text.partition("<main")[2].partition("</main>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append((found.get("href", ""), found.get("class", "")))
        elif tag == "span" and "task-state" in found.get("class", "") and self.links:
            self.links[-1] = (self.links[-1][0], found["class"])
        elif tag == "form":
            self.inside = Form(found.get("action", ""))
            if found.get("method") == "post":
                self.forms.append(self.inside)
        elif self.inside is not None:
            self.box(tag, found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None

    def box(self, tag: str, found: dict[str, str]) -> None:
        if tag == "option":
            self.select.values.append(found.get("value", ""))
        elif tag in {"input", "select", "textarea"} and self.inside and "name" in found:
            kind = found.get("type", "text") if tag == "input" else tag
            box = self.inside.boxes.setdefault(found["name"], Box(found["name"], kind))
            box.values.append(found.get("value", "on" if kind == "checkbox" else ""))
            if tag == "select":
                box.values.clear()
                self.select = box


def entered(box: Box, answers: Answers) -> list[str]:
    """What a person with these answers enters; where the answers say nothing, what is offered."""
    whole, _, part = box.name.rpartition(".")
    if part in PARTS and whole in answers:
        return [str(answers[whole]).split("-")[PARTS[part]]]
    if box.name in answers:
        said = answers[box.name]
        return chosen(box, said if isinstance(said, list) else [said])
    if box.kind in {"hidden", "select"}:
        return box.values[:1]
    if box.kind == "radio":
        return box.values[-1:]  # where nobody told us: “I am not sure”
    return box.values[:1] if box.kind == "checkbox" and len(box.values) == 1 else []


def chosen(box: Box, said: list[Any]) -> list[str]:
    if box.kind == "checkbox" and isinstance(said[0], bool):
        return box.values[:1] if said[0] else []
    codes = {True: "yes", False: "no"}
    return [codes[one] if isinstance(one, bool) else str(one) for one in said]


@dataclass
class Walk:
    """One way through the site, from page to page, until it comes to an address."""

    client: Client
    answers: Answers
    until: str
    journey: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)  # how many questions each page had
    path: str = ""

    def go(self, path: str) -> None:
        for _ in range(MANY):
            text = self.get(path)
            path = self.path
            if path.startswith(self.until):
                return
            page = Page(text)
            form = own_form(page, path)
            if form and "shown" in form.boxes:  # it asks questions about health
                self.asked[path] = text.count('id="div_id_')
            left = re.search(r'class="callout">.*?<li><a href="([^"]+)"', text, re.DOTALL)
            if left:  # something is open before this page's form can be sent
                path = where(path, left[1])
            else:
                path = self.post(path, form) if form else onward(page, path)
        raise SystemExit(f"The form does not end: {path}")

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        self.note("GET", path, "", answer.status_code)
        if answer.status_code == 302:
            return self.get(where(path, answer.headers["Location"]))
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}.")
        self.path = path
        return str(answer.content.decode())

    def post(self, path: str, form: Form) -> str:
        fields = form.filled(self.answers)
        body = urlencode(fields)
        kind = "application/x-www-form-urlencoded"
        answer = self.client.post(path, body, content_type=kind)
        if answer.status_code != 302:
            raise SystemExit(f"{path} answered {answer.status_code} to {sorted(dict(fields))}.")
        hidden = [name for name, box in form.boxes.items() if box.kind == "hidden"]
        read = "".join(f"&{name}={{hidden:{name}}}" for name in hidden if name != TOKEN)
        said = urlencode([pair for pair in fields if pair[0] not in hidden])
        self.note("POST", path, f"{TOKEN}={{token}}{read}&{said}", 302)
        return where(path, answer.headers["Location"])

    def note(self, method: str, path: str, body: str, status: int) -> None:
        self.journey.append({"method": method, "path": path, "body": body, "expect": [status]})


def own_form(page: Page, path: str) -> Form | None:
    """The form that the page is about: the biggest that posts to the page itself."""
    own = [one for one in page.forms if where(path, one.action or path) == urlsplit(path).path]
    return max(own, key=lambda one: len(one.boxes), default=None)


def onward(page: Page, path: str) -> str:
    """The first part that is not done; else what the page offers as its main button."""
    for href, kind in page.links:
        if re.search(r"task-state-(not_started|in_progress)", kind):
            return where(path, href)
    buttons = [href for href, kind in page.links if "btn-primary" in kind]
    if not buttons:
        raise SystemExit(f"{path} leads nowhere.")
    return where(path, buttons[0])


def where(path: str, href: str) -> str:
    return urljoin(path, href).partition("#")[0]
