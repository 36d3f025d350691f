# 046_every_entry.pl - an entry of every type, in every way that it comes about, explains itself to whoever may see it, and to nobody else.
#
# Whoever asks gets a bundle that qfs-verify and the rules in JavaScript find sound, or the refusal that docs/explain.md names.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use JSON::PP ();
use Digest::SHA qw(sha256_hex);
use MIME::Base64 qw(encode_base64url);
use QfsClient;
use QfsTest;
use QfsWallet;
use Test::More;
use Time::HiRes qw(usleep);

my $json = JSON::PP->new->utf8->canonical;
my $node = new_node('main');
my $work = PostgreSQL::Test::Utils::tempdir();
my $recovery = recovery_key('first');
new_ledger($node, 'made', recovery => $recovery, policy => $json->encode({ %{ $json->decode($POLICY) }, block_ms => 1000, epoch_blocks => 4, ttl_blocks => 100_000 }));
my $client = QfsClient->wait_for($node, database => 'made');
$client->value('CREATE ROLE clerk LOGIN IN ROLE qfs_operator; CREATE ROLE bridge LOGIN IN ROLE qfs_bridge');

# ---- making entries, each with what is particular about it ----

my %made;     # what => numbers of its entries

sub size { return $client->value('SELECT size FROM qfs.head()') }

# What the sub returns, which appends.
sub did {
  my ($what, $do) = @_;
  my $before = size();
  my $result = $do->();
  push @{ $made{$what} }, $before .. size() - 1;
  die "$what: nothing was appended" if size() == $before;
  return $result;
}

sub act { my ($what, $who, $sql) = @_; return did($what, sub { done($who, $sql) }) }

sub done {
  my ($who, $sql) = @_;
  my $answer = $client->query(as_account($who->{token}, $sql));
  die "$sql: $answer->{error}{message} $answer->{error}{detail}" if $answer->{error};
  return $answer->{rows}[-1][0];
}

sub operate { my ($what, $sql) = @_; return did($what, sub { $client->value("SET ROLE clerk; $sql; RESET ROLE") }) }
sub policy  { my ($what, $change) = @_; return operate($what, 'SELECT qfs.set_policy(' . literal($json->encode($change)) . ')') }
sub login   { my ($what, $wallet, %options) = @_; return did($what, sub { sign_in($client, $wallet, %options) }) }
sub code_of { my ($who) = @_; return $client->value("SELECT qfs.referral_code('$who->{user_id}'::qfs.user_id)") }
sub bytes   { return join '', map { chr int rand 256 } 1 .. $_[0] }
sub use_code { my ($what, $who, $of) = @_; my $code = code_of($of);
  return act($what, $who, "SELECT qfs_api.use_referral('$code'" . auth_argument($who, 'REFERRAL_USE', { code => $code }) . ')') }
sub profile { my ($what, $who) = @_; return act($what, $who, set_profile($who, ++$who->{version}, display_name => "name $who->{version}")) }

sub chat_key {
  my ($what, $who) = @_;
  $who->{key} = encode_base64url(bytes(31) . "\1");
  return act($what, $who, "SELECT qfs_api.publish_chat_key('$who->{key}'" . auth_argument($who, 'CHAT_KEY', { key => $who->{key} }) . ')');
}

sub message {
  my ($what, $who, $to) = @_;
  return act($what, $who, send_message($who, $to->{user_id}, ++$who->{sent}{ $to->{user_id} }, bytes(12), bytes(30), map { literal($_->{key}) } $who, $to));
}

sub events {
  my ($what, $who, @events) = @_;
  for my $event (@events) { $event->{auth} = $json->decode(event_of($who, %$event)) if defined $who->{device} }
  return act($what, $who, 'SELECT qfs_api.events_batch(' . literal($json->encode(\@events)) . ')');
}

# The same session of somebody's, once it has changed.
sub renewed { my ($who, $answer) = @_; @$who{qw(token session)} = @{ $json->decode($answer) }{qw(token session)}; return $who }
sub again { my ($who, $session) = @_; return { %$who, %$session } }
sub admin_ends { my ($what, $session) = @_; return operate($what, qq{INSERT INTO qfs.ledger (type, payload) VALUES ('SESSION_REVOKED', '{"reason": "admin", "session": "$session->{session}"}')}) }

