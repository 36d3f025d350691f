# 033_erasure.pl - a payload that was erased is gone from every copy, and every verifier says so and stays content.
use strict;
use warnings FATAL => 'all';
use QfsForge;
use QfsTest;
use Test::More;

my $node = new_node('main', streaming => 'logical', conf => "wal_level = logical\nmax_wal_senders = 8");
my $SECRET = 'Rumpelstilzchen, 4 Spindle Lane';

sub ledger_in {
  my ($database) = @_;
  new_ledger($node, $database);
  $node->safe_psql($database, qq{
    SELECT qfs.register_event_type('ORDER', '{}');
    INSERT INTO qfs.ledger (type, payload) SELECT 'ORDER', jsonb_build_object('n', n, 'to', '$SECRET') FROM generate_series(1, 6) n});
}

# Where any table says it.
sub told_in {
  my ($database, $where) = @_;
  my ($code, $out, $err) = run_program($where // $node, 'pg_dump', $database);
  is($code, 0, "$database: dumped") or diag($err);
  return scalar(() = $out =~ /\Q$SECRET\E/g);
}

ledger_in('shop');
my $first = $node->safe_psql('shop', q{SELECT min(seq) FROM qfs.ledger WHERE type = 'ORDER'});
my $root  = $node->safe_psql('shop', "SELECT qfs.root($first + 6)");
my $proof = $node->safe_psql('shop', "SELECT qfs.inclusion_proof($first, $first + 6)");

# Another one, whose first is an operator's for an account.
new_ledger($node, 'plain');
$node->safe_psql('plain', qq{SELECT qfs.register_event_type('ORDER', '{}');
  INSERT INTO qfs.ledger (type, actor, payload) SELECT 'ORDER', CASE WHEN n = 1 THEN 'user_' || repeat('ab', 32) END::qfs.user_id, '{}' FROM generate_series(1, 3) n});

# ---- a subscriber from before ----

new_database($node, 'copy');
my $subscriber = new_node('subscriber', conf => 'max_logical_replication_workers = 4');
$node->safe_psql('shop', 'CREATE PUBLICATION shop FOR TABLE qfs.ledger');
new_database($subscriber, 'shop');
my $connection = $node->connstr('shop') =~ s/'/''/gr;
$subscriber->safe_psql('shop', qq{CREATE EXTENSION qfs;
  CREATE SUBSCRIPTION shop CONNECTION '$connection' PUBLICATION shop WITH (disable_on_error = true)});
$subscriber->wait_for_subscription_sync($node, 'shop', 'shop');
$subscriber->safe_psql('shop', 'SELECT qfs.post_restore()');

# ---- erased ----

is(told_in('shop'), 6, 'six entries say it');
refused($node, "SELECT qfs.erase_payload($first, 'x')", 'QFS_CHANGES_PUBLISHED', 'not where subscribers would stop', 'shop');
$node->safe_psql('shop', "ALTER PUBLICATION shop SET (publish = 'insert')");
my $by = $node->safe_psql('shop', "SELECT qfs.erase_payload($first, 'its customer asked')");
is($node->safe_psql('shop', "SELECT type, payload FROM qfs.ledger WHERE seq = $by"),
  qq({"seq": $first, "reason": "its customer asked"}) =~ s/^/PAYLOAD_ERASED|/r, 'an entry says so');
is($node->safe_psql('shop', "SELECT payload IS NULL, sig IS NULL, type FROM qfs.ledger WHERE seq = $first"), 't|t|ORDER', 'it is gone');
is($node->safe_psql('shop', 'SELECT seq, by FROM qfs.erasure'), "$first|$by", 'a table says which');
is(told_in('shop'), 5, 'five entries say it');
is($node->safe_psql('shop', "SELECT qfs.root($first + 6)"), $root, 'the tree is what it was');
is($node->safe_psql('shop', "SELECT qfs.inclusion_proof($first, $first + 6)"), $proof, 'so is a proof');
unlike($node->safe_psql('shop', "SELECT qfs.entry($first)"), qr/"salt":"[0-9a-f]{32}"\}$/, 'its line has no salt of all parts');
is_sound($node, 'it', 'shop');
is_sound_offline($node, 'it', 'shop');
my ($code, $out, $err) = qfs_verify('ledger', export_file($node, 'shop'));
like($out, qr/^note:  payloads erased, as entries say: 1;/m, 'qfs-verify says so');
($code, $out, $err) = $node->psql('shop', "SELECT * FROM qfs.verify(0, $first + 1)");
is("$code|$out", '0|', 'a range that ends before the entry that says so has no fault');
like($err, qr/NOTICE:  1 entry has no payload yet .*pending/m, 'and is told to be pending');

