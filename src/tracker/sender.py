"""sender.py - events to the tracker, in envelopes of the SDK's.

The SDK's client is not used: it adds what it finds on the machine, and drops
what it cannot send.

SPDX-License-Identifier: AGPL-3.0-only
"""
import gzip
import http.client
import os
import re
import stat
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

from sentry_sdk.envelope import Envelope
from sentry_sdk.utils import BadDsn, Dsn

from state import Trouble, tell

TIMEOUT_SECONDS = 10
WAIT_FIRST_SECONDS, WAIT_MAX_SECONDS = 1, 300
# The event is not one that this tracker takes: it never will be.
REFUSED = (400, 413, 422)


def read_dsn(path):
  """The DSN of a file that is its owner's alone."""
  try:
    with open(path, encoding="ascii") as file:
      status = os.fstat(file.fileno())
      text = file.read(4096).strip()
  except (OSError, ValueError) as error:
    raise Trouble(f"{path}: {getattr(error, 'strerror', None) or 'no text'}") from None
  if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
    raise Trouble(f"{path} can be read by others; its mode must be 0600")
  try:
    if not re.fullmatch("[!-~]+", text):
      raise ValueError
    return Dsn(text)
  except (BadDsn, ValueError):
    # What is wrong with it would show some of it.
    raise Trouble(f"{path}: no DSN, which looks like https://KEY@HOST/PROJECT") from None


class NoRedirect(urllib.request.HTTPRedirectHandler):
  """A tracker that sends one elsewhere is not the one that was named."""

  def redirect_request(self, *_):
    return None


class Sender:
  """version: of qfs; server and environment: what the operator calls them, the first may be None."""

  def __init__(self, dsn, version, server, environment):
    client = f"qfs-tracker/{version}"
    self.url = f"{dsn.scheme}://{dsn.netloc}{dsn.path}api/{dsn.project_id}/envelope/"
    self.headers = {"Content-Type": "application/x-sentry-envelope", "Content-Encoding": "gzip", "User-Agent": client,
                    "X-Sentry-Auth": dsn.to_auth(client).to_header()}
    self.constant = {"platform": "other", "logger": "qfs", "release": f"qfs@{version}", "environment": environment,
                     "sdk": {"name": "qfs-tracker", "version": version}, **({"server_name": server} if server else {})}
    self.opener = urllib.request.build_opener(NoRedirect)
    self.wait, self.not_before = 0, 0.0

  def send(self, groups, stop):
    """Sends what is to be sent, unless the tracker was away a moment ago."""
    for key, event in groups.outgoing():
      if stop.is_set() or time.monotonic() < self.not_before:
        return
      if self.post(self.envelope(event)):
        groups.done(key)

  def envelope(self, event):
    """The bytes of one: the members of Sentry's that are named here, and no others."""
    body = {"event_id": event["event_id"], "timestamp": text_of(event["last"]), "level": event["level"], "fingerprint": event["fingerprint"],
            "logentry": {"formatted": event["sentence"]}, "tags": event["tags"],
            "extra": {"count": event["count"], "first": text_of(event["first"]), "last": text_of(event["last"])}, **self.constant}
    envelope = Envelope(headers={"event_id": event["event_id"], "sent_at": text_of(time.time())})
    envelope.add_event(body)
    return envelope.serialize()

  def post(self, body):
    """Has it been dealt with?  Otherwise waits, longer each time."""
    request = urllib.request.Request(self.url, gzip.compress(body), self.headers)
    try:
      with self.opener.open(request, timeout=TIMEOUT_SECONDS):
        return self.arrived()
    except urllib.error.HTTPError as error:
      error.close()
      if error.code in REFUSED:
        tell(f"the tracker refuses an event (HTTP {error.code}); it is dropped")
        return True
      self.away(f"answers with HTTP {error.code}", error.headers.get("Retry-After", "") if error.code in (429, 503) else "")
    except (OSError, http.client.HTTPException) as error:
      reason = getattr(error, "reason", error)
      self.away(f"cannot be reached ({getattr(reason, 'strerror', None) or type(reason).__name__})", "")
    return False

  def arrived(self):
    if self.wait:
      tell("the tracker is back")
    self.wait = 0
    return True

  def away(self, what, retry_after):
    self.wait = min(max(2 * self.wait, WAIT_FIRST_SECONDS), WAIT_MAX_SECONDS)
    if retry_after.isdigit():
      self.wait = min(max(int(retry_after), WAIT_FIRST_SECONDS), WAIT_MAX_SECONDS)
    self.not_before = time.monotonic() + self.wait
    tell(f"the tracker {what}; what is to be sent is kept, next attempt in {self.wait} s")


def text_of(seconds):
  """RFC 3339, in UTC."""
  return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