sub recovery_key {
  my ($name) = @_;
  my ($exit, $out) = run_program('bash', '-c', "cd $work && openssl genpkey -algorithm ed25519 -out $name.pem 2>/dev/null"
      . " && openssl pkey -in $name.pem -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \\n'");
  return $out;
}

sub recover {
  my ($what, $by, @next) = @_;
  my $digest = $client->value('SELECT qfs.prepare_keys()');
  my $arguments = join ', ', map { "'$_'" } $digest, @next;
  spit("$work/message", pack 'H*', $client->value("SELECT encode(qfs.recovery_message($arguments), 'hex')"));
  run_program('bash', '-c', "cd $work && openssl pkeyutl -sign -rawin -inkey $by.pem -in message -out signature");
  my $signature = unpack 'H*', slurp("$work/signature");
  return operate($what, 'SELECT qfs.recover_keys(' . join(', ', "'$digest'", "'\\x$signature'", map { "'$_'" } @next) . ')');
}

# ---- of the ledger itself ----

$made{'the ledger begins'} = [0];
operate('a type of accounts', q{SELECT qfs.register_event_type('SAID', '{}', 'account')});
operate('a type of operators', q{SELECT qfs.register_event_type('ORDER', '{"properties":{"n":{"type":"integer"}},"required":["n"]}')});
policy('a policy', {});
operate('keys that the last ones endorse', 'SELECT qfs.rotate_keys()');
recover('keys by the recovery key', 'first');
recover('keys and a recovery key by the recovery key', 'first', recovery_key('second'));
recover('keys by the next recovery key', 'second');

# ---- accounts and sessions ----

my $alice = login('an account begins', 1);
my $bob   = login('an account begins with a device and a code', 2, device => 2, code => code_of($alice));
my $carol = login('an account begins, with a device', 3, device => 3);
my $dave  = login('an account begins', 4);
my $eve   = login('a stranger begins', 5);
my $other = again($alice, login('a sign-in more', 1));
my $bobs  = again($bob, login('a sign-in more, with a device', 2, device => 2));
renewed($other, act('a rotation', $other, rotation($other)));
renewed($bobs, act('a rotation by a device', $bobs, rotation($bobs)));
act('an account ends another session', $alice, revocation($alice, $other->{session}, 'device_lost'));
act('a device ends another session', $bob, revocation($bob, $bobs->{session}, 'compromised'));
$other = login('a sign-in more', 1);
act('a session ends itself', $other, revocation($other, $other->{session}));
$bobs = again($bob, login('a sign-in more, with a device', 2, device => 2));
act('a session with a device ends itself', $bobs, revocation($bobs, $bobs->{session}));
# What an operator ends: the one that there is, one of two, one that followed another, one with a device.
admin_ends('an operator ends the only session', login('an account begins', 6));
my ($one, $two) = map { login('a sign-in more', 4) } 1 .. 2;
renewed($two, act('a rotation', $two, rotation($two)));
admin_ends('an operator ends one of some', $one);
admin_ends('an operator ends what followed another', $two);
admin_ends('an operator ends one with a device', login('a sign-in more, with a device', 3, device => 3));
# Sessions that ran out go when the next one comes, or ends.
policy('a policy', { ttl_blocks => 1 });
my @short = map { login('a sign-in for a short while', $_) } 1, 1, 4, 5;
policy('a policy', { ttl_blocks => 100_000 });
usleep(2_000_000);
my $gone = login('a sign-in after others ran out', 5);
act('a session ends itself after others ran out', $gone, revocation($gone, $gone->{session}));
admin_ends('an operator ends one after others ran out', $dave);
$dave = again($dave, login('a sign-in more', 4));
policy('a policy', { sessions_max => 1 });
$alice = again($alice, login('a sign-in displaces', 1));
policy('a policy', { sessions_max => 16 });

# ---- what accounts do ----

