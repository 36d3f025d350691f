# 039_durable_head.pl - what followers are told of is what no crash, no rollback and no failover takes back.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use Test::More;
use Time::HiRes qw(time usleep);

my $INSERT = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};
my $UNSEEN = "SET synchronous_commit = off; $INSERT";
my $HEAD   = 'SELECT seq, hash, size FROM qfs.durable_head()';

my $primary = new_node('primary', streaming => 1, conf => "wal_receiver_status_interval = 1s\nmax_connections = 30\nfsync = on\n");
$primary->safe_psql('postgres', 'CREATE EXTENSION qfs');

sub sql { my ($text) = @_; return $primary->safe_psql('postgres', $text) }
sub visible_head { return sql('SELECT seq, hash, size FROM qfs.head()') }

# The durable size that a session is told.
sub durable { my ($client, $wait) = @_; return $client->value('SELECT size FROM qfs.durable_head(' . ($wait // 0) . ')') }

subtest 'none' => sub {
  is(sql($HEAD), '||0', 'before genesis');
  is(sql("BEGIN; SET LOCAL client_min_messages = error; SELECT qfs.genesis('young.example') IS NULL; $HEAD; ROLLBACK"), "f\n||0", 'in its transaction');
};

sql('DROP EXTENSION qfs');
new_ledger($primary);

subtest 'by itself' => sub {
  is(sql($HEAD), visible_head(), 'the head, as qfs.head() has it');
  my $writer = sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'});
  kill 'STOP', $writer;
  is(sql("$UNSEEN; SELECT pg_current_wal_insert_lsn() AS mark \\gset\n$HEAD; SELECT pg_current_wal_flush_lsn() >= :'mark'"), visible_head() . "\nt",
    'a commit that did not wait is flushed before it is told');
  kill 'CONT', $writer;
};

subtest 'the own transaction' => sub {
  my $before = visible_head();
  my ($size) = $before =~ /(\d+)$/;
  my %own = (
    'one entry'             => $INSERT,
    'many'                  => "$INSERT;" x 5,
    'a released savepoint'  => "SAVEPOINT s; $INSERT; RELEASE s",
    'an open savepoint'     => "SAVEPOINT s; $INSERT",
    'around a rollback'     => "$INSERT; SAVEPOINT s; $INSERT; ROLLBACK TO s; $INSERT",
    'a function'            => "DO \$\$ BEGIN $INSERT; END \$\$",
    'COPY'                  => "INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{}' FROM generate_series(1, 300)");
  is(sql("BEGIN; $own{$_}; $HEAD; ROLLBACK"), $before, "$_: not durable") for sort keys %own;
  is(sql("BEGIN; $own{$_}; SELECT qfs.durable_head(100); ROLLBACK; $HEAD"), sql('SELECT qfs.durable_head()') . "\n$before", "$_: rolled back after a wait")
    for sort keys %own;
  is(sql("BEGIN; SAVEPOINT s; $INSERT; ROLLBACK TO s; $HEAD; COMMIT"), $before, 'a savepoint that was rolled back');
  is(sql("DO \$\$ BEGIN $INSERT; IF (SELECT size FROM qfs.durable_head()) <> $size THEN RAISE 'size'; END IF; END \$\$; $HEAD"), visible_head(),
    'in a function not, after its commit');
  my ($writer, $reader) = map { QfsClient->wait_for($primary) } 1 .. 2;
  $before = visible_head();
  $writer->query("BEGIN; $INSERT");
  is(join('|', @{ $reader->query($HEAD)->{rows}[0] }), $before, "another session's open transaction");
  $writer->query('COMMIT');
  is(join('|', @{ $reader->query($HEAD)->{rows}[0] }), visible_head(), 'and when it has committed');
  $_->close for $writer, $reader;
};

subtest 'an erased payload' => sub {
  sql($INSERT) for 1 .. 3;
  my $size = size_of($primary);
  my $told = sql('BEGIN; SELECT qfs.erase_payload(' . ($size - 2) . q{, 'ticket 1') > 0; SELECT size FROM qfs.durable_head(); COMMIT});
  is($told =~ /(\d+)$/ && $1 <= $size, 1, "not the entry that says so");
  is(sql($HEAD), visible_head(), 'but after the commit');
};

subtest 'snapshots' => sub {
  my $before = visible_head();
  for my $mode ('REPEATABLE READ', 'SERIALIZABLE', 'REPEATABLE READ READ ONLY') {
    my $client = QfsClient->wait_for($primary);
    my $seen = visible_head();
    $client->query("BEGIN ISOLATION LEVEL $mode; SELECT 1");
    sql($INSERT) for 1 .. 2;
    is(join('|', @{ $client->query($HEAD)->{rows}[0] }), $seen, "$mode: nothing that its snapshot does not see");
    $client->query('COMMIT');
    is(join('|', @{ $client->query($HEAD)->{rows}[0] }), visible_head(), "$mode: and then all");
    $client->query("BEGIN ISOLATION LEVEL $mode; SELECT 1");
    sql($INSERT);
    my $other = QfsClient->wait_for($primary);
    $other->query($HEAD);
    is($client->value('SELECT max(seq) + 1 - (SELECT size FROM qfs.durable_head()) FROM qfs.ledger'), 0, "$mode: as the table, again");
    $_->close for $client, $other;
  }
  is(sql("BEGIN READ ONLY; $HEAD; COMMIT"), visible_head(), 'a read-only transaction');
};

subtest 'arguments' => sub {
  refused($primary, "SELECT qfs.durable_head($_)", 'QFS_ARGUMENT', "wait $_") for -1, 60001;
  is(sql('SELECT size FROM qfs.durable_head(NULL)'), size_of($primary), 'null is no wait');
};

subtest 'cheap' => sub {
  sql(q{INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{}' FROM generate_series(1, 20000); ANALYZE qfs.ledger});
  my $client = QfsClient->wait_for($primary);
  durable($client);
  my $scans = sub { return sql('SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE schemaname = \'qfs\'') };
  my $before = $scans->();
  my ($plan) = map { $_->[0] } grep { $_->[0] =~ /Buffers/ } @{ $client->query("EXPLAIN (ANALYZE, BUFFERS) $HEAD")->{rows} };
  my $pages = 0;
  $pages += $_ for $plan =~ /=(\d+)/g;
  cmp_ok($pages, '<=', 12, "$pages pages of 20,000 entries");
  my $end = sql('SELECT pg_current_wal_insert_lsn()');
  durable($client) for 1 .. 500;
  is(sql("SELECT pg_current_wal_insert_lsn() - '$end' < 8192"), 't', 'nothing is written');
  is($scans->(), $before, 'nothing is scanned');
  is($client->value(q{SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode <> 'AccessShareLock' AND locktype <> 'virtualxid'}), 0, 'no lock stays');
  $client->close;
};

# ---- standbys ----

$primary->backup('base');
my %standby = map { $_ => new_standby($primary, $_, 'base') } qw(s1 s2);

sub while_stopped {
  my ($names, $code) = @_;
  my @receivers = map { receiver_of($standby{$_}) } @$names;
  kill 'STOP', @receivers;
  $code->();
  kill 'CONT', @receivers;
  return;
}

subtest 'a standby is missing' => sub {
  configure($primary, synchronous_standby_names => 's1');
  are_synchronous($primary, 1);
  my $client = QfsClient->wait_for($primary);
  my $known  = durable($client, 5000);
  is($known, size_of($primary), 'it follows');
  while_stopped(['s2'], sub { sql($UNSEEN); is($known = durable($client, 5000), size_of($primary), 'another one does not count') });
  while_stopped(['s1'], sub {
    sql($UNSEEN) for 1 .. 3;
    is(durable($client), $known, 'what it had is durable, and no more');
    is($client->value("BEGIN; SET LOCAL synchronous_commit = $_; SELECT size FROM qfs.durable_head(); COMMIT"), $known, "whatever the session sets: $_")
      for qw(off local remote_write);
    my $start = time;
    is(durable($client, 300), $known, 'after a wait, too');
    cmp_ok(time - $start, '>', 0.28, 'it has waited');
    cmp_ok(time - $start, '<', 5, 'no longer than it was told');
    my $fresh = QfsClient->wait_for($primary);
    cmp_ok(durable($fresh), '<=', $known, 'who has seen nothing is told nothing that may be lost');
    $fresh->start('SELECT size FROM qfs.durable_head(60000)');
    ok($primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'Extension' AND pid = } . $fresh->pid), 'it waits');
    sql('SELECT pg_cancel_backend(' . $fresh->pid . ')');
    is($fresh->receive->{error}{sqlstate}, '57014', 'until it is cancelled');
    $fresh->start('SELECT size FROM qfs.durable_head(60000)');
    $primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'Extension' AND pid = } . $fresh->pid);
    kill 'CONT', receiver_of($standby{s1});
    is($fresh->receive->{rows}[0][0], size_of($primary), 'or the standby comes back');
    $fresh->close;
  });
  is(durable($client, 5000), size_of($primary), 'it goes on');
  $standby{s1}->stop;
  sql($UNSEEN);
  is(durable($client, 100), size_of($primary) - 1, 'shut down');
  $standby{s1}->start;
  are_synchronous($primary, 1);
  is(durable($client, 10000), size_of($primary), 'started again');
  for my $names ('ANY 2 (s1, s2)', 'FIRST 2 (s1, s2)') {
    configure($primary, synchronous_standby_names => $names);
    are_synchronous($primary, 2);
    while_stopped(['s2'], sub {
      my $before = durable($client, 5000);
      sql($UNSEEN);
      is(durable($client, 100), $before, "$names: one is missing");
    });
  }
  configure($primary, synchronous_standby_names => 'ANY 1 (s1, s2)');
  are_synchronous($primary, 2);
  while_stopped(['s1'], sub { sql($UNSEEN); is(durable($client, 5000), size_of($primary), 'ANY 1: one is enough') });
  configure($primary, synchronous_commit => 'local');
  while_stopped([qw(s1 s2)], sub { sql($UNSEEN); is(durable($client), size_of($primary), "the server's local asks for none") });
  configure($primary, synchronous_commit => 'on', synchronous_standby_names => 's1');
  are_synchronous($primary, 1);
  $client->close;
};

