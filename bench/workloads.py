"""Pages and forms, W1 to W3: what each workload needs, asks for, and is measured by.

A workload has rows made, lets its targets be shot at between shots at their reference, and returns
rows of the table.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.request import urlopen

from bench import servers
from bench.servers import Server
from bench.shots import WARM_UP, Row, Target, get, interleave, post

FORM = "main=b&details=Some+words.&diagnosis=c&others=a&others=d&pain=5"
STEPS = 5  # of the floor of W3


@dataclass
class Run:
    bare: Server
    portal: Server
    values: dict[str, str]
    rounds: int
    sizes: list[int] = field(default_factory=list)  # how many people W6 asks at
    made: dict[str, Any] = field(default_factory=dict)

    def script(self, module: str, *arguments: str) -> Any:
        return servers.script(module, self.values, *arguments)

    def booking(self) -> dict[str, Any]:
        """Clinicians, visits and people who want to book, made once for all that ask."""
        self.made = self.made or self.script("bench.booking")
        return self.made

    def measured(self, reference: Target, targets: list[Target]) -> list[Row]:
        interleave(reference, targets, self.rounds)
        return [target.row(reference) for target in [reference, *targets]]

    def bare_view(self, count: int = 1000) -> Target:
        return Target("bare view", self.bare, [[get("/bare/")]], count, "0")


def public_page(run: Run) -> list[Row]:
    """W1, W1c: a page of ten blocks, made anew, kept, and known to the browser already."""
    page = run.script("bench.pages")
    path, cold, kept = page["path"], str(page["queries"]["cold"]), f"{page['queries']['kept']}*"
    with urlopen(f"http://127.0.0.1:{run.portal.port}{path}") as answer:
        has_it = f"If-None-Match: {answer.headers['ETag']}\r\n"
    floor, again = [get("/floor/page/page/")], get(path, has_it, 304)
    targets = [
        Target("W1 floor: one row, one template", run.bare, [floor], 800, "1"),
        # Whatever has a query string is never kept: each answer is made anew.
        Target("W1 page, made anew", run.portal, [[get(f"{path}?cold")]], 120, cold, 0.05, 20),
        Target("W1c the same page, kept", run.portal, [[get(path)]], 1500, kept, 0.8),
        Target("W1c the same page, 304", run.portal, [[again]], 1500, kept, 0.8),
    ]
    return run.measured(run.bare_view(1500), targets)


def form_step(run: Run) -> list[Row]:
    """W2: one step of the form, as somebody half way through gets it."""
    form = run.script("bench.form")
    shown = get(form["path"], f"Cookie: {form['cookies']}\r\n")
    kept = get("/floor/form/1/", "Cookie: draft=draft\r\n")
    name = f"W2 form step, {form['questions']} questions"
    counted = " to ".join(map(str, sorted(set(form["queries"]))))
    targets = [
        Target("W2 floor: a form, one draft row", run.bare, [[kept]], 500, "1"),
        Target(name, run.portal, [[shown]], 300, counted, 0.20, 5),
    ]
    return run.measured(run.bare_view(), targets)


def whole_form(run: Run) -> list[Row]:
    """W3: a whole form, from the first page to the last; each is stored."""
    form = run.script("bench.form")
    cookies = "Cookie: {cookies}\r\n"
    journey = [
        post(one["path"], one["body"], cookies, *one["expect"])
        if one["method"] == "POST"
        else get(one["path"], cookies, *one["expect"])
        for one in form["journey"]
    ]
    steps = [post(f"/floor/form/{n}/", FORM, cookies) for n in range(1, STEPS)]
    last = post(f"/floor/form/{STEPS}/", f"{FORM}&send=1", cookies)
    floor = [post("/floor/form/", ""), *steps, last]
    bare = [post("/bare/post/", FORM, "", 200) for _ in range(STEPS)]
    reference = Target(f"{STEPS} bare posts", run.bare, [bare], 150, "0")
    name = f"W3 whole form, {len(journey)} requests"
    portal = Target(name, run.portal, [journey], 16, f"{form['journey_queries']}", 0.30, 4)
    before = run.script("bench.form", "sent")
    rows = run.measured(
        reference, [Target("W3 floor: one draft row", run.bare, [floor], 80, "2"), portal]
    )
    stored = run.script("bench.form", "sent") - before
    return short_of(rows, stored, WARM_UP + run.rounds * portal.count)


def short_of(rows: list[Row], stored: int, played: int) -> list[Row]:
    """What was answered well and yet is not stored is an error of the last row."""
    rows[-1]["errors"] = int(str(rows[-1]["errors"])) + abs(played - stored)
    rows[-1]["met"] = rows[-1]["met"] and played == stored
    return rows
