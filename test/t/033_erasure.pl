# 033_erasure.pl - a payload that was erased is gone from every copy, and every verifier says so and stays content.
use strict;
use warnings FATAL => 'all';
use Digest::MD5 ();
use Digest::SHA ();
use JSON::PP ();
use QfsClient;
use QfsForge;
use QfsTest;
use QfsWallet;
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

# Another one, that nobody has opened when the payload goes.
my $late = new_node('late', conf => 'max_logical_replication_workers = 4');
new_database($late, 'shop');
$late->safe_psql('shop', qq{CREATE EXTENSION qfs;
  CREATE SUBSCRIPTION late CONNECTION '$connection' PUBLICATION shop WITH (disable_on_error = true)});
$late->wait_for_subscription_sync($node, 'late', 'shop');

# ---- erased ----

$node->safe_psql('shop', 'ANALYZE');
is(told_in('shop'), 6, 'six entries say it');
refused($node, "SELECT qfs.erase_payload($first, 'x')", 'QFS_CHANGES_PUBLISHED', 'not where subscribers would stop', 'shop');
$node->safe_psql('shop', "ALTER PUBLICATION shop SET (publish = 'insert')");
my $by = $node->safe_psql('shop', "SELECT qfs.erase_payload($first, 'its customer asked')");
is($node->safe_psql('shop', "SELECT type, payload FROM qfs.ledger WHERE seq = $by"),
  qq({"seq": $first, "reason": "its customer asked"}) =~ s/^/PAYLOAD_ERASED|/r, 'an entry says so');
is($node->safe_psql('shop', "SELECT payload IS NULL, sig IS NULL, type FROM qfs.ledger WHERE seq = $first"), 't|t|ORDER', 'it is gone');
is($node->safe_psql('shop', 'SELECT seq, by FROM qfs.erasure'), "$first|$by", 'a table says which');
is(told_in('shop'), 5, 'five entries say it');
is($node->safe_psql('shop', q{SELECT string_agg(tablename || '.' || attname, ' ') FROM pg_stats WHERE schemaname = 'qfs'
  AND (tablename, attname) IN (('ledger', 'payload'), ('ledger', 'sig'), ('ledger', 'salt'), ('profile_content', 'salt'),
    ('profile_content', 'content'), ('message', 'nonce'), ('message', 'body'))}), '', 'statistics keep nothing of what can be erased');
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
($code, $out, $err) = run_javascript('verify_bundle', $key, $bundle);
is($out, "sound: derived\n", 'in JavaScript, too') or diag($err);

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

$node->wait_for_catchup('late');
is($late->safe_psql('shop', "SELECT payload IS NULL FROM qfs.ledger WHERE seq = $first"), 'f', 'one that is not open has it still');
$late->safe_psql('shop', 'SELECT qfs.post_restore()');
is($late->safe_psql('shop', 'SELECT seq FROM qfs.ledger WHERE type = $$ORDER$$ AND payload IS NULL ORDER BY seq'), join("\n", $first, $first + 5), 'and erases when it is opened');
is_sound($late, 'it', 'shop');

# One that publishes changes onward stops before it would break the next.
$subscriber->safe_psql('shop', 'CREATE PUBLICATION onward FOR TABLE qfs.ledger');
$node->safe_psql('shop', "SELECT qfs.erase_payload($first + 4, 'onward')");
ok(wait_until(sub { $subscriber->safe_psql('shop', 'SELECT NOT subenabled FROM pg_subscription') eq 't' }, 'it stops'), 'a subscriber that publishes changes stops');
is($subscriber->safe_psql('shop', "SELECT payload IS NULL FROM qfs.ledger WHERE seq = $first + 4"), 'f', 'with nothing done');
$subscriber->safe_psql('shop', "ALTER PUBLICATION onward SET (publish = 'insert'); ALTER SUBSCRIPTION shop ENABLE");
$node->wait_for_catchup('shop');
is($subscriber->safe_psql('shop', "SELECT payload IS NULL FROM qfs.ledger WHERE seq = $first + 4"), 't', 'and goes on where it publishes inserts');

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
($code, $out, $err) = import_lines($node, 'imported', @lines);
is($code, 0, 'its export is imported') or diag($err);
is(told_in('imported'), 3, 'without what was erased');
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

