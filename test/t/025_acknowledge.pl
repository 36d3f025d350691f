# 025_acknowledge.pl - a wrong outcome that was recorded: its backup is opened by who acknowledges it, and every verifier says so.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use Test::More;

my $node = new_node('main');
new_ledger($node);
$node->safe_psql('postgres', q{
  SELECT qfs.register_event_type('ORDER', '{"properties":{"n":{"type":"integer"}},"required":["n"]}');
  INSERT INTO qfs.ledger (type, payload) SELECT 'ORDER', jsonb_build_object('n', n) FROM generate_series(4, 5) n});
append($node, 2);

# ---- somebody changes state past its guards; what is appended then, no replay gives ----

# 8: another policy before this one; 9: a payload that the schema of the type does not admit; 10: a type that nobody registered.
$node->safe_psql('postgres', unguarded(q{UPDATE qfs.ledger_state SET policy_seq = 1; INSERT INTO qfs.policy SELECT 1, policy FROM qfs.policy}));
$node->safe_psql('postgres', q{SELECT qfs.set_policy('{"ttl_blocks": 77}')});
$node->safe_psql('postgres', unguarded(q{UPDATE qfs.event_type SET schema = '{"additionalProperties":true,"type":"object"}' WHERE type = 'ORDER';
  INSERT INTO qfs.event_type SELECT 'GHOST', 7, by, schema FROM qfs.event_type WHERE type = 'NOTE'}));
$node->safe_psql('postgres', q{INSERT INTO qfs.ledger (type, payload) VALUES ('ORDER', '{"m": 1}'), ('GHOST', '{}')});
append($node, 2);
is(size_of($node), 13, 'thirteen entries');
my $faults = verify_rows($node, 'replay');
like($faults, qr/^8\|QFS_OUTCOME_MISMATCH\|/m, 'the outcome of a policy change');
like($faults, qr/^9\|QFS_PAYLOAD_INVALID\|/m, 'an event against its schema');
like($faults, qr/^10\|QFS_TYPE_UNKNOWN\|/m, 'an event of no type');

my $dump = scratch_file('dump.sql', '');
my ($exit, $out, $err) = run_program($node, 'pg_dump', '-f', $dump, 'postgres');
is($exit, 0, 'a backup') or diag($err);

sub restored {
  my ($database) = @_;
  new_database($node, $database);
  my ($code, undef, $said) = run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-f', $dump);
  is($code, 0, "$database: restored") or diag($said);
}
restored('backup');
refused($node, 'SELECT qfs.post_restore()', 'QFS_OUTCOME_MISMATCH', 'cannot be opened', 'backup');

# ---- acknowledged ----

my $all = q{'{"8": "policy_seq was set by hand", "9": "the schema was changed", "10": "a type was put in"}'};
$node->safe_psql('backup', 'CREATE ROLE regress_owner IN ROLE qfs_owner');
refused($node, "SET ROLE regress_owner; SELECT qfs.post_restore(acknowledge => $all)", 'QFS_FORBIDDEN', 'not by its owner', 'backup');
$node->safe_psql('backup', 'DROP ROLE regress_owner');
refused($node, q{SET client_min_messages = warning; SELECT qfs.post_restore(acknowledge => '{"8": "x"}')}, 'QFS_PAYLOAD_INVALID', 'not a part of them', 'backup');
refused($node, "SET client_min_messages = warning; SELECT qfs.post_restore(acknowledge => ${all}::jsonb || '{\"7\": \"x\"}')", 'QFS_ARGUMENT', 'nor more than there are', 'backup');
for my $bad ('[]', '"x"', '{"x": "y"}', '{"-1": "y"}', '{"8": 1}', '{"8": ""}', '{"8": null}', '{"99999999999999999999": "y"}') {
  refused($node, "SELECT qfs.post_restore(acknowledge => '$bad')", 'QFS_ARGUMENT', "not $bad", 'backup');
}
($exit, $out, $err) = $node->psql('backup', "SELECT qfs.post_restore(acknowledge => $all)");
is($out, 13, 'opened') or diag($err);
like($err, qr/NOTICE:  entry 10: a wrong outcome was acknowledged\n.*QFS_TYPE_UNKNOWN/, 'and each is told');
is($node->safe_psql('backup', 'SELECT seq, type, payload FROM qfs.ledger WHERE seq = 14'),
  '14|FAULT_ACKNOWLEDGED|{"faults": [{"seq": 8, "reason": "policy_seq was set by hand"}, {"seq": 9, "reason": "the schema was changed"}, '
    . '{"seq": 10, "reason": "a type was put in"}]}', 'an entry names them');
is($node->safe_psql('backup', q{SELECT p.policy::jsonb ->> 'ttl_blocks' FROM qfs.policy p JOIN qfs.ledger_state s ON s.policy_seq = p.seq}), 77,
  'state goes on from what was recorded');
append($node, 2, 'backup');
is_sound($node, 'acknowledged', 'backup');
my (undef, undef, $told) = $node->psql('backup', 'SELECT * FROM qfs.verify()');
is(scalar(() = $told =~ /a wrong outcome was acknowledged/g), 3, 'qfs.verify tells, and finds no fault');
is($node->safe_psql('backup', 'SELECT qfs.rebuild() > 0'), 't', 'rebuild goes the same way');
is_sound($node, 'rebuilt', 'backup');

# ---- offline ----