profile('a first profile', $alice);
profile('a first profile by a device', $bob);
profile('another profile', $alice);
profile('another profile by a device', $bob);
chat_key('a chat key', $_) for $alice, $dave, $eve;
chat_key('a chat key by a device', $_) for $bob, $carol;
chat_key('another chat key', $alice);
use_code('a code of its own', $alice, $alice);
use_code('a second code', $bob, $carol);
use_code('a code of a younger one', $alice, $bob);
use_code('a code, on the device of another', login('an account begins with the device of another', 7, device => 2), $alice);
policy('a policy', { referral => { cap => 0 } });
use_code('a code over the cap', $dave, $carol);
policy('a policy', { referral => { cap => 100, window_blocks => 0 } });
use_code('a code too late', $dave, $alice);
policy('a policy', { referral => { window_blocks => 1_000_000 } });
use_code('a code by a device', $carol, $alice);
message('a first message', $alice, $dave);
message('a second message', $alice, $dave);
message('an answer', $dave, $alice);
message('a message by a device', $bob, $alice);
message('a message that settles', $alice, $bob);
profile('a first profile', $carol);
message('a message by a device', $carol, $dave);
policy('a policy', { referral => { flx_cap => '100' } });
message('a message that settles without a reward', $dave, $carol);
policy('a policy', { referral => { activation => ['profile'], flx_cap => '1000000' } });
profile('a first profile', $dave);
use_code('a code that settles', $dave, $alice);
use_code('a code', my $frank = login('an account begins', 8), $dave);
policy('a policy', { referral => { cap => 0 } });
profile('a profile that settles without a reward', $frank);
policy('a policy', { referral => { cap => 100 } });
use_code('a code', my $grace = login('an account begins', 9), $dave);
profile('a profile that settles', $grace);
policy('a policy', { evaluators => [ $dave->{user_id}, $carol->{user_id} ] });
for my $of ([ $alice, 'a content', 1 ], [ $bob, 'a content by a device', 2 ]) {
  my ($who, $what, $n) = @$of;
  my $content = { content => sprintf('%064x', $n), kind => 'text/plain', size => 5 };
  act($what, $who, "SELECT qfs_api.create_content('$content->{content}', 'text/plain', 5" . auth_argument($who, 'CONTENT_CREATED', $content) . ')');
}
my %features = map { ($_ => '0.5') } qw(clarity contradiction hsmf logic signal topic);
for my $of ([ $dave, 'a score', 1 ], [ $carol, 'a score by a device', 2 ]) {
  my ($who, $what, $n) = @$of;
  my $score = { content => sprintf('%064x', $n), features => \%features };
  act($what, $who, "SELECT qfs_api.score_content('$score->{content}', " . literal($json->encode(\%features)) . auth_argument($who, 'COHERENCE_SCORED', $score) . ')');
}

# ---- who governs ----

# What a holder signs, by the device of its session or else by its wallet, without one.
sub governed {
  my ($what, $who, $call, $type, $payload) = @_;
  return act($what, $who, "SELECT $call" . auth_argument($who, $type, $payload) . ')') if defined $who->{device};
  my $nonce = int(Time::HiRes::time() * 1000);
  my $text  = $client->value("SELECT qfs.wallet_text('$type', " . literal($json->encode($payload)) . "::jsonb, $nonce)");
  my $sig   = ask(do => 'sign', wallet => $who->{number} + 0, message => $text, by => 'ethers')->{signature};
  return did($what, sub { $client->value("SET ROLE qfs_anon; SELECT $call, auth => " . literal($json->encode({ nonce => $nonce, sig => $sig })) . '); RESET ROLE') });
}

sub seat { my ($who, $nod) = @_; return operate('a seat', "SELECT qfs.set_nod('$who->{user_id}', $nod, 'elected')") }
sub fewer { my ($what, $who, $nod) = @_;
  return governed($what, $who, "qfs_api.hold_fewer($nod, 'less time', account => '$who->{user_id}'", 'NOD_CHANGED', { account => $who->{user_id}, nod => $nod, reason => 'less time' }) }

