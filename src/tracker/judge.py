"""judge.py - what in a log needs somebody, and the little of it that may leave the machine.

SPDX-License-Identifier: AGPL-3.0-only
"""
import json
import re
from datetime import datetime, timezone

from state import Trouble, tell

# A superuser who runs into one of these is changing the ledger past its rules: an alarm.
GUARDS = {"QFS_APPEND_ONLY", "QFS_TABLE_GUARDED", "QFS_GUARDED"}
# Nobody gets as far as to these without rights to write that qfs gives to nobody.
TRIGGERS = {"QFS_APPEND_ONLY", "QFS_TABLE_GUARDED"}
# HTTP has them as faults of the request; there they are faults of what is stored or was fed.
LEDGER_FAULTS = {"QFS_TIME_BACKWARD", "QFS_LINK_BROKEN", "QFS_HASH_MISMATCH", "QFS_NODES_MISMATCH", "QFS_OUTCOME_MISMATCH"}
PAGE_ERROR = "QFS_PAGE_ERROR"

# SQLSTATEs of PostgreSQL's own, by how they begin (Appendix A of its manual): resources, the system, its configuration,
# internal errors; and those for which a connection ends though nothing is wrong with the server.
SERVER_FAULTS = ("53", "58", "F0", "XX")
CALLERS_FATAL = ("08", "0A", "22", "25", "28", "3D", "42", "55000", "57P04", "57P05")
CANCELLED = "57014"
# A shutdown, a start, a connection that was ended: somebody is at work.
BY_ADMINISTRATOR = ("57P01", "57P03")

CLIENTS = {"client backend", "dead-end client backend", "parallel worker", "standalone backend"}
# An extension names its own processes; what it calls them stays here.
PROCESSES = CLIENTS | {
  "archiver", "autovacuum launcher", "autovacuum worker", "background writer", "checkpointer", "io worker", "logger",
  "logical replication apply worker", "logical replication launcher", "logical replication parallel worker",
  "logical replication tablesync worker", "logical replication worker", "postmaster", "slotsync worker", "startup",
  "walreceiver", "walsender", "walsummarizer", "walwriter"}
SEVERITIES = ("ERROR", "FATAL", "PANIC")

# src/pg/base/errors.c writes it, in no language: the code, who it was, and a text that is not looked at.
QFS_DETAIL = re.compile(r"(QFS_[A-Z0-9_]+)( by a superuser)?(?::|$)")
# src/pg/fn/fn_page.c writes it, of words and numbers that it has checked.
PAGE_DETAIL = re.compile(r"QFS_PAGE_ERROR: class ([A-Za-z0-9_]{1,60}), module ([a-z0-9_/]{1,40}), line ([0-9]{1,6}), page ([0-9a-f]{16})\.")
# "server process (PID 17) was terminated by signal 11: …" in the server's language; 0 and 1 are ends without a crash.
PROCESS_END = re.compile(r"PID [0-9]+[^0-9]+(0x[0-9A-F]{8}|[0-9]{1,3})(?![0-9])")
VERSION = re.compile(r"PostgreSQL ([0-9]{2}(?:\.[0-9]{1,3})?)\b")
# Of a line that is not whole: keys with their quotes cannot stand inside of a JSON string.
PREFIX = re.compile(rb'"(error_severity|state_code|backend_type)":"([A-Za-z0-9 -]{1,60})"|"(detail)":"(QFS_[A-Z0-9_]+(?: by a superuser)?)')
FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class Finding:
  """Something to be sent: group (a tuple, its fingerprint), level, sentence, tags (name to text), time (seconds)."""

  def __init__(self, group, level, sentence, tags, at):
    self.group, self.level, self.sentence, self.tags, self.at = group, level, sentence, tags, at

  @property
  def key(self):
    """What is counted as one: an alarm is not hidden in the count of what is none."""
    return self.group + (self.level,)


