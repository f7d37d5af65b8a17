"""One drill: write letters, make trouble while they leave, wait until all is still, judge."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from drill_portal import Edges, Portal
from drill_servers import MailServer, pause

PATIENCE = 900  # seconds
SAY_SECONDS = 10
Trouble = Callable[[], object]


@dataclass
class Result:
    name: str
    figures: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def promise(self, kept: bool, otherwise: str) -> None:
        if not kept:
            self.broken.append(otherwise)

    def ends(self, began: float) -> None:
        self.figures["seconds"] = round(time.monotonic() - began)
        seen = ", ".join(f"{name} {figure}" for name, figure in self.figures.items())
        print(f"  {self.name}: {seen}", *self.broken, sep="\n  BROKEN ", flush=True)


@dataclass
class Course:
    portal: Portal
    mail: MailServer

    def sends(
        self, name: str, letters: int, troubles: list[Trouble], *, once: bool = False
    ) -> Result:
        """All letters arrive, whatever happens meanwhile; if `once`, none of them twice."""
        began, before = time.monotonic(), self.portal.path()
        answer = self.portal.rows("write", letters)
        written = [(message_id, person) for message_id, person in answer["letters"]]
        self.make(troubles, [message_id for message_id, _ in written])
        self.wait({message_id for message_id, _ in written})
        result = Result(name)
        self.judge(result, written, self.portal.path() - before, once=once)
        self.judge_edges(result, answer["edges"])
        result.ends(began)
        return result

    def make(self, troubles: list[Trouble], ids: list[str]) -> None:
        """Each at a moment of its own, told by how many letters have arrived."""
        moments = sorted(random.uniform(0.02, 0.9) * len(ids) for _ in troubles)  # noqa: S311
        ahead = list(zip(moments, random.sample(troubles, len(troubles)), strict=True))
        began, said = time.monotonic(), 0.0
        while ahead and time.monotonic() - began < PATIENCE:
            arrived = sum(one in self.mail.accepted for one in ids)
            if arrived >= ahead[0][0]:
                time.sleep(pause())
                ahead.pop(0)[1]()
            if time.monotonic() - said > SAY_SECONDS:
                said = time.monotonic()
                print(
                    f"  {arrived} of {len(ids)} arrived, troubles ahead: {len(ahead)}", flush=True
                )
            time.sleep(0.02)

    def wait(self, ids: set[str]) -> None:
        """Until each of these letters is sent, or stopped."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            standing = self.portal.statuses()
            open_still = sum(standing[one] not in {"sent", "cancelled", "dead"} for one in ids)
            if not open_still:
                return
            if int(time.monotonic() - began) % SAY_SECONDS == 0:
                print(f"  {open_still} are still on their way", flush=True)
            time.sleep(1)

    def judge(
        self, result: Result, written: list[tuple[str, str]], path: Edges, *, once: bool = False
    ) -> None:
        ids, standing = {one for one, _ in written}, self.portal.statuses()
        lost = sum(one not in self.mail.accepted for one in ids)
        twice = sum(self.mail.accepted[one] - 1 for one in ids if one in self.mail.accepted)
        verify, unheard = path["sending", "verify"], path["sending", "failed"]
        unsent = sum(standing[one] != "sent" for one in ids)
        result.figures |= {"letters": len(ids), "lost": lost, "not sent": unsent}
        result.figures |= {"twice": twice, "verify": verify, "no answer": unheard}
        result.promise(lost == 0, f"{lost} letters are lost.")
        result.promise(unsent == 0, f"{unsent} letters do not stand as sent.")
        most = 0 if once else verify + unheard
        result.promise(twice <= most, f"{twice} letters came twice; {most} might have.")
        wrong = out_of_order(written, self.mail.order)
        result.promise(wrong == 0, f"{wrong} people got a later letter before an earlier one.")

    def judge_edges(self, result: Result, edges: list[list[str]]) -> None:
        known = {(before, after) for before, after in edges}
        strange = sorted(set(self.portal.path()) - known)
        result.promise(not strange, f"Letters took edges that there are not: {strange}.")

    def races(self, wanted: int) -> Result:
        """What a confirmed cancel stopped never arrives; all the rest does."""
        began, result = time.monotonic(), Result("cancel against send")
        ends = self.portal.rows("race", wanted)
        self.wait(set(ends["written"]))
        stopped = set(ends["stopped"])
        arrived = sum(one in self.mail.accepted for one in stopped)
        rest = set(ends["written"]) - stopped
        lost = sum(one not in self.mail.accepted for one in rest)
        races = sum(len(ends[end]) for end in ("stopped", "too_late", "had_left"))
        twice = sum(self.mail.accepted[one] - 1 for one in rest if one in self.mail.accepted)
        result.figures |= {"letters": len(ends["written"]), "lost": lost, "twice": twice}
        result.figures |= {"races": races, "stopped": len(stopped), "yet came": arrived}
        result.promise(arrived == 0, f"{arrived} letters came after a confirmed cancel.")
        result.promise(lost == 0, f"{lost} letters that nobody stopped are lost.")
        result.promise(twice == 0, f"{twice} letters came twice.")
        result.promise(races >= wanted, f"Only {races} of {wanted} races were run.")
        close = 0 < len(stopped) < races
        result.promise(close or wanted < 20, "One side won every race: they were not close.")
        result.ends(began)
        return result


def out_of_order(written: list[tuple[str, str]], order: list[str]) -> int:
    """How many people's letters came for the first time in another order than they were written."""
    first = {message_id: place for place, message_id in reversed(list(enumerate(order)))}
    places: dict[str, list[int]] = {}
    for message_id, person in written:
        if message_id in first:
            places.setdefault(person, []).append(first[message_id])
    return sum(one != sorted(one) for one in places.values())
