# lib-site.sh - daemons of a site, for the checks: nginx with docs/nginx.conf, PostgREST with docs/postgrest.conf, qfs-bridge push.
# To be sourced after lib.sh; the caller sets `work`, a directory of its own.

# The daemons that start() started; stop_all ends them.
pids=()

# start NAME COMMAND...: a daemon of the unprivileged user; its output is NAME.log.
start() {
  local name=$1
  shift
  as_server_user sh -c 'echo $$ > "$0"; exec "$@"' "$work/$name.pid" "$@" > "$work/$name.log" 2>&1 &
  for _ in $(seq 100); do [ -s "$work/$name.pid" ] && break; sleep 0.05; done
  pids+=("$(cat "$work/$name.pid")")
}

stop_all() {
  local pid
  [ ${#pids[@]} -gt 0 ] || return 0
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  # Other daemons of the script may go on.
  for pid in "${pids[@]}"; do while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done; done
  pids=()
}

# adapt FILE EXPRESSION...: a configuration of docs/ with what is different
# here; each expression of sed must find something, so the two cannot drift apart.
adapt() {
  local text expression changed
  text=$(cat "$1")
  shift
  for expression in "$@"; do
    changed=$(sed -E "$expression" <<< "$text")
    [ "$changed" != "$text" ] || die "nothing to adapt: $expression"
    text=$changed
  done
  printf '%s\n' "$text"
}

# make_certificate: tls.key and tls.crt of localhost.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$work/tls.key" -out "$work/tls.crt" 2> "$work/openssl.log"
  [ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$work/tls.key"
}

# start_postgrest LEDGER [NAME EXPRESSION...]: docs/postgrest.conf for a database whose keys are in LEDGER.jwks, under a
# name of its own, with what else is different there, on the socket NAME.sock; needs $work/postgrest.
start_postgrest() {
  local ledger=$1 name=${2:-$1}
  shift $(($# > 1 ? 2 : 1))
  adapt docs/postgrest.conf \
    "s|^db-uri = .*|db-uri = \"postgres://qfs_web@/$ledger?host=$work\"|" \
    "s|^jwt-secret = .*|jwt-secret = \"@$work/$ledger.jwks\"|" \
    "s|^jwt-aud = .*|jwt-aud = \"ledger.example.org/$ledger\"|" \
    "s|^server-host = .*|server-unix-socket = \"$work/$name.sock\"|" \
    "/^(server|admin-server)-port = /d" "$@" > "$work/$name.postgrest.conf"
  echo "db-pool = 4" >> "$work/$name.postgrest.conf"
  start "$name.postgrest" "$work/postgrest" "$work/$name.postgrest.conf"
}

# start_nginx NAME UPSTREAM [EXPRESSION...]: docs/nginx.conf in front of a PostgREST, with that
# certificate, and with what else is different; QFS_NCHAN=no: in an nginx without that module.  Its port is in NAME.port, that of its publisher in NAME.publisher.
start_nginx() {
  local dir=$work/$1.nginx name=$1 upstream=$2 port publisher nginx nchan=
  shift 2
  nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || die "nginx was not found"
  port=$(free_port)
  publisher=$(free_port)
  as_server_user mkdir "$dir"
  adapt docs/nginx.conf \
    "s|^( *server) 127.0.0.1:3000;|\1 $upstream;|" \
    "s|^( *listen) 443 |\1 127.0.0.1:$port |" \
    "/^ *listen \[::\]:443 /d" \
    "s|^( *listen) 127.0.0.1:8081;|\1 127.0.0.1:$publisher;|" \
    "s|^( *access_log) /var/log/nginx/qfs.access.log|\1 $dir/access.log|" \
    "s|^( *error_log) /var/log/nginx/qfs.error.log|\1 $dir/error.log|" \
    "s|^( *ssl_certificate) .*|\1 $work/tls.crt;|" \
    "s|^( *ssl_certificate_key) .*|\1 $work/tls.key;|" "$@" > "$work/$name.site.conf"
  [ "${QFS_NCHAN:-yes}" = no ] || nchan="load_module /usr/lib/nginx/modules/ngx_nchan_module.so;"
  cat > "$work/$name.nginx.conf" << NGINX
daemon off;
$nchan
pid $dir/pid;
worker_processes 1;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  client_body_temp_path $dir/body;
  proxy_temp_path $dir/proxy;
  fastcgi_temp_path $dir/fastcgi;
  uwsgi_temp_path $dir/uwsgi;
  scgi_temp_path $dir/scgi;
  include $work/$name.site.conf;
}
NGINX
  # nchan 1.3.6 makes this one whatever the configuration says, which takes root unless nginx was started before.
  [ -d /var/lib/nginx/body ] || [ "$(id -u)" -ne 0 ] || install -d -m 700 -o www-data -g root /var/lib/nginx/body
  as_server_user "$nginx" -e "$dir/error.log" -t -c "$work/$name.nginx.conf" > "$work/nginx-t.log" 2>&1 ||
    { cat "$work/nginx-t.log" >&2; die "docs/nginx.conf"; }
  start "$name.nginx" "$nginx" -e "$dir/error.log" -c "$work/$name.nginx.conf"
  echo "$port" > "$work/$name.port"
  echo "$publisher" > "$work/$name.publisher"
}

# start_push NAME DATABASE: qfs-bridge push between a database and the nginx of that name, by the role of docs/push.md; needs
# $work/qfs-bridge.
start_push() {
  cat > "$work/$1.push.conf" << CONF
database = dbname=$2 user=qfs_push host=$work
publisher = http://127.0.0.1:$(cat "$work/$1.publisher")/push/
metrics_file = $work/$1.prom
CONF
  start "$1.push" "$work/qfs-bridge" push --config "$work/$1.push.conf"
}
