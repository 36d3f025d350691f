# 014_social_attacks.pl - rings, crowds, forged rewards and spoilt state tables; and plaintext, looked for everywhere.
use strict;
use warnings FATAL => 'all';
use File::Find ();
use JSON::PP;
use MIME::Base64 qw(decode_base64url encode_base64 encode_base64url);
use QfsTest;
use QfsClient;
use QfsForge;
use QfsWallet;
use Test::More;

my $CROWD = $ENV{QFS_SOCIAL_CROWD} // 1000;
my $unlimited = { map { ($_ => 1_000_000) } qw(logins_per_minute messages_per_minute threads_per_day events_per_minute) };
my $policy = $json->encode({ %{ $json->decode($POLICY) }, limits => $unlimited });

my $node = new_node('attacks');
my $client;

sub open_ledger {
  my ($database) = @_;
  new_ledger($node, $database, policy => $policy);
  $client = QfsClient->wait_for($node, database => $database);
  # The types' operators, for queries of our own.
  $client->value('SET search_path = public, qfs');
}

# ---- accounts that do what accounts do ----

# The last value that a statement of an account's gives; an error ends the test.
sub as {
  my ($who, $sql) = @_;
  my $answer = $client->query(as_account($who->{token}, $sql));
  die "$sql: $answer->{error}{message}: $answer->{error}{detail}" if $answer->{error};
  return $answer->{rows}[-1][0];
}