my %payload_of;
sub propose {
  my ($what, $who, $track, $action) = @_;
  my $payload = { action => $action, text => 'ab' x 32, title => $what, track => $track };
  my $made = $json->decode(governed($what, $who, 'qfs_api.propose(' . join(', ', map { literal($_) } $json->encode($action), $what, $track) . ", text => '$payload->{text}'", 'PROPOSAL_CREATED', $payload));
  die "$what: " . $json->encode($made) unless $made->{outcome}{status} eq 'OK' || $what =~ /blocked/;
  $payload_of{ $made->{seq} } = $payload;
  return $made->{seq};
}

sub vote {
  my ($what, $who, $proposal, $choice) = @_;
  my $action = sha256_hex($json->encode($payload_of{$proposal}));
  return governed($what, $who, "qfs_api.vote($proposal, '$choice', action => '$action'", 'VOTE_CAST', { action => $action, choice => $choice, proposal => $proposal + 0 });
}

sub cancel { my ($what, $who, $proposal) = @_; return governed($what, $who, "qfs_api.cancel_proposal($proposal", 'PROPOSAL_CANCELLED', { proposal => $proposal + 0 }) }

# Waits until all that is open is due, and has it settled.
sub settled {
  my ($what) = @_;
  my $last = $client->value('SELECT max(i.item[0]::bigint) FROM qfs.agenda, LATERAL (SELECT x AS item FROM jsonb_array_elements(items::jsonb) x) i');
  wait_until(sub { $client->value('SELECT qfs.current_block()') >= $last }, 'all of it is due');
  return did($what, sub { $client->value('SELECT qfs.settle()') });
}

my %short = (review_blocks => 0, timelock_blocks => 0, voting_blocks => 10);
policy('a policy', { governance => { mode => 'trial', deposit => '100', cooldown_blocks => 0, threshold_percent => 0, late_blocks => 1, key_cooldown_epochs => 0,
  tracks => { (map { ($_ => \%short) } qw(constitution parameter)), text => { %short, review_blocks => 3 }, emergency => { voting_blocks => 10 } } } });
seat($_, 25) for $alice, $bob, $carol, $dave;
propose('a proposal that is blocked', $bob, 'parameter', { policy => { sessions_max => 15 } });
my $vetoed = propose('a proposal with a deposit', $alice, 'parameter', { policy => { sessions_max => 15 } });
policy('a policy', { governance => { deposit => '0' } });
my ($unheard, $unliked, $refused) = map { propose('a proposal', $_, 'parameter', { policy => { sessions_max => 14 } }) } $bob, $carol, $dave;
vote('a vote by a device', $_, $vetoed, 'veto') for $bob, $carol;
vote('a vote by a wallet', $_, $unliked, 'abstain') for $alice, $dave;
vote('a vote by a wallet', $alice, $refused, 'yes');
vote('a vote by a device', $_, $refused, 'no') for $bob, $carol;
vote('a vote that is blocked', $alice, $refused, 'no');
settled('what was proposed is rejected');
my $adopted  = propose('a text', $alice, 'text', {});
cancel('a proposal is taken back', $dave, propose('a text', $dave, 'text', {}));
my $passed   = propose('a proposal by a device', $bob, 'parameter', { policy => { sessions_max => 13 } });
my $seats    = propose('a proposal of seats', $carol, 'constitution', { nod => [ { account => $eve->{user_id}, nod => 10 }, { account => $dave->{user_id}, nod => 24 } ] });
my $urgent   = propose('an emergency', $bob, 'emergency', { policy => { limits => { threads_per_day => 9 } } });
vote('a vote on an emergency', $_, $urgent, 'yes') for $alice, $bob, $carol, $dave;
did('an emergency is in force', sub { $client->value('SELECT qfs.settle()') });
usleep(4_000_000);
for my $proposal ($adopted, $passed, $seats) { vote('a vote that carries it', $_, $proposal, 'yes') for $alice, $bob, $carol }
policy('a policy', { sessions_max => 12 }) for 1;
settled('what was proposed is decided');
settled('what passed comes into force, or is too late') if $client->value('SELECT jsonb_array_length(items::jsonb) FROM qfs.agenda');
policy('a policy', { sessions_max => 16 });
fewer('a holder holds fewer, by a device', $carol, 20);
fewer('a holder holds fewer, by its wallet', $dave, 20);
policy('a policy', { governance => { mode => 'off' } });

