"""A mail server that keeps what it accepted, as near or as far away as is wanted.

`python -m bench.mail_sink PORT MILLISECONDS` serves until it is terminated, with as much time on
the line for each round trip. It prints how many letters it has, now and then and at its end.
"""

import asyncio
import json
import signal
import sys
from typing import Any

from bench import servers

# isort: split
# The drill's server stands in .ci, where bench.servers has put the way to.
from aiosmtpd.controller import Controller
from drill_servers import MailServer

SAID_EVERY = 20


class Sink(MailServer):
    """As the drill's, without its pauses."""

    async def take(self, content: bytes) -> None:
        self.keep(content)
        if len(self.order) % SAID_EVERY == 0:
            say(self)


def say(sink: MailServer) -> None:
    print(json.dumps({"accepted": len(sink.order), "letters": len(sink.accepted)}), flush=True)


async def far_away(port: int, inner: int, seconds: float) -> None:
    """Passes everything on, each way half a round trip later."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(65536):
            loop.call_later(seconds / 2, writer.write, data)
        loop.call_later(seconds / 2, writer.close)

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward = await asyncio.open_connection("127.0.0.1", inner)
        await asyncio.gather(pump(reader, onward[1]), pump(onward[0], writer))

    async with await asyncio.start_server(come, "127.0.0.1", port) as server:
        await server.serve_forever()


def main(port: int, milliseconds: float) -> None:
    sink = Sink()
    inner = servers.production.free_port() if milliseconds else port

    def end(*_: Any) -> None:
        say(sink)
        sys.stdout.flush()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    controller = Controller(sink, hostname="127.0.0.1", port=inner)
    controller.start()
    print(json.dumps({"listens": True}), flush=True)
    if milliseconds:
        asyncio.run(far_away(port, inner, milliseconds / 1000))
    signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
