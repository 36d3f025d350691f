# 002_standby.pl - physical standbys read and prove as the primary does, and sign nothing; a commit waits for them as asked.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use Test::More;

# Sessions say for themselves how their commits wait.
my $primary = new_node('primary', streaming => 1, conf => q{
  synchronous_commit = local
  max_connections = 30
  shared_buffers = 16MB
});
new_ledger($primary);
append($primary, 280);
$primary->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
append($primary, 20);
new_database($primary, 'unopened');
$primary->safe_psql('unopened', 'CREATE EXTENSION qfs');

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
# pg_basebackup takes the key file along, mode and all; the test module's copy
# of the backup forgets modes.
my $in_backup = $primary->backup_dir . '/base/qfs.key';
is(sprintf('%o', (stat $in_backup)[2] & 0777), '600', 'the key file of the backup is for the server alone');
is(slurp($in_backup), slurp($primary->data_dir . '/qfs.key'), 'and is the same');
chmod 0600, $standby->data_dir . '/qfs.key';
$standby->start;

sub catch_up { $primary->wait_for_catchup('standby', 'replay', $primary->lsn('insert')); }

append($primary, 7);
catch_up();

subtest 'reads and proofs' => sub {
  is(fingerprint($standby), fingerprint($primary), 'head, root, export and proofs are the primary\'s');
  my $size = size_of($primary);
  for my $sql ('qfs.vkey()', 'qfs.vkey(1)', 'qfs.inclusion_proof(5, 17)', 'qfs.consistency_proof(17, 290)',
    'qfs.tile(0, 0)', 'qfs.tile(1, 0, 1)', 'qfs.entry_bundle(1, 20)', 'qfs.entry(299)') {
    is($standby->safe_psql('postgres', "SELECT $sql"), $primary->safe_psql('postgres', "SELECT $sql"),
      "$sql is byte-identical");
  }
  is(verify_rows($standby, $_), '', "verify at depth $_") for qw(hashes signatures replay);
  is(check_rows($standby), '', 'self_check');
  my ($exit, $out) = qfs_verify('ledger', export_file($standby), '--key', first_key_of($standby),
    '--checkpoint', scratch_file('checkpoint', checkpoint_of($primary)));
  is($exit, 0, 'what it exports is what the primary signs') or diag($out);
};

subtest 'a standby writes nothing' => sub {
  my $file   = slurp($standby->data_dir . '/qfs.key');
  my $before = fingerprint($standby);
  refused($standby, q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')}, '25006', 'no append');
  refused($standby, q{COPY qfs.ledger (type, payload) FROM STDIN;
NOTE	{}
\.}, '25006', 'no COPY');
  refused($standby, "SELECT $_", '25006', "no $_")
    for q{qfs.register_event_type('X', '{}')}, q{qfs.set_policy('{}')}, 'qfs.rotate_keys()', 'qfs.rebuild()';
  refused($standby, q{SELECT qfs.genesis('other.example')}, '25006', 'no genesis', 'unopened');
  is(slurp($standby->data_dir . '/qfs.key'), $file, 'the key file is as it was');
  is(fingerprint($standby), $before, 'and the ledger');
};

subtest 'a read-only transaction of the primary' => sub {
  is($primary->safe_psql('postgres', q{
      BEGIN READ ONLY;
      SELECT count(*) FROM qfs.verify();
      SELECT qfs.checkpoint() = qfs.checkpoint((SELECT size FROM qfs.head()));
      COMMIT}), "0\nt", 'reads, proves and signs');
  my $file = slurp($primary->data_dir . '/qfs.key');
  refused($primary, "BEGIN READ ONLY; $_", '25006', "and does not $_")
    for q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')}, 'SELECT qfs.rebuild()',
    q{SELECT qfs.set_policy('{}')}, 'SELECT qfs.rotate_keys()';
  refused($primary, q{BEGIN READ ONLY; SELECT qfs.genesis('other.example')}, '25006', 'nor begin a ledger', 'unopened');
  # What writes without the executor, which would look.
  is(slurp($primary->data_dir . '/qfs.key'), $file, 'the key file is as it was');
};

# ---- how a commit waits ----

# The position before the commit record, then whether the commit has been flushed.
my $commit_sql = q{
  BEGIN;
  INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}');
  SELECT pg_current_wal_insert_lsn() AS before \gset
  COMMIT;
  SELECT pg_current_wal_flush_lsn() > :'before';
};

sub process_of {
  my ($node, $type) = @_;
  return $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = '$type'");
}

# Nobody else may flush while we look.
subtest 'the flush of the commit' => sub {
  my $writer = process_of($primary, 'walwriter');
  kill 'STOP', $writer;
  for my $early ('on', 'off') {
    my $set = "SET qfs.early_lock_release = $early; SET synchronous_commit =";
    is($primary->safe_psql('postgres', "$set off; $commit_sql"), 'f', "early release $early: off does not flush");
    is($primary->safe_psql('postgres', "$set $_; $commit_sql"), 't', "early release $early: $_ does")
      for qw(local remote_write on remote_apply);
  }
  is($primary->safe_psql('postgres', qq{
      SET synchronous_commit = off; $commit_sql;
      SELECT qfs.checkpoint() IS NOT NULL;
      SELECT pg_current_wal_flush_lsn() > :'before'}), "f\nt\nt", 'checkpoint() flushes what it signs');
  kill 'CONT', $writer;
};

