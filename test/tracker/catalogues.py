#!/usr/bin/python3
"""catalogues.py - does qfs-tracker see the end of a process in every language that PostgreSQL speaks here?

Of each installed catalogue, the messages with which the first process of the
server tells that another one has crashed, and those that tell of an ordinary end.

SPDX-License-Identifier: AGPL-3.0-only
"""
import gettext
import glob
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/tracker"))
from judge import PROCESS_END

# src/backend/postmaster/postmaster.c, LogChildExit: what stands in it, and what has to be found.
MESSAGES = (
  ("%s (PID %d) was terminated by signal %d: %s", ("server process", 4711, 11, "Segmentation fault"), "11"),
  ("%s (PID %d) exited with exit code %d", ("server process", 4711, 2), "2"),
  ("%s (PID %d) exited with exit code %d", ("background worker \"x\"", 4711, 1), "1"),
)

wrong, seen = [], 0
for path in sorted(glob.glob("/usr/share/locale/*/LC_MESSAGES/postgres-*.mo")):
  with open(path, "rb") as file:
    catalogue = gettext.GNUTranslations(file)
  for message, values, expected in MESSAGES:
    seen += 1
    text = catalogue.gettext(message) % values
    found = PROCESS_END.search(text)
    if not found or found[1] != expected:
      wrong.append(f"{path}: {text}")
print(f"{seen} messages")
print("\n".join(wrong), file=sys.stderr)
sys.exit(1 if wrong else 0)
