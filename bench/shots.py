"""What is asked for, how it is shot at, and what a row of the table is made of."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from bench import servers
from bench.servers import Server

Row = dict[str, object]
CONNECTIONS = 8  # as many as the workers have threads
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
WARM_UP = 16  # journeys before anything is measured


def get(path: str, headers: str = "", expect: int = 200) -> dict[str, Any]:
    return {"text": f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\n{headers}\r\n", "expect": [expect]}


def post(path: str, body: str, headers: str = "", *expect: int) -> dict[str, Any]:
    head = f"POST {path} HTTP/1.1\r\nHost: {{host}}\r\n{headers}{FORM}"
    return {"text": f"{head}Content-Length: {{length}}\r\n\r\n{body}", "expect": expect or [302]}


@dataclass
class Target:
    """Journeys to play. `goal` and `most_cpu` are to be met as ratios to `reference`."""

    name: str
    server: Server
    journeys: list[list[dict[str, Any]]]
    count: int
    queries: str = ""
    goal: float = 0.0
    most_cpu: float = 0.0
    once: bool = False  # each journey can be played only once
    connections: int = CONNECTIONS
    ratios: list[float] = field(default_factory=list)
    cpu: float = 0.0
    asked: int = 0
    errors: int = 0
    latencies: list[float] = field(default_factory=list)

    def shoot(self) -> float:
        """Plays `count` journeys and returns how many requests were answered in a second."""
        before = self.server.cpu()
        answer = play(self.server, self.next_journeys(self.count), self.count, self.connections)
        self.cpu += self.server.cpu() - before
        self.asked += len(answer["latencies"])
        self.errors += answer["errors"]
        self.latencies += answer["latencies"]
        return len(answer["latencies"]) / float(answer["seconds"])

    def next_journeys(self, count: int) -> list[list[dict[str, Any]]]:
        if not self.once:
            return self.journeys
        taken, self.journeys = self.journeys[:count], self.journeys[count:]
        return taken

    def warm_up(self) -> None:
        """Also says what a wrong target would hide."""
        answer = play(self.server, self.next_journeys(WARM_UP), WARM_UP, self.connections)
        self.errors += answer["errors"]

    def row(self, reference: "Target") -> Row:
        cpu = (self.cpu / self.asked) / (reference.cpu / reference.asked)
        ratio = median(self.ratios) if self.ratios else 1.0
        met = ratio >= self.goal and (not self.most_cpu or cpu <= self.most_cpu)
        return {
            "workload": self.name,
            "reference": reference.name,
            "ratio": round(ratio, 3),
            "goal": self.goal or None,
            "cpu": round(cpu, 2),
            "most_cpu": self.most_cpu or None,
            "p50_ms": round(median(self.latencies), 2),
            "p95_ms": round(quantiles(self.latencies, n=20)[-1], 2),
            "errors": self.errors,
            "queries": self.queries,
            "met": met and not self.errors,
        }


def play(
    server: Server, journeys: list[list[dict[str, Any]]], count: int, connections: int
) -> dict[str, Any]:
    host = f"127.0.0.1:{server.port}"
    order = {
        "host": "127.0.0.1",
        "port": server.port,
        "journeys": [
            [one | {"text": one["text"].replace("{host}", host)} for one in journey]
            for journey in journeys
        ],
        "count": count,
        "connections": min(connections, count),
    }
    shot = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(order).encode(),
        capture_output=True,
        check=True,
        cwd=servers.ROOT,
    )
    answer: dict[str, Any] = json.loads(shot.stdout)
    return answer


def interleave(reference: Target, targets: list[Target], rounds: int) -> None:
    """Each target between two shots at its reference."""
    for target in [reference, *targets]:
        target.warm_up()
    for _ in range(rounds):
        before = reference.shoot()
        for target in targets:
            speed = target.shoot()
            after = reference.shoot()
            target.ratios.append(2 * speed / (before + after))
            before = after
