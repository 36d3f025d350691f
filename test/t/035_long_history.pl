# 035_long_history.pl - a reward between accounts that were touched very often is explained as shortly as any, and tells nothing of what they did with others.
#
#   QFS_TOUCHES    of each account, half of them before the reward and half after it (10,000)
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use QfsTest;
use QfsClient;
use QfsWallet;
use Test::More;
use Time::HiRes qw(time);

my $TOUCHES = $ENV{QFS_TOUCHES} // 10_000;
my $tell    = $ENV{QFS_TOUCHES} ? \&diag : \&note;
my $json    = JSON::PP->new->utf8->canonical;
my $LIMITS  = { map { ($_ => 1_000_000) } qw(logins_per_minute messages_per_minute threads_per_day events_per_minute) };

my $node = new_node('history', conf => "log_statement = none\nfsync = off");
new_ledger($node, 'history', policy => $json->encode({ %{ $json->decode($QfsWallet::POLICY) }, limits => $LIMITS, ttl_blocks => 1_000_000 }));
my $client = QfsClient->wait_for($node, database => 'history');

# ---- Alice, whose code Bob used, and Carol and Dave, to whom he writes ----

my %is = map { ($_->{name} => $_) } map { { name => $_->[0], %{ sign_in($client, $_->[1]) } } } [ alice => 1 ], [ carol => 3 ], [ dave => 4 ];
my $code = $client->value("SELECT qfs.referral_code('$is{alice}{user_id}'::qfs.user_id)");
$is{bob} = { name => 'bob', %{ sign_in($client, 2, code => $code) } };

sub as {
  my ($name, $sql) = @_;
  my $answer = $client->query(as_account($is{$name}{token}, $sql));
  die "$name: $sql: $answer->{error}{message} $answer->{error}{detail}" if $answer->{error};
  return $answer->{rows}[-1][0];
}

sub publish_key {
  my ($name) = @_;
  my $key = encode_base64url(pack 'N7 N', (map { int rand 2**32 } 1 .. 7), 1 + int rand 100);
  as($name, "SELECT qfs_api.publish_chat_key('$key')");
  return $is{$name}{key} = $key;
}

my %sent;
sub write_to {
  my ($from, $to) = @_;
  my $nonce = pack 'N3', map { int rand 2**32 } 1 .. 3;
  return as($from, send_message($is{$from}, $is{$to}{user_id}, ++$sent{"$from $to"}, $nonce, "between $from and $to, sealed", "'$is{$from}{key}'", "'$is{$to}{key}'"));
}

# Keys that are published again and again: each is a touch of the account's standing.
sub touch_often {
  my ($name, $n) = @_;
  for (my $done = 0; $done < $n; $done += 1000) {
    as($name, q{SELECT count(qfs_api.events_batch((SELECT jsonb_agg(jsonb_build_object('type', 'CHAT_KEY', 'payload', jsonb_build_object('key',
      translate(encode(substr(sha256((random()::text || n)::bytea), 1, 31) || '\x40'::bytea, 'base64'), '+/=', '-_')))) FROM generate_series(1, 1000) n)))});
  }
  return publish_key($name);
}

srand(35);
publish_key($_) for sort keys %is;
as('bob', set_profile($is{bob}, 1, display_name => 'Bob'));
my $began = time;
touch_often($_, $TOUCHES / 2) for qw(alice bob);
write_to('bob', 'dave') for 1 .. 3;
# What Bob owed is complete when somebody writes to him: a message between two others pays Alice.
my $reward = write_to('carol', 'bob');
write_to('bob', 'carol');
write_to('dave', 'bob');
touch_often($_, $TOUCHES / 2) for qw(bob alice);
write_to('bob', 'dave');
my $size = $client->value('SELECT size FROM qfs.head()');
$tell->(sprintf 'a ledger of %d entries, made in %.0f s', $size, time - $began);
is($client->value("SELECT string_agg(p ->> 'account', ' ') FROM qfs.ledger, jsonb_array_elements(accounts) p WHERE seq = $reward AND p -> 'was' ? 'referrals'"),
  $is{alice}{user_id}, 'the message paid Alice');
is($client->value(q{SELECT count(*) FROM (SELECT p ->> 'account' AS a, count(*) AS n FROM qfs.ledger, jsonb_array_elements(accounts) p GROUP BY 1) x WHERE n >= } . $TOUCHES), 2,
  "Alice and Bob were touched $TOUCHES times");

# ---- explained ----

my $key = vkey_of($node, 'history');
sub is_short {
  my ($who, $bundle, $ms) = @_;
  my $entries = @{ $json->decode($bundle)->{entries} };
  my $file    = scratch_file("$who.json", $bundle);
  $tell->(sprintf '%s: %d entries, %d bytes, %.1f ms', $who, $entries, length $bundle, $ms);
  cmp_ok($entries, '<=', 12, "$who: at most 12 entries");
  cmp_ok(length $bundle, '<=', 40_000, "$who: at most 40 kB");
  my ($exit, $out) = qfs_verify('bundle', $file, '--key', $key);
  like("$exit $out", qr/^0 sound: reward of entry $reward /, "$who: verifies offline");
  ($exit, $out, my $err) = run_javascript('verify_bundle', $key, $file);
  is("$exit $out$err", '0 sound: ' . ($who eq 'auditor' ? 'executed' : 'derived') . "\n", "$who: in JavaScript, too");
  return;
}

