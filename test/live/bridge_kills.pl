# bridge_kills.pl - qfs-bridge in, out, push and publish, Redis, nginx and PostgreSQL killed at random under load: nothing lost,
# doubled or reordered.
#
# What was sent is numbered, and every number is looked for at the end: of the
# streams in the ledger and the dead letters, of the ledger in the outgoing
# stream, of each account in what its socket had it fetch; every checkpoint that
# was kept has to be one of the ledger.  QFS_KILLS: in each of the scenarios; a
# third of 100 by default.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsBridge;
use QfsClient;
use QfsRedis;
use QfsSite;
use QfsWallet;
use Test::More;
use POSIX ();
use Time::HiRes qw(time usleep);

my $KILLS      = $ENV{QFS_KILLS} || 34;
my @PARTITIONS = map {"qfs:ledger.example.org:in:$_"} 0, 1;
my $OUT        = 'qfs:ledger.example.org:out';
my $POISON     = 50;                                        # every so many events one is refused
my $LISTENERS  = 3;                                         # accounts of which the events are, in turns; one more has none
my @PROGRAMS   = qw(in out push publish);
my $FAILOVERS  = 3;

my $CONF = q{
  fsync = on
  restart_after_crash = on
  shared_buffers = 8MB
  max_wal_size = 64MB
  wal_writer_delay = 10s
  log_min_messages = fatal
  tcp_keepalives_idle = 5
  max_prepared_transactions = 0
  max_connections = 30
};

# ---- whoever sends ----

# Event n of a partition, of an account or, now and then, of none.
sub event {
  my ($stream, $n, $users) = @_;
  my $user = $users->[ $n % @$users ];
  return [ 'XADD', $stream, "$n-0", 'type', $n % $POISON ? 'ORDER' : 'GHOST', 'payload', qq({"n": $n, "stream": "$stream"}), defined $user ? ('actor', $user) : () ];
}

# Events 1, 2, 3, … of one partition, each under its number as id, again until Redis has it; one line of the last number.
sub produce {
  my ($redis, $stream, $file, $users) = @_;
  delete $redis->{socket};
  my $n = 0;
  until (QfsClient::is_over()) {
    my @batch = map { $n + $_ } 1 .. 20;
    my @replies = eval {
      $redis->ask_all(map { event($stream, $_, $users) } @batch) };
    if (!@replies) { delete $redis->{socket}; usleep(50_000); next }
    my $done = 0;
    for my $reply (@replies) {
      last if ref $reply && $$reply !~ /equal or smaller/;
      $done++;
    }
    $n += $done;
    spit($file, $n);
    usleep(20_000);
  }
  return;
}

