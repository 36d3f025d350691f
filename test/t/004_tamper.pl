# 004_tamper.pl - a table of attacks on a ledger, and what each of the two verifiers must say about them.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use QfsForge;
use Test::More;

my $node = new_node('tamper', conf => "log_statement = none\n");
new_ledger($node);

# No two entries have the same time, so that an order of times is one of entries.
sub appended { return qq{INSERT INTO qfs.ledger (type, payload)
  SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series($_[0], $_[1]) n, LATERAL pg_sleep(0.002 + n * 0);} }
$node->safe_psql('postgres', q{
  SELECT qfs.register_event_type('ORDER', '{"properties":{"n":{"type":"integer"}},"required":["n"],"type":"object"}');
  } . appended(4, 9) . q{
  INSERT INTO qfs.ledger (type, actor, payload) VALUES ('ORDER', qfs.user_id('\x0102030405060708090a0b0c0d0e0f1011121314'::bytea::qfs.address), '{"n": 10}');
  SELECT qfs.set_policy('{"nonce_ttl_ms": 5000}');
  } . appended(12, 14) . q{
  SELECT qfs.rotate_keys();
  } . appended(16, 19) . q{
  SELECT qfs.rotate_keys();
  } . appended(21, 30) . q{});
my ($LAST, $SIZE) = (30, 31);

my $client  = QfsClient->wait_for($node);
my @ENTRIES = read_entries($client);
is(scalar @ENTRIES, $SIZE, 'the ledger is there');
is_deeply([ rehash(read_entries($client)) ], \@ENTRIES, 'an implementation of its own gives the same links, hashes and nodes');
is(jsonl(@ENTRIES), export_of($node), 'and the same lines');

# ---- the two verifiers ----

my @TRUSTED = ('--checkpoint', scratch_file('checkpoint', checkpoint_of($node)), '--key', first_key_of($node));

# ---- attacks on entries ----

# A copy of the ledger that can be changed.
sub copied { return map { { %$_ } } @ENTRIES }

# change(SEQ, MEMBER => VALUE…)
sub change {
  my ($seq, %members) = @_;
  return sub { my @e = copied(); $e[$seq] = { %{ $e[$seq] }, %members }; return @e };
}

# The same, with every hash from there on computed anew.
sub rewrite { my $change = change(@_); return sub { return rehash($change->()) } }

sub each_of { my ($code, @seqs) = @_; return map { "hashes $_ $code" } @seqs }

my $OTHER   = 'user_' . 'ab' x 32;
my $KEYLESS = { %{ $ENTRIES[15]{payload} }, signature => '00' x 64 };
my $ROOT    = 'hashes 31 CHECKPOINT_ROOT';
my @STATE   = ('replay 30 STATE_MISMATCH') x 3;
my @MOVED   = (@STATE, $STATE[0]);
my @KEYS    = ('signatures 15 SIGNATURE_INVALID', 'signatures 20 SIGNATURE_INVALID');
my @NOT_OURS = ('hashes 31 CHECKPOINT_ORIGIN', 'hashes 31 KEY_UNTRUSTED');
my $SHORT   = 'hashes 31 CHECKPOINT_SIZE';

