# 029_recovery_key.pl - the key file is lost, and an offline key that openssl made and uses puts new keys in force: the drill of docs/operations.md, and all that is no such signature.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use QfsTest;
use QfsClient;
use QfsWallet;
use Test::More;

my $node = new_node('recovery');
my $file = $node->data_dir . '/qfs.key';
my $work = PostgreSQL::Test::Utils::tempdir();

# ---- the commands of the manual: make the pair, prepare, sign, recover ----

my $manual = slurp(dirname(__FILE__) . '/../../docs/operations.md');
my ($section) = $manual =~ /^### A recovery key, and the drill for a lost file\n(.*?)^##/ms or die 'the manual has no drill';
my ($make, $prepare, $sign, $recover) = $section =~ /^```sh\n(.*?)^```/msg;

sub shell {
  my ($commands, %variables) = @_;
  my $set = join '', map { "$_='$variables{$_}'\n" } sort keys %variables;
  my ($exit, $out, $err) = run_program($node, 'bash', '-euo', 'pipefail', '-c', "cd $work\n$set$commands");
  die "$commands: $err" if $exit != 0;
  chomp $out;
  return $out;
}

# A pair by openssl; gives the public key, and leaves the private one in NAME.pem.
sub make_pair { my ($name) = @_; return shell($make =~ s/recovery\.pem/$name.pem/gr) }

# A message by the key of this name: the signature in hexadecimal.
sub signature_by {
  my ($name, $message) = @_;
  spit("$work/message", pack 'H*', $message);
  shell($sign =~ s/recovery\.pem/$name.pem/r);
  return unpack 'H*', slurp("$work/signature");
}