# More observations than are remembered: the head must go on behind a standby that is late, and not only when everybody rests.
subtest 'a standby that is always late' => sub {
  $standby{s1}->append_conf('postgresql.conf', "recovery_min_apply_delay = '4s'");
  $standby{s1}->reload;
  configure($primary, synchronous_commit => 'remote_apply');
  my $writer = QfsClient::in_background(sub {
    my $client = QfsClient->wait_for($primary);
    $client->query('SET synchronous_commit = off');
    until (QfsClient::is_over()) { $client->query($INSERT); usleep(2_000) }
  });
  my $client = QfsClient->wait_for($primary);
  my ($start, $grown, $wrong, $last) = (time, 0, 0, 0);
  while (time - $start < 13) {
    my $size = durable($client);
    $wrong++ if $size < $last;
    $grown++ if $size > $last && time - $start > 5;
    # What it told has been replayed.
    $wrong++ if $size > $last && $standby{s1}->safe_psql('postgres', 'SELECT size FROM qfs.head()') < $size;
    $last = $size;
  }
  is($wrong, 0, 'what it tells has been replayed, and it never goes back');
  cmp_ok($grown, '>=', 3, "$grown steps forward behind a standby that is four seconds late");
  is(QfsClient::stop_background($writer), 0, 'the writer');
  $standby{s1}->append_conf('postgresql.conf', "recovery_min_apply_delay = 0");
  $standby{s1}->reload;
  configure($primary, synchronous_commit => 'on');
  is(durable($client, 20000), size_of($primary), 'and it catches up');
  $client->close;
};

