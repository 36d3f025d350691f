# 015_health.pl - qfs.health() and qfs_api.metrics(): each thing that can be wrong is made wrong, is told, and is told no more when it is right again.
use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256);
use MIME::Base64 qw(decode_base64 encode_base64);
use QfsTest;
use QfsClient;
use Test::More;

my $node = new_node('health', streaming => 1, conf => "fsync = on\n");
$node->safe_psql('postgres', 'CREATE EXTENSION qfs; CREATE ROLE prometheus LOGIN; GRANT qfs_monitor TO prometheus');

# One item: "status|value|remedy".
sub item {
  my ($item, $on) = @_;
  return ($on // $node)->safe_psql('postgres', "SELECT status, value, remedy FROM qfs.health() WHERE item = '$item'");
}

sub item_like {
  my ($item, $pattern, $name, $on) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return like(item($item, $on), $pattern, "$item: $name");
}

# Value of a metric, or undef.
sub metric {
  my ($name, $on) = @_;
  my ($value) = ($on // $node)->safe_psql('postgres', 'SELECT qfs_api.metrics()') =~ /^\Q$name\E (\S+)$/m;
  return $value;
}

# Runs SQL without the guards, as a superuser can.
sub behind_the_guards {
  my ($sql) = @_;
  return $node->safe_psql('postgres', "SET qfs.ddl_guard = off; ALTER TABLE qfs.ledger DISABLE TRIGGER ALL; $sql;
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append, ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row, ENABLE ALWAYS TRIGGER zzz_qfs_refuse_statement");
}

item_like('ledger', qr/^warning\|there is none yet\|.*qfs\.genesis/, 'before genesis');
is(metric('qfs_ledger_open'), 0, 'metrics before genesis');
$node->safe_psql('postgres', q{SELECT qfs.genesis('ledger.example.org/test'); SELECT qfs.register_event_type('NOTE', '{}')});
append($node, 10);
item_like('ledger', qr/^ok\|open, 12 entries\|$/, 'open');
is(metric('qfs_entries_total'), 12, 'entries are counted');
is($node->safe_psql('postgres', q{SELECT string_agg(item, ' ') FROM qfs.health() WHERE status <> 'ok' AND item <> 'server'}), 'verification checkpoint kept',
  'of a new ledger three things are to be done');

subtest 'key file' => sub {
  my $file = $node->data_dir . '/qfs.key';
  my $offset = -s $node->logfile;
  rename $file, "$file.away" or die $!;
  item_like('key_file', qr/^error\|QFS_KEY_FILE: it cannot be opened\.\|.*backup/, 'missing');
  is(metric('qfs_key_usable'), 0, 'so says the metric');
  like(PostgreSQL::Test::Utils::slurp_file($node->logfile, $offset), qr/LOG:  qfs key file ".*qfs\.key" cannot be opened: .*\n.*HINT:  .*mode 0600\. Restore it from your backup/, 'the log has the path, and what to do');
  spit($file, '0' x 64 . "\n");
  chmod 0600, $file;
  item_like('key_file', qr/^error\|QFS_KEY_MISSING: none of its 1 seeds fits/, 'replaced');
  chmod 0644, $file;
  item_like('key_file', qr/^error\|QFS_KEY_FILE: it can be read by others/, 'readable');
  rename "$file.away", $file or die $!;
  item_like('key_file', qr/^ok\|has the key in force\|$/, 'back');
  is(metric('qfs_key_usable'), 1, 'usable');
};

subtest 'guards' => sub {
  $node->safe_psql('postgres', 'SET qfs.ddl_guard = off; ALTER TABLE qfs.ledger DISABLE TRIGGER zzz_qfs_refuse_row');
  item_like('guards', qr/^error\|1 findings; QFS_TRIGGER: .*zzz_qfs_refuse_row.*\|.*self_check/, 'a trigger that is off');
  is(metric('qfs_self_check_faults'), 1, 'counted');
  $node->safe_psql('postgres', 'SET qfs.ddl_guard = off; ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row');
  item_like('guards', qr/^ok/, 'on again');
};

subtest 'access' => sub {
  item_like('access', qr/^ok\|/, 'nobody');
  $node->safe_psql('postgres', 'CREATE ROLE loader; GRANT pg_write_all_data TO loader');
  item_like('access', qr/^warning\|1 can go past the guards; role loader is a member of pg_write_all_data\|.*qfs\.access/, 'a member of a role that writes everything');
  item_like('guards', qr/^ok/, 'which is no fault of the guards');
  $node->safe_psql('postgres', 'DROP ROLE loader');
  item_like('access', qr/^ok\|/, 'nobody again');
  item_like('server', qr/^(ok|warning\|.*generate-manifest)/, 'the major version is known, or it says how it will be');
};

subtest 'durability' => sub {
  for my $case ([ 'synchronous_commit', 'off', qr/^warning\|.*synchronous_commit off\|.*lose entries/ ], [ 'fsync', 'off', qr/^error\|fsync off/ ]) {
    my ($setting, $value, $pattern) = @$case;
    $node->safe_psql('postgres', "ALTER SYSTEM SET $setting = $value");
    $node->reload;
    ok(wait_until(sub { item('durability') =~ $pattern }, $setting), "$setting = $value");
    $node->safe_psql('postgres', "ALTER SYSTEM RESET $setting");
    $node->reload;
    ok(wait_until(sub { item('durability') =~ /^ok/ }, $setting), 'and back');
  }
};

subtest 'verification' => sub {
  item_like('verification', qr/^warning\|never\|.*verify_new/, 'never');
  is(metric('qfs_verify_timestamp_seconds'), undef, 'what is not known is not said');
  is(metric('qfs_verify_lag_entries'), 12, 'all of it is to be verified');
  is($node->safe_psql('postgres', 'SELECT * FROM qfs.verify_new(5)'), '', 'five entries are sound');
  is(metric('qfs_verified_entries') . '/' . metric('qfs_verify_lag_entries'), '5/7', 'counted');
  is($node->safe_psql('postgres', 'SELECT * FROM qfs.verify_new(); SELECT * FROM qfs.verify_new()'), '', 'so are the others');
  item_like('verification', qr/^ok\|12 of 12 entries, \d+ s ago, 0 faults\|$/, 'done');
  cmp_ok(abs(metric('qfs_verify_timestamp_seconds') - time()), '<', 60, 'just now');
  refused($node, 'SELECT * FROM qfs.verify_new(0)', 'QFS_ARGUMENT', 'none at all is no request');

  $node->safe_psql('postgres', unguarded('UPDATE qfs.verification SET at = at - 26 * 3600 * 1000'));
  item_like('verification', qr/^warning\|12 of 12/, 'too long ago');
  append($node, 5);
  behind_the_guards(q{UPDATE qfs.ledger SET payload = '{"forged": true}' WHERE seq = 14});
  like($node->safe_psql('postgres', 'SELECT * FROM qfs.verify_new()'), qr/^14\|QFS_HASH_MISMATCH\|/, 'a forged entry is found');
  item_like('verification', qr/^error\|12 of 17 entries, .* 1 faults\|Change nothing\..*checkpoint/, 'and remembered');
  is(metric('qfs_verify_faults') . metric('qfs_verify_lag_entries'), '15', 'in the metrics, too');
  behind_the_guards(q{UPDATE qfs.ledger SET payload = '{"n": 3, "text": "note 3"}' WHERE seq = 14});
  is($node->safe_psql('postgres', 'SELECT * FROM qfs.verify_new()'), '', 'until it is as it was');

  # Both are sound by themselves; only who remembers sees it.
  my $last = $node->safe_psql('postgres', 'SELECT hash FROM qfs.ledger WHERE seq = 16');
  $node->safe_psql('postgres', unguarded("UPDATE qfs.verification SET hash = '" . 'f' x 64 . "'"));
  like($node->safe_psql('postgres', 'SELECT * FROM qfs.verify_new()'), qr/^16\|QFS_HASH_MISMATCH\|it had another hash/, 'a rewritten ledger');
  $node->safe_psql('postgres', unguarded("UPDATE qfs.verification SET hash = '$last'"));
  behind_the_guards('CREATE TABLE kept AS SELECT * FROM qfs.ledger WHERE seq = 16; DELETE FROM qfs.ledger WHERE seq = 16');
  is($node->safe_psql('postgres', 'SELECT * FROM qfs.verify_new()'), '16|QFS_SEQ_GAP|17 entries were sound before, 16 are left', 'a ledger that was cut off');
  is(verify_rows($node, 'hashes'), '', 'which qfs.verify() cannot know');
  behind_the_guards('INSERT INTO qfs.ledger SELECT * FROM kept; DROP TABLE kept');
  is($node->safe_psql('postgres', 'SELECT * FROM qfs.verify_new()'), '', 'whole again');
  is_sound($node, 'after all this');
};

subtest 'checkpoint' => sub {
  my $key = scratch_file('witness.pem', '');
  run_program('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', $key);
  my (undef, $der) = run_program('openssl', 'pkey', '-in', $key, '-pubout', '-outform', 'DER');
  my $public = substr $der, -32;
  my $name   = 'witness.example';
  my $cosign = sub {
    my ($time) = @_;
    my ($note) = checkpoint_of($node) =~ /^(.*?\n)\n/s;
    my $message = scratch_file('message', "cosignature/v1\ntime $time\n$note");
    my ($exit, $signature) = run_program('openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', $key, '-in', $message);
    my $id = substr sha256("$name\n\x04$public"), 0, 4;
    my $line = "\x{2014} $name " . encode_base64($id . pack('Q>', $time) . $signature, '') . "\n";
    utf8::encode($line);
    return $node->safe_psql('postgres', "SELECT qfs.add_cosignature('" . checkpoint_of($node) . "$line')");
  };
  item_like('checkpoint', qr/^warning\|there is no witness\|.*add_witness/, 'no witness');
  $node->safe_psql('postgres', "SELECT qfs.add_witness('" . note_key($name, 4, unpack 'H*', $public) . "')");
  item_like('checkpoint', qr/^warning\|no witness has cosigned yet\|/, 'one that has not cosigned');
  is(metric('qfs_checkpoint_timestamp_seconds'), undef, 'nothing is known');
  is($cosign->(time() - 30 * 3600), 1, 'it cosigns, long ago');
  item_like('checkpoint', qr/^ok\|17 of 17 entries cosigned, 10[78]\d{3} s ago\|$/, 'nothing was appended since');
  append($node, 1);
  item_like('checkpoint', qr/^warning\|17 of 18 entries cosigned.*\|Have a witness cosign/, 'now something was');
  my $now = time();
  is($cosign->($now), 1, 'it cosigns again');
  item_like('checkpoint', qr/^ok\|18 of 18/, 'up to date');
  is(metric('qfs_checkpoint_entries') . ' ' . metric('qfs_checkpoint_timestamp_seconds'), "18 $now.000", 'size and time');
};

subtest 'chain lock' => sub {
  my ($holder, $waiter) = map { QfsClient->wait_for($node) } 1 .. 2;
  item_like('chain_lock', qr/^ok\|free\|$/, 'free');
  $holder->value(q{BEGIN; INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')});
  item_like('chain_lock', qr/^ok\|held by process ${\$holder->pid}\|$/, 'held');
  $waiter->start(q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')});
  ok(wait_until(sub { (metric('qfs_chain_lock_waiters') // 0) == 1 }, 'a queue'), 'one waits');
  ok(wait_until(sub { item('chain_lock') =~ /^warning/ }, 'a warning'), 'for too long');
  item_like('chain_lock', qr/^warning\|1 wait for process ${\$holder->pid}, the longest for 1\d s\|.*pg_terminate_backend\(${\$holder->pid}\)/, 'who is to blame');
  cmp_ok(metric('qfs_chain_lock_wait_seconds'), '>', 10, 'how long');
  $holder->value('COMMIT');
  $waiter->receive;
  item_like('chain_lock', qr/^ok\|free/, 'free again');
  $_->close for $holder, $waiter;
};

# A dump of a ledger that was not verified yet.
subtest 'restored' => sub {
  new_database($node, 'restored');
  $node->safe_psql('restored', "CREATE EXTENSION qfs; COPY qfs.ledger FROM STDIN;\n" .
      $node->safe_psql('postgres', 'COPY qfs.ledger TO STDOUT') . "\n\\.\n");
  like($node->safe_psql('restored', q{SELECT status, value, remedy FROM qfs.health() WHERE item = 'ledger'}),
    qr/^error\|restored or copied, 20 entries not verified\|Run SELECT qfs\.post_restore/, 'closed');
  like($node->safe_psql('restored', 'SELECT qfs_api.metrics()'), qr/^qfs_ledger_open 0$/m, 'in the metrics, too');
};

subtest 'standby' => sub {
  my $standby = new_standby($node, 'standby');
  $node->wait_for_catchup('standby', 'replay', $node->lsn('insert'));
  item_like('replication', qr/^ok\|primary, 1 standbys stream\|$/, 'the primary');
  ok(wait_until(sub { item('replication', $standby) =~ /^ok\|standby, streaming\|$/ }, 'streaming'), 'the standby');
  is(metric('qfs_in_recovery', $standby) . metric('qfs_in_recovery'), '10', 'in the metrics');
  is(metric('qfs_entries_total', $standby), metric('qfs_entries_total'), 'the same entries');
  unlink $standby->data_dir . '/qfs.key';
  item_like('key_file', qr/^warning\|/, 'a standby may do without a key', $standby);
  my $error = refused($standby, 'SELECT * FROM qfs.verify_new()', 'QFS_READ_ONLY', 'a standby remembers nothing');
  my ($instead) = $error->{detail} =~ /(SELECT \* FROM qfs\.verify\(\d+, .*?\)) checks here/;
  is($standby->safe_psql('postgres', $instead // 'no query'), '', 'but says what can be run there, which finds it sound');
  like($error->{hint}, qr/on the primary/, 'and where it can');
  refused($node, 'BEGIN READ ONLY; SELECT * FROM qfs.verify_new()', 'QFS_READ_ONLY', 'nor does a transaction that may not write');
  $standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
  ok(wait_until(sub { item('replication', $standby) =~ /^warning\|standby, replay is paused\|.*resume/ }, 'a pause'), 'a pause is told');
  $standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
  $node->stop;
  ok(wait_until(sub { item('replication', $standby) =~ /^warning\|standby, not streaming\|/ }, 'the loss'), 'so is the loss of the primary');
  $standby->stop;
  $node->start;
};

subtest 'who may ask' => sub {
  my $as = sub { my ($role, $sql) = @_; return "SET ROLE $role; $sql" };
  is($node->safe_psql('postgres', $as->('prometheus', 'SELECT count(*) > 8 FROM qfs.health()')), 't', 'monitoring sees health');
  like($node->safe_psql('postgres', $as->('prometheus', 'SELECT qfs_api.metrics()')), qr/^qfs_entries_total \d+$/m, 'and metrics');
  refused($node, $as->('prometheus', $_), '42501', "but not $_")
    for 'SELECT * FROM qfs.ledger', 'SELECT qfs.checkpoint()', 'SELECT * FROM qfs.verify_new()', 'SELECT qfs_api.head()',
    'SELECT * FROM qfs.vitals()', 'SELECT * FROM qfs.key_fault()', 'SELECT * FROM qfs.metric_families()', 'SELECT * FROM qfs.verification';
  refused($node, $as->($_->[0], $_->[1]), '42501', "$_->[0]: not $_->[1]")
    for map { my $role = $_; map { [ $role, $_ ] } 'SELECT qfs_api.metrics()', 'SELECT * FROM qfs.health()' } qw(qfs_anon qfs_user);
};

# What a scrape costs does not depend on the ledger's size.
subtest 'cost' => sub {
  my $pages = sub {
    my ($plan) = $node->safe_psql('postgres', 'SELECT length(qfs_api.metrics()); EXPLAIN (ANALYZE, BUFFERS) SELECT qfs_api.metrics()') =~ /Buffers: shared hit=(\d+)/;
    return $plan;
  };
  my $before = $pages->();
  append($node, 20_000);
  $node->safe_psql('postgres', 'VACUUM ANALYZE qfs.ledger');
  $node->safe_psql('postgres', 'SELECT * FROM qfs.verify_new()');
  my $after = $pages->();
  cmp_ok($after, '<', $before + 200, "$before pages of a small ledger, $after of one a thousand times larger");
  cmp_ok($node->safe_psql('postgres', q{SELECT pg_relation_size('qfs.ledger') / 8192}), '>', 500, 'which has many more');
};

is_sound($node, 'at the end');
$node->stop;
done_testing();