# ---- it is explained by what is left ----

my $bundle = scratch_file('bundle.json', $node->safe_psql('shop', "SELECT qfs.explain($first, 'entry')"));
my $key = first_key_of($node, 'shop');
($code, $out, $err) = qfs_verify('bundle', $bundle, '--key', $key);
is($code, 0, 'its explanation verifies') or diag($out . $err);
like($out, qr/^note:  taken as recorded: conditions,/m, 'and says what it rests on');
($code, $out, $err) = run_program($node, 'node', '--no-warnings', 'test/node/verify_bundle.mjs', $key, $bundle);
is($out, "sound\n", 'in JavaScript, too') or diag($err);

# ---- what is not erased ----

refused($node, "SELECT qfs.erase_payload($first, 'again')", 'QFS_PAYLOAD_ERASED', 'once', 'shop');
refused($node, "SELECT qfs.erase_payload($by, 'itself')", 'QFS_PAYLOAD_KEPT', 'not what says so', 'shop');
refused($node, "SELECT qfs.erase_payload(0, 'the first')", 'QFS_PAYLOAD_KEPT', 'not the genesis', 'shop');
refused($node, "SELECT qfs.erase_payload($by + 1, 'the next')", 'QFS_ENTRY_UNKNOWN', 'nothing that is not there', 'shop');
refused($node, "SELECT qfs.erase_payload(-1, 'x')", 'QFS_ARGUMENT', 'nothing before the first', 'shop');
refused($node, "SELECT qfs.erase_payload($first + 1, '')", 'QFS_PAYLOAD_INVALID', 'not without a reason', 'shop');
refused($node, "INSERT INTO qfs.ledger (type, payload) VALUES ('PAYLOAD_ERASED', '{\"seq\": 4, \"reason\": \"x\"}')", 'QFS_TYPE_FUNCTION',
  'only by its function', 'shop');
refused($node, "UPDATE qfs.ledger SET payload = NULL, sig = NULL WHERE seq = $first + 1", 'QFS_APPEND_ONLY', 'not by an UPDATE', 'shop');
is(told_in('shop'), 5, 'nothing else went');
$node->safe_psql('shop', "BEGIN; SELECT qfs.erase_payload($first + 1, 'thought better of it'); ROLLBACK");
is(told_in('shop'), 5, 'nor what was rolled back');
$node->safe_psql('shop', 'CREATE ROLE nobody_erases LOGIN');
($code, $out, $err) = $node->psql('shop', "SET ROLE nobody_erases; SELECT qfs.erase_payload($first + 1, 'x')");
like($err, qr/permission denied/, 'not for everybody');
$node->safe_psql('shop', 'CREATE ROLE eraser IN ROLE qfs_operator');
my $theirs = $node->safe_psql('shop', "SET ROLE eraser; SELECT qfs.erase_payload($first + 5, 'an operator''s')");
is($node->safe_psql('shop', "SELECT payload IS NULL FROM qfs.ledger WHERE seq = $first + 5"), 't', 'but for operators') or diag($theirs);

# ---- copies ----

