# 029_failover_keys.pl - the key file before, during and after a failover: the drill of docs/operations.md, and what happens without it.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use QfsWallet;
use Test::More;

my $primary = new_node('primary', streaming => 1);
new_ledger($primary, undef, policy => $POLICY);
append($primary, 5);
$primary->safe_psql('postgres', 'CREATE ROLE clerk LOGIN; GRANT qfs_operator TO clerk');
my $file = $primary->data_dir . '/qfs.key';

sub copy_file {
  my ($from, $to) = @_;
  my $path = spit($to->data_dir . '/qfs.key', slurp($from->data_dir . '/qfs.key'));
  chmod 0600, $path;
  return;
}

sub catch_up { my ($from, $to) = @_; return $from->wait_for_catchup($to->name, 'replay', $from->lsn('insert')) }
sub lines_of { my ($node) = @_; return scalar(() = slurp($node->data_dir . '/qfs.key') =~ /\n/g) }
sub prepare { my ($node) = @_; return $node->safe_psql('postgres', 'SELECT qfs.prepare_keys()') }
sub rotate_to { my ($digest) = @_; return "SELECT qfs.rotate_keys('$digest')" }

sub key_item {
  my ($node) = @_;
  return $node->safe_psql('postgres', q{SELECT status, value, remedy FROM qfs.health() WHERE item = 'key_file'});
}

# Everything that needs a secret key.
sub needs_key {
  my ($node) = @_;
  my $client = QfsClient->wait_for($primary);
  my ($message, $signature) = signed_message($client, 7);
  $client->close;
  return ('SELECT qfs_api.auth_nonce()',
    'SELECT qfs_api.auth_login(' . literal($message) . ', ' . literal($signature) . ')',
    'SELECT qfs.checkpoint()', 'SELECT qfs.tlog_proof(2)', 'SELECT qfs.explain(2)', 'SELECT qfs.rotate_keys()', 'SELECT qfs.prepare_keys()');
}

# ---- what stops, and what it says ----

