# 003_logical.pl - logical subscribers check what they get, entry by entry, and never stamp it anew.
use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256_hex);
use QfsForge;
use QfsTest;
use Test::More;

my $workers = q{
  max_connections = 30
  max_worker_processes = 20
  max_replication_slots = 30
  max_wal_senders = 30
  shared_buffers = 16MB
  max_logical_replication_workers = 12
  max_sync_workers_per_subscription = 2
};
my $publisher  = new_node('publisher', streaming => 'logical', conf => $workers);
my $subscriber = new_node('subscriber', streaming => 'logical', conf => $workers);

# ---- pairs of databases ----

# A ledger and its publication.
sub publish {
  my ($name) = @_;
  new_ledger($publisher, $name);
  append($publisher, 20, $name);
  $publisher->safe_psql($name, "CREATE PUBLICATION $name FOR TABLE qfs.ledger");
}

# A subscription with the extension, and nothing else, in a database of that name.
sub subscribe {
  my ($name, $options) = @_;
  my $connection = $publisher->connstr($name) =~ s/'/''/gr;
  new_database($subscriber, $name);
  $subscriber->safe_psql($name, qq{
    CREATE EXTENSION qfs;
    CREATE SUBSCRIPTION $name CONNECTION '$connection' PUBLICATION $name WITH ($options)});
}

sub sync {
  my ($name) = @_;
  $subscriber->wait_for_subscription_sync($publisher, $name, $name);
}

# A subscriber whose copy is verified and open.
sub replicate {
  my ($name, $options) = @_;
  publish($name);
  subscribe($name, $options // 'disable_on_error = true');
  sync($name);
  $subscriber->safe_psql($name, 'SELECT qfs.post_restore()');
}

# Every column of every row.
sub rows_of {
  my ($node, $name) = @_;
  return $node->safe_psql($name, 'SELECT * FROM qfs.ledger ORDER BY seq');
}

sub same_rows {
  my ($name, $what) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  $publisher->wait_for_catchup($name);
  return is(rows_of($subscriber, $name), rows_of($publisher, $name), "$what: the rows are the publisher's");
}

# As a superuser at the publisher who gets past the guards.
sub tamper {
  my ($name, $sql) = @_;
  $publisher->safe_psql($name, qq{
    SET qfs.ddl_guard = off;
    ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
    $sql;
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append;
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row;
    ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_refuse_statement});
}

# The change arrives, is refused with this code, and the subscriber stops there.
# Its subscription has done its part: stopped, it would still keep one of the ten
# origins that 18 has room for whatever max_replication_slots says.
sub stops {
  my ($name, $code, $change) = @_;
  my $offset = -s $subscriber->logfile;
  my $before = rows_of($subscriber, $name);
  $change->();
  $subscriber->wait_for_log(qr/ERROR: .*\n.*DETAIL:  $code\b/, $offset);
  my $log = PostgreSQL::Test::Utils::slurp_file($subscriber->logfile, $offset);
  like($log, qr/CONTEXT:  processing remote data for replication origin/, "$name: the log says where");
  ok($subscriber->poll_query_until($name, "SELECT NOT subenabled FROM pg_subscription WHERE subname = '$name'"),
    "$name: the subscription is stopped");
  is(rows_of($subscriber, $name), $before, "$name: nothing of it was stored");
  is_sound($subscriber, "$name, subscriber", $name);
  $subscriber->safe_psql($name, "DROP SUBSCRIPTION $name");
}

# ---- what works ----

subtest 'copy, then stream' => sub {
  publish('stream');
  subscribe('stream', 'binary = false');
  sync('stream');
  same_rows('stream', 'initial copy');
  is(fingerprint($subscriber, 'stream'), fingerprint($publisher, 'stream'), 'and so are the proofs');

  append_singly($publisher, 3, 'stream');
  append($publisher, 5, 'stream');
  same_rows('stream', 'streamed before it is opened');
  my $note = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};
  refused($subscriber, $note, 'QFS_NOT_VERIFIED', 'it takes no appends of its own', 'stream');
  my ($exit_code, $size, $notice) = $subscriber->psql('stream', 'SELECT qfs.post_restore()');
  is($size, 31, 'verified');
  like($notice, qr/follows the subscription "stream": it takes no events/, 'and not opened');

  # The session that applies has seen no state; from now on it computes it.
  append_singly($publisher, 2, 'stream');
  $publisher->safe_psql('stream', q{
    SELECT qfs.register_event_type('ORDER', '{"properties":{"n":{"type":"integer"}},"type":"object"}');
    INSERT INTO qfs.ledger (type, payload) VALUES ('ORDER', '{"n": 1}');
    SELECT qfs.set_policy('{"nonce_ttl_ms": 5000}');
    SELECT qfs.rotate_keys();
    INSERT INTO qfs.ledger (type, payload)
      SELECT 'ORDER', jsonb_build_object('n', n) FROM generate_series(1, 200) n});
  same_rows('stream', 'streamed after it is verified');
  is_sound($subscriber, 'its state is built', 'stream');
  is($subscriber->safe_psql('stream', 'SELECT * FROM qfs.event_type ORDER BY 1'),
    $publisher->safe_psql('stream', 'SELECT * FROM qfs.event_type ORDER BY 1'), 'the types are known');
  is($subscriber->safe_psql('stream', 'SELECT qfs.vkey()'), vkey_of($publisher, 'stream'), 'the key in force too');
  refused($subscriber, $_, 'QFS_NOT_VERIFIED', "closed, it does not sign: $_", 'stream') for 'SELECT qfs.checkpoint()', 'SELECT qfs.tlog_proof(1)', 'SELECT qfs_api.auth_nonce()';
refused($subscriber, q{SELECT qfs_api.preview('NOTE', '{}')}, 'QFS_NOT_VERIFIED', 'nor does it say what would come of an act that it would not take', 'stream');
  refused($subscriber, q{SELECT qfs.adopt('x')}, 'QFS_NOT_VERIFIED', 'and is not adopted', 'stream');
  my $checkpoint = scratch_file('checkpoint', checkpoint_of($publisher, undef, 'stream'));
  my ($exit, $out) = qfs_verify('ledger', export_file($subscriber, 'stream'), '--checkpoint', $checkpoint);
  is($exit, 0, "the publisher's checkpoint is true of it") or diag($out);
};