my $people = 0;
sub person {
  my (%options) = @_;
  my $wallet = ++$people;
  my $given  = sign_in($client, $wallet, device => $options{device} // 10_000 + $wallet, code => $options{code});
  return { %$given, wallet => $wallet, user => $given->{user_id}, sent => {},
    code => $client->value("SELECT qfs.referral_code('$given->{user_id}')") };
}

sub use_code {
  my ($who, $whose) = @_;
  return $json->decode(as($who, "SELECT qfs_api.use_referral('$whose->{code}'" . auth_argument($who, 'REFERRAL_USE', { code => $whose->{code} }) . ')'));
}

sub random_bytes { return join '', map { chr rand 256 } 1 .. $_[0] }

# Nobody reads these envelopes, so noise is as good as a cipher.
sub publish {
  my ($who) = @_;
  $who->{key} = encode_base64url(random_bytes(31) . "\1");
  return as($who, "SELECT qfs_api.publish_chat_key('$who->{key}'" . auth_argument($who, 'CHAT_KEY', { key => $who->{key} }) . ')');
}
sub write_to {
  my ($from, $to) = @_;
  my $seq = ++$from->{sent}{ $to->{user} };
  return as($from, send_message($from, $to->{user}, $seq, random_bytes(12), random_bytes(40), map { literal($_) } $from->{key}, $to->{key}));
}

# What an invited account must do, with the one who invited it.
sub complete {
  my ($who, $referrer) = @_;
  as($who, set_profile($who, 1, display_name => 'somebody'));
  publish($who);
  write_to($who, $referrer);
  return write_to($referrer, $who);
}

sub standing {
  my ($who) = @_;
  return $client->query("SELECT points, flx, referrals, coherence FROM qfs.standing WHERE user_id = '$who->{user}'")->{rows}[0];
}

sub blocked_by {
  my ($outcome) = @_;
  return join ' ', $outcome->{status}, map { $_->{guard} } grep { $_->{result} eq 'BLOCK' } @{ $outcome->{guards} };
}

# ---- a ring ----

open_ledger('crowd');
subtest 'three accounts that invite each other' => sub {
  my ($a, $b, $c) = map { person() } 1 .. 3;
  is(blocked_by(use_code($a, $b)), 'BLOCKED REFERRER_NOT_OLDER', 'the first by the second');
  is(blocked_by(use_code($b, $c)), 'BLOCKED REFERRER_NOT_OLDER', 'the second by the third');
  is(blocked_by(use_code($c, $a)), 'OK', 'the third by the first: this way is open');
  is(blocked_by(use_code($b, $a)), 'OK', 'and so is the second by the first');
  is(blocked_by(use_code($c, $b)), 'BLOCKED ALREADY_REFERRED', 'but each once');
  is(blocked_by(use_code($a, $c)), 'BLOCKED REFERRER_NOT_OLDER', 'and never back');
  is(blocked_by(use_code($a, $a)), 'BLOCKED SELF_REFERRAL REFERRER_NOT_OLDER', 'nor by oneself');
  complete_all($a, $b, $c);
  is($client->value('SELECT count(*) FROM qfs.ties r JOIN qfs.standing i ON i.user_id = r.referrer
    JOIN qfs.standing e ON e.user_id = r.user_id WHERE i.created >= e.created'), 0, 'who invited is older, so there is no cycle');
  is($client->value("SELECT string_agg(s.referrals::text, ' ' ORDER BY s.created) FROM qfs.standing s"),
    '2 0 0', 'two activations for the first, none for the others');
};

sub complete_all {
  my ($first, @others) = @_;
  publish($first);
  complete($_, $first) for @others;
}

# ---- more activations than the cap ----

subtest '101 activations' => sub {
  my $referrer = person();
  publish($referrer);
  my @invited = map { person(code => $referrer->{code}) } 1 .. 101;
  my $first = $client->value('SELECT size FROM qfs.head()');
  complete($_, $referrer) for @invited[ 0 .. 99 ];
  my $rewards = $client->query("SELECT (p #>> '{state,flx}')::numeric - (p #>> '{was,flx}')::numeric, r
    FROM qfs.ledger l, jsonb_array_elements(accounts) p, jsonb_array_elements_text(p -> 'rules') r
    WHERE l.seq >= $first AND p ->> 'account' = '$referrer->{user}' AND p -> 'was' ? 'flx' AND r ~ '^REFERRAL' ORDER BY l.seq")->{rows};
  is(join(' ', map { int($_->[0]) . " $_->[1]" } @$rewards),
    join(' ', ('100 REFERRAL_TIER_1') x 5, ('80 REFERRAL_TIER_2') x 15, ('50 REFERRAL_TIER_3') x 30, ('20 REFERRAL_TIER_4') x 50),
    'a hundred rewards, by tier');
  my @before = @{ standing($referrer) };
  is("@before[0 .. 2]", '1000 4200.000000000000000000 100', 'points, FLX, activations');

  my $seq = complete($invited[100], $referrer);
  my @after = @{ standing($referrer) };
  is("@after[0 .. 2]", "@before[0 .. 2]", 'the 101st brings nothing');
  my $outcome = $json->decode($client->value("SELECT outcome FROM qfs.ledger WHERE seq = $seq"));
  is(join(' ', map { "$_->{guard} $_->{bound} $_->{observed} $_->{result}" } grep { $_->{guard} eq 'REFERRAL_CAP' } @{ $outcome->{guards} }),
    'REFERRAL_CAP 100 100 BLOCK', 'and the entry says why');
  my $late = person(code => $referrer->{code});
  is($client->value("SELECT guard FROM qfs.referral_block WHERE referee = '$late->{user}'"), 'REFERRAL_CAP', 'the next is blocked at once');
  my $stats = $json->decode(as($referrer, 'SELECT qfs_api.referral_stats()'));
  is("$stats->{activated} $stats->{used} $stats->{blocked}{REFERRAL_CAP}", '100 101 2', 'referral_stats says so too');
};

# ---- a crowd with one device ----

subtest 'a crowd of one device' => sub {
  my $referrer = person();
  my @crowd = map { person(device => 7, code => $referrer->{code}) } 1 .. $CROWD;
  my $stats = $json->decode(as($referrer, 'SELECT qfs_api.referral_stats()'));
  is("$stats->{used} $stats->{blocked}{DUPLICATE_DEVICE}", '1 ' . ($CROWD - 1), 'the first of them is an invited account, the others are not');
  complete_all($referrer, @crowd[ 0 .. 4 ]);
  is(standing($referrer)->[2], 1, 'one activation, whatever the others do');
  is($client->value("SELECT count(*) FROM qfs.device WHERE user_id = '$crowd[0]{user}'"), 1, 'the device belongs to the first one');
  is($client->value("SELECT count(*) FROM qfs.ledger, jsonb_array_elements(accounts) p WHERE p -> 'rules' ? 'FRAUD_BLOCKED'
    AND outcome -> 'guards' @> '[{\"guard\": \"DUPLICATE_DEVICE\", \"result\": \"BLOCK\"}]'"), $CROWD - 1, 'and each of the others was an act of quality 0');
};
is_sound($node, 'crowd', 'crowd');
is_sound_offline($node, 'crowd', 'crowd');
$client->close;

# ---- state tables and outcomes, spoilt ----

open_ledger('small');
my ($alice, $bob) = (person(), undef);
as($alice, set_profile($alice, 1, display_name => 'Alice'));
$bob = person(code => $alice->{code});
publish($alice);
my $rewarded = complete($bob, $alice);
write_to($bob, $alice);
use_code($alice, $alice);
my $content = 'ab' x 32;
as($alice, "SELECT qfs_api.create_content('$content', 'text/plain', 5"
  . auth_argument($alice, 'CONTENT_CREATED', { content => $content, kind => 'text/plain', size => 5 }) . ')');
$client->value("SELECT qfs.set_policy('{\"evaluators\": [\"$bob->{user}\"]}')");
my $features = { topic => '0.9', logic => '0.8', signal => '0.7', contradiction => '1', clarity => '0.6', hsmf => '0.5' };
my $scored = $json->decode(as($bob, "SELECT qfs_api.score_content('$content', " . literal($json->encode($features))
  . auth_argument($bob, 'COHERENCE_SCORED', { content => $content, features => $features }) . ')'));
is_sound($node, 'small', 'small');

my $state  = $client->value('SELECT qfs.state_hash()');
my %changed = ('bigint' => 'coalesce(%1$s, 0) + 1', boolean => 'NOT %1$s', amount => '(coalesce(%1$s, 0) + 1)::qfs.amount',
  hash => q{sha256(coalesce(%1$s::bytea, ''))::qfs.hash}, user_id => q{sha256(coalesce(%1$s::bytea, ''))::qfs.user_id}, text => q{coalesce(%1$s, '') || 'x'});
my @tables = qw(standing device referral_code ties referral_block access nonce thread content);

# What qfs.verify says after this, and whether the hash of the state saw it.
sub spoilt {
  my ($sql) = @_;
  $client->value('BEGIN; SET LOCAL qfs.ddl_guard = off;' . guards_of_tables('DISABLE'));
  my $tag = $client->query($sql)->{tags}[0] // 'an error';
  my $codes = join ', ', map { join ' ', $_, map { "$_->[0] $_->[1]" } @{ $client->query(
    "SELECT DISTINCT code, substring(detail from '^qfs\\.\\w+') FROM qfs.verify(depth => '$_')")->{rows} } } @DEPTHS;
  my $seen = $client->value('SELECT qfs.state_hash()') eq $state ? 'the same hash' : 'another hash';
  $client->value('ROLLBACK');
  return "$tag: $codes: $seen";
}

for my $table (@tables) {
  my $row = "ctid = (SELECT min(ctid) FROM qfs.$table)";
  my $wanted = "hashes, signatures, replay QFS_STATE_MISMATCH qfs.$table: another hash";
  my $columns = $client->query("SELECT quote_ident(attname), atttypid::regtype::text, attnotnull FROM pg_attribute
    WHERE attrelid = 'qfs.$table'::regclass AND attnum > 0 ORDER BY attnum")->{rows};
  my @said = map {
    my ($name, $type, $notnull) = @$_;
    my $can_lose = $notnull eq 'f' && $client->value("SELECT $name IS NOT NULL FROM qfs.$table WHERE $row") eq 't';
    my @values = (sprintf($changed{$type}, $name), $can_lose ? 'NULL' : ());
    map { [ "$name = $_", spoilt("UPDATE qfs.$table SET $name = $_ WHERE $row") ] } @values;
  } @$columns;
  is(join('; ', map { "$_->[0]: $_->[1]" } grep { $_->[1] ne "UPDATE 1: $wanted" } @said), '', "$table: " . @said . ' changes of a column');
  is(spoilt("DELETE FROM qfs.$table WHERE $row"), "DELETE 1: $wanted", "$table: a row less");
}

my @ENTRIES = read_entries($client);
my @TRUSTED = ('--checkpoint', scratch_file('checkpoint', checkpoint_of($node, undef, 'small')), '--key', first_key_of($node, 'small'));
my $ROOT = 'hashes ' . @ENTRIES . ' CHECKPOINT_ROOT';

# Outcome and parts of accounts changed by this code, and everything hashed anew.
sub forged {
  my ($seq, $change) = @_;
  my @entries = map { { %$_ } } @ENTRIES;
  my $said = $json->decode($json->encode({ map { ($_ => $entries[$seq]{$_}) } qw(outcome accounts) }));
  $change->($said->{outcome}, $said->{accounts});
  $entries[$seq] = { %{ $entries[$seq] }, %$said };
  return rehash(@entries);
}

sub part_of { my ($accounts, $who, $kind) = @_; return (grep { $_->{account} eq $who->{user} && $_->{kind} eq ($kind // 'standing') } @$accounts)[0] }

my @forgeries = (
  [ 'FLX', $rewarded, sub { part_of($_[1], $alice)->{state}{flx} = '1000.000000000000000000' } ],
  [ 'points of the referee', $rewarded, sub { part_of($_[1], $bob)->{state}{points} = 1000 } ],
  [ 'points that it had', $rewarded, sub { part_of($_[1], $bob)->{was}{points} = 5 } ],
  [ 'coherence', $rewarded, sub { part_of($_[1], $alice)->{state}{coherence} = '1.000000000000000000' } ],
  [ 'the account that gets it', $rewarded, sub { part_of($_[1], $alice)->{account} = 'user_' . 'ab' x 32 } ],
  [ 'the rule', $rewarded, sub { part_of($_[1], $alice)->{rules}[-1] = 'REFERRAL_TIER_2' } ],
  [ 'the entry before', $rewarded, sub { part_of($_[1], $alice)->{previous}-- } ],
  [ 'the policy of a part', $rewarded, sub { part_of($_[1], $alice)->{policy}++ } ],
  [ 'who invited', $rewarded, sub { part_of($_[1], $bob, 'ties')->{state}{referrer} = 'user_' . 'ab' x 32 } ],
  [ 'the number of the event', $rewarded, sub { part_of($_[1], $alice, 'nonce')->{state}{event_nonce}-- } ],
  [ 'no reward', $rewarded, sub { @{ $_[1] } = () } ],
  [ 'parts in another order', $rewarded, sub { @{ $_[1] } = reverse @{ $_[1] } } ],
  [ 'what was read', $rewarded, sub { my ($kinds) = values %{ $_[0]{read} }; $_-- for values %$kinds } ],
  [ 'a guard that blocks', $rewarded, sub { $_[0]{guards}[0]{result} = 'BLOCK' } ],
  [ 'a guard left out', $rewarded, sub { pop @{ $_[0]{guards} } } ],
  [ 'the policy', $rewarded, sub { $_[0]{policy} = 'ab' x 32 } ],
  [ 'a score', $scored->{seq}, sub { $_[0]{result}{score} = '0.999000000000000000' } ],
);
for my $forgery (@forgeries) {
  my ($name, $seq, $change) = @$forgery;
  is_found(faults_in_database($client, store(forged($seq, $change))), ["replay $seq OUTCOME_MISMATCH"], "outcome, $name: database");
  is_found(faults_in_file(jsonl(forged($seq, $change)), @TRUSTED), [ "replay $seq OUTCOME_MISMATCH", $ROOT ], "outcome, $name: file");
}
is_sound($node, 'after all attacks were undone', 'small');

# ---- a backend that knows a token ----

# It has checked Bob's before; that must not help another, nor Bob once the key is another one.
sub token_answer { my ($token) = @_; my $error = $client->query(as_account($token, 'SELECT 1'))->{error}; $client->query('ROLLBACK'); return $error ? $error->{code} : 'good' }
my $flipped = $bob->{token} =~ s/(.)(.{20})$/($1 eq 'A' ? 'B' : 'A') . $2/er;
is(join(' ', map { token_answer($_) } $bob->{token}, $flipped, $bob->{token}, "$bob->{token}A"), 'good QFS_TOKEN_INVALID good QFS_TOKEN_INVALID',
  'a token that is known is good, one that is almost it is not');
$client->value('SELECT qfs.rotate_keys()');
is(token_answer($bob->{token}), 'QFS_TOKEN_INVALID', 'nor is a known one after the key was rotated');
$client->close;
$node->stop;

# ---- plaintext ----

# A server that writes down as much as it can.
$node = new_node('plaintext', conf => "log_statement = all\nlog_min_duration_statement = 0\ndebug_print_plan = on\nwal_level = logical\n");
open_ledger('chat');
$client->value(q{SELECT qfs.register_event_type('SAID', '{}', 'account')});
my %marker = map { ($_ => $_ . join '', map { chr 97 + rand 26 } 1 .. 24) } qw(Secret Control);
my @two = map { person() } 1 .. 2;
$_->{key} = ask(do => 'chat_key', wallet => $_->{wallet})->{key} for @two;
as($_, "SELECT qfs_api.publish_chat_key('$_->{key}'" . auth_argument($_, 'CHAT_KEY', { key => $_->{key} }) . ')') for @two;

# Encrypts for real, sends, and lets the other one read it.
sub converse {
  my ($from, $to, $seq) = @_;
  my $text = "number $seq: $marker{Secret}";
  my $envelope = ask(do => 'seal', wallet => $from->{wallet}, sender => $from->{user}, recipient => $to->{user},
    seq => $seq, text => $text, theirs => $to->{key});
  as($from, send_message($from, $to->{user}, $seq, map({ decode_base64url($envelope->{$_}) } qw(nonce body)),
    map { literal($envelope->{$_}) } qw(sender_key recipient_key)));
  my $row = $json->decode(as($to, "SELECT to_json(m) FROM qfs_api.messages(qfs.thread('$from->{user}', '$to->{user}')::text, NULL, 1) m"));
  return is(ask(do => 'open', wallet => $to->{wallet}, me => $to->{user}, row => $row)->{text}, $text, "message $seq was read");
}
converse(@two[ 0, 1 ], $_) for 1 .. 3;
converse(@two[ 1, 0 ], $_) for 1 .. 2;
as($two[0], "SELECT qfs_api.erase_message(qfs.thread('$two[0]{user}', '$two[1]{user}')::text, 2)");

# The same places must give away what was not encrypted, or we looked in vain.
my $said = { type => 'SAID', payload => { text => $marker{Control} } };
$said->{auth} = $json->decode(event_of($two[0], %$said));
as($two[0], 'SELECT qfs_api.events_batch(' . literal($json->encode([$said])) . ')');
$client->value("CREATE TABLE control AS SELECT '$marker{Control}' AS text");
$client->value("SELECT pg_logical_emit_message(true, 'control', '$marker{Control}')");
$client->value('CHECKPOINT');
is_sound($node, 'chat', 'chat');

# A text as it is, in hexadecimal of either case, with blanks, and in base64 at each of three offsets.
sub forms {
  my ($text) = @_;
  my $hex = unpack 'H*', $text;
  return $text, $hex, uc $hex, uc(join ' ', unpack '(A2)*', $hex), map { substr encode_base64("\0" x $_ . $text, ''), 4, 28 } 0 .. 2;
}

sub contains { my ($content, $text) = @_; return scalar grep { index($content, $_) >= 0 } forms($text) }

my %place = (log => slurp($node->logfile), export => export_of($node, undef, 'chat'));
$place{dump} = (run_program($node, 'pg_dumpall'))[1];
File::Find::find({ no_chdir => 1, wanted => sub {
  return unless -f $_ && -s _;
  my $place = m{/pg_wal/} ? 'raw WAL' : 'data directory';
  push @{ $place{files}{$place} }, $_;
  $place{pg_waldump} .= (run_program('pg_waldump', $_))[1] if m{/pg_wal/[0-9A-F]{24}$};
} }, $node->data_dir);
my $files = delete $place{files};

for my $where (sort keys %place) {
  is(contains($place{$where}, $marker{Secret}), 0, "$where: no plaintext");
  cmp_ok(contains($place{$where}, $marker{Control}), '>', 0, "$where: it would have been found");
}
for my $where (sort keys %$files) {
  my %found;
  for my $file (@{ $files->{$where} }) {
    my $content = slurp($file);
    for my $name (keys %marker) { push @{ $found{$name} }, $file if contains($content, $marker{$name}) }
  }
  is(join(' ', @{ $found{Secret} // [] }), '', "$where: no plaintext in " . @{ $files->{$where} } . ' files');
  cmp_ok(scalar @{ $found{Control} // [] }, '>', 0, "$where: it would have been found");
}
$client->close;
$node->stop;
done_testing();