# ---- what applications do ----

events('an event of an account', $alice, map { { type => 'SAID', payload => { text => "said $_" } } } 1 .. 2);
events('an event of a device', $bob, { type => 'SAID', payload => { text => 'signed' } });
operate('an event of an operator', q{INSERT INTO qfs.ledger (type, payload) VALUES ('ORDER', '{"n": 1}')});
operate('an event of an operator, of an account', qq{INSERT INTO qfs.ledger (type, actor, payload) VALUES ('ORDER', '$alice->{user_id}', '{"n": 2}')});
policy('a policy', { operators => [ map { $_->{user_id} } $carol, $dave ] });
($carol, $dave) = (again($carol, login('an operator signs in, with a device', 3, device => 3)), again($dave, login('an operator signs in', 4)));
events('an event of an operator by its session', $dave, { type => 'ORDER', payload => { n => 3 } });
events('an event of an operator by its device', $carol, { type => 'ORDER', payload => { n => 4 } });
admin_ends('an operator ends the session of an operator', login('an operator signs in', 4));
sub take {
  my ($what, $id, %event) = @_;
  my $event = "'\\x" . unpack('H*', $json->encode({ event => $json->encode(\%event) })) . "'";
  return did($what, sub { my $answer = $client->query("SET ROLE bridge; SELECT code, message FROM qfs.take('in', '{$id}', ARRAY[$event]::bytea[]); RESET ROLE");
      die $answer->{error}{message} if $answer->{error}; return $answer->{rows} });
}
take('an event of a stream', '1-0', type => 'ORDER', payload => { n => 5 });
take('an event of a stream, of an account', '2-0', type => 'ORDER', payload => { n => 6 }, actor => $alice->{user_id});
my %signed = (type => 'SAID', payload => { text => 'streamed' });
take('an event of a stream, by a device', '3-0', %signed, actor => $bob->{user_id}, auth => $json->decode(event_of($bob, %signed)));

# ---- erased ----

my %login_of = map { ($_->{number} => $client->value("SELECT seq FROM qfs.session WHERE session::text = '$_->{session}'")) } $frank;
act('a session ends itself', $frank, revocation($frank, $frank->{session}));
policy('a policy', { nonce_ttl_ms => 1000 });
usleep(1_100_000);
sub erase { my ($what, $seq) = @_; return operate($what, "SELECT qfs.erase_payload($seq, 'asked for')") }
erase('an event of an account is erased', $made{'an event of an account'}[0]);
erase('an event of a device is erased', $made{'an event of a device'}[0]);
erase('an event of an operator is erased', $made{'an event of an operator'}[0]);
erase('an event of a stream is erased', $made{'an event of a stream, by a device'}[0]);
erase('a sign-in is erased', $login_of{8});
erase('a sign-in is erased whose session an operator ended', $client->value("SELECT seq FROM qfs.session WHERE session::text = '$one->{session}'"));
policy('a policy', { nonce_ttl_ms => 300_000 });

# ---- somebody changes what is known past its guards: what is appended then is wrong, and is acknowledged in another database ----

my %wrong;
my %fault_of = (
  'a wrong profile' => qr/^QFS_OUTCOME_MISMATCH: /, 'a payload against its schema' => qr/^QFS_PAYLOAD_INVALID: payload\.n: missing\.$/,
  'an event of no type' => qr/^QFS_TYPE_UNKNOWN: GHOST\.$/, 'a policy that names a wrong one' => qr/^QFS_OUTCOME_MISMATCH: /,
  # No bundle shows that there was one before.
  'a type a second time' => undef);
