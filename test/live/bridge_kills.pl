# bridge_kills.pl - qfs-bridge in and out, Redis and PostgreSQL killed at random under load: nothing lost, doubled or reordered.
#
# What was sent is numbered, and every number is looked for at the end: of the
# streams in the ledger and the dead letters, of the ledger in the outgoing
# stream.  QFS_KILLS: in each of the scenarios; a third of 100 by default.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsBridge;
use QfsClient;
use QfsRedis;
use Test::More;
use Time::HiRes qw(time usleep);

my $KILLS      = $ENV{QFS_KILLS} || 34;
my @PARTITIONS = map {"qfs:ledger.example.org:in:$_"} 0, 1;
my $OUT        = 'qfs:ledger.example.org:out';
my $POISON     = 50;                                        # every so many events one is refused

my $CONF = q{
  fsync = on
  restart_after_crash = on
  shared_buffers = 8MB
  max_wal_size = 64MB
  wal_writer_delay = 10s
  log_min_messages = fatal
  tcp_keepalives_idle = 5
  max_prepared_transactions = 0
};

# ---- whoever sends ----

# Events 1, 2, 3, … of one partition, each under its number as id, again until Redis has it; one line of the last number.
sub produce {
  my ($redis, $stream, $file) = @_;
  delete $redis->{socket};
  my $n = 0;
  until (QfsClient::is_over()) {
    my @batch = map { $n + $_ } 1 .. 20;
    my @replies = eval {
      $redis->ask_all(map { [ 'XADD', $stream, "$_-0", 'type', $_ % $POISON ? 'ORDER' : 'GHOST', 'payload', qq({"n": $_, "stream": "$stream"}) ] } @batch) };
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

# Entries beside those of streams, of one client that reconnects; a line each that was acknowledged.
sub append_beside {
  my ($connect, $file) = @_;
  my $n = 0;
  open my $out, '>>', $file or die;
  $out->autoflush(1);
  until (QfsClient::is_over()) {
    my $k = $n + 1;
    my ($code, $seq) = run_program('psql', '-XAtq', '-d', $connect->(), '-v', 'ON_ERROR_STOP=1', '-c',
      qq{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"beside": $k}') RETURNING seq});
    $n = $k;
    print {$out} "$seq" if $code == 0 && $seq =~ /^\d+\n$/;
    usleep(30_000);
  }
  return;
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
  new_ledger($node);
  $node->safe_psql('postgres', q{
    SELECT qfs.register_event_type('ORDER', '{}');
    CREATE ROLE bridge LOGIN IN ROLE qfs_bridge, qfs_auditor});
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

# The primary is gone for good, and its standby takes over; a new standby follows.
sub fail_over {
  my ($s) = @_;
  my $old = $s->{node};
  kill_all_of($old);
  $s->{standby}->promote;
  $s->{node} = $s->{standby};
  spit($s->{where}, dsn_of($s->{node}));
  $s->{standby} = new_standby($s->{node}, 'standby' . ++$s->{count});
  require_standby($s->{node}, $s->{standby}->name);
  return;
}

sub dsn_of { my ($node) = @_; return sprintf 'host=%s port=%d dbname=postgres', $node->host, $node->port }

# Every server that was or may come to be the primary: libpq looks which one takes writes.
sub hosts_of {
  my (@nodes) = @_;
  return sprintf 'host=%s port=%s dbname=postgres user=bridge target_session_attrs=read-write', join(',', map { $_->host } @nodes), join(',', map { $_->port } @nodes);
}

sub kill_one {
  my ($s) = @_;
  my $what = (qw(in out redis postgres))[ rand 4 ];
  $s->{kills}{$what}++;
  if ($what eq 'in' || $what eq 'out') {
    $s->{$what}->stop('KILL');
    $s->{$what}->again;
  }
  elsif ($what eq 'redis') {
    $s->{redis}->stop('KILL');
    usleep(rand 300_000);
    $s->{redis}->start;
  }
  elsif ($s->{with}{standby} && rand() < 0.3 && $s->{count} < 3) {
    $s->{kills}{failover}++;
    fail_over($s);
    # The bridges are told of the new pair, as an operator's tools would.
    for my $bridge (@$s{qw(in out)}) {
      $bridge->stop;
      spit($bridge->{config}, slurp($bridge->{config}) =~ s/^database = .*$/'database = ' . hosts_of($s->{node}, $s->{standby})/mer);
      $bridge->again;
    }
  }
  else {
    kill_server($s->{node}, $s->{with});
  }
  # A bridge ends by itself when it must not go on.
  for my $name (qw(in out)) {
    ok($s->{$name}->lives, "$name lives") or do { diag($s->{$name}->log_text =~ s/.*(?=(\n.*){20})//sr); return 0 };
  }
  return 1;
}

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
  my @told = split /\n/, slurp($s->{beside});
  my $there = $s->{node}->safe_psql('postgres', "SELECT count(*) FROM qfs.ledger WHERE payload ? 'beside' AND seq = ANY ('{" . join(',', @told) . "}')");
  is($there, scalar @told, 'every entry that a client was told of is there');
  return scalar @told;
}

sub run_scenario {
  my ($name) = @_;
  my $with = $SCENARIOS{$name};
  my $s = { with => $with, count => 1, node => new_primary("primary_$name", $with), redis => QfsRedis->new(appendonly => 'yes', appendfsync => 'always') };
  my $dir = PostgreSQL::Test::Utils::tempdir('live');
  if ($with->{standby}) {
    $s->{standby} = new_standby($s->{node}, 'standby1');
    require_standby($s->{node}, 'standby1');
  }
  $s->{where} = spit("$dir/where", dsn_of($s->{node}));
  $s->{beside} = spit("$dir/beside", '');
  my %settings = (database => hosts_of(grep {defined} @$s{qw(node standby)}), redis => $s->{redis}->path);
  $s->{in}  = QfsBridge->start('in', %settings, stream => \@PARTITIONS);
  $s->{out} = QfsBridge->start('out', %settings, stream => $OUT);
  my %last = map { ($_ => "$dir/" . tr/:/_/r) } @PARTITIONS;
  my @senders = map { my $stream = $_; QfsClient::in_background(sub { produce($s->{redis}, $stream, $last{$stream}) }) } @PARTITIONS;
  push @senders, QfsClient::in_background(sub { append_beside(sub { slurp($s->{where}) }, $s->{beside}) });

  for (1 .. $KILLS) {
    usleep(100_000 + rand 900_000);
    last unless kill_one($s);
  }
  is(QfsClient::stop_background(@senders), 0, 'nobody who sends has failed');

  my %sent = map { ($_ => slurp($last{$_})) } @PARTITIONS;
  for my $stream (@PARTITIONS) {
    # What is in the stream beside what was acknowledged was sent, too.
    $sent{$stream} = $s->{redis}->ask('XREVRANGE', $stream, '+', '-', 'COUNT', 1)->[0][0] =~ s/-0$//r;
    ok(wait_until(sub { $s->{node}->safe_psql('postgres', "SELECT id FROM qfs.stream_position WHERE stream = '$stream'") eq "$sent{$stream}-0" }, $stream), "$stream is taken to its end")
      or diag($s->{in}->log_text =~ s/.*(?=(\n.*){20})//sr);
  }
  ok(wait_until(sub { $s->{redis}->ask('XLEN', $OUT) == size_of($s->{node}) }, 'out'), 'out is at the end') or diag($s->{out}->log_text =~ s/.*(?=(\n.*){20})//sr);
  my ($taken, $dead) = (0, 0);
  for my $stream (@PARTITIONS) {
    my ($n, $refused) = count_in($s, $stream, $sent{$stream});
    $taken += $n;
    $dead += $refused;
  }
  my $told = count_beside($s);
  my $copied = count_out($s);
  is($s->{$_}->stop, 0, "$_ stops") for qw(in out);
  is(verify_rows($s->{node}, 'replay'), '', 'the ledger verifies');
  diag(sprintf '%s: %s; %d events in = %d entries + %d dead letters, %d beside, %d out', $name,
    join(', ', map {"$s->{kills}{$_} x $_"} sort keys %{ $s->{kills} }), $taken + $dead, $taken, $dead, $told, $copied);
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