sub prepared { my ($database) = @_; return $node->safe_psql($database // 'postgres', 'SELECT qfs.prepare_keys()') }
sub arguments { my ($digest, @next) = @_; return join ', ', map { "'$_'" } $digest, @next }
sub message_for {
  my ($database, @arguments) = @_;
  return $node->safe_psql($database, 'SELECT encode(qfs.recovery_message(' . arguments(@arguments) . "), 'hex')");
}
sub recover_by {
  my ($signature, $digest, @next) = @_;
  return 'SELECT qfs.recover_keys(' . join(', ', "'$digest'", "'\\x$signature'", map { "'$_'" } @next) . ')';
}
sub key_item {
  return $node->safe_psql('postgres', q{SELECT status, value, remedy FROM qfs.health() WHERE item = 'key_file'});
}
sub keys_of {
  my ($columns) = @_;
  return $node->safe_psql('postgres', "SELECT $columns FROM qfs.signing_key ORDER BY number");
}
sub lines_of { return -e $file ? scalar(() = slurp($file) =~ /\n/g) : 0 }

my $key  = make_pair('recovery');
my $next = make_pair('successor');
like($_, qr/\A[0-9a-f]{64}\z/, 'a public key of openssl') for $key, $next;

# ---- genesis ----

subtest 'genesis' => sub {
  new_database($node, 'refusing');
  $node->safe_psql('refusing', 'CREATE EXTENSION qfs');
  # recovery key, code
  for my $case ([ '01' . '00' x 31, 'QFS_ED25519_KEY' ], [ '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'QFS_ED25519_KEY' ],
    [ 'ff' x 32, 'QFS_ED25519_KEY' ], [ substr($key, 1), 'QFS_HASH_SYNTAX' ], [ 'x' x 64, 'QFS_HASH_SYNTAX' ]) {
    refused($node, "SELECT qfs.genesis('refusing.example', recovery_key => '$case->[0]')", $case->[1], "no recovery key: $case->[0]", 'refusing');
  }
  is($node->safe_psql('refusing', "SELECT qfs.genesis(NULL, recovery_key => '$key') IS NULL AND qfs.genesis('a.example', NULL) IS NULL"), 't', 'null is nothing');
  is(lines_of() . $node->safe_psql('refusing', 'SELECT size FROM qfs.head()'), '00', 'no seed was made for it, and no entry');
};

new_ledger($node, undef, policy => $POLICY, recovery => $key);
is($node->safe_psql('postgres', q{SELECT payload #>> '{keys,recovery}' FROM qfs.ledger WHERE seq = 0}), $key, 'genesis names it');
is(keys_of('recovery'), $key, 'the state knows it');
$node->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
is(keys_of('recovery'), "$key\n$key", 'a rotation keeps it');
append($node, 5);
$node->safe_psql('postgres', 'CREATE ROLE clerk LOGIN; GRANT qfs_operator TO clerk; CREATE ROLE nobody LOGIN');

my $client = QfsClient->wait_for($node);
my $alice  = sign_in($client, 1);
my $before = checkpoint_of($node);
my $whoami = as_account($alice->{token}, 'SELECT 1');
is(error_of($node, $whoami), undef, 'a token is good');

# ---- the file is lost ----

unlink $file or die $!;
like(key_item(), qr/^error\|QFS_KEY_FILE.*\|.*recovery key.*docs\/operations\.md/, 'health says so, and what to do');
for my $sql ('SELECT qfs_api.auth_nonce()', 'SELECT qfs.checkpoint()', 'SELECT qfs.rotate_keys()') {
  my $error = refused($node, $sql, 'QFS_KEY_FILE', "without the file: $sql");
  is($error->{sqlstate}, 'PT503', 'HTTP 503');
}
spit($file, "x\n");
chmod 0600, $file;
refused($node, 'SELECT qfs.prepare_keys()', 'QFS_KEY_FILE', 'a damaged file is not written over');
is(slurp($file), "x\n", 'it stays');
unlink $file;

my $digest = prepared();
is(lines_of(), 1, 'preparing makes a new file');
like(key_item(), qr/^error\|QFS_KEY_MISSING.*\|.*recovery key/, 'which has not the key in force');
refused($node, "SELECT qfs.rotate_keys('$digest')", 'QFS_KEY_MISSING', 'nor does it endorse what was prepared');

# ---- what is no such signature ----

subtest 'refused' => sub {
  my $size    = size_of($node);
  my $message = message_for('postgres', $digest);
  my $good    = signature_by('recovery', $message);
  my $spoilt  = $good =~ s/^(.)/$1 eq '0' ? '1' : '0'/er;
  new_ledger($node, 'sister', recovery => $key);
  my $sisters = prepared('sister');

  my $invalid = sub { my ($name, @call) = @_; refused($node, recover_by(@call), 'QFS_SIGNATURE_INVALID', $name) };
  my $error = $invalid->('by a key of nobody', signature_by('successor', $message), $digest);
  like($error->{detail}, qr/the recovery key did not sign key 2/, 'it says who did not sign what');
  $invalid->('a bit is another', $spoilt, $digest);
  $invalid->("another ledger's message", signature_by('recovery', message_for('sister', $sisters)), $digest);
  $invalid->('of the number before', signature_by('recovery', substr($message, 0, 104) . sprintf('%016x', 1) . substr($message, 120)), $digest);
  $invalid->('of the number after', signature_by('recovery', substr($message, 0, 104) . sprintf('%016x', 3) . substr($message, 120)), $digest);
  $invalid->('the next recovery key was not signed', $good, $digest, $next);
  $invalid->('the next recovery key is left out', signature_by('recovery', message_for('postgres', $digest, $next)), $digest);
  $invalid->('the next one does not sign for itself', signature_by('successor', message_for('postgres', $digest, $next)), $digest, $next);
  $invalid->('the label is the rotation\'s', signature_by('recovery', unpack('H*', "qfs:key-rotation:v1\0") . substr($message, 40, 64) . substr($message, 120, 128)), $digest);

  refused($node, recover_by(substr($good, 2), $digest), 'QFS_ARGUMENT', 'a byte is missing');
  refused($node, recover_by('', $digest), 'QFS_ARGUMENT', 'no signature at all');
  refused($node, recover_by($good, '0' x 64), 'QFS_KEY_UNPREPARED', 'a digest of nothing');
  refused($node, recover_by($good, $sisters), 'QFS_KEY_UNPREPARED', "the sister's digest");
  my ($checkpoint, $token) = map { substr $message, $_, 64 } 120, 184;
  for my $case ([ '01' . '00' x 31, 'QFS_ED25519_KEY' ], [ $checkpoint, 'QFS_RECOVERY_KEY' ], [ $token, 'QFS_RECOVERY_KEY' ]) {
    refused($node, "SELECT qfs.recovery_message('$digest', '$case->[0]')", $case->[1], "nothing to sign for the next recovery key $case->[0]");
    refused($node, recover_by($good, $digest, $case->[0]), $case->[1], 'nor is it taken');
  }
  is($node->safe_psql('postgres', "SELECT qfs.recover_keys(NULL, ''), qfs.recover_keys('$digest', NULL), qfs.recovery_message(NULL)"), '||', 'null is nothing');

  refused($node, "SET ROLE nobody; $_", '42501', "not for everybody: $_") for recover_by($good, $digest), "SELECT qfs.recovery_message('$digest')";
  refused($node, "BEGIN; SELECT set_config('request.method', 'POST', true), set_config('request.jwt.claims', '{}', true); SET LOCAL ROLE qfs_operator; $_",
    'QFS_NO_SESSION', "nor over HTTP: $_") for recover_by($good, $digest), "SELECT qfs.recovery_message('$digest')";
  refused($node, "BEGIN READ ONLY; $_", '25006', "read-only: $_") for recover_by($good, $digest), "SELECT qfs.recovery_message('$digest')";
  # Somebody who writes the entry himself.
  my $payload = sprintf '{"by":"recovery","keys":{"checkpoint":"%s","token":"%s"},"signature":"%s"}', $checkpoint, $token, $spoilt;
  refused($node, "SET ROLE clerk; INSERT INTO qfs.ledger (type, payload) VALUES ('KEY_ROTATED', '$payload')", 'QFS_SIGNATURE_INVALID', 'nor by an INSERT');
  $node->safe_psql('postgres', 'BEGIN; ' . recover_by($good, $digest) . '; ROLLBACK');
  is(size_of($node), $size, 'nothing was appended');
  like(key_item(), qr/^error/, 'and nothing is in force');
};

# ---- the drill ----

$digest = shell("$prepare\necho \$digest");
shell($sign);
my $signature = unpack 'H*', slurp("$work/signature");
my $seq = shell($recover, digest => $digest);
is($seq, size_of($node) - 1, 'the commands of the manual recover');
is($node->safe_psql('postgres', "SELECT payload ->> 'by', outcome #>> '{result,number}' FROM qfs.ledger WHERE seq = $seq"), 'recovery|2', 'the entry says how');
is(keys_of('recovery'), join("\n", ($key) x 3), 'the recovery key stays');

like(key_item(), qr/^ok\|has the key in force/, 'health');
refused($node, $whoami, 'QFS_TOKEN_INVALID', 'the token of before is dead');
my $again = sign_in($client, 1);
is($again->{user_id}, $alice->{user_id}, 'the account signs in again');
is(error_of($node, as_account($again->{token}, 'SELECT 1')), undef, 'its token is good');
is_sound($node, 'recovered');
is_sound_offline($node, 'recovered', undef, $before);
my $state = keys_of('*');
$node->safe_psql('postgres', 'SELECT qfs.rebuild()');
is(keys_of('*'), $state, 'a rebuild gives the same keys');

# Verifiers of the explanation, told the key of genesis.
sub check_bundle {
  my ($name, $bundle, $want) = @_;
  my $path = scratch_file('bundle.json', $bundle);
  my ($exit, $out, $err) = qfs_verify('bundle', $path, '--key', first_key_of($node));
  is($exit == 0 ? 'sound' : $out =~ /(QFS_\w+)/ ? $1 : $err, $want eq 'sound' ? $want : "QFS_$want", "$name: qfs-verify") or diag($out . $err);
  ($exit, $out, $err) = run_javascript('verify_bundle', first_key_of($node), $path);
  is($out =~ /^(\w+)/ ? $1 : $err, $want, "$name: the page") or diag($out);
  return;
}
my $bundle = $node->safe_psql('postgres', 'SELECT qfs.explain(2)');
check_bundle('through a recovery', $bundle, 'sound');

# ---- once, and the next recovery key ----

refused($node, recover_by($signature, $digest), 'QFS_KEY_UNPREPARED', 'not a second time');
my $payload = $node->safe_psql('postgres', "SELECT payload FROM qfs.ledger WHERE seq = $seq");
refused($node, "INSERT INTO qfs.ledger (type, payload) VALUES ('KEY_ROTATED', '$payload')", 'QFS_SIGNATURE_INVALID', 'nor as an entry');

# A signature for a number that a rotation has taken.
$digest = prepared();
my $late = signature_by('recovery', message_for('postgres', $digest));
my $clerk = 'SET ROLE clerk; ';
$node->safe_psql('postgres', "${clerk}SELECT qfs.rotate_keys()");
refused($node, recover_by($late, $digest), 'QFS_SIGNATURE_INVALID', 'a rotation in between');

# The file is there and known to somebody else: a recovery is for that, too.
$node->safe_psql('postgres', $clerk . recover_by(signature_by('recovery', message_for('postgres', $digest, $next)), $digest, $next));
is((split /\n/, keys_of('recovery'))[-1], $next, 'an operator recovers, and the next recovery key is in force');
unlink $file;
$digest = prepared();
refused($node, recover_by(signature_by('recovery', message_for('postgres', $digest)), $digest), 'QFS_SIGNATURE_INVALID', 'the one before has no say');
is(error_of($node, recover_by(signature_by('successor', message_for('postgres', $digest)), $digest)), undef, 'the next one has');
append($node, 2);
is_sound($node, 'again');
is_sound_offline($node, 'again', undef, $before);
check_bundle('through three', $node->safe_psql('postgres', 'SELECT qfs.explain(2)'), 'sound');

# ---- a ledger without ----

new_ledger($node, 'without', origin => 'without.example');
my $kept = prepared('without');
for my $sql (recover_by($signature, $kept), "SELECT qfs.recovery_message('$kept')") {
  my $error = refused($node, $sql, 'QFS_NO_RECOVERY_KEY', "without one: $sql", 'without');
  like($error->{hint}, qr/backup/, 'and what is left to do');
}
unlink $file;
refused($node, 'SELECT qfs.prepare_keys()', 'QFS_KEY_FILE', 'it prepares nothing when the file is lost', 'without');
ok(!-e $file, 'no other file is made');

$client->close;
$node->stop;
done_testing();