# As over HTTP; the text as PostgreSQL prints it, the last of some for the time.
sub explained_to {
  my ($who) = @_;
  my ($bundle, $ms);
  for (1 .. 3) {
    my $start = time;
    $bundle = as($who, "SELECT qfs_api.explain_reward('$reward')");
    $ms = 1000 * (time - $start);
  }
  return ($bundle, $ms);
}

my ($bundle, $ms) = explained_to('alice');
is_short('alice', $bundle, $ms);
is_short($_, explained_to($_)) for qw(bob carol);
my $start = time;
my $whole = $client->value("SELECT qfs.explain($reward, 'reward', '$is{alice}{user_id}'::qfs.user_id)");
is_short('auditor', $whole, 1000 * (time - $start));
my $paid = $json->decode($bundle)->{result}{effects};
is_deeply([ map { $_->{account} } grep { $_->{flx} } @$paid ], [ $is{alice}{user_id} ], 'Alice reads that she was paid');

# ---- what Alice is told of Bob ----

# Every string that nobody guesses, of what she may not read: ids, keys, hashes, signatures, salts, sign-in messages.
sub strings_of {
  my ($value) = @_;
  return ref $value eq 'HASH' ? (map { strings_of($_) } values %$value) : ref $value eq 'ARRAY' ? (map { strings_of($_) } @$value)
    : defined $value && ($value =~ /^(?:0x)?[A-Za-z0-9_-]{22,}$/ || length $value > 64) ? ($value) : ();
}
my %secret;
for my $row (@{ $client->query(qq{SELECT qfs.entry(seq) FROM qfs.ledger WHERE actor::text IN ('$is{bob}{user_id}', '$is{carol}{user_id}', '$is{dave}{user_id}')
    AND (type <> 'CHAT_KEY' OR seq % 97 = 0 OR seq BETWEEN $reward - 9 AND $reward + 9)})->{rows} }) {
  my $entry = $json->decode($row->[0]);
  $secret{$_} = 1 for strings_of([ @{$entry}{qw(act payload salt sig outcome)} ]), strings_of([ map { $_->{state} } grep { $_->{kind} ne 'standing' } @{ $entry->{accounts} } ]);
}
# Hers: who the account is that she has invited, and what she is told of it; the rules of the house.
delete @secret{ @{ $is{alice} }{qw(user_id)}, $is{bob}{user_id}, $code };
delete $secret{$_} for strings_of($json->decode($client->value('SELECT qfs_api.policy()')));
cmp_ok(scalar keys %secret, '>', 100, 'there are secrets');
ok($secret{ $is{carol}{user_id} } && $secret{ $is{dave}{user_id} } && $secret{ $is{bob}{session} }, 'to whom Bob writes, and his session');
is(join(' ', grep { index($bundle, $_) >= 0 } sort keys %secret), '', 'nothing of what Bob does with others is in it');
cmp_ok(scalar(grep { index($whole, $_) >= 0 } keys %secret), '>', 5, 'as there is in what an auditor is given');
# Of the entries in it that are not hers nor the house's, a part of her own or of Bob's standing or ties is shown, and nothing else.
my $shown = '';
for my $line (map { $json->decode($_->{line}) } @{ $json->decode($bundle)->{entries} }) {
  next if $line->{salt} || ref $line->{act};
  $shown .= "$line->{seq}: $_\n" for grep { ref $line->{$_} } qw(payload sig outcome);
  for my $part (map { $_->{part} } grep { ref } @{ ref $line->{accounts} ? $line->{accounts} : [] }) {
    $shown .= "$line->{seq}: $part->{kind} of $part->{account}\n"
      unless $part->{account} eq $is{alice}{user_id} || ($part->{account} eq $is{bob}{user_id} && $part->{kind} =~ /^(?:standing|ties)$/);
  }
}
is($shown, '', 'of entries of others it shows no act, and of accounts hers, and standing and ties of Bob');

# ---- a stranger sees what was so when the epoch before ended, however much has been since ----

$start = time;
my $profile = $json->decode($client->query("BEGIN; SET LOCAL ROLE qfs_anon; SELECT qfs_api.profile('$is{alice}{user_id}'); COMMIT")->{rows}[-1][0]);
$tell->(sprintf "Alice's profile, to a stranger: %.1f ms", 1000 * (time - $start));
is_deeply([ @{$profile}{qw(joined genesis_points referral_count)} ], [ undef, 0, 0 ], 'a profile waits for the end of the epoch');

$client->close;
$node->stop;
done_testing();
