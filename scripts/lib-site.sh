# lib-site.sh - daemons of a site, for the checks: nginx with docs/nginx.conf.
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
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait
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

# start_nginx NAME UPSTREAM: docs/nginx.conf in front of a PostgREST, with that
# certificate; its port is in NAME.port.
start_nginx() {
  local dir=$work/$1.nginx port nginx
  nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || die "nginx was not found"
  port=$(free_port)
  as_server_user mkdir "$dir"
  adapt docs/nginx.conf \
    "s|^( *server) 127.0.0.1:3000;|\1 $2;|" \
    "s|^( *listen) 443 |\1 127.0.0.1:$port |" \
    "/^ *listen \[::\]:443 /d" \
    "s|^( *ssl_certificate) .*|\1 $work/tls.crt;|" \
    "s|^( *ssl_certificate_key) .*|\1 $work/tls.key;|" > "$work/$1.site.conf"
  cat > "$work/$1.nginx.conf" << NGINX
daemon off;
pid $dir/pid;
worker_processes 1;
events {}
http {
  access_log $dir/access.log;
  client_body_temp_path $dir/body;
  proxy_temp_path $dir/proxy;
  fastcgi_temp_path $dir/fastcgi;
  uwsgi_temp_path $dir/uwsgi;
  scgi_temp_path $dir/scgi;
  include $work/$1.site.conf;
}
NGINX
  as_server_user "$nginx" -e "$dir/error.log" -t -c "$work/$1.nginx.conf" > "$work/nginx-t.log" 2>&1 ||
    { cat "$work/nginx-t.log" >&2; die "docs/nginx.conf"; }
  start "$1.nginx" "$nginx" -e "$dir/error.log" -c "$work/$1.nginx.conf"
  echo "$port" > "$work/$1.port"
}