subtest 'in binary' => sub {
  replicate('bin', 'binary = true, streaming = true');
  append($publisher, 50, 'bin');
  append_singly($publisher, 2, 'bin');
  same_rows('bin', 'binary');
  is_sound($subscriber, 'binary', 'bin');
};

# ---- what is refused ----

subtest 'a forged entry' => sub {
  replicate('forged');
  stops('forged', 'QFS_HASH_MISMATCH', sub {
    tamper('forged', q{
      INSERT INTO qfs.ledger SELECT seq + 1, at, type, actor, auth, '{"forged": true}', sig, outcome, accounts, salt, hash,
        sha256('forged')::qfs.hash, '' FROM qfs.ledger ORDER BY seq DESC LIMIT 1}) });
};

subtest 'an entry with an outcome that the rules do not give' => sub {
  replicate('outcome');
  stops('outcome', 'QFS_OUTCOME_MISMATCH', sub {
    my ($seq, $at, $prev) = split /\|/, $publisher->safe_psql('outcome', 'SELECT seq + 1, at, hash FROM qfs.ledger ORDER BY seq DESC LIMIT 1');
    my $hash = sha256_hex("\0" . head_line({ seq => $seq + 0, at => $at + 0, type => 'NOTE', actor => 'system', auth => { via => 'operator' }, payload => {}, sig => undef,
      outcome => { n => 1 }, accounts => [], salt => '5a' x 16, prev => $prev, v => 2 }));
    tamper('outcome', qq{
      INSERT INTO qfs.ledger VALUES ($seq, $at, 'NOTE', NULL, '{"via": "operator"}', '{}', NULL, '{"n": 1}', '[]', decode(repeat('5a', 16), 'hex'),
        '$prev', '$hash', '')}) });
};

subtest 'changes behind the guards' => sub {
  for my $case (
    [ 'updated',   q{UPDATE qfs.ledger SET payload = '{"n": 6}' WHERE seq = 7} ],
    [ 'deleted',   'DELETE FROM qfs.ledger WHERE seq = 7' ],
    [ 'truncated', 'TRUNCATE qfs.ledger' ]) {
    my ($name, $sql) = @$case;
    replicate($name);
    stops($name, 'QFS_APPEND_ONLY', sub { tamper($name, $sql) });
    isnt(rows_of($publisher, $name), rows_of($subscriber, $name), "$name: the subscriber has the evidence");
  }
};