# Who names an entry that qfs needs takes nothing: neither from a file that says it is gone nor from one that has it.
my @named = map { read_line($_) } @lines;
$named[$by]{payload}{seq} = 0;
$named[$first] = read_line($node->safe_psql('shop', 'SELECT qfs.entry(' . ($first + 1) . ')'));
@named = @named[ 0 .. $first - 1, $by ];
$named[$first]{seq} = $first;
my @gone = map { line_of($_) } rehash(@named);
($code, $out, $err) = import_lines($node, 'named', @gone);
is($code, 0, 'an entry that names the genesis is imported') or diag($err);
is($node->safe_psql('named', 'SELECT payload IS NULL FROM qfs.ledger WHERE seq = 0'), 'f', 'and the genesis stays');
$gone[0] = erased_line_of($named[0]);
for my $depth (@QfsForge::DEPTHS) {
  ($code, $out, $err) = qfs_verify('ledger', scratch_file('gone.jsonl', join '', map { "$_\n" } @gone), '--depth', $depth);
  is($code, 1, "a genesis without a payload is a fault: $depth");
  like("$out$err", qr/^fault: entry 0: QFS_PAYLOAD_MISSING\b/m, 'and is named');
}

my $cut = scratch_file('cut.jsonl', join('', map { "$_\n" } @lines[ 0 .. $by - 1 ]));
($code, $out, $err) = qfs_verify('ledger', $cut);
is($code, 1, 'a payload is missing');
like("$out$err", qr/^fault: entry $first: QFS_PAYLOAD_MISSING\b/m, 'and qfs-verify says which') or diag("$out$err");
import_lines($node, 'cut', @lines[ 0 .. $by - 1 ]);
refused($node, 'SET client_min_messages = warning; SELECT qfs.post_restore()', 'QFS_PAYLOAD_MISSING', 'an import of it is not opened', 'cut');
$node->safe_psql('imported', unguarded('DELETE FROM qfs.erasure'));
like(verify_rows($node, 'replay', 'imported'), qr/QFS_STATE_MISMATCH/, 'what the table says is part of the state');
$node->safe_psql('restored', qq{SET qfs.ddl_guard = off; ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;
  UPDATE qfs.ledger SET payload = NULL, sig = NULL WHERE seq = $first + 1; ALTER TABLE qfs.ledger ENABLE ALWAYS TRIGGER zzz_qfs_append});
like(verify_rows($node, 'hashes', 'restored'), qr/^@{[ $first + 1 ]}\|QFS_/m, 'a payload that somebody else took');

# ---- what accounts appended: signed by a device, in batches ----