# Entries beside those of streams, of a client that reconnects; a line each that was acknowledged.  Several of them keep each other's
# flushes waiting, so that entries are seen that are not on disk.
sub append_beside {
  my ($number, $where, $file) = @_;
  my ($client, $n) = (undef, 0);
  open my $out, '>>', $file or die;
  $out->autoflush(1);
  until (QfsClient::is_over()) {
    $client //= QfsClient->new(Primary->at($where));
    if (!$client) { usleep(50_000); next }
    my $answer = $client->query(qq{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"beside": "$number-@{[$n++]}"}') RETURNING seq});
    print {$out} "$answer->{rows}[0][0]\n" if @{ $answer->{tags} } && !$answer->{error};
    undef $client if $answer->{lost};
    usleep(rand 40_000);
  }
  return;
}

# Whoever takes writes now, as a file says it.
package Primary {
  sub at { my ($class, $file) = @_; return bless [ split(/ /, QfsTest::slurp($file)), '', 0 ], $class }
  sub host { return $_[0][0] }
  sub port { return $_[0][1] }
}

# ---- a scenario ----

my %SCENARIOS = (
  plain    => {},
  slow     => { flush_us => 50_000 },
  standby  => { standby => 1 },
);

sub new_primary {
  my ($name, $with) = @_;
  local $ENV{LD_PRELOAD} = $ENV{QFS_SLOW_FLUSH} if $with->{flush_us};
  local $ENV{QFS_FLUSH_US} = $with->{flush_us} if $with->{flush_us};
  my $node = new_node($name, streaming => 1, conf => $CONF);
  new_ledger($node, undef, policy => $POLICY);
  $node->safe_psql('postgres', q{
    SELECT qfs.register_event_type('ORDER', '{}');
    CREATE ROLE bridge LOGIN IN ROLE qfs_bridge, qfs_auditor;} . join '', map { QfsSite::manual_sql($_) } qw(postgrest push));
  return $node;
}

# From here on nothing is acknowledged that the standby does not have.
sub require_standby {
  my ($primary, $name) = @_;
  $primary->safe_psql('postgres', "ALTER SYSTEM SET synchronous_standby_names = '$name'; SELECT pg_reload_conf()");
  wait_until(sub { $primary->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'}) }, 'a synchronous standby');
  return;
}

sub process_field {
  my ($pid, $n) = @_;
  open(my $file, '<', "/proc/$pid/stat") or return undef;
  my ($fields) = (<$file> // '') =~ /\) (.*)/;
  return defined $fields ? (split / /, $fields)[$n] : undef;
}

# All of its processes at once, so that nobody flushes what another one has written; it is stopped first, so that it starts nobody meanwhile.
sub kill_all_of {
  my ($node) = @_;
  my ($postmaster) = slurp($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
  kill 'STOP', $postmaster;
  my @children = grep { (process_field($_, 1) // 0) == $postmaster } map { m{^/proc/(\d+)$} ? $1 : () } glob '/proc/[0-9]*';
  kill 'KILL', @children, $postmaster;
  $node->kill9;
  wait_until(sub { !grep { (process_field($_, 0) // 'Z') ne 'Z' } @children, $postmaster }, 'the end of the server');
  unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
  return;
}

sub kill_server {
  my ($node, $with) = @_;
  local $ENV{LD_PRELOAD} = $ENV{QFS_SLOW_FLUSH} if $with->{flush_us};
  local $ENV{QFS_FLUSH_US} = $with->{flush_us} if $with->{flush_us};
  kill_all_of($node);
  return start_after_crash($node);
}

# The primary is gone for good, and its standby takes over, before the end of the old one or after it; a new standby follows.
# Nobody is told: the connection strings name every server, and the one that takes writes is found.
sub fail_over {
  my ($s) = @_;
  my $old = $s->{node};
  if (rand() < 0.5) {
    $s->{kills}{'promotions before the end'}++;
    $s->{standby}->promote;
    usleep(rand 1_000_000);
    kill_all_of($old);
  }
  else {
    kill_all_of($old);
    $s->{standby}->promote;
  }
  $s->{node} = $s->{standby};
  say_where($s);
  add_standby($s);
  return;
}

# Whoever reads it while it is written tries again.
sub say_where { my ($s) = @_; return spit("$s->{dir}/where", $s->{node}->host . ' ' . $s->{node}->port) }

sub add_standby {
  my ($s) = @_;
  $s->{standby} = new_standby($s->{node}, shift @{ $s->{spares} });
  require_standby($s->{node}, $s->{standby}->name);
  return;
}

# Every server that was or may come to be the primary: libpq looks which one takes writes.
sub hosts_of {
  my (@nodes) = @_;
  return sprintf 'host=%s port=%s dbname=postgres user=bridge target_session_attrs=read-write', join(',', map { $_->host } @nodes), join(',', map { $_->port } @nodes);
}

sub uri_of {
  my (@nodes) = @_;
  return sprintf 'postgres://qfs_web@/postgres?host=%s&port=%s&target_session_attrs=read-write', join(',', map { $_->host } @nodes), join(',', map { $_->port } @nodes);
}

# The other end of a push of git's is on another machine.
sub is_elsewhere { my ($pid) = @_; return (eval { slurp("/proc/$pid/cmdline") } // '') =~ /receive-pack|upload-pack/ }

my %KILL = (
  (map { my $name = $_; ($name => sub { my ($s) = @_; $s->{$name}->stop('KILL'); $s->{$name}->again }) } qw(in out push)),
  # With what it has started, or without.
  publish => sub {
    my ($s) = @_;
    rand() < 0.5 ? $s->{publish}->stop('KILL') : $s->{publish}->crash(\&is_elsewhere);
    $s->{publish}->again;
  },
  redis => sub {
    my ($s) = @_;
    $s->{redis}->stop('KILL');
    usleep(rand 300_000);
    $s->{redis}->start;
  },
  nginx => sub {
    my ($s) = @_;
    $s->{site}->kill_nginx;
    usleep(rand 300_000);
    $s->{site}->start_nginx;
  },
  postgres => sub {
    my ($s) = @_;
    return kill_server($s->{node}, $s->{with}) unless @{ $s->{spares} } && rand() < 0.4;
    $s->{kills}{failovers}++;
    fail_over($s);
  });

sub kill_one {
  my ($s) = @_;
  my $what = (sort keys %KILL)[ rand keys %KILL ];
  $s->{kills}{$what}++;
  $KILL{$what}->($s);
  # A bridge ends by itself when it must not go on.
  for my $name (@PROGRAMS) {
    ok($s->{$name}->lives, "$name lives") or do { diag(end_of_log($s->{$name})); return 0 };
  }
  return 1;
}

sub end_of_log { my ($bridge) = @_; return $bridge->log_text =~ s/.*(?=(\n.*){20})//sr }

# ---- counting ----

sub count_in {
  my ($s, $stream, $sent) = @_;
  my $rows = $s->{node}->safe_psql('postgres', "SELECT payload ->> 'n' FROM qfs.ledger WHERE auth #>> '{source,stream}' = '$stream' ORDER BY seq");
  my @dead = map { $_->[1]{qfs_id} =~ s/-0$//r } $s->{redis}->entries("$stream:dead");
  is($rows, join("\n", grep { $_ % $POISON } 1 .. $sent), "$stream: all that is sound, once, in order");
  is(join("\n", @dead), join("\n", grep { $_ % $POISON == 0 } 1 .. $sent), "$stream: all that is refused, once, in order");
  return ($rows =~ tr/\n// + 1, scalar @dead);
}

sub count_out {
  my ($s) = @_;
  my @rows = $s->{redis}->entries($OUT);
  my $size = size_of($s->{node});
  is(join(' ', map { $_->[0] } @rows), join(' ', map {"$_-0"} 1 .. $size), 'out: every entry, once, in order');
  is(join("\n", map { $_->[1]{hash} } @rows), $s->{node}->safe_psql('postgres', 'SELECT hash FROM qfs.ledger ORDER BY seq'), 'out: each the ledger\'s');
  is(join("\n", map { $_->[1]{entry} } @rows) . "\n", export_of($s->{node}), 'out: its line, too');
  return scalar @rows;
}

sub count_beside {
  my ($s) = @_;
  my @told = map { split /\n/, slurp($_) } glob "$s->{dir}/beside.*";
  my $there = $s->{node}->safe_psql('postgres', "SELECT count(*) FROM qfs.ledger WHERE payload ? 'beside' AND seq = ANY ('{" . join(',', @told) . "}')");
  is($there, scalar @told, 'every entry that a client was told of is there');
  return scalar @told;
}

# What each account's client has got, after its sockets had it ask.
sub numbers_of { my ($s, $n, $what) = @_; return eval { slurp("$s->{dir}/$n.$what") } // '' }
# With the hash of the entry before, as their lines have it: an entry that was lost and came again is another one.
sub entries_of {
  my ($s, $user) = @_;
  return value($s->{node}, qq{
    SELECT seq, before FROM (SELECT *, lag(hash) OVER (ORDER BY seq) AS before FROM qfs.ledger) l
    WHERE actor::text = '$user' AND auth ? 'source' ORDER BY seq});
}


sub count_heard {
  my ($s) = @_;
  my $count = 0;
  my $heard = 0;
  for my $n (0 .. $LISTENERS) {
    my $entries = entries_of($s, $s->{people}[$n]{user_id});
    ok(wait_until(sub { numbers_of($s, $n, 'got') eq $entries }, "listener $n"), "listener $n: all that is theirs, once, in order");
    # Numbers are told again after a kill; what must not be is one of which there is no entry, or not theirs.
    my %theirs = map { (s/\|.*//r => 1) } split /\n/, $entries;
    my @heard = split /\n/, numbers_of($s, $n, 'heard');
    is(join(' ', grep { !$theirs{$_} } @heard), '', "listener $n: heard of nothing else");
    $count += keys %theirs;
    $heard += @heard;
  }
  is(entries_of($s, $s->{people}[$LISTENERS]{user_id}), '', 'the last one has nothing');
  cmp_ok($heard, '>', 0, 'sockets said something');
  return ($count, $heard);
}

sub git { my (@arguments) = @_; my ($exit, $out, $err) = run_program('git', @arguments); die "git @arguments: $err" if $exit; return $out }
sub checkpoints_in { my ($dir) = @_; return map {"$dir/$_"} grep {/\.checkpoint$/} split /\n/, git('-C', $dir, 'ls-tree', '--name-only', 'HEAD') }

# Each that was kept is one of the ledger, the newest is of all of it, and the ledger knows.
sub count_kept {
  my ($s) = @_;
  my $size = size_of($s->{node});
  my $name = sprintf '%020d.checkpoint', $size;
  my $fetched = "$s->{dir}/fetched";
  ok(wait_until(sub { -e "$s->{dir}/kept/$name" && (run_program('git', '-C', "$s->{dir}/remote.git", 'cat-file', '-e', "main:$name"))[0] == 0 }, 'the newest checkpoint'),
    'the newest checkpoint is kept') or diag(end_of_log($s->{publish}));
  ok(wait_until(sub { value($s->{node}, "SELECT count(*) FROM qfs.kept_checkpoint WHERE size = $size") == 2 }, 'the places'), 'the ledger knows');
  git('clone', '--quiet', "$s->{dir}/remote.git", $fetched);
  my @all = (glob("$s->{dir}/kept/*.checkpoint"), checkpoints_in($fetched));
  my ($exit, $out, $err) = qfs_verify('ledger', export_file($s->{node}), '--key', first_key_of($s->{node}), map { ('--checkpoint', $_) } @all);
  is($exit, 0, 'each is one of the ledger') or diag($out . $err);
  return scalar @all;
}

sub start_places {
  my ($s) = @_;
  mkdir "$s->{dir}/kept" or die $!;
  git('init', '--quiet', '--bare', '--initial-branch=main', "$s->{dir}/remote.git");
  git('clone', '--quiet', "$s->{dir}/remote.git", "$s->{dir}/clone");
  return (directory => "$s->{dir}/kept", git => "$s->{dir}/clone", git_seconds => 5, every_seconds => 1);
}

# Accounts with a session each, and a program that listens for them.
sub start_listeners {
  my ($s) = @_;
  my $client = QfsClient->wait_for($s->{node});
  $s->{people} = [ map { sign_in($client, $_ + 1) } 0 .. $LISTENERS ];
  $client->close;
  my @tokens = map { $_->{token} } @{ $s->{people} };
  my $pid = fork // die "fork: $!";
  if ($pid == 0) {
    $ENV{QFS_API_DIR} = $s->{site}->dir;
    open STDOUT, '>', "$s->{dir}/listener.log" or die;
    open STDERR, '>&', \*STDOUT or die;
    exec 'node', '--no-warnings', 'test/live/listener.mjs', 'test', $s->{dir}, @tokens or POSIX::_exit(127);
  }
  ok(wait_until(sub { -e "$s->{dir}/$LISTENERS.got" }, 'listeners'), 'people listen') or diag(slurp("$s->{dir}/listener.log"));
  return $pid;
}

sub run_scenario {
  my ($name) = @_;
  my $with = $SCENARIOS{$name};
  my $dir = PostgreSQL::Test::Utils::tempdir('live');
  my $s = { with => $with, dir => $dir, spares => [], node => new_primary("primary_$name", $with), redis => QfsRedis->new(appendonly => 'yes', appendfsync => 'always') };
  # Their addresses are known from the beginning.
  $s->{spares} = [ map { PostgreSQL::Test::Cluster->new("standby$_") } 1 .. $FAILOVERS + 1 ] if $with->{standby};
  my @nodes = ($s->{node}, @{ $s->{spares} });
  add_standby($s) if $with->{standby};
  say_where($s);
  my %settings = (database => hosts_of(@nodes));
  $s->{site}    = QfsSite->new('test', uri_of(@nodes), value($s->{node}, 'SELECT qfs.jwks()'));
  $s->{in}      = QfsBridge->start('in', %settings, redis => $s->{redis}->path, stream => \@PARTITIONS);
  $s->{out}     = QfsBridge->start('out', %settings, redis => $s->{redis}->path, stream => $OUT);
  $s->{push}    = QfsBridge->start('push', database => $settings{database} =~ s/user=bridge/user=qfs_push/r, publisher => $s->{site}->publisher);
  $s->{publish} = QfsBridge->start('publish', %settings, start_places($s));
  my @listeners = start_listeners($s);
  my @users = (map({ $s->{people}[$_]{user_id} } 0 .. $LISTENERS - 1), undef);
  my %last = map { ($_ => "$dir/" . tr/:/_/r) } @PARTITIONS;
  my @producers = map { my $stream = $_; QfsClient::in_background(sub { produce($s->{redis}, $stream, $last{$stream}, \@users) }) } @PARTITIONS;
  push @producers, map { my $number = $_; QfsClient::in_background(sub { append_beside($number, "$dir/where", "$dir/beside.$number") }) } 1 .. 3;

  my $began = time;
  for (1 .. $KILLS) {
    usleep(100_000 + rand 900_000);
    last unless kill_one($s);
  }
  my $lasted = time - $began;
  is(QfsClient::stop_background(@producers), 0, 'nobody who sends has failed');

  my %sent;
  for my $stream (@PARTITIONS) {
    # What is in the stream beside what was acknowledged was sent, too.
    $sent{$stream} = $s->{redis}->ask('XREVRANGE', $stream, '+', '-', 'COUNT', 1)->[0][0] =~ s/-0$//r;
    ok(wait_until(sub { value($s->{node}, "SELECT id FROM qfs.stream_position WHERE stream = '$stream'") eq "$sent{$stream}-0" }, $stream), "$stream is taken to its end")
      or diag(end_of_log($s->{in}));
  }
  ok(wait_until(sub { $s->{redis}->ask('XLEN', $OUT) == size_of($s->{node}) }, 'out'), 'out is at the end') or diag(end_of_log($s->{out}));
  my ($taken, $dead) = (0, 0);
  for my $stream (@PARTITIONS) {
    my ($n, $refused) = count_in($s, $stream, $sent{$stream});
    $taken += $n;
    $dead += $refused;
  }
  my $told = count_beside($s);
  my $copied = count_out($s);
  my ($theirs, $heard) = count_heard($s);
  my $kept = count_kept($s);
  is(QfsClient::stop_background(@listeners), 0, 'nobody who listens has failed');
  is($s->{$_}->stop, 0, "$_ stops") for @PROGRAMS;
  # Each time that they connect they compare what they know with what is there.
  is(join('', $s->{$_}->log_text =~ /^.*level=error.*\n/mg), '', "$_ has missed nothing that was there") for @PROGRAMS;
  is(verify_rows($s->{node}, 'replay'), '', 'the ledger verifies');
  diag(sprintf '%s: %d s; %s; %d events in = %d entries + %d dead letters, %d beside, %d out; %d of those who listen, %d numbers heard; %d checkpoints kept; locks of git removed: %d',
    $name, $lasted, join(', ', map {"$s->{kills}{$_} x $_"} sort keys %{ $s->{kills} }), $taken + $dead, $taken, $dead, $told, $copied, $theirs, $heard, $kept,
    scalar(() = $s->{publish}->log_text =~ /event=lock_removed/g));
  $s->{site}->stop;
  $s->{standby}->stop('immediate') if $s->{standby};
  $s->{node}->stop('immediate');
  return;
}

my $seed = $ENV{QFS_SEED} // int rand 2**31;
srand $seed;
diag("QFS_SEED=$seed");
for my $name ($ENV{QFS_SCENARIO} ? split(/ /, $ENV{QFS_SCENARIO}) : qw(plain slow standby)) {
  subtest $name => sub { run_scenario($name) };
}
done_testing();
