# 013_session_tamper.pl - forged sign-ins, sessions and device signatures, and what each of the two verifiers says.
#
# Every forgery is hashed anew, so that only a look at signatures or a replay finds it.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use QfsForge;
use QfsWallet;
use Test::More;

my $node = new_node('forged', conf => "log_statement = none\n");
new_ledger($node, undef, policy => $POLICY);
my $client = QfsClient->wait_for($node);
$client->value(q{SELECT qfs.register_event_type('SAID', '{}', 'account')});
my $ledger = $client->value('SELECT ledger FROM qfs.ledger_state');

# 4: wallet 1 signs in, with device 1; 5, 6: it says something, and signs it;
# 7: wallet 2 signs in; 8: and again; 9: rotates; 10: ends the other session.
# Wallet 2 has no device.
sub as { my ($given, $sql) = @_; return $client->query(as_account($given->{token}, $sql))->{rows}[1][0]; }
sub signed_event {
  my ($given, $nonce, $device) = @_;
  my %event = (type => 'SAID', payload => { n => $nonce });
  $event{auth} = $json->decode(event_signature($device // 1, actor => $given->{user_id}, ledger => $ledger, nonce => $nonce, %event));
  return \%event;
}
# All of it in one minute, because sign-ins are counted by the minute.
sleep 61 - time() % 60 if time() % 60 > 50;
my $first = sign_in($client, 1, device => 1);
as($first, 'SELECT qfs_api.events_batch(' . literal($json->encode([ map { signed_event($first, $_) } 1, 2 ])) . ')');
my $second = sign_in($client, 2);
my $third  = sign_in($client, 2);
as($second, 'SELECT qfs_api.session_rotate()');
as($third, "SELECT qfs_api.session_revoke('$third->{session}')");
my @ENTRIES = read_entries($client);
is(join(' ', map { $_->{type} } @ENTRIES[ 4 .. $#ENTRIES ]), 'LOGIN SAID SAID LOGIN LOGIN SESSION_ROTATED SESSION_REVOKED', 'the ledger is there');
is_sound($node, 'as it was written');

my @TRUSTED = ('--key', first_key_of($node));
my $LAST    = $#ENTRIES;
# An entry with other members, and every hash from there on computed anew.
# A path leads into the entry: 'payload.nonce', 'accounts.0.state'.
sub forge {
  my ($seq, %changes) = @_;
  my @e = map { { %$_ } } @ENTRIES;
  $e[$seq] = { %{ $e[$seq] }, %{ $json->decode($json->encode({ map { ($_ => $e[$seq]{$_}) } grep { !/^_/ } keys %{ $e[$seq] } })) } };
  for my $path (keys %changes) {
    my @names = split /\./, $path;
    my $place = \$e[$seq];
    $place = ref $$place eq 'ARRAY' ? \$$place->[$_] : \$$place->{$_} for @names;
    $$place = $changes{$path};
  }
  return rehash(@e);
}

my (undef, $of_another) = signed_message($client, 3, of => 1);
my $signature = $ENTRIES[8]{sig};
my $body = $signature =~ s/..$//r;

# name; what is forged; what both verifiers find from depth signatures (or replay)
# on; how many differences qfs.verify finds between the tables and a replay.
# Entry 10 is done by the session that entry 8 begins.
# Entry 9 names it as the one that touched the account before.
# The key and the number of a signed event belong to how it is known who acted; the signature is a part of its own.
sub signed_by { my ($auth, $by) = @_; my %by = %$by; my $sig = delete $by{sig}; return (auth => { %$auth, %by }, sig => $sig) }

my @ORPHANS = ('signatures 10 SESSION_ENDED', 'replay 9 OUTCOME_MISMATCH');
my @attacks = (
  [ 'nothing', [ 4 ], [], 0 ],
  [ 'signature of another wallet', [ 8, sig => $of_another ], [ 'signatures 8 LOGIN_SIGNER', @ORPHANS ], 5 ],
  [ 'signature of another message', [ 8, sig => $ENTRIES[7]{sig} ], [ 'signatures 8 LOGIN_SIGNER', @ORPHANS ], 5 ],
  [ 'signature of a contract', [ 8, sig => $signature . '00' x 40 ], [ 'signatures 8 CONTRACT_WALLET', @ORPHANS ], 5 ],
  [ 'signature with another last byte', [ 8, sig => $body . '1d' ], [ 'signatures 8 SIGNATURE_RECOVERY_ID', @ORPHANS ], 5 ],
  [ 'no signature', [ 8, sig => '0x' ], [ 'signatures 8 CONTRACT_WALLET', @ORPHANS ], 5 ],
  [ 'message', [ 8, 'payload.message' => $ENTRIES[8]{payload}{message} =~ s/Version: 1/Version: 2/r ], [ 'signatures 8 SIWE_VERSION', @ORPHANS ], 5 ],
  [ 'message for another page', [ 8, 'payload.message' => $ENTRIES[8]{payload}{message} =~ s/^app/evil/r ], [ 'signatures 8 LOGIN_DOMAIN', @ORPHANS ], 5 ],
  [ 'wallet', [ 8, 'payload.wallet' => address_of(3) ], [ 'signatures 8 LOGIN_PAYLOAD', @ORPHANS ], 5 ],
  [ 'nonce', [ 8, 'payload.nonce' => 'ab' x 32 ], [ 'signatures 8 LOGIN_PAYLOAD', @ORPHANS ], 5 ],
  [ 'actor', [ 8, actor => $first->{user_id} ], [ 'signatures 8 ACTOR_MISMATCH', @ORPHANS ], 5 ],
  [ 'a login that was there before', [ 8, payload => $ENTRIES[7]{payload} ], [ 'signatures 8 NONCE_USED', @ORPHANS ], 5 ],
  [ 'time: long after the nonce', [ $LAST, at => $ENTRIES[$LAST]{at} + 30 * 86_400_000 ], ['signatures 10 SESSION_ENDED'], 4 ],
  [ 'device signature', [ 6, sig => $ENTRIES[5]{sig} ], ['signatures 6 SIGNATURE_MISMATCH'], 3 ],
  [ 'what a device signed', [ 6, 'payload.n' => 3 ], ['signatures 6 SIGNATURE_MISMATCH'], 3 ],
  [ 'another device', [ 6, signed_by($ENTRIES[6]{auth}, signed_event($first, 2, 2)->{auth}) ], ['signatures 6 EVENT_KEY'], 3 ],
  # What a device did not sign is nobody's act, whatever a superuser writes; the session without a device never signs (see 'another reason').
  [ 'an act without its signature', [ 6, auth => { session => $first->{session}, via => 'session' }, sig => undef, 'payload.n' => 7 ], ['signatures 6 EVENT_UNSIGNED'], 3 ],
  [ 'a signature without its key and number', [ 6, auth => { session => $first->{session}, via => 'session' } ], ['signatures 6 AUTH_INVALID'], 3 ],
  [ 'a key and a number without their signature', [ 6, sig => undef ], ['signatures 6 AUTH_INVALID'], 3 ],
  [ 'an act of the device in the session without one', [ 10, auth => { %{ $ENTRIES[6]{auth} }, session => $third->{session} }, sig => $ENTRIES[6]{sig} ], ['signatures 10 EVENT_KEY'], 4 ],
  [ 'the signed event again', [ 6, auth => $ENTRIES[5]{auth}, sig => $ENTRIES[5]{sig}, payload => $ENTRIES[5]{payload} ], ['signatures 6 EVENT_NONCE'], 3 ],
  [ 'somebody else\'s session', [ 6, 'auth.session' => $third->{session} ], ['signatures 6 SESSION_ENDED'], 3 ],
  [ 'rotation by a session that never was', [ 9, 'auth.session' => 'ab' x 32 ], [ 'signatures 9 SESSION_ENDED', 'replay 10 OUTCOME_MISMATCH' ], 4 ],
  [ 'revocation of what has ended', [ 10, 'payload.session' => $second->{session} ], ['signatures 10 SESSION_UNKNOWN'], 4 ],
  [ 'revocation of somebody else\'s', [ 10, 'payload.session' => $first->{session} ], ['signatures 10 SESSION_FOREIGN'], 4 ],
  [ 'revocation in the name of the operator', [ 10, 'payload.reason' => 'admin' ], ['signatures 10 FORBIDDEN'], 4 ],
  [ 'another reason', [ 10, 'payload.reason' => 'compromised' ], [], 1 ],
  [ 'outcome: another session', [ 8, 'outcome.result.session' => 'ab' x 32 ], ['replay 8 OUTCOME_MISMATCH'], 0 ],
  [ 'outcome: a longer life', [ 8, 'outcome.result.expires_at' => $ENTRIES[8]{outcome}{result}{expires_at} + 1 ], ['replay 8 OUTCOME_MISMATCH'], 0 ],
  [ 'outcome: an operator', [ 8, 'outcome.result.scope' => [ 'account', 'operator' ] ], ['replay 8 OUTCOME_MISMATCH'], 0 ],
  [ 'outcome of a rotation', [ 9, 'outcome.result.ended' => 'ab' x 32 ], ['replay 9 OUTCOME_MISMATCH'], 0 ],
  [ 'access: a session less', [ 8, 'accounts.0.state.sessions' => [] ], ['replay 8 OUTCOME_MISMATCH'], 0 ],
  [ 'access: another digest', [ 8, 'accounts.0.state.sessions.0' => 'ab' x 32 ], ['replay 8 OUTCOME_MISMATCH'], 0 ],
  [ 'access: of another', [ 8, 'accounts.0.account' => $first->{user_id} ], ['replay 8 OUTCOME_MISMATCH'], 0 ],
  [ 'the number of an event', [ 6, 'accounts.0.state.event_nonce' => 1 ], ['replay 6 OUTCOME_MISMATCH'], 0 ],
  [ 'a sign-in that touched nobody', [ 8, accounts => [] ], ['replay 8 OUTCOME_MISMATCH'], 0 ],
);
for my $attack (@attacks) {
  my ($name, $change, $faults, $differences) = @$attack;
  my @forged = forge(@$change);
  is_found(faults_in_database($client, store(@forged)), [ @$faults, ("replay $LAST STATE_MISMATCH") x $differences ], "database: $name");
  is_found(faults_in_file(jsonl(@forged), @TRUSTED), $faults, "file: $name");
}

# ---- acts that were never asked for ----

# Entries at the end, as whoever has the superuser's rights could append them.
sub invented {
  my ($auth, $actor) = @_;
  my %last = %{ $ENTRIES[$LAST] };
  my %new  = (%last, seq => $LAST + 1, type => 'SAID', actor => $actor, auth => $auth, payload => { n => 7 }, sig => undef, accounts => [],
    outcome => { policy => $ENTRIES[6]{outcome}{policy}, read => { $actor => { access => $last{actor} eq $actor ? $LAST : 4 } } });
  my @e = rehash(map({ { %$_ } } @ENTRIES), \%new);
  return faults_in_file(jsonl(@e), @TRUSTED);
}
is_found(invented({ session => $third->{session}, via => 'session' }, $third->{user_id}), [ "signatures @{[ $LAST + 1 ]} SESSION_ENDED" ],
  'in a session that has ended');
is_found(invented({ session => $first->{session}, via => 'session' }, $first->{user_id}), [ "signatures @{[ $LAST + 1 ]} EVENT_UNSIGNED" ],
  'in the session of a device, which did not sign it');
is_found(invented({ session => $ENTRIES[9]{outcome}{result}{session}, via => 'session' }, $second->{user_id}), [],
  'in the session without a device: nobody finds it, because it is the server\'s word and no other');

# ---- tables, which only a replay can judge ----

my $OPEN = "session = '$first->{session}'";
my @tables = (
  [ 'a session ended', "UPDATE qfs.session SET ended = 5, reason = 'admin' WHERE $OPEN", 2 ],
  [ 'a session that has ended is active again', "UPDATE qfs.session SET ended = NULL, reason = NULL WHERE session = '$second->{session}'", 2 ],
  [ 'a longer life', "UPDATE qfs.session SET ttl_blocks = ttl_blocks + 1 WHERE $OPEN", 1 ],
  [ 'a later beginning', "UPDATE qfs.session SET issued_block = issued_block + 1 WHERE $OPEN", 1 ],
  [ 'an operator', "UPDATE qfs.session SET operates = true WHERE $OPEN", 1 ],
  [ 'another device', "UPDATE qfs.session SET device = session WHERE $OPEN", 1 ],
  [ 'no device', "UPDATE qfs.session SET device = NULL WHERE $OPEN", 1 ],
  [ "somebody else's session", "UPDATE qfs.session SET user_id = '$second->{user_id}' WHERE $OPEN", 1 ],
  [ 'a session added', "INSERT INTO qfs.session SELECT '" . 'ab' x 32 . "', user_id, seq, login, issued_block, ttl_blocks, operates FROM qfs.session WHERE $OPEN", 1 ],
  [ 'a session removed', "DELETE FROM qfs.session WHERE $OPEN", 1 ],
  [ 'another wallet', "UPDATE qfs.account SET wallet = '" . address_of(3) . "' WHERE user_id = '$first->{user_id}'", 1 ],
  [ 'an event to be repeated', "UPDATE qfs.nonce SET event_nonce = 0 WHERE user_id = '$first->{user_id}'", 1 ],
  [ 'an account removed', "DELETE FROM qfs.account WHERE user_id = '$first->{user_id}'", 1 ],
  [ 'a nonce to be used again', 'DELETE FROM qfs.login_nonce WHERE seq = 4', 1 ],
  [ 'the session of another sign-in', "UPDATE qfs.session SET login = login + 1 WHERE $OPEN", 1 ],
  [ 'a sign-in to be erased', 'DELETE FROM qfs.login WHERE seq = 4', 1 ],
  [ 'a sign-in of an older nonce', 'UPDATE qfs.login SET nonce_at = 0 WHERE seq = 4', 1 ],
  [ 'a sign-in of another account', "UPDATE qfs.login SET user_id = '$second->{user_id}' WHERE seq = 4", 1 ],
  [ 'fewer sign-ins than there were', q{UPDATE qfs.rate SET count = 0 WHERE what = 'sign-ins a minute'}, 2 ],
);
for my $attack (@tables) {
  my ($name, $sql, $differences) = @$attack;
  is_found(faults_in_database($client, "SET LOCAL search_path = qfs, public; $sql"), [ ("replay $LAST STATE_MISMATCH") x $differences ], "table: $name");
}

is_sound($node, 'after all attacks were undone');
$node->stop;
done_testing();