sub forged { my ($what, $guards, $do) = @_; $client->value(unguarded($guards)); $do->(); $wrong{ $made{$what}[-1] } = $what; return }
forged('a wrong profile', "UPDATE qfs.standing SET points = points + 7 WHERE user_id::text = '$dave->{user_id}'", sub { profile('a wrong profile', $dave) });
profile('another profile', $dave);
forged('a payload against its schema', q{UPDATE qfs.event_type SET schema = '{"additionalProperties":true,"type":"object"}' WHERE type = 'ORDER'},
  sub { operate('a payload against its schema', q{INSERT INTO qfs.ledger (type, payload) VALUES ('ORDER', '{"m": 1}')}) });
forged('an event of no type', q{INSERT INTO qfs.event_type SELECT 'GHOST', 7, by, schema FROM qfs.event_type WHERE type = 'NOTE'},
  sub { operate('an event of no type', q{INSERT INTO qfs.ledger (type, payload) VALUES ('GHOST', '{}')}) });
operate('an event of a type that is registered again later', q{INSERT INTO qfs.ledger (type, payload) VALUES ('BLOB', '{}')});
forged('a type a second time', q{DELETE FROM qfs.event_type WHERE type = 'BLOB'}, sub { operate('a type a second time', q{SELECT qfs.register_event_type('BLOB', '{}')}) });
operate('an event of a type that is registered again later', q{INSERT INTO qfs.ledger (type, payload) VALUES ('BLOB', '{}')});
forged('a policy that names a wrong one', 'UPDATE qfs.ledger_state SET policy_seq = (SELECT min(seq) FROM qfs.policy WHERE seq > 0)', sub { policy('a policy that names a wrong one', {}) });
profile('another profile', $alice);

my $dump = scratch_file('dump.sql', '');
my ($exit, $out, $err) = run_program($node, 'pg_dump', '-f', $dump, 'made');
new_database($node, 'kept');
($exit, $out, $err) = run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'kept', '-f', $dump);
is($exit, 0, 'restored') or diag($err);
$client->close;
$client = QfsClient->wait_for($node, database => 'kept');
did('faults are acknowledged', sub { my $answer = $client->query('SELECT qfs.post_restore(acknowledge => ' . literal($json->encode({ map { ($_ => 'known') } keys %wrong })) . ')'); die "$answer->{error}{message} $answer->{error}{detail}" if $answer->{error} });
$client->close;
$node->safe_psql('postgres', 'CREATE DATABASE moved TEMPLATE kept');
$client = QfsClient->wait_for($node, database => 'moved');
did('the ledger moves once more', sub { $client->value(q{SELECT qfs.adopt('to another database')}) });
my @people = map { login('a sign-in after keys were rotated', $_, device => { 2 => 2, 3 => 3 }->{$_}) } 1 .. 5;

# ---- all of it is there ----

