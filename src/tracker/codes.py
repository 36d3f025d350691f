"""codes.py - every error of qfs: codes.tsv, which scripts/generate-errors makes of status.def.

SPDX-License-Identifier: AGPL-3.0-only
"""
import os
from collections import namedtuple

from state import Trouble

# name: QFS_…; sqlstate: five characters; http: the status that a caller gets; sentence: what happened.
Code = namedtuple("Code", "name sqlstate http sentence")


def read_codes():
  """The version of qfs, and a dictionary from the name to the Code.  The list lies beside the program."""
  path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "codes.tsv")
  try:
    with open(path, encoding="utf-8") as file:
      rows = [line.rstrip("\n").split("\t") for line in file]
  except OSError as error:
    raise Trouble(f"{path}: {error.strerror}; make tracker makes it") from None
  return rows[0][1], {row[0]: Code(row[0], row[1], int(row[2]), row[3]) for row in rows[1:]}