$node->wait_for_catchup('shop');
is($subscriber->safe_psql('shop', "SELECT payload IS NULL FROM qfs.ledger WHERE seq = $first"), 't', 'a subscriber erases, too');
is(told_in('shop', $subscriber), 4, 'everywhere');
is_sound($subscriber, 'the subscriber', 'shop');
is($subscriber->safe_psql('shop', 'SELECT qfs.state_hash()'), $node->safe_psql('shop', 'SELECT qfs.state_hash()'), 'with the same state');

my $dump = scratch_file('dump.sql', '');
run_program($node, 'pg_dump', '-f', $dump, 'shop');
new_database($node, 'restored');
($code, $out, $err) = run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'restored', '-f', $dump);
is($code, 0, 'a backup is restored') or diag($err);
$node->safe_psql('restored', 'SELECT qfs.post_restore()');
is_sound($node, 'the restored copy', 'restored');
$node->safe_psql('restored', "SELECT qfs.erase_payload($first + 2, 'there')");
is_sound($node, 'it goes on', 'restored');

# The export from after: the import knows no more than it does.
my @lines = split /\n/, export_of($node, undef, 'shop');
sub import_of {
  my ($database, @what) = @_;
  new_database($node, $database);
  my $array = join ', ', map { QfsForge::quoted($_) } @what;
  return $node->psql($database, "CREATE EXTENSION qfs; SELECT qfs.import(ARRAY[$array])");
}
($code, $out, $err) = import_of('imported', @lines);
is($code, 0, 'its export is imported') or diag($err);
is(told_in('imported'), 4, 'without what was erased');
is_sound($node, 'the imported copy', 'imported');
$node->safe_psql('imported', 'SELECT qfs.post_restore()');
is_sound_offline($node, 'the imported copy', 'imported');

# ---- a payload that is missing, and nobody said why ----

# An operator who wrote more into the outcome than the rules give, and erased the payload that it came of.
my $whole = $node->safe_psql('plain', "SELECT qfs.entry($first)");
$node->safe_psql('plain', "SELECT qfs.erase_payload($first, 'of no more use')");
my @forged = map { read_line($_) } split /\n/, export_of($node, undef, 'plain');
$forged[$first] = read_line($whole);
sub erased_export {
  my @all = rehash(@_);
  return scratch_file('erased.jsonl', join '', map { ($_->{seq} == $first ? erased_line_of($_) : line_of($_)) . "\n" } @all);
}
($code, $out, $err) = qfs_verify('ledger', erased_export(@forged));
is($code, 0, 'a line that this test erased by itself is what the verifier expects') or diag("$out$err");
$forged[$first]{outcome} = { result => { flx => '1000000' } };
($code, $out, $err) = qfs_verify('ledger', erased_export(@forged));
is($code, 1, 'an outcome that no payload gives');
like("$out$err", qr/^fault: entry $first: QFS_OUTCOME_MISMATCH\b/m, 'is found without the payload') or diag("$out$err");

my $cut = scratch_file('cut.jsonl', join('', map { "$_\n" } @lines[ 0 .. $by - 1 ]));
($code, $out, $err) = qfs_verify('ledger', $cut);
is($code, 1, 'a payload is missing');
like("$out$err", qr/^fault: entry $first: QFS_PAYLOAD_MISSING\b/m, 'and qfs-verify says which') or diag("$out$err");
import_of('cut', @lines[ 0 .. $by - 1 ]);
refused($node, 'SET client_min_messages = warning; SELECT qfs.post_restore()', 'QFS_PAYLOAD_MISSING', 'an import of it is not opened', 'cut');
$node->safe_psql('imported', unguarded('DELETE FROM qfs.erasure'));
like(verify_rows($node, 'replay', 'imported'), qr/QFS_STATE_MISMATCH/, 'what the table says is part of the state');
$node->safe_psql('restored', qq{SET qfs.ddl_guard = off; ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
  UPDATE qfs.ledger SET payload = NULL, sig = NULL WHERE seq = $first + 1; ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append});
like(verify_rows($node, 'hashes', 'restored'), qr/^@{[ $first + 1 ]}\|QFS_/m, 'a payload that somebody else took');

done_testing();
