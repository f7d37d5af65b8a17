"""What W7 is measured by: letters written already, handed over by smtplib on one connection.

`python -m bench.one_connection PORT COUNT` prints the seconds and its CPU, as JSON.
"""

import json
import resource
import smtplib
import sys
import time
import uuid
from email.message import EmailMessage
from email.policy import SMTP

WORDS = "A message from us is waiting for you.\n\n" * 12  # about as long as one of the portal's


def letter() -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = "portal@example.org", "patient@example.org"
    made["Subject"], made["Message-ID"] = "You have a message", f"<{uuid.uuid4()}@example.org>"
    made.set_content(WORDS)
    made.add_alternative(f"<p>{WORDS * 4}</p>", subtype="html")
    return made


def main(port: int, count: int) -> None:
    letters = [letter() for _ in range(count)]
    began, cpu = time.monotonic(), time.process_time()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for one in letters:
            server.sendmail(one["From"], [one["To"]], one.as_bytes())
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = time.monotonic() - began
    json.dump({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime - cpu}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