subtest 'without the file' => sub {
  my @commands = needs_key($primary);
  my $kept = slurp($file);
  # name, content, code
  for my $case ([ 'missing', undef, 'QFS_KEY_FILE' ], [ 'damaged', "x\n", 'QFS_KEY_FILE' ],
    [ "another ledger's", '0' x 64 . "\n", 'QFS_KEY_MISSING' ], [ 'empty', '', 'QFS_KEY_MISSING' ]) {
    my ($name, $content, $code) = @$case;
    unlink $file;
    if (defined $content) { spit($file, $content); chmod 0600, $file }
    for my $sql (@commands) {
      my $what  = substr $sql, 0, 30;
      my $error = refused($primary, $sql, $code, "$name: $what");
      is($error->{sqlstate}, 'PT503', "$name: $what: HTTP 503");
      like($error->{message}, qr/key file/, "$name: $what: says that it is the file");
      like($error->{hint}, qr/key file|qfs\.key_file/, "$name: $what: and what to do");
    }
    is(error_of($primary, q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')}), undef, "$name: the ledger goes on");
    defined $content ? is(slurp($file), $content, "$name: nothing is written there") : ok(!-e $file, "$name: no other is made");
  }
  spit($file, $kept);
  chmod 0600, $file;
  is(error_of($primary, $_), undef, 'with the file again: ' . substr($_, 0, 30)) for @commands[0 .. 4];
};

# ---- prepared seeds ----

subtest 'preparing' => sub {
  my $count = lines_of($primary);
  my $key = vkey_of($primary);
  my $size = size_of($primary);
  my $first = prepare($primary);
  like($first, qr/\A[0-9a-f]{64}\z/, 'a digest');
  is(lines_of($primary), $count + 1, 'a line more');
  is(size_of($primary) . vkey_of($primary), $size . $key, 'nothing else has changed');
  my $second = prepare($primary);
  isnt($second, $first, 'another digest');
  is(lines_of($primary), $count + 1, 'one is prepared at a time');
  my $error = refused($primary, rotate_to($first), 'QFS_KEY_UNPREPARED', 'the one before is gone');
  like($error->{hint}, qr/prepare_keys/, 'and what to do');
  refused($primary, rotate_to('0' x 64), 'QFS_KEY_UNPREPARED', 'nor is there any other');
  is($primary->safe_psql('postgres', 'SELECT qfs.rotate_keys(NULL) IS NULL'), 't', 'null is nothing');
  $primary->safe_psql('postgres', 'SELECT qfs.prepare_keys()' . ';' . 'BEGIN; SELECT qfs.prepare_keys(); ROLLBACK;' x 20);
  is(lines_of($primary), $count + 1, 'however often');

  my $digest = prepare($primary);
  $primary->safe_psql('postgres', 'BEGIN; ' . rotate_to($digest) . '; ROLLBACK');
  is(vkey_of($primary), $key, 'rolled back: not in force');
  $primary->safe_psql('postgres', 'BEGIN; SELECT qfs.rotate_keys(); ROLLBACK');
  $primary->safe_psql('postgres', "SET ROLE clerk; " . rotate_to($digest));
  isnt(vkey_of($primary), $key, 'then, by an operator: in force');
  refused($primary, rotate_to($digest), 'QFS_KEY_UNPREPARED', 'once');
  prepare($primary);
  is(error_of($primary, 'SELECT qfs.checkpoint()'), undef, 'what is in force is not dropped');
  prepare($primary);
  is_sound($primary, 'rotated');
  is_sound_offline($primary, 'rotated');
  refused($primary, "BEGIN READ ONLY; $_", '25006', "read-only: no $_") for 'SELECT qfs.prepare_keys()', rotate_to($digest);

  new_ledger($primary, 'other', origin => 'other.example');
  my $own = prepare($primary);
  my $others = $primary->safe_psql('other', 'SELECT qfs.prepare_keys()');
  refused($primary, rotate_to($own), 'QFS_KEY_UNPREPARED', "another database's seed is not taken", 'other');
  $primary->safe_psql('other', 'SELECT qfs.prepare_keys()') for 1 .. 2;
  is(error_of($primary, rotate_to($own)), undef, 'nor dropped');
};

# ---- failover ----

subtest 'a rotation that is not copied' => sub {
  my $standby = new_standby($primary, 'forgotten');
  catch_up($primary, $standby);
  like(key_item($standby), qr/^ok\|/, 'before');
  $primary->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
  catch_up($primary, $standby);
  like(key_item($standby), qr/^warning\|QFS_KEY_MISSING.*\|.*copy the primary's key file/, 'health on the standby says so before the failover');
  $standby->promote;
  like(key_item($standby), qr/^error\|QFS_KEY_MISSING/, 'and after it');
  my ($login) = (needs_key())[1];
  my $error = refused($standby, $login, 'QFS_KEY_MISSING', 'nobody signs in');
  is($error->{sqlstate}, 'PT503', 'HTTP 503');
  refused($standby, 'SELECT qfs.checkpoint()', 'QFS_KEY_MISSING', 'nothing is signed');
  copy_file($primary, $standby);
  is(error_of($standby, $login), undef, 'until the file is copied');
  is_sound_offline($standby, 'promoted');
  $standby->stop;
};

subtest 'the drill' => sub {
  my $standby = new_standby($primary, 'drilled');
  my $digest = prepare($primary);
  copy_file($primary, $standby);
  $primary->safe_psql('postgres', rotate_to($digest));
  catch_up($primary, $standby);
  like(key_item($standby), qr/^ok\|/, 'the standby has the key before it is in force');
  my ($login) = (needs_key())[1];
  my $signed = checkpoint_of($primary);
  $primary->stop('immediate');
  $standby->promote;
  is(error_of($standby, $login), undef, 'after the failover people sign in');
  is_sound_offline($standby, 'drilled', undef, $signed);
  prepare($standby) for 1 .. 2;
  is_sound_offline($standby, 'what was prepared before the failover and is in force stays');
  my $next = prepare($standby);
  is(error_of($standby, rotate_to($next)), undef, 'and the next rotation goes the same way');
  is_sound($standby, 'drilled');
  is_sound_offline($standby, 'with the next key', undef, $signed);
};

done_testing();