new_ledger($node, 'people', policy => $QfsWallet::POLICY);
my $client = QfsClient->wait_for($node, database => 'people');
$client->value("SELECT qfs.register_event_type('SAID', '{}', 'account')");
my $json_of = JSON::PP->new->utf8->canonical;
my $alice = sign_in($client, 1, device => 1);
my $bob   = sign_in($client, 2);
my @said = map { { type => 'SAID', payload => { text => "$SECRET $_" } } } 1, 2;
sub batch { my ($who, @events) = @_; return $client->query(as_account($who->{token}, 'SELECT qfs_api.events_batch(' . literal($json_of->encode(\@events)) . ", 'one')")) }
my $signed = { %{ $said[0] }, auth => $json_of->decode(event_of($alice, %{ $said[0] })) };
my ($hers, $his) = map { $json_of->decode($_->{rows}[-1][0])->[0]{seq} } batch($alice, $signed), batch($bob, @said);
is($client->value('SELECT count(*) FROM qfs.batch'), 2, 'two batches');
my $size_before = $client->value('SELECT size FROM qfs.head()');
is($json_of->decode(batch($alice, $signed)->{rows}[-1][0])->[0]{seq}, $hers, 'a batch that is sent again gives what it gave');
is($json_of->decode(batch($bob, @said)->{rows}[-1][0])->[1]{seq}, $his + 1, 'also where no device signed it');
like(batch($bob, reverse @said)->{error}{detail}, qr/^QFS_BATCH_ID_REUSED/, 'others under its id are refused');
$client->query('ROLLBACK');
is($client->value('SELECT size FROM qfs.head()'), $size_before, 'and nothing was appended');
# Whoever has a backup, and a guess: nothing in it is made of what was sent, and of nothing else.
sub digests_of { my ($bytes) = @_; return map { $_, uc } map { $_->($bytes) } \&Digest::SHA::sha256_hex, \&Digest::SHA::sha1_hex, \&Digest::SHA::sha512_hex, \&Digest::MD5::md5_hex }
my @guesses = map { $json_of->encode($_) } [$signed], \@said, $signed, @said, map { $_->{payload} } @said;
my $dumped = (run_program($node, 'pg_dump', 'people'))[1];
is(scalar(grep { index($dumped, $_) >= 0 } map { digests_of($_) } @guesses), 0, 'no digest would confirm a guess');
$client->value("SELECT qfs.erase_payload($_, 'asked for')") for $hers, $his;
for my $again ([ $alice, $signed ], [ $bob, @said ], [ $bob, $said[1] ]) {
  my $answer = batch(@$again);
  $client->query('ROLLBACK');
  like($answer->{error}{detail} // '', qr/^QFS_PAYLOAD_ERASED/, 'a batch that is sent again brings nothing back');
}
is_sound($node, 'the ledger of people', 'people');
# A result that somebody wrote: nobody knows what it was of, and it is not appended once more.
$client->value(unguarded("UPDATE qfs.batch SET result = jsonb_set(result, '{0,seq}', '0') WHERE user_id::text = '$alice->{user_id}'"));
like(batch($alice, $signed)->{error}{detail}, qr/^QFS_STATE_MISMATCH: qfs.batch has a result that entry 0 does not give/, 'a result of something else is not given');
$client->query('ROLLBACK');
is($client->value('SELECT max(seq) FROM qfs.ledger'), $client->value("SELECT max(by) FROM qfs.erasure"), 'nor is it appended again');
$client->value(unguarded("UPDATE qfs.batch SET result = jsonb_set(result, '{0,seq}', '$hers') WHERE user_id::text = '$alice->{user_id}'"));
for my $who ([ $alice, $hers ], [ $bob, $his ]) {
  for my $topic ('entry', 'session') {
    my $explained = scratch_file('said.json', $client->query(as_account($who->[0]{token}, "SELECT qfs_api.explain_$topic($who->[1])"))->{rows}[-1][0]);
    my $trusted = first_key_of($node, 'people');
    ($code, $out, $err) = qfs_verify('bundle', $explained, '--key', $trusted);
    is($code, 0, "$topic of an erased event of an account") or diag("$out$err");
    is($json_of->decode(slurp($explained))->{result}{by}, 'server', 'whose word is the server\'s, since no signature is left');
    ($code, $out, $err) = run_javascript('verify_bundle', $trusted, $explained);
    is($out, "sound: derived\n", 'in JavaScript, too') or diag($err);
  }
}
my $people = scratch_file('people.sql', '');
run_program($node, 'pg_dump', '-f', $people, 'people');
new_database($node, 'people_again');
run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'people_again', '-f', $people);
is($node->safe_psql('people_again', 'SET client_min_messages = warning; SELECT qfs.post_restore()') > 5, 1, 'a backup of it is opened');
$client->close;

done_testing();