my $export = export_file($node, 'backup');
my $state = $node->safe_psql('backup', 'SELECT qfs.state_hash()');
($exit, $out) = qfs_verify('ledger', $export, '--state');
is($exit, 0, 'qfs-verify: no fault') or diag($out);
is(scalar(() = $out =~ /^acknowledged: entry (?:8|9|10): QFS_OUTCOME_ACKNOWLEDGED: /mg), 3, 'but it tells');
like($out, qr/^state: $state$/m, 'the same state');
($exit, $out) = qfs_verify('ledger', $export, '--strict');
is($exit, 1, '--strict: it is a fault');
($exit, $out) = qfs_verify('ledger', $export, '--json', '--quiet');
like($out, qr/^\{"acknowledged":3,.*"faults":0.*"sound":true\}$/m, 'for machines');
($exit, $out) = run_program('sh', '-c', 'cat "$1" | "$2" ledger -', 'sh', $export, verifier());
is($exit, 0, 'through a pipe') or diag($out);
is(scalar(() = $out =~ /^acknowledged: /mg), 3, 'the same');

# A line that is far too long is not kept in memory while acknowledgements are looked for; those behind it count.
{
  my @lines = split /^/, slurp($export);
  my $head = scratch_file('head', join '', @lines[ 0 .. 8 ]);
  my $rest = scratch_file('rest', join '', @lines[ 9 .. $#lines ]);
  local $ENV{HUGE} = qq{(cat $head; perl -e 'print "x" x 1_000_000 for 1 .. 400; print "\\n"'; cat $rest) | (ulimit -v 120000; } . verifier() . ' ledger -)';
  like(scalar qx{bash -c "\$HUGE" 2>&1}, qr/^acknowledged: entry 10: /m, 'behind a line of 400 MB');
}

# ---- the backup of that ledger needs no second word ----

($exit, $out, $err) = run_program($node, 'pg_dump', '-f', $dump, 'backup');
restored('again');
is($node->safe_psql('again', 'SELECT qfs.post_restore()'), 17, 'opened as it is');
is_sound($node, 'again', 'again');
is($node->safe_psql('again', 'SELECT type FROM qfs.ledger WHERE seq >= 17'), 'SERVER_CHANGED', 'and says no more than that it lives here');
my $again = $node->safe_psql('again', 'SELECT qfs.state_hash()');
($exit, $out) = qfs_verify('ledger', export_file($node, 'again'), '--state');
like($out, qr/^state: $again$/m, 'the same state for everybody');

# ---- never what is no fault of an outcome ----

for my $case (
  [ 'a hash', q{UPDATE qfs.ledger SET payload = '{"n": 99}' WHERE seq = 4} ],
  [ 'a link', q{UPDATE qfs.ledger SET prev = sha256('x')::qfs.hash WHERE seq = 4} ],
  [ 'an authority', q{UPDATE qfs.ledger SET auth = '{"via": "nobody"}' WHERE seq = 4} ]) {
  my ($name, $sql) = @$case;
  my $database = 'forged ' . $name =~ s/\W/_/gr;
  restored($database);
  $node->safe_psql($database, "ALTER TABLE qfs.ledger DISABLE TRIGGER ALL; $sql; ALTER TABLE qfs.ledger ENABLE TRIGGER ALL");
  my $error = error_of($node, q{SELECT qfs.post_restore(acknowledge => '{"3": "x", "4": "y", "5": "z"}')}, $database);
  ok($error, "$name: stays closed");
  like($error->{detail} // '', qr/^QFS_(HASH_MISMATCH|LINK_BROKEN|AUTH_INVALID)/, "$name: and is what it is");
}

# ---- nor by anybody else, nor in advance ----

$node->safe_psql('again', 'CREATE ROLE regress_operator IN ROLE qfs_operator');
my $entry = q{INSERT INTO qfs.ledger (type, payload) VALUES ('FAULT_ACKNOWLEDGED', '{"faults":[{"reason":"x","seq":%d}]}')};
refused($node, 'SET ROLE regress_operator; ' . sprintf($entry, 3), 'QFS_FORBIDDEN', 'an operator', 'again');
refused($node, sprintf($entry, 18), 'QFS_PAYLOAD_INVALID', 'an entry to come', 'again');
refused($node, q{SELECT qfs.register_event_type('FAULT_OF_MINE', '{}')}, 'QFS_TYPE_RESERVED', 'a type that is called so', 'again');

# ---- the ledger itself, which is open all the time ----

is($node->safe_psql('postgres', "SELECT qfs.post_restore(acknowledge => $all)"), 13, 'acknowledged where it happened');
append($node, 1);
is_sound($node, 'where it happened');

# ---- more than one entry can name; and a type that was registered twice ----

new_ledger($node, 'many');
$node->safe_psql('many', unguarded(q{INSERT INTO qfs.event_type SELECT 'GHOST', 1, by, schema FROM qfs.event_type WHERE type = 'NOTE';
  DELETE FROM qfs.event_type WHERE type = 'NOTE'}));
$node->safe_psql('many', q{SELECT qfs.register_event_type('NOTE', '{}'); INSERT INTO qfs.ledger (type, payload) SELECT 'GHOST', '{}' FROM generate_series(4, 250)});
is($node->safe_psql('many', q{SELECT qfs.post_restore(acknowledge => (SELECT jsonb_object_agg(n, repeat('\' || chr(233), 250)) FROM generate_series(3, 250) n))}), 251,
  'hundreds are acknowledged at once');
is($node->safe_psql('many', q{SELECT sum(jsonb_array_length(payload -> 'faults')), count(*) > 1 FROM qfs.ledger WHERE type = 'FAULT_ACKNOWLEDGED'}), '248|t', 'by as many entries as it takes');
append($node, 1, 'many');
is_sound($node, 'many', 'many');
is($node->safe_psql('many', q{SELECT seq FROM qfs.event_type WHERE type = 'NOTE'}), 3, 'the type that was registered last counts');

done_testing();