# ---- crash and failover ----

# Follows the head as a bridge does, and writes down what it was told: "size hash".
sub follower {
  my ($node, $log) = @_;
  open(my $out, '>>', $log) or die $!;
  $out->autoflush(1);
  my $client;
  until (QfsClient::is_over()) {
    if (!$client) { $client = QfsClient->new($node) or usleep(10_000), next; }
    my $answer = $client->query($HEAD);
    print $out "$_->[2] $_->[1]\n" for grep { $_->[2] > 0 } @{ $answer->{rows} };
    $client = undef if $answer->{lost};
    usleep(1_000);
  }
}

# Appends that nobody waits for: many are visible before they are on disk.
sub hasty_writer {
  my ($node) = @_;
  my $client;
  until (QfsClient::is_over()) {
    if (!$client) { $client = QfsClient->new($node) or usleep(10_000), next; $client->query('SET synchronous_commit = off'); }
    $client = undef if $client->query($INSERT)->{lost};
  }
}

sub told_in {
  my ($log) = @_;
  return -e $log ? map { [split ' '] } grep { /^\d+ \\x\w+$|^\d+ \w+$/ } split /\n/, slurp($log) : ();
}

# What was told is there, as it was told.
sub lost_of {
  my ($node, @told) = @_;
  my %hash = map { split /\|/ } split /\n/, $node->safe_psql('postgres', 'SELECT seq + 1, hash FROM qfs.ledger');
  return scalar grep { ($hash{ $_->[0] } // '') ne $_->[1] } @told;
}

subtest 'kill -9' => sub {
  my $node = new_node('killed', conf => "fsync = on\nwal_writer_delay = '10s'\n");
  new_ledger($node);
  my $log = scratch_file('told', '');
  for my $round (1 .. 5) {
    my @clients = (QfsClient::in_background(sub { follower($node, $log) }), map { QfsClient::in_background(sub { hasty_writer($node) }) } 1 .. 2);
    my $count = told_in($log);
    wait_until(sub { told_in($log) > $count + 50 }, 'a follower');
    crash_and_start($node);
    is(QfsClient::stop_background(@clients), 0, "round $round: nobody failed");
    my @told = told_in($log);
    is(lost_of($node, @told), 0, "round $round: " . @told . ' heads that were told are there');
  }
  is_sound($node, 'killed');
  $node->stop;
};

subtest 'failover' => sub {
  my $log = scratch_file('told_primary', '');
  my @clients = (QfsClient::in_background(sub { follower($primary, $log) }), map { QfsClient::in_background(sub { hasty_writer($primary) }) } 1 .. 2);
  wait_until(sub { told_in($log) > 100 }, 'a follower');
  my $receiver = receiver_of($standby{s1});
  kill 'STOP', $receiver;
  usleep(200_000);
  my $ahead = size_of($primary);
  $primary->kill9;
  # With it goes what it has not read yet.
  kill 'KILL', $receiver;
  is(QfsClient::stop_background(@clients), 0, 'nobody failed');
  wait_until(sub { !kill 0, $standby{s1}{_pid} }, 'the end of the standby');
  $standby{s1}{_pid} = undef;
  start_after_crash($standby{s1});
  $standby{s1}->append_conf('postgresql.auto.conf', "synchronous_standby_names = ''");
  $standby{s1}->promote;
  $standby{s1}->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
  my @told = told_in($log);
  cmp_ok(size_of($standby{s1}), '<', $ahead, 'entries were lost that nobody was told of');
  is(lost_of($standby{s1}, @told), 0, @told . ' heads that were told are there');
  is($standby{s1}->safe_psql('postgres', 'SELECT size FROM qfs.durable_head()'), size_of($standby{s1}), 'and it goes on');
  is_sound($standby{s1}, 'promoted');
  $_->stop for values %standby;
};

done_testing();