# name; entries; faults in the database; faults in the file, which is compared
# with a checkpoint of all 31 entries.  What a database cannot know is that
# its end is missing, or that all of it was written anew.
my @attacks = (
  [ 'nothing', sub { copied() }, [], [] ],

  # one member of one entry
  [ 'payload', change(7, payload => { n => 8 }), ['hashes 7 HASH_MISMATCH'], [ 'hashes 7 LINK_BROKEN', $ROOT ] ],
  [ 'payload that breaks its schema', change(10, payload => { n => 'ten' }),
    [ 'hashes 10 HASH_MISMATCH', 'signatures 10 PAYLOAD_INVALID' ], [ 'hashes 10 LINK_BROKEN', 'signatures 10 PAYLOAD_INVALID', $ROOT ] ],
  [ 'payload of the last entry', change($LAST, payload => { n => 31 }), ["hashes $LAST HASH_MISMATCH"], [$ROOT] ],
  [ 'outcome', change(7, outcome => { reward => '100' }), [ 'hashes 7 HASH_MISMATCH', 'replay 7 OUTCOME_MISMATCH' ],
    [ 'hashes 7 LINK_BROKEN', 'replay 7 OUTCOME_MISMATCH', $ROOT ] ],
  [ 'parts of accounts', change(7, accounts => [ { account => $OTHER, kind => 'nonce' } ]), [ 'hashes 7 HASH_MISMATCH', 'replay 7 OUTCOME_MISMATCH' ],
    [ 'hashes 7 LINK_BROKEN', 'replay 7 OUTCOME_MISMATCH', $ROOT ] ],
  [ 'a signature', change(7, sig => 'x'), [ 'hashes 7 HASH_MISMATCH', 'signatures 7 AUTH_INVALID' ], [ 'hashes 7 LINK_BROKEN', 'signatures 7 AUTH_INVALID', $ROOT ] ],
  [ 'salt', change(7, salt => '00' x 16), ['hashes 7 HASH_MISMATCH'], [ 'hashes 7 LINK_BROKEN', $ROOT ] ],
  [ 'auth', change(7, auth => { via => 'wallet' }), [ 'hashes 7 HASH_MISMATCH', 'signatures 7 AUTH_INVALID' ],
    [ 'hashes 7 LINK_BROKEN', 'signatures 7 AUTH_INVALID', $ROOT ] ],
  [ 'auth that cannot be', change(7, auth => { via => 'magic' }), [ 'hashes 7 HASH_MISMATCH', 'signatures 7 AUTH_INVALID' ],
    [ 'hashes 7 LINK_BROKEN', 'signatures 7 AUTH_INVALID', $ROOT ] ],
  [ 'actor', change(10, actor => $OTHER), ['hashes 10 HASH_MISMATCH'], [ 'hashes 10 LINK_BROKEN', $ROOT ] ],
  [ 'actor taken away', change(10, actor => 'system'), ['hashes 10 HASH_MISMATCH'], [ 'hashes 10 LINK_BROKEN', $ROOT ] ],
  [ 'actor of an act of the ledger itself', change(11, actor => $OTHER),
    [ 'hashes 11 HASH_MISMATCH', 'signatures 11 ACTOR_MISMATCH', @STATE ], [ 'hashes 11 LINK_BROKEN', 'signatures 11 ACTOR_MISMATCH', $ROOT ] ],
  [ 'type', change(7, type => 'BLOB'), ['hashes 7 HASH_MISMATCH'], [ 'hashes 7 LINK_BROKEN', $ROOT ] ],
  [ 'type that nobody registered', change(7, type => 'NOTES'), [ 'hashes 7 HASH_MISMATCH', 'signatures 7 TYPE_UNKNOWN' ],
    [ 'hashes 7 LINK_BROKEN', 'signatures 7 TYPE_UNKNOWN', $ROOT ] ],
  [ 'type that cannot be one', change(7, type => 'note'), ['hashes 7 TYPE_SYNTAX'], [ 'hashes 7 TYPE_SYNTAX', $ROOT ] ],
  [ 'at, to before', change(7, at => 1), [ 'hashes 7 HASH_MISMATCH', 'hashes 7 TIME_BACKWARD' ],
    [ 'hashes 7 LINK_BROKEN', 'hashes 7 TIME_BACKWARD', $ROOT ] ],
  [ 'at, to after', change(7, at => 9_000_000_000_000_000),
    [ 'hashes 7 HASH_MISMATCH', 'hashes 8 TIME_BACKWARD' ], [ 'hashes 7 LINK_BROKEN', 'hashes 8 TIME_BACKWARD', $ROOT ] ],
  [ 'prev', change(7, prev => 'ab' x 32), [ 'hashes 6 LINK_BROKEN', 'hashes 7 HASH_MISMATCH' ],
    [ 'hashes 6 LINK_BROKEN', 'hashes 7 LINK_BROKEN', $ROOT ] ],
  # Entry 0 names the ledger, so its rotations and its checkpoints are another one's.
  [ 'prev of entry 0', change(0, prev => 'ab' x 32), [ 'hashes 0 LINK_BROKEN', 'hashes 0 HASH_MISMATCH' ],
    [ ('hashes 0 LINK_BROKEN') x 2, @KEYS, 'hashes 31 CHECKPOINT_KEY' ] ],

  # whole entries
  [ 'removed', sub { my @e = copied(); splice @e, 8, 1; @e }, ['hashes 8 SEQ_GAP'], [ 'hashes 8 SEQ_GAP', $ROOT ] ],
  [ 'removed: the registration of a type', sub { my @e = copied(); splice @e, 3, 1; @e },
    [ 'hashes 3 SEQ_GAP', 'signatures 10 TYPE_UNKNOWN', $STATE[0] ], [ 'hashes 3 SEQ_GAP', 'signatures 10 TYPE_UNKNOWN', $ROOT ] ],
  [ 'removed: a rotation', sub { my @e = copied(); splice @e, 15, 1; @e }, [ 'hashes 15 SEQ_GAP', $KEYS[1], @STATE ],
    [ 'hashes 15 SEQ_GAP', $KEYS[1], 'hashes 31 CHECKPOINT_KEY' ] ],
  [ 'removed, and the others moved up', sub { my @e = copied(); splice @e, 8, 1; $e[$_]{seq} = $_ for 8 .. $#e; @e },
    [ 'hashes 7 LINK_BROKEN', each_of('HASH_MISMATCH', 8 .. 29), each_of('NODES_MISMATCH', 8 .. 29),
      map { s/30/29/r } @MOVED ],
    [ each_of('LINK_BROKEN', 7 .. 28), $SHORT ] ],
  [ 'inserted', sub { my @e = copied(); splice @e, 8, 0, { %{ $e[8] }, payload => {} }; $e[$_]{seq} = $_ for 8 .. $#e; @e },
    [ 'hashes 8 LINK_BROKEN', each_of('HASH_MISMATCH', 8 .. 31), each_of('NODES_MISMATCH', 9 .. 31),
      map { s/30/31/r } @MOVED ],
    [ each_of('LINK_BROKEN', 8 .. 30), $ROOT ] ],
  [ 'swapped', sub { my @e = copied(); @e[ 7, 8 ] = @e[ 8, 7 ]; $e[$_]{seq} = $_ for 7, 8; @e },
    [ each_of('LINK_BROKEN', 6 .. 8), each_of('HASH_MISMATCH', 7, 8), each_of('NODES_MISMATCH', 7, 8, 9, 11, 15), each_of('TIME_BACKWARD', 8) ],
    [ each_of('LINK_BROKEN', 6 .. 8), each_of('TIME_BACKWARD', 8), $ROOT ] ],
  [ 'the last one twice', sub { my @e = copied(); push @e, { %{ $e[-1] }, seq => $SIZE }; @e },
    [ 'hashes 30 LINK_BROKEN', 'hashes 31 HASH_MISMATCH', 'hashes 31 NODES_MISMATCH' ], ['hashes 30 LINK_BROKEN'] ],
  [ 'the last three are missing', sub { my @e = copied(); splice @e, -3; @e }, [], [$SHORT] ],
  [ 'the last rotation and all behind it are missing', sub { my @e = copied(); splice @e, 20; @e },
    [ ('replay 19 STATE_MISMATCH') x 2 ], [$SHORT] ],
  [ 'the first three are missing', sub { my @e = copied(); splice @e, 0, 3; @e },
    [ 'hashes 0 SEQ_GAP', map({ "signatures $_ NO_GENESIS" } 3 .. $LAST), (@STATE) x 3, $STATE[0] ],
    [ 'hashes 0 SEQ_GAP', map({ "signatures $_ NO_GENESIS" } 3 .. $LAST), @NOT_OURS ] ],
  [ 'all but the last are missing', sub { my @e = copied(); $e[-1] },
    [ 'hashes 0 SEQ_GAP', 'signatures 30 NO_GENESIS', (@STATE) x 3, $STATE[0] ], [ 'hashes 0 SEQ_GAP', 'signatures 30 NO_GENESIS', @NOT_OURS ] ],
  [ 'entry 0 twice', sub { my @e = copied(); push @e, { %{ $e[0] }, seq => $SIZE }; rehash(@e) },
    [ 'hashes 31 TIME_BACKWARD', 'signatures 31 GENESIS_EXISTS' ], [ 'hashes 31 TIME_BACKWARD', 'signatures 31 GENESIS_EXISTS' ] ],

  # with all hashes right
  [ 'the chain hashed anew', rewrite(7, payload => { n => 8 }), [], [$ROOT] ],
  [ 'another suffix', sub { my @e = copied();
      $e[$_] = { %{ $e[24] }, seq => $_, payload => { fork => $_ } } for 25 .. $LAST; rehash(@e) }, [], [$ROOT] ],
  [ 'outcome, hashed anew', rewrite(7, outcome => { reward => '100' }), ['replay 7 OUTCOME_MISMATCH'], [ 'replay 7 OUTCOME_MISMATCH', $ROOT ] ],
  [ 'parts of accounts, hashed anew', rewrite(7, accounts => [ { account => $OTHER, kind => 'nonce' }, { account => $OTHER, kind => 'ties' }, { account => $OTHER, kind => 'standing' } ]),
    ['replay 7 OUTCOME_MISMATCH'], [ 'replay 7 OUTCOME_MISMATCH', $ROOT ] ],
  [ 'a signature, hashed anew', rewrite(7, sig => 'x'), ['signatures 7 AUTH_INVALID'], [ 'signatures 7 AUTH_INVALID', $ROOT ] ],
  # which is random, and nobody's to check
  [ 'salt, hashed anew', rewrite(7, salt => '00' x 16), [], [$ROOT] ],
  [ 'outcome of a policy, hashed anew', rewrite(11, outcome => { result => { %{ $ENTRIES[11]{outcome}{result} }, policy => 'ab' x 32 } }), ['replay 11 OUTCOME_MISMATCH'],
    [ 'replay 11 OUTCOME_MISMATCH', $ROOT ] ],
  [ 'policy, hashed anew', rewrite(11, payload => { policy => { %{ $ENTRIES[11]{payload}{policy} }, nonce_ttl_ms => 6000 } }),
    [ 'replay 11 OUTCOME_MISMATCH', @STATE[ 0, 1 ] ], [ 'replay 11 OUTCOME_MISMATCH', $ROOT ] ],
  [ 'schema, hashed anew', rewrite(3, payload => { %{ $ENTRIES[3]{payload} }, schema => {} }), [ $STATE[0] ], [$ROOT] ],
  [ 'auth, hashed anew', rewrite(7, auth => { via => 'session' }), ['signatures 7 AUTH_INVALID'], [ 'signatures 7 AUTH_INVALID', $ROOT ] ],
  [ 'origin, hashed anew', rewrite(0, payload => { %{ $ENTRIES[0]{payload} }, origin => 'evil.example.org' }),
    [ @KEYS, @MOVED, $STATE[0] ], [ @KEYS, @NOT_OURS ] ],
  [ 'a rotation that nobody endorsed', rewrite(15, payload => $KEYLESS), [ @KEYS, @STATE ], [ @KEYS, 'hashes 31 CHECKPOINT_KEY' ] ],
  [ 'a rotation to other keys', rewrite(15, payload => { %{ $ENTRIES[15]{payload} }, keys => $ENTRIES[20]{payload}{keys} }),
    [ @KEYS, @STATE ], [ @KEYS, 'hashes 31 CHECKPOINT_KEY' ] ],
);

for my $attack (@attacks) {
  my ($name, $entries, $database, $file) = @$attack;
  is_found(faults_in_database($client, store($entries->())), $database, "database: $name");
  is_found(faults_in_file(jsonl($entries->()), @TRUSTED), $file, "file: $name");
}

# ---- attacks on columns and tables that no line has ----

my $LOOSE = 'ALTER TABLE qfs.ledger ALTER COLUMN outcome DROP NOT NULL, ALTER COLUMN accounts DROP NOT NULL, ALTER COLUMN salt DROP NOT NULL, ALTER COLUMN nodes DROP NOT NULL, ALTER COLUMN prev DROP NOT NULL';
sub ledger_row { return "UPDATE qfs.ledger SET $_[1] WHERE seq = $_[0]" }
sub nodes { return ledger_row($_[0], "nodes = $_[1]") }

my @tables = (
  [ 'hash', ledger_row(7, q{hash = repeat('ab', 32)::qfs.hash}),
    [ 'hashes 7 HASH_MISMATCH', 'hashes 7 LINK_BROKEN', each_of('NODES_MISMATCH', 7, 15) ] ],
  [ 'hash of the last entry', ledger_row($LAST, q{hash = repeat('ab', 32)::qfs.hash}), ["hashes $LAST HASH_MISMATCH"] ],
  [ 'a byte of the lowest node', nodes(7, 'set_byte(nodes, 0, get_byte(nodes, 0) # 1)'), ['hashes 7 NODES_MISMATCH'] ],
  [ 'a byte of the highest node', nodes(15, 'set_byte(nodes, 127, get_byte(nodes, 127) # 128)'), ['hashes 15 NODES_MISMATCH'] ],
  [ 'a node too few', nodes(7, 'substr(nodes, 1, 64)'), ['hashes 7 NODES_MISMATCH'] ],
  [ 'a node too many', nodes(7, 'nodes || substr(nodes, 1, 32)'), ['hashes 7 NODES_MISMATCH'] ],
  [ 'a node where none belongs', nodes(8, 'hash::bytea'), ['hashes 8 NODES_MISMATCH'] ],
  [ 'half a node', nodes(7, 'substr(nodes, 1, 80)'), ['hashes 7 NODES_MISMATCH'] ],
  [ 'no nodes', nodes(7, q{''}), ['hashes 7 NODES_MISMATCH'] ],
  [ 'more nodes than there can be', nodes(7, q{decode(repeat('00', 32 * 70), 'hex')}), ['hashes 7 NODES_MISMATCH'] ],
  [ 'two rows that swap their numbers', join('; ', map { "UPDATE qfs.ledger SET seq = $_->[1] WHERE seq = $_->[0]" } [ 7, -1 ], [ 8, 7 ], [ -1, 8 ]),
    [ each_of('LINK_BROKEN', 6 .. 8), each_of('HASH_MISMATCH', 7, 8), each_of('NODES_MISMATCH', 7, 8, 9, 11, 15), each_of('TIME_BACKWARD', 8) ] ],
  [ 'a row before entry 0', 'INSERT INTO qfs.ledger SELECT -1, at, type, actor, auth, payload, sig, outcome, accounts, salt, prev, hash, nodes FROM qfs.ledger WHERE seq = 0',
    ['hashes -1 ENTRY_FORMAT'] ],
  [ 'a row far behind', 'UPDATE qfs.ledger SET seq = 9223372036854775807 WHERE seq = 30', ['hashes 30 SEQ_GAP', 'hashes 9223372036854775807 HASH_MISMATCH'] ],
  [ 'a null outcome', "$LOOSE; " . ledger_row(7, 'outcome = NULL'), ['hashes 7 ENTRY_INCOMPLETE'] ],
  [ 'a null link', "$LOOSE; " . ledger_row(7, 'prev = NULL'), ['hashes 7 ENTRY_INCOMPLETE'] ],
  [ 'null parts of accounts', "$LOOSE; " . ledger_row(7, 'accounts = NULL'), ['hashes 7 ENTRY_INCOMPLETE'] ],
  [ 'a null salt', "$LOOSE; " . ledger_row(7, 'salt = NULL'), ['hashes 7 ENTRY_INCOMPLETE'] ],
  [ 'half a salt', ledger_row(7, 'salt = substr(salt, 9)'), ['hashes 7 ENTRY_FORMAT'] ],
  [ 'null nodes', "$LOOSE; " . ledger_row(7, 'nodes = NULL'), ['hashes 7 NODES_MISMATCH'] ],
  [ 'a payload that is no object', ledger_row(7, q{payload = '[]'}), ['hashes 7 ENTRY_FORMAT'] ],
  [ 'a payload without canonical form', ledger_row(7, q{payload = '{"n": 1.5}'}), ['hashes 7 JSON_NUMBER'] ],
  [ 'a payload too deep', ledger_row(7, q{payload = (repeat('{"a":', 32) || '{}' || repeat('}', 32))::jsonb}), ['hashes 7 JSON_DEPTH'] ],
  [ 'a payload too large', ledger_row(7, q{payload = jsonb_build_object('a', repeat('x', 66000))}), ['hashes 7 ENTRY_TOO_LARGE'] ],
  [ 'all entries removed', 'DELETE FROM qfs.ledger', [ map { s/30/0/r } (@STATE) x 3, $STATE[0] ] ],

  # state, which only a replay can judge
  [ 'a policy changed', q{UPDATE qfs.policy SET policy = replace(policy, '5000', '6000')}, [ $STATE[0] ] ],
  [ 'a policy added', q{INSERT INTO qfs.policy SELECT 12, policy FROM qfs.policy WHERE seq = 0}, [ $STATE[0] ] ],
  [ 'a policy removed', 'DELETE FROM qfs.policy WHERE seq = 0', [ $STATE[0] ] ],
  [ 'a policy moved', 'UPDATE qfs.policy SET seq = 12 WHERE seq = 11', [ $STATE[0] ] ],
  [ 'a schema changed', q{UPDATE qfs.event_type SET schema = '{"type":"object"}' WHERE type = 'ORDER'}, [ $STATE[0] ] ],
  [ 'a right changed', q{UPDATE qfs.event_type SET by = 'account' WHERE type = 'ORDER'}, [ $STATE[0] ] ],
  [ 'a type added', q{INSERT INTO qfs.event_type VALUES ('EVIL', 7, 'operator', '{"type":"object"}')}, [ $STATE[0] ] ],
  [ 'a type removed', q{DELETE FROM qfs.event_type WHERE type = 'ORDER'}, [ $STATE[0] ] ],
  [ 'a type renamed', q{UPDATE qfs.event_type SET type = 'ORDERS' WHERE type = 'ORDER'}, [ $STATE[0] ] ],
  [ 'a key changed', q{UPDATE qfs.signing_key SET checkpoint = token WHERE number = 1}, [ $STATE[0] ] ],
  [ 'a key added', q{INSERT INTO qfs.signing_key SELECT 3, 29, token, checkpoint FROM qfs.signing_key WHERE number = 0}, [ $STATE[0] ] ],
  [ 'a key removed', q{DELETE FROM qfs.signing_key WHERE number = 0}, [ $STATE[0] ] ],
  [ 'the server changed', q{UPDATE qfs.server SET system = database}, [ $STATE[0] ] ],
  [ 'the server removed', 'DELETE FROM qfs.server', [ $STATE[0] ] ],
  [ 'a server added', 'INSERT INTO qfs.server SELECT 1, 7, system, salt, database, timeline, version FROM qfs.server', [ $STATE[0] ] ],
  [ 'every column of the ledger itself', q{UPDATE qfs.ledger_state SET genesis_at = 0, ledger = policy, origin = 'evil.example.org', policy_seq = 0, policy = ledger, key_number = 0},
    [ (@STATE) x 2 ] ],
  [ 'the ledger itself removed', 'DELETE FROM qfs.ledger_state', [ $STATE[0] ] ],
  [ 'the ledger itself added', 'INSERT INTO qfs.ledger_state SELECT 1, genesis_at, ledger, origin, policy_seq, policy, key_number FROM qfs.ledger_state', [ $STATE[0] ] ],
  [ 'all state removed', join('; ', map { "DELETE FROM qfs.$_" } qw(ledger_state policy event_type signing_key)), [ @MOVED ] ],
);

for my $attack (@tables) {
  my ($name, $sql, $faults) = @$attack;
  is_found(faults_in_database($client, $sql), $faults, "table: $name");
}

# ---- a part of the ledger ----

{
  my $changed = store(change(7, payload => { n => 8 })->());
  $client->value("BEGIN; SET LOCAL qfs.ddl_guard = off; ALTER TABLE qfs.ledger DISABLE TRIGGER ALL; $changed");
  my $verify = sub { return join ' ', map { "$_->[0] $_->[1]" } @{ $client->query("SELECT * FROM qfs.verify($_[0])")->{rows} } };
  is($verify->("0, 6, 'replay'"), '', 'the part before a fault is sound');
  is($verify->("7, 7, 'hashes'"), '7 QFS_HASH_MISMATCH', 'the part that holds it is not');
  is($verify->("8, 30, 'hashes'"), '', 'nor does what follows know of it');
  is($verify->("7, NULL, 'hashes'"), '7 QFS_HASH_MISMATCH', 'from there to the end');
  $client->value('ROLLBACK');
}
is_sound($node, 'after all attacks were undone');
$node->stop;
done_testing();