$made{'types of operators, of every test'} = [ 1, 2 ];
my @entries = map { entry_of($json->decode($_->[0])) } @{ $client->query('SELECT qfs.export()')->{rows} };
is(join(' ', sort { $a <=> $b } map { @$_ } values %made), join(' ', 0 .. $#entries), 'every entry was made for something');

# An entry of which some was erased shows its parts, each with its salt.
sub entry_of {
  my ($line) = @_;
  my %entry = map { ($_ => ref $line->{$_} eq 'HASH' && exists $line->{$_}{salt} ? $line->{$_}{part} : $line->{$_}) } keys %$line;
  $entry{accounts} = [ map { exists $_->{salt} ? $_->{part} : $_ } ref $line->{accounts} ? @{ $line->{accounts} } : () ];
  $entry{erased} = !exists $line->{salt};
  return \%entry;
}

# Types, changes of accounts and guards as the sources name them: what a rule does that nothing here makes it do is found.
my $core = dirname(__FILE__) . '/../../src/core';
# Those of dormancy take a hundred epochs: 045_governance.pl.
my %named = (
  types   => [ grep { !/^DORMANCY_/ } map { uc } slurp("$core/ledger/registry.def") =~ /^RULE\((\w+)\)$/mg ],
  changes => [ map { slurp($_) =~ /\bqfs_change \w+ = \{\s*\.name = "(\w+)"/g } glob("$core/rules/*/*.c"), "$core/engine/effects.c" ],
  # Those of proposals, of which there are many, are all explained in test/unit/proof/test_explain_governance.c.
  guards  => [ map { slurp($_) =~ /\bqfs_guard \w+ = \{\s*\.name = "(\w+)"/g } glob("$core/rules/{social,account,system}/*.c"), "$core/rules/governance/tally.c" ]);
my %seen = (
  types   => [ map { $_->{act}{type} } @entries ],
  changes => [ map { @{ $_->{rules} } } map { @{ $_->{accounts} } } @entries ],
  guards  => [ map { $_->{guard} } grep { $_->{result} eq 'BLOCK' } map { @{ $_->{outcome}{guards} // [] } } @entries ]);
for my $what (sort keys %named) {
  cmp_ok(scalar @{ $named{$what} }, '>=', 7, "$what are known");
  # Of some changes the name goes on.
  is(join(' ', grep { my $name = $_; !grep { $_ eq $name || ($name =~ /_$/ && /^$name/) } @{ $seen{$what} } } @{ $named{$what} }), '', "all $what are there");
}

# ---- who may see what, by docs/format.md ----

sub sees_act {
  my ($reader, $entry) = @_;
  my $touched = grep { $_->{account} eq $reader } @{ $entry->{accounts} };
  my $payload = ref $entry->{payload} ? $entry->{payload} : {};
  return is_public($entry) || $entry->{act}{actor} eq $reader || ($entry->{act}{type} eq 'MESSAGE' && $payload->{recipient} eq $reader)
    || ($touched && ($entry->{act}{actor} eq 'system' || $entry->{act}{type} eq 'COHERENCE_SCORED'));
}
sub sees_part {
  my ($reader, $entry, $part) = @_;
  return $part->{account} eq $reader || ($part->{kind} eq 'ties' && ($part->{state}{referrer} // '') eq $reader)
    || ($part->{kind} eq 'standing' && !is_public($entry) && sees_act($reader, $entry));
}
sub concerns { my ($reader, $entry) = @_; return sees_act($reader, $entry) || grep { sees_part($reader, $entry, $_) } @{ $entry->{accounts} } }

# What a bundle shows of its entries that this reader may not see, and that the entry in question does not rest on: standings,
# which are what profiles show, and what a part that it shows was before.
sub shown_besides {
  my ($reader, $bundle) = @_;
  my (%before, @besides);
  for my $item (reverse @{ $bundle->{entries} }) {
    my $line = $json->decode($item->{line});
    my $entry = $entries[ $line->{seq} ];
    push @besides, "the act of $line->{seq}" if (exists $line->{salt} || ref $line->{act}) && !sees_act($reader, $entry);
    for my $shown (grep { ref } ref $line->{accounts} ? @{ $line->{accounts} } : ()) {
      my $part = $shown->{part} // $shown;
      my $of = "$part->{kind} of $part->{account}";
      $before{ ($part->{previous} // 'none') . " $of" } = 1 if $line->{seq} == $bundle->{seq};
      push @besides, "$of in $line->{seq}" if $part->{kind} ne 'standing' && !sees_part($reader, $entry, $part) && !$before{"$line->{seq} $of"};
    }
  }
  return @besides;
}

# ---- asked ----

my %role = (nobody => 'qfs_anon', clerk => 'qfs_operator');
my $first = $client->value('SELECT qfs.vkey(1)');
my $key   = $client->value('SELECT qfs.vkey()');
my (@bundles, %answers);

# Why entry seq: its bundle, or the refusal.
sub asked {
  my ($seq, $reader) = @_;
  my $question = $reader eq 'auditor' ? "SELECT qfs.explain($seq)" : $role{$reader} ? "BEGIN; SET LOCAL ROLE $role{$reader}; SELECT qfs_api.explain_entry($seq); COMMIT"
    : as_account((grep { $_->{user_id} eq $reader } @people)[0]{token}, "SELECT qfs_api.explain_entry($seq)");
  my $answer = $client->query($question);
  $client->query('ROLLBACK') if $answer->{error};
  return $answer->{error} ? "$answer->{error}{detail}" : scratch_file("asked" . @bundles, $answer->{rows}[-1][0]);
}

sub what { my ($seq) = @_; return "entry $seq (" . join(', ', grep { grep { $_ == $seq } @{ $made{$_} } } sort keys %made) . ")" }

# Of what was made in the same way, one of each type; of what everybody may read, one account is like the other.
my %asked;
for my $what (keys %made) { $asked{"$what: $entries[$_]{act}{type}"} //= $_ for @{ $made{$what} } }
my $faults = '';
for my $seq (sort { $a <=> $b } values %asked) {
  my $entry = $entries[$seq];
  my $fault = $wrong{$seq};
  my @readers = is_public($entry) ? @people[ 3, 4 ] : @people;
  for my $reader ('auditor', 'nobody', 'clerk', map { $_->{user_id} } @readers) {
    my $answer = asked($seq, $reader);
    my $want = $role{$reader} && !is_public($entry) ? qr/^QFS_NO_SESSION: an explanation is given to whom it concerns\.$/
      : $reader ne 'auditor' && !concerns($reader, $entry) ? qr/^QFS_FORBIDDEN: entry $seq does not concern you\.$/ : $fault ? $fault_of{$fault} : undef;
    if (defined $want ? $answer !~ $want : !-e $answer) { $faults .= what($seq) . " to $reader: $answer\n" }
    elsif (!defined $want) { push @bundles, [ $seq, $reader, $answer ] }
    $answers{ defined $want ? 'refused' : 'told' }++;
  }
}
is($faults, '', 'whoever may see something of an entry is told why, and nobody else');
cmp_ok($answers{$_}, '>', 150, "$_: $answers{$_}") for qw(told refused);

$faults = '';
for my $asked (@bundles) {
  my ($seq, $reader, $file) = @$asked;
  my ($code, $said, $error) = qfs_verify('bundle', $file, '--key', $seq % 2 ? $first : $key);
  $faults .= what($seq) . " to $reader: $said$error" unless $code == 0 && $said =~ /^sound: entry of entry $seq /;
  my @besides = $reader eq 'auditor' ? () : shown_besides($reader, $json->decode(slurp($file)));
  $faults .= what($seq) . " to $reader shows " . join(', ', @besides) . "\n" if @besides;
}
is($faults, '', 'qfs-verify finds each sound, and it shows no more than its reader may see');

$faults = '';
my ($code, $said, $error) = run_javascript('verify_bundle', $first, map { $_->[2] } @bundles);
is($code, 0, 'JavaScript looked at all') or diag($error);
my @verdicts = split /\n/, $said;
is(scalar @verdicts, scalar @bundles, 'a verdict on each');
for my $i (0 .. $#bundles) {
  my ($seq, $reader) = @{ $bundles[$i] };
  # To who sees everything it is executed, unless some of it was erased.
  my $want = $reader eq 'auditor' && !$entries[$seq]{erased} ? qr/^sound: executed$/ : qr/^sound: (?:executed|derived)$/;
  $faults .= what($seq) . " to $reader: $verdicts[$i]\n" unless $verdicts[$i] =~ $want;
}
is($faults, '', 'so do the rules in JavaScript, which execute what is there');

# ---- where everything is everybody's ----

operate('everything is everybody\'s', q{SELECT qfs.set_policy('{"visibility": "public"}')});
my $size = size();
$faults = '';
for my $seq (grep { !$wrong{$_} } 0 .. $#entries) {
  my $answer = $client->query("BEGIN; SET LOCAL ROLE qfs_anon; SELECT qfs.explain_own($seq, 'entry', NULL, $size, 0); COMMIT");
  $client->query('ROLLBACK') if $answer->{error};
  my $told = $answer->{error} ? $answer->{error}{detail} : $answer->{rows}[-1][0];
  $faults .= what($seq) . ": $told\n" if $told ne $client->value("SELECT qfs.explain($seq, 'entry', NULL, $size)");
}
is($faults, '', 'under a public policy everybody is told what an auditor is told');

done_testing();