# A session that appends and says so once its commit has returned.
sub start_append {
  my ($mode, $early) = @_;
  my $session = $primary->background_psql('postgres', on_error_stop => 0);
  $session->query_safe("SET synchronous_commit = $mode; SET application_name = '$mode';
    SET qfs.early_lock_release = " . ($early // 'on'));
  $session->{stdin} .= qq{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"mode": "$mode"}');
    \\echo committed\n};
  $session->{run}->pump_nb;
  return $session;
}

# The message comes on standard output, whatever else the session says.
sub returned {
  my ($session, $name) = @_;
  ok($session->query_until(qr/committed/, ''), "$name: returned");
  is($session->{stderr}, '', "$name: without a warning");
  $session->quit;
}

sub waits_for_standby {
  my ($mode, $name) = @_;
  ok($primary->poll_query_until('postgres',
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '$mode' AND wait_event = 'SyncRep'"),
    "$name: waits for the standby");
}

sub visible {
  my ($mode) = @_;
  return $primary->safe_psql('postgres', "SELECT count(*) FROM qfs.ledger WHERE payload->>'mode' = '$mode'");
}

# A writer that gets the chain lock now or not at all.
my $impatient = q{
  SET lock_timeout = '1s';
  INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"by": "the next writer"}');
};

$primary->append_conf('postgresql.conf', "synchronous_standby_names = 'standby'");
$primary->reload;
$primary->poll_query_until('postgres', q{SELECT sync_state = 'sync' FROM pg_stat_replication});

subtest 'the standby does not answer' => sub {
  my $receiver = process_of($standby, 'walreceiver');
  kill 'STOP', $receiver;
  returned(start_append($_), $_) for qw(off local);
  my %session;
  for my $mode (qw(remote_write on remote_apply)) {
    $session{$mode} = start_append($mode);
    waits_for_standby($mode, $mode);
    is(visible($mode), 1, "$mode: the entry is visible");
    is(error_of($primary, $impatient), undef, "$mode: and the chain lock is free");
  }
  kill 'CONT', $receiver;
  returned($session{$_}, "$_, once the standby answers") for sort keys %session;
  is_sound($primary, 'primary');
};

subtest 'the standby does not replay' => sub {
  $standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
  returned(start_append($_), $_) for qw(off local remote_write on);
  my $session = start_append('remote_apply');
  waits_for_standby('remote_apply', 'remote_apply');
  is(error_of($primary, $impatient), undef, 'the chain lock is free');
  $standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
  returned($session, 'remote_apply, once it is replayed');
  is($standby->safe_psql('postgres', q{SELECT count(*) FROM qfs.ledger WHERE payload->>'mode' = 'remote_apply'}),
    visible('remote_apply'), 'and a reader of the standby sees it');
};

subtest 'without early lock release' => sub {
  my $receiver = process_of($standby, 'walreceiver');
  kill 'STOP', $receiver;
  my $before  = visible('on');
  my $session = start_append('on', 'off');
  waits_for_standby('on', 'on');
  is(visible('on'), $before, 'the entry is not visible');
  refused($primary, $impatient, '55P03', 'and the chain lock is held');
  kill 'CONT', $receiver;
  returned($session, 'on, once the standby answers');
  is(error_of($primary, $impatient), undef, 'then it is free');
};

subtest 'waiting is given up' => sub {
  my $receiver = process_of($standby, 'walreceiver');
  kill 'STOP', $receiver;
  my $session = start_append('on');
  waits_for_standby('on', 'cancelled');
  $primary->safe_psql('postgres',
    q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'});
  $session->query_until(qr/committed/, '');
  like($session->{stderr}, qr/canceling wait for synchronous replication/, 'cancelled: a warning');
  $session->{stderr} = '';
  my $size = size_of($primary);
  $session->query_safe(q{
    SET synchronous_commit = local; INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')});
  is(size_of($primary), $size + 1, 'cancelled: the session appends again');
  $session->quit;

  $session = start_append('on');
  waits_for_standby('on', 'terminated');
  $primary->safe_psql('postgres',
    q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'});
  ok($primary->poll_query_until('postgres',
      q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'on'}), 'terminated: the session is gone');
  is(error_of($primary, $impatient), undef, 'terminated: the chain lock is free');
  $session->{run}->finish;
  kill 'CONT', $receiver;
  is_sound($primary, 'primary');
};

# ---- promotion ----

catch_up();
is(fingerprint($standby), fingerprint($primary), 'after all that the standby has the same ledger');
my $agreed = checkpoint_of($primary);
$standby->append_conf('postgresql.conf', "synchronous_standby_names = ''");
$standby->promote;

subtest 'promotion' => sub {
  append($standby, 10);
  append_singly($standby, 3);
  $standby->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
  append($standby, 2);
  is_sound($standby, 'promoted');
  is_sound_offline($standby, 'promoted', 'postgres', $agreed);
};

# Two primaries are a fork, which no database can see, but whoever holds a
# checkpoint of the other one does.
subtest 'a fork' => sub {
  $primary->safe_psql('postgres', q{
    SET synchronous_commit = local;
    INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{"on": "the old primary"}' FROM generate_series(1, 5)});
  is_sound($primary, 'old primary');
  my ($exit, $out) = qfs_verify('ledger', export_file($standby), '--key', first_key_of($standby),
    '--checkpoint', scratch_file('checkpoint', checkpoint_of($primary)));
  is($exit, 1, 'a checkpoint of the old primary does not fit the new one');
  like($out, qr/QFS_CHECKPOINT_ROOT/, 'and says so');
};

done_testing();