# A ledger that follows another one takes no event: there would be two branches.  Once it has left, it takes events, and
# no row of the other one.
subtest 'an append of the subscriber' => sub {
  replicate('own');
  my $note = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};
  my $error = refused($subscriber, $note, 'QFS_NOT_VERIFIED', 'it follows', 'own');
  like($error->{detail}, qr/follows another ledger by the subscription "own"/, 'and says whom');
  append($publisher, 1, 'own');
  same_rows('own', 'goes on');
  is($subscriber->safe_psql('own', q{SELECT status || ': ' || value FROM qfs.health() WHERE item = 'ledger'}),
    'warning: closed, 24 entries imported or followed', 'health knows');
  $subscriber->safe_psql('own', 'DROP SUBSCRIPTION own');
  refused($subscriber, $note, 'QFS_NOT_VERIFIED', 'left, and not opened', 'own');
  is($subscriber->safe_psql('own', 'SELECT qfs.post_restore()'), 24, 'opened');
  is($subscriber->safe_psql('own', q{SELECT seq, payload ->> 'reason', payload -> 'changed' FROM qfs.ledger WHERE seq >= 24}),
    '24|opened by qfs.post_restore()|["database", "system"]', 'which is the decision that it lives here, in an entry');
  is($subscriber->safe_psql('own', q{SELECT qfs.adopt('x') IS NULL}), 't', 'so there is nothing to adopt');
  append($subscriber, 1, 'own');
  is_sound($subscriber, 'a branch of its own', 'own');
  my $connection = $publisher->connstr('own') =~ s/'/''/gr;
  $subscriber->safe_psql('own', qq{
    CREATE SUBSCRIPTION own CONNECTION '$connection' PUBLICATION own WITH (disable_on_error = true, copy_data = false)});
  stops('own', 'QFS_LEDGER_OPEN', sub { append($publisher, 1, 'own') });
};

# Without the computed columns a row is an event, and the publisher would operate the subscriber's ledger.
subtest 'a publication of some columns' => sub {
  publish('parts');
  $publisher->safe_psql('parts', q{DROP PUBLICATION parts; CREATE PUBLICATION parts FOR TABLE qfs.ledger (type, actor, payload) WITH (publish = 'insert')});
  new_ledger($subscriber, 'parts');
  my $connection = $publisher->connstr('parts') =~ s/'/''/gr;
  $subscriber->safe_psql('parts', qq{
    CREATE SUBSCRIPTION parts CONNECTION '$connection' PUBLICATION parts WITH (disable_on_error = true, copy_data = false)});
  stops('parts', 'QFS_NOT_REPLICATED', sub { $publisher->safe_psql('parts', q{SELECT qfs.set_policy('{"ttl_blocks": 99}')}) });
  is(size_of($subscriber, 'parts'), 3, 'nothing was appended');
  # An empty one does not begin so, either.
  new_database($subscriber, 'parts_empty');
  $subscriber->safe_psql('parts_empty', 'CREATE EXTENSION qfs');
  my $offset = -s $subscriber->logfile;
  $subscriber->safe_psql('parts_empty', qq{CREATE SUBSCRIPTION parts_empty CONNECTION '$connection' PUBLICATION parts WITH (disable_on_error = true)});
  $subscriber->wait_for_log(qr/DETAIL:  QFS_NOT_REPLICATED: events/, $offset);
  $subscriber->safe_psql('parts_empty', 'DROP SUBSCRIPTION parts_empty');
};

# With a subscription to everything, state came along, and opened what nobody had verified.
subtest 'a publication of all tables' => sub {
  publish('everything');
  $publisher->safe_psql('everything', 'DROP PUBLICATION everything; CREATE PUBLICATION everything FOR ALL TABLES');
  my $offset = -s $subscriber->logfile;
  subscribe('everything', 'disable_on_error = true');
  $subscriber->wait_for_log(qr/ERROR: .*\n.*DETAIL:  QFS_NOT_REPLICATED: INSERT into qfs\.\w+\.\n.*FOR TABLE qfs\.ledger WITH \(publish = 'insert'\)/, $offset);
  ok($subscriber->poll_query_until('everything', q{SELECT NOT subenabled FROM pg_subscription WHERE subname = 'everything'}), 'it stops');
  is($subscriber->safe_psql('everything', 'SELECT (SELECT count(*) FROM qfs.opening) + (SELECT count(*) FROM qfs.ledger_state)'), 0, 'nothing is open');
  $subscriber->safe_psql('everything', 'DROP SUBSCRIPTION everything');
};

