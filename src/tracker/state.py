"""state.py - what is remembered from one run to the next, and how the program speaks.

SPDX-License-Identifier: AGPL-3.0-only
"""
import fcntl
import json
import os
import sys

FORMAT = 1


class Trouble(Exception):
  """What keeps the program from going on, as a sentence."""


def tell(text):
  """A line for the operator."""
  print(f"qfs-tracker: {text}", file=sys.stderr, flush=True)


class State:
  """A file that is replaced whole, and a lock beside it: two programs would send everything twice."""

  def __init__(self, path):
    self.path = path
    self.saved = None
    try:
      self.lock = open(f"{path}.lock", "w", encoding="ascii")
      fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
      raise Trouble(f"{path} is in use by another qfs-tracker") from None
    except OSError as error:
      raise Trouble(f"{path}.lock: {error.strerror}") from None

  def restore(self, logs, judge, groups):
    """Goes on where the last run stopped; False: there was none."""
    try:
      with open(self.path, encoding="utf-8") as file:
        saved = json.load(file)
      if saved["format"] != FORMAT:
        raise ValueError
      logs.from_state(saved["logs"])
      groups.from_state(saved["groups"])
      judge.server_version = saved["server_version"]
    except FileNotFoundError:
      return False
    except (ValueError, KeyError, TypeError):
      raise Trouble(f"{self.path} is damaged; without it the program begins with what is logged from then on") from None
    except OSError as error:
      raise Trouble(f"{self.path}: {error.strerror}") from None
    return True

  def save(self, logs, judge, groups):
    """Remembers everything, if anything has changed: on the disk before it returns."""
    text = json.dumps({"format": FORMAT, "server_version": judge.server_version, "logs": logs.to_state(), "groups": groups.to_state()}, indent=1)
    if text == self.saved:
      return
    try:
      with open(os.open(f"{self.path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
      os.replace(f"{self.path}.new", self.path)
      directory = os.open(os.path.dirname(os.path.abspath(self.path)), os.O_RDONLY)
      os.fsync(directory)
      os.close(directory)
    except OSError as error:
      raise Trouble(f"{self.path} cannot be written: {error.strerror}") from None
    self.saved = text