class Judge:
  def __init__(self, codes):
    unknown = (GUARDS | LEDGER_FAULTS | {PAGE_ERROR}) - codes.keys()
    if unknown:
      raise Trouble(f"codes.tsv does not have {', '.join(sorted(unknown))}: it belongs to another version")
    self.codes = codes
    # Of the server, as it said when it started; None: not seen yet.
    self.server_version = None

  def judge(self, line):
    """A line of the log, without its end, as bytes: a Finding, or None."""
    try:
      record = json.loads(line.decode("utf-8", "replace"))
    except ValueError:
      # Too long, or torn by the end of the server.
      record = beginning(line)
    if not isinstance(record, dict) or "error_severity" not in record:
      tell("a line of the log is no JSON; it was passed over")
      return None
    return self.of_record({name: value for name, value in record.items() if isinstance(value, str)})

  def of_record(self, record):
    process = record.get("backend_type", "")
    if process == "postmaster" and record.get("error_severity") == "LOG":
      return self.of_postmaster(record)
    code, superuser = self.code_of(record)
    if code and code.name == PAGE_ERROR:
      return self.page_error(code, record)
    if record.get("error_severity") not in SEVERITIES:
      return None
    if code:
      level = level_of_code(code, superuser, record["error_severity"], process)
    else:
      level = level_of_state(record.get("state_code", "00000"), record["error_severity"], process)
    return self.finding(code, level, superuser, record) if level else None

  def code_of(self, record):
    """The Code that the line carries, or None; was it a superuser?"""
    match = QFS_DETAIL.match(record.get("detail", ""))
    code = self.codes.get(match[1]) if match else None
    # Anybody can raise an error with such a detail; it counts with its SQLSTATE alone.
    if not code or code.sqlstate != record.get("state_code", "00000"):
      return None, False
    return code, match[2] is not None

  def of_postmaster(self, record):
    """Of the server's first process: which version starts, and which process has crashed."""
    message = record.get("message", "")
    version = VERSION.search(message)
    if version:
      self.server_version = version[1]
    end = PROCESS_END.search(message)
    if not end or end[1] in ("0", "1"):
      return None
    tags = self.tags(record, ended_with=end[1])
    return Finding(("postgresql", "process ended", end[1]), "fatal", f"a process of the server ended with {end[1]} (signal or exit code)", tags, time_of(record))

  def page_error(self, code, record):
    match = PAGE_DETAIL.fullmatch(record["detail"])
    if not match:
      return None
    kind, module, line, page = match.groups()
    tags = self.tags(record, code=code.name, page_class=kind, page_module=module, page_line=line, page_version=page)
    return Finding(("qfs", code.name, kind, module), "error", f"{code.sentence}: {kind} in {module}", tags, time_of(record))

  def finding(self, code, level, superuser, record):
    state = record.get("state_code", "00000")
    if code:
      tags = self.tags(record, code=code.name, superuser="yes" if superuser else "")
      return Finding(("qfs", code.name), level, code.sentence, tags, time_of(record))
    if not re.fullmatch("[0-9A-Z]{5}", state):
      state = "00000"
    return Finding(("postgresql", state), level, f"PostgreSQL: {record['error_severity']} {state}", self.tags(record), time_of(record))

  def tags(self, record, **more):
    """All that is told of a line: nothing that a person, a statement or a name of an object could stand in."""
    process, state, function = (record.get(name, "") for name in ("backend_type", "state_code", "func_name"))
    tags = {
      "sqlstate": state if re.fullmatch("[0-9A-Z]{5}", state) else "",
      "severity": record["error_severity"],
      "backend_type": process if process in PROCESSES else "background worker",
      "function": function if FUNCTION.fullmatch(function) else "",
      "server_version": self.server_version or "",
      **more}
    return {name: value for name, value in tags.items() if value}


def level_of_code(code, superuser, severity, process):
  """The level of an error of qfs, or None: a request's own fault, which its caller was told."""
  if code.name in GUARDS and superuser:
    return "fatal"
  if code.http >= 500 or code.name in LEDGER_FAULTS | TRIGGERS or severity != "ERROR" or process not in CLIENTS:
    return "error"
  return None


def level_of_state(state, severity, process):
  """The level of an error of PostgreSQL's own, or None."""
  if severity == "PANIC":
    return "fatal"
  if state == CANCELLED:
    return None
  if state in BY_ADMINISTRATOR:
    return "warning"
  grave = state.startswith(SERVER_FAULTS)
  if severity == "FATAL" and (grave or not state.startswith(CALLERS_FATAL)):
    return "fatal"
  return "error" if grave or process not in CLIENTS else None


def beginning(line):
  """What a line says that is not whole."""
  found = {}
  for match in PREFIX.finditer(line):
    found[(match[1] or match[3]).decode()] = (match[2] or match[4]).decode()
  return found


def time_of(record):
  """When it was logged, in seconds, or now where the log has a time zone that only its name tells of."""
  try:
    logged = datetime.strptime(record.get("timestamp", ""), "%Y-%m-%d %H:%M:%S.%f UTC")
  except ValueError:
    return datetime.now(timezone.utc).timestamp()
  return logged.replace(tzinfo=timezone.utc).timestamp()
