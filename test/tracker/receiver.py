#!/usr/bin/python3
"""receiver.py - an error tracker on the loopback that believes nothing.

  receiver.py PORT KEY PROJECT DIRECTORY

Takes POST /api/PROJECT/envelope/ as Sentry's protocol describes it
(develop.sentry.dev/sdk/data-model/envelopes), checks every part with the
SDK's own classes, and appends a line of JSON for each request to
DIRECTORY/received.jsonl: faults (what was wrong, a list), event, and text:
all that came, headers included, for whoever looks for something in it.
PORT 0 takes a free one; it stands in DIRECTORY/port once requests are taken.
DIRECTORY/answer, if it is there, has the HTTP status to answer with, and
the seconds of Retry-After, or "late": what came is kept, the answer takes
three seconds.

SPDX-License-Identifier: AGPL-3.0-only
"""
import gzip
import json
import os
import re
import sys
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

from sentry_sdk.envelope import Envelope

LEVELS = ("fatal", "error", "warning", "info", "debug")
# What an event may have: develop.sentry.dev/sdk/data-model/event-payloads.
MEMBERS = {"event_id": str, "timestamp": str, "platform": str, "level": str, "logger": str, "release": str,
           "server_name": str, "environment": str, "fingerprint": list, "tags": dict, "extra": dict, "logentry": dict, "sdk": dict}


def faults_of_request(path, headers, key, project):
  """What is wrong with the request around the envelope."""
  found = []
  if path != f"/api/{project}/envelope/":
    found.append(f"path {path}")
  if headers.get("Content-Type") != "application/x-sentry-envelope":
    found.append(f"content type {headers.get('Content-Type')}")
  scheme, _, rest = headers.get("X-Sentry-Auth", "").partition(" ")
  auth = dict(pair.strip().split("=", 1) for pair in rest.split(",") if "=" in pair)
  if scheme != "Sentry" or auth.get("sentry_key") != key or auth.get("sentry_version") != "7" or "sentry_client" not in auth:
    found.append(f"auth {scheme} {sorted(auth)}")
  return found


def faults_of_event(envelope, event):
  """What is wrong with the event."""
  found = [f"member {name}" for name, value in event.items() if not isinstance(value, MEMBERS.get(name, ()))]
  if not re.fullmatch("[0-9a-f]{32}", event.get("event_id", "")) or envelope.headers.get("event_id") != event["event_id"]:
    found.append("event_id")
  if event.get("level") not in LEVELS:
    found.append(f"level {event.get('level')}")
  if not event.get("fingerprint") or not all(isinstance(part, str) for part in event["fingerprint"]):
    found.append("fingerprint")
  if not all(isinstance(value, str) and 0 < len(value) <= 200 and "\n" not in value for value in event.get("tags", {}).values()):
    found.append("tags")
  for time in (event.get("timestamp", ""), envelope.headers.get("sent_at", "")):
    try:
      datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
      found.append(f"time {time}")
  return found


def examine(path, headers, body, key, project):
  """A record of the request: faults, event, text."""
  record = {"faults": faults_of_request(path, headers, key, project), "event": None, "text": f"{path}\n{headers}"}
  try:
    body = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
    record["text"] += body.decode("utf-8")
    envelope = Envelope.deserialize(body)
    if envelope.serialize() != body:
      record["faults"].append("the envelope has more than the SDK reads from it")
    if [item.type for item in envelope.items] != ["event"]:
      record["faults"].append("items " + ", ".join(str(item.type) for item in envelope.items))
    record["event"] = envelope.get_event()
    record["faults"] += faults_of_event(envelope, record["event"])
  except Exception as error:  # whatever it is, it goes into the record
    record["faults"].append(f"{type(error).__name__}: {error}")
  return record


class Receiver(BaseHTTPRequestHandler):
  key = project = directory = None

  def do_POST(self):
    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
    record = examine(self.path, self.headers, body, self.key, self.project)
    status, wait = self.planned()
    record["status"] = status or (400 if record["faults"] else 200)
    with open(f"{self.directory}/received.jsonl", "a", encoding="utf-8") as out:
      out.write(json.dumps(record) + "\n")
    if wait == "late":
      time.sleep(3)
    self.send_response(record["status"])
    if wait and wait != "late":
      self.send_header("Retry-After", wait)
    if record["status"] in (301, 302, 307):
      self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
    self.send_header("Content-Length", "0")
    self.end_headers()

  def planned(self):
    """Status and Retry-After that the test wants, or two times None."""
    try:
      with open(f"{self.directory}/answer", encoding="ascii") as file:
        return (lambda status, wait=None: (int(status), wait))(*file.read().split())
    except FileNotFoundError:
      return None, None

  def log_message(self, *_):
    pass


def main():
  port, Receiver.key, Receiver.project, Receiver.directory = sys.argv[1:]
  server = HTTPServer(("127.0.0.1", int(port)), Receiver)
  with open(f"{Receiver.directory}/port.new", "w", encoding="ascii") as file:
    file.write(f"{server.server_port}\n")
  os.rename(f"{Receiver.directory}/port.new", f"{Receiver.directory}/port")
  server.serve_forever()


main()
