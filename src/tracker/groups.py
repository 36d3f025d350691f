"""groups.py - findings, counted: one event a group in so many seconds.

SPDX-License-Identifier: AGPL-3.0-only
"""
import uuid

from judge import Finding

# Whoever makes errors up cannot make up more groups than these at a time; the rest are counted as one.
GROUPS_MAX = 200
OVERFLOW = ("qfs", "too many kinds of errors")


class Groups:
  """Each group has what is still to be counted (count, first, last, and of the last one level, sentence, tags), and what
  is on its way (outgoing), which is not changed any more: an answer that was lost does not say whether it arrived."""

  def __init__(self, every):
    self.every = every
    self.groups = {}

  def add(self, finding, now):
    """Counts a Finding at the time `now`."""
    if finding.key not in self.groups and len(self.groups) >= GROUPS_MAX:
      finding = Finding(OVERFLOW, finding.level, OVERFLOW[1], {}, finding.at)
    new = {"fingerprint": list(finding.group), "count": 0, "next": now, "outgoing": None}
    group = self.groups.setdefault(finding.key, new)
    group["first"] = finding.at if not group["count"] else group["first"]
    group.update(count=group["count"] + 1, last=finding.at, level=finding.level, sentence=finding.sentence, tags=finding.tags)

  def close_due(self, now):
    """Makes events of what has been counted for long enough, and forgets groups that have nothing to say."""
    for key, group in list(self.groups.items()):
      # A clock that was set back does not silence a group.
      due = not now < group["next"] <= now + self.every
      if due and group["count"] and not group["outgoing"]:
        event = {name: group[name] for name in ("fingerprint", "count", "first", "last", "level", "sentence", "tags")}
        group.update(outgoing={"event_id": uuid.uuid4().hex, **event}, count=0, next=now + self.every)
      elif due and not group["count"] and not group["outgoing"]:
        del self.groups[key]

  def outgoing(self):
    """What is to be sent, alarms first, as pairs of key and event."""
    events = [(key, group["outgoing"]) for key, group in self.groups.items() if group["outgoing"]]
    return sorted(events, key=lambda pair: pair[1]["level"] != "fatal")

  def done(self, key):
    """The event of this group has arrived, or will never be taken."""
    self.groups[key]["outgoing"] = None

  def waiting(self):
    """How many errors were counted and have not arrived."""
    return sum(group["count"] + (group["outgoing"] or {"count": 0})["count"] for group in self.groups.values())

  def to_state(self):
    return [{"key": list(key), **group} for key, group in self.groups.items()]

  def from_state(self, saved):
    self.groups = {tuple(group["key"]): {name: value for name, value in group.items() if name != "key"} for group in saved}
