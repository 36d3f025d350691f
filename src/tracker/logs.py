"""logs.py - PostgreSQL's logs in a directory: each line once, through rotation, renaming, truncation and restarts.

SPDX-License-Identifier: AGPL-3.0-only
"""
import hashlib
import os
from contextlib import suppress

from state import Trouble, tell

# So much is read at once.  Of a line that is longer, the beginning is looked at, and the rest is passed over.
READ_MAX = 4 << 20
# A file is known again by its number, and by how it begins.
HEAD_MAX = 1024
# PostgreSQL writes to one; those written last stay open, so that they are read to the end though somebody removes them.
OPEN_MAX = 4


class Log:
  """One file: id is device and inode, offset where the next line begins, head the SHA-256 of the first head_size bytes."""

  def __init__(self, name, number, offset=0, head_size=0, head="", skipping=False):
    self.name, self.id, self.offset, self.head_size, self.head, self.skipping = name, number, offset, head_size, head, skipping
    self.file = None

  def open(self, directory):
    """False: under this name there is another file, or none."""
    if self.file is None:
      try:
        file = open(os.path.join(directory, self.name), "rb", buffering=0)
      except FileNotFoundError:
        return False
      except OSError as error:
        raise Trouble(f"{self.name} cannot be read: {error.strerror}; with log_file_mode = 0640 PostgreSQL's group can") from None
      if id_of(os.fstat(file.fileno())) != self.id:
        file.close()
        return False
      self.file = file
    return True

  def close(self):
    if self.file is not None:
      self.file.close()
      self.file = None

  def digest(self, size):
    return hashlib.sha256(os.pread(self.file.fileno(), size, 0)).hexdigest()

  def check(self):
    """Begins again if the file is not what it was: truncated, or another one under the same number."""
    if os.fstat(self.file.fileno()).st_size < self.offset or self.digest(self.head_size) != (self.head or self.digest(0)):
      tell(f"{self.name} was truncated: it is read from its beginning")
      self.offset, self.head_size, self.head, self.skipping = 0, 0, "", False

  def move(self, offset):
    """The next line begins there."""
    self.offset = offset
    if self.head_size < min(HEAD_MAX, offset):
      self.head_size = min(HEAD_MAX, offset)
      self.head = self.digest(self.head_size)

  def lines(self):
    """The next lines, and moves on by them; of one that is too long, its beginning."""
    self.check()
    data = os.pread(self.file.fileno(), READ_MAX, self.offset)
    end = data.rfind(b"\n") + 1
    too_long = end == 0 and len(data) == READ_MAX
    if end == 0 and not too_long:
      return []
    lines = [data] if too_long else data[:end].split(b"\n")[:-1]
    # The rest of a line whose beginning was looked at.
    lines = lines[1:] if self.skipping else lines
    self.skipping = too_long
    self.move(self.offset + (len(data) if too_long else end))
    return [line for line in lines if line]

  def to_state(self):
    return {"name": self.name, "id": list(self.id), "offset": self.offset, "head_size": self.head_size, "head": self.head, "skipping": self.skipping}


def id_of(status):
  return status.st_dev, status.st_ino


class Logs:
  def __init__(self, directory):
    self.directory = directory
    # From id to Log, those written last at the end.
    self.logs = {}

  def there(self):
    """The files that are there now: from id to status and name."""
    files = {}
    try:
      with os.scandir(self.directory) as entries:
        for entry in entries:
          # One that is removed meanwhile is not there.
          with suppress(FileNotFoundError):
            if entry.is_file():
              files[id_of(entry.stat())] = entry.stat(), entry.name
    except OSError as error:
      raise Trouble(f"{self.directory}: {error.strerror}") from None
    return files

  def look(self):
    """Finds the logs that are there now: new ones are named *.json, known ones may have been renamed."""
    there = self.there()
    found = {}
    for number, (status, name) in sorted(there.items(), key=lambda item: item[1][0].st_mtime_ns):
      log = self.logs.pop(number, None)
      if log or name.endswith(".json"):
        found[number] = log or Log(name, number)
        found[number].name = name
    self.forget([log for log in self.logs.values() if log.file is None])
    # What is open and has been removed is read to its end first.
    self.logs = {**self.logs, **found}
    return {number: there[number][0].st_size for number in found}

  def forget(self, gone):
    for log in gone:
      tell(f"{log.name} is gone; what was written to it after it was last read is lost")
      del self.logs[log.id]

  def read(self):
    """Some lines of each log, as bytes without their end."""
    sizes = self.look()
    newest = list(self.logs)[-OPEN_MAX:]
    for number, log in list(self.logs.items()):
      if (sizes.get(number) == log.offset and number not in newest) or not log.open(self.directory):
        continue
      lines = log.lines()
      yield from lines
      if number not in sizes and not lines:
        log.close()
        del self.logs[number]
      elif number not in newest:
        log.close()

  def skip(self):
    """Begins with what is written from now on."""
    self.look()
    for log in self.logs.values():
      if log.open(self.directory):
        log.move(os.fstat(log.file.fileno()).st_size)
        log.close()

  def to_state(self):
    return [log.to_state() for log in self.logs.values()]

  def from_state(self, saved):
    """Takes up the logs again, under whatever names they have now."""
    logs = [Log(old["name"], tuple(old["id"]), old["offset"], old["head_size"], old["head"], old["skipping"]) for old in saved]
    self.logs = {log.id: log for log in logs}
