#!/bin/sh
# witness.sh - has a witness cosign the newest checkpoint: add-checkpoint of c2sp.org/tlog-witness.
#
#   witness.sh NAME URL [OPTION OF CURL...]
#   witness.sh witness.example https://witness.example/add-checkpoint
#
# NAME is what stands before the first + of the key that qfs.add_witness() was given.  One call a
# witness: each goes on from the size that it has seen itself.  Connects as psql does (PGHOST,
# PGDATABASE, PGUSER), as a role that is granted qfs_operator.  Prints how many cosignatures were
# stored; whatever fails is told and ends it, and the next call makes up for it.  For cron.
set -eu

[ $# -ge 2 ] || { echo 'usage: witness.sh NAME URL [OPTION OF CURL...]' >&2; exit 2; }
name=$1 url=$2
shift 2

fail() { printf 'witness.sh: %s: %s\n' "$name" "$*" >&2; exit 1; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

sql() { psql -XAtq -v ON_ERROR_STOP=1 -v name="$name" "$@"; }

# The size that the witness cosigned last, as far as the ledger knows.
known_size() {
  sql << 'SQL'
SELECT coalesce(max(c.size), 0) FROM qfs.witness w LEFT JOIN qfs.cosignature c USING (vkey)
WHERE split_part(w.vkey, '+', 1) = :'name' HAVING count(*) > 0;
SQL
}

# make_request OLD: from one snapshot.  Of the signatures only the ledger's own, which is the first: a
# cosignature of before would make an answer without one look like success.
make_request() {
  sql -v old="$1" > "$dir/lines" << 'SQL'
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT 'old ' || :old;
SELECT encode(h::bytea, 'base64') FROM qfs.head(), unnest(qfs.consistency_proof(:old, size)) h;
SELECT '';
SELECT qfs.checkpoint();
SQL
  awk 'empty < 2 || !signed++; /^$/ { empty++ }' "$dir/lines" > "$dir/request"
}

# The answer's status and type; its body is in the file.
send_request() {
  curl --silent --show-error --max-time 60 --header 'Content-Type: text/plain; charset=utf-8' \
    --data-binary "@$dir/request" --output "$dir/answer" --write-out '%{http_code} %{content_type}' "$@" "$url"
}

old=$(known_size)
[ -n "$old" ] || fail 'the ledger does not know this witness: see qfs.add_witness()'

# A 409 names the size that the witness has seen: one that is not known here, if an answer of its was
# lost.  Another feeder may be at work, so there is more than one attempt.
status=
for attempt in 1 2 3; do
  make_request "$old"
  : > "$dir/answer"
  status=$(send_request "$@")
  case $status in
    '409 text/x.tlog.size'*) ;;
    200*) break ;;
    *) fail "HTTP $status: $(head -c 200 "$dir/answer" | tr -d '[:cntrl:]')" ;;
  esac
  old=$(cat "$dir/answer")
  case $old in
    '' | *[!0-9]* | ????????????????*) fail 'its answer 409 has no size' ;;
  esac
  size=$(sql -c 'SELECT size FROM qfs.head()')
  [ "$old" -le "$size" ] ||
    fail "has seen $old entries, here are $size: this ledger was cut off, or is a copy that is behind"
done
case $status in
  200*) ;;
  *) fail "answered 409 every time" ;;
esac

# The note is what follows the first empty line of the request, and the answer.
sql -v note="$(sed '1,/^$/d' "$dir/request"; cat "$dir/answer")" << 'SQL'
SELECT qfs.add_cosignature(:'note' || E'\n');
SQL