# State that arrives later, by a publication that was widened, and what is off the ledger.
subtest 'tables beside the ledger' => sub {
  publish('beside');
  $publisher->safe_psql('beside', q{
    ALTER PUBLICATION beside SET TABLE qfs.ledger, qfs.witness, qfs.message, qfs.profile_content;
    ALTER PUBLICATION beside SET (publish = 'insert');
    SELECT qfs.add_witness('} . note_key('early.example', 4, 'a7' x 32) . q{')});
  subscribe('beside', 'disable_on_error = true');
  sync('beside');
  is($subscriber->safe_psql('beside', 'SELECT count(*) FROM qfs.witness'), 1, 'a witness came along');
  $subscriber->safe_psql('beside', 'SELECT qfs.post_restore()');
  $publisher->safe_psql('beside', "SELECT qfs.add_witness('" . note_key('late.example', 4, 'a7' x 32) . "')");
  append($publisher, 1, 'beside');
  same_rows('beside', 'beside');
  is($subscriber->safe_psql('beside', 'SELECT count(*) FROM qfs.witness'), 2, 'and one that was added later');
  # State, by a publication that was widened: what there is of it, and what is added.
  my $offset = -s $subscriber->logfile;
  $publisher->safe_psql('beside', 'ALTER PUBLICATION beside ADD TABLE qfs.policy');
  $subscriber->safe_psql('beside', 'ALTER SUBSCRIPTION beside REFRESH PUBLICATION');
  $subscriber->wait_for_log(qr/DETAIL:  QFS_NOT_REPLICATED: INSERT into qfs\.policy/, $offset);
  $subscriber->safe_psql('beside', 'DROP SUBSCRIPTION beside');
  my $connection = $publisher->connstr('beside') =~ s/'/''/gr;
  $subscriber->safe_psql('beside', qq{
    CREATE SUBSCRIPTION beside CONNECTION '$connection' PUBLICATION beside WITH (disable_on_error = true, copy_data = false)});
  stops('beside', 'QFS_NOT_REPLICATED', sub { $publisher->safe_psql('beside', q{SELECT qfs.set_policy('{"ttl_blocks": 99}')}) });
};

subtest 'entries that were never sent' => sub {
  replicate('gap');
  stops('gap', 'QFS_SEQ_GAP', sub {
    $publisher->safe_psql('gap', 'ALTER PUBLICATION gap DROP TABLE qfs.ledger');
    append($publisher, 1, 'gap');
    $publisher->safe_psql('gap', 'ALTER PUBLICATION gap ADD TABLE qfs.ledger');
    append($publisher, 1, 'gap');
  });
};

subtest 'a copy of a ledger that was changed' => sub {
  publish('rotten');
  tamper('rotten', q{UPDATE qfs.ledger SET payload = '{"n": 6}' WHERE seq = 7});
  my $offset = -s $subscriber->logfile;
  subscribe('rotten', 'disable_on_error = true');
  $subscriber->wait_for_log(qr/ERROR: .*\n.*DETAIL:  QFS_HASH_MISMATCH: entry 7\b/, $offset);
  ok($subscriber->poll_query_until('rotten', q{SELECT NOT subenabled FROM pg_subscription WHERE subname = 'rotten'}),
    'the copy is stopped');
  is(size_of($subscriber, 'rotten'), 0, 'and nothing of it is kept');
};

# Without disable_on_error the worker tries again and again, which is loud, and
# goes on by itself when the cause is gone.
subtest 'trying again' => sub {
  replicate('again', 'disable_on_error = false');
  $subscriber->safe_psql('again', 'CREATE UNIQUE INDEX own ON qfs.ledger ((payload->>$$once$$))');
  $publisher->safe_psql('again', q{
    INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{"once": 1}' FROM generate_series(1, 2)});
  ok($subscriber->poll_query_until('again', q{
      SELECT apply_error_count >= 2 FROM pg_stat_subscription_stats WHERE subname = 'again'}), 'it fails twice');
  is(size_of($subscriber, 'again'), 23, 'and stores neither of the two entries');
  $subscriber->safe_psql('again', 'DROP INDEX qfs.own');
  same_rows('again', 'once its own index is gone');
  is_sound($subscriber, 'tried again', 'again');
};

# A server cannot stop fast while a worker is being started over and over.
$subscriber->safe_psql($_, "ALTER SUBSCRIPTION $_ DISABLE") for qw(stream bin again);
$subscriber->stop('immediate');

done_testing();
