# 019_explain.pl - every entry of a random history explains itself, and nothing that was changed does.
use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256);
use IPC::Run;
use JSON::PP;
use List::Util qw(shuffle);
use QfsTest;
use QfsClient;
use QfsHistory;
use QfsWallet qw(as_account);
use Test::More;

my $SIZE    = $ENV{QFS_EXPLAIN_EVENTS} // 1_200;
my $MUTANTS = $ENV{QFS_EXPLAIN_MUTANTS} // 3_000;
my $seed    = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $json = JSON::PP->new->canonical->utf8;
my $node = new_node('explain');
my $history = QfsHistory->new($node, 'explain', accounts => 14, clients => 1);
$history->run($SIZE);
is(join("\n", @{ $history->{wrong} }), '', 'what was refused was refused for a reason we know');
my $client = QfsClient->wait_for($node, database => 'explain');
my $first  = first_key_of($node, 'explain');
my $key    = $first;

# ---- asking and checking ----

# Every bundle that was asked for: name and file.  token: of the account that asks; without one, it is an auditor.
my @asked;
sub ask {
  my ($seq, $topic, $subject, $from, $token) = @_;
  my $user = defined $subject ? "'$subject'::qfs.user_id" : 'NULL';
  my $question = "($seq, '$topic', $user, NULL, " . ($from // 0) . ')';
  my $bundle = $token ? told_to($token, "SELECT qfs.explain_own$question") : $client->value("SELECT qfs.explain$question");
  push @asked, [ "$topic of $seq" . ($token ? " as $subject is told" : ''), scratch_file('asked' . @asked, $bundle) ];
  return $bundle;
}

sub told_to {
  my $answer = $client->query(as_account(@_));
  die "$_[1]: $answer->{error}{message}" if $answer->{error};
  return $answer->{rows}[-1][0];
}

sub check {
  my ($bundle, $with, @options) = @_;
  my ($exit, $out, $err) = qfs_verify('bundle', scratch_file('bundle.json', $bundle), '--key', $with // $key, @options);
  return "$exit $out$err";
}

sub rows { return @{ $client->query($_[0])->{rows} } }

# ---- to whom it concerns: what they may see, and no more ----

my $faults = '';
for my $account (grep { $_->{token} } @{ $history->{accounts} }) {
  my $who = $account->{user};
  for my $row (rows("SELECT seq FROM qfs.ledger WHERE actor::text = '$who' OR accounts \@> '[{\"account\": \"$who\"}]' ORDER BY random() LIMIT 40")) {
    my $answer = check(ask($row->[0], 'entry', $who, 0, $account->{token}), $first);
    $faults .= "$row->[0] to $who: $answer" unless $answer =~ /^0 sound: entry of entry $row->[0] /;
  }
}
is($faults, '', 'what an account is told verifies as well');

# After a rotation no token is good any more, and another key signs.
$node->safe_psql('explain', 'SELECT qfs.rotate_keys()');
$key = vkey_of($node, 'explain');

# ---- every entry ----

# What an answer says of each account's standing: the changes, and of each amount what it was before all of them, and is after.
my @AMOUNTS = qw(coherence flx points referrals);
sub told_of {
  my (%of, @order);
  for my $effect (@_) {
    push @order, $effect->{account} if !$of{ $effect->{account} };
    push @{ $of{ $effect->{account} } }, $effect;
  }
  return map { my @effects = @{ $of{$_} }; join ' ', $_, (map { $_->{rule} } @effects), map { my $amount = $_;
      my @pairs = grep { defined } map { $_->{$amount} } @effects; @pairs ? "$amount $pairs[0][0] $pairs[-1][1]" : () } @AMOUNTS } @order;
}
# The same of the part that the entry has of it.
sub done_to {
  my ($part) = @_;
  return join ' ', $part->{account}, @{ $part->{rules} }, map { exists $part->{was}{$_} ? "$_ $part->{was}{$_} $part->{state}{$_}" : () } @AMOUNTS;
}

$faults = '';
my %seen;
for my $row (rows('SELECT seq, type, accounts FROM qfs.ledger ORDER BY seq')) {
  my ($seq, $type, $accounts) = @$row;
  my $bundle = eval { ask($seq, 'entry') } // do { $faults .= "$seq $type: $@"; next };
  my $answer = check($bundle);
  $faults .= "$seq $type: $answer" unless $answer =~ /^0 sound: entry of entry $seq /;
  my $said = join '; ', told_of(@{ $json->decode($bundle)->{result}{effects} // [] });
  my $done = join '; ', map { done_to($_) } grep { $_->{kind} eq 'standing' } @{ $json->decode($accounts) };
  $faults .= "$seq $type: says $said, did $done\n" unless $said eq $done;
  $seen{$type}++;
}
is($faults, '', 'every entry explains itself, with the effects that it had');
note(join ', ', map { "$_: $seen{$_}" } sort keys %seen);


# ---- sessions ----

$faults = '';
my $sessions = 0;
for my $row (rows(q{SELECT seq, actor::text, auth ->> 'session' FROM qfs.ledger WHERE auth ->> 'via' = 'session' ORDER BY random() LIMIT 150})) {
  my ($seq, $actor, $session) = @$row;
  my $bundle = ask($seq, 'session', $actor);
  my $answer = check($bundle);
  my $said = $json->decode($bundle)->{result}{session}{session};
  $faults .= "$seq: $answer $said" unless $answer =~ /^0 sound: session of entry $seq / && $said eq $session;
  $sessions++;
}
is($faults, '', "every entry of $sessions proves its session");

# ---- rewards, messages ----

$faults = '';
for my $row (rows(q{SELECT DISTINCT l.seq, p ->> 'account' FROM qfs.ledger l, jsonb_array_elements(accounts) p, jsonb_array_elements_text(p -> 'rules') r
    WHERE p ->> 'kind' = 'standing' AND r ~ '^(REFERRAL_TIER|REWARD_WITHHELD)'
    UNION ALL SELECT seq, actor::text FROM qfs.ledger WHERE type = 'REFERRAL_USE' AND outcome ->> 'status' = 'BLOCKED'})) {
  my $answer = check(ask($row->[0], 'reward', $row->[1]));
  $faults .= "$row->[0]: $answer" unless $answer =~ /^0 sound: reward/;
  note($answer =~ /\n(.*?)\nnote/);
}
for my $row (rows(q{SELECT seq, actor::text FROM qfs.ledger WHERE type = 'MESSAGE' ORDER BY random() LIMIT 20})) {
  my $answer = check(ask($row->[0], 'message', $row->[1]));
  $faults .= "$row->[0]: $answer" unless $answer =~ /^0 sound: message/;
}
is($faults, '', 'rewards, blocked uses and messages');

# ---- statements: complete, and what the tables say ----

$faults = '';
for my $row (rows(q{
    SELECT a.user_id::text, a.last_entry, a.coherence::numeric(39, 18), a.flx::numeric(39, 18), a.points, a.referrals,
      (SELECT json_agg(l.seq ORDER BY l.seq DESC) FROM qfs.ledger l WHERE EXISTS
        (SELECT FROM jsonb_array_elements(l.accounts) p WHERE p ->> 'account' = a.user_id::text AND p ->> 'kind' = 'standing'))
    FROM qfs.standing a})) {
  my ($user, $last, $coherence, $flx, $points, $referrals, $touched) = @$row;
  my $bundle = ask($last, 'statement', $user);
  my $answer = check($bundle);
  my $result = $json->decode($bundle)->{result};
  $faults .= "$user: $answer" unless $answer =~ /^0 sound: statement/;
  my $said = $json->encode([ map { $_->{seq} } @{ $result->{statement} } ]);
  $faults .= "$user: touched by $touched, said $said\n" unless $said eq $json->encode($json->decode($touched));
  my $standing = join ' ', @{ $result->{standing} }{qw(coherence flx points referrals)};
  $faults .= "$user: $standing\n" unless $standing eq "$coherence $flx $points $referrals";
  my $half = $json->decode($touched)->[ @{ $json->decode($touched) } / 2 ];
  my $part = check(ask($last, 'statement', $user, $half));
  $faults .= "$user from $half: $part" unless $part =~ /^0 sound: statement/;
}
is($faults, '', 'statements are complete, and end with what the tables hold');

# ---- keys ----

my ($reward) = rows(q{SELECT l.seq, p ->> 'account' FROM qfs.ledger l, jsonb_array_elements(accounts) p
  WHERE p ->> 'kind' = 'standing' AND p -> 'was' ? 'referrals' ORDER BY seq LIMIT 1});
my $whole = $json->encode($json->decode(ask($reward->[0], 'reward', $reward->[1])));
like(check($whole, $first), qr/^0 sound/, 'who trusts the first key follows the ledger to the next');
new_ledger($node, 'other');
my $foreign = vkey_of($node, 'other');
like(check($whole, $foreign), qr/^1 fault: QFS_(KEY_UNTRUSTED|CHECKPOINT_KEY|SIGNATURE_INVALID)/, 'another ledger of that name');
like((join ' ', qfs_verify('bundle', scratch_file('b', $whole))), qr/^2 .*--key/s, 'without a key there is nothing to check');
like((join ' ', qfs_verify('bundle', scratch_file('b', $whole), '--key', $key, '--checkpoint', 'c')), qr/^2 .*--checkpoint belongs to/s, 'no other checkpoint is looked at');
like((join ' ', qfs_verify("--entry=$reward->[0]", "--key=$key", 'bundle', scratch_file('b', $whole))), qr/^2 .*--entry belongs to/s, 'nor another entry');
{
  my ($in, $out) = (' ' x 3_000_000 . $whole, '');
  IPC::Run::run([ verifier(), 'bundle', '-', "--key=$first" ], '<', \$in, '>', \$out);
  like($out, qr/^sound/, 'from standard input, millions of bytes long');
}
SKIP: {
  skip 'there is no /dev/full', 1 unless -c '/dev/full';
  IPC::Run::run([ verifier(), 'bundle', scratch_file('b', $whole), "--key=$first" ], '>', '/dev/full', '2>', \my $err);
  is($? >> 8, 2, 'a result that cannot be written is no result');
}
my $old = $client->value("SELECT qfs.explain($reward->[0], 'reward', '$reward->[1]'::qfs.user_id, " . ($reward->[0] + 1) . ')');
like(check($old, $first), qr/^0 sound/, 'and for an old size');

# ---- what becomes of a file on its way ----

for my $case ([ 'nothing', '', qr/is empty/ ], [ 'line ends alone', "\n\r\n", qr/nothing but blank lines/ ], [ 'an HTML page', "<html>\n", qr/HTML/ ], [ 'an error of the API', '{"code":"PT404","message":"x"}', qr/error of the API/ ],
  [ 'a byte order mark', "\xef\xbb\xbf$whole", qr/byte order mark/ ], [ 'UTF-16', join('', map { "$_\0" } split //, $whole), qr/UTF-16/ ], [ 'gzip', "\x1f\x8b\x08$whole", qr/gzip/ ],
  map({ [ "cut off at byte $_", substr($whole, 0, $_), qr/cut off after $_ bytes/ ] } 1, 2, 20, 500, length($whole) - 1),
  [ 'cut off behind a bracket', $whole =~ s/\A(.{200}[^}]*\}).*/$1/sr, qr/cut off/ ]) {
  my ($name, $bundle, $what) = @$case;
  like(check($bundle), qr/\A2 qfs-verify: [^\n]*$what[^\n]*\nThat happens to files on their way, and says nothing of the ledger\.  [^\n]+\n\z/, "on its way: $name");
}
like(check($_, $first), qr/^0 sound/, 'white space around it does no harm') for "$whole\n\n", "\r\n$whole\r\n \n", $whole =~ s/,"/,\r\n"/gr;
like(check(JSON::PP->new->ascii->pretty->encode($json->decode($whole)), $first), qr/^0 sound/, 'nor do indentation, another order and escapes, as other libraries write them');
like(check($whole =~ s{/}{\\/}gr, $first), qr/^0 sound/, 'and slashes with a backslash');
like(check($whole =~ s/\xe2\x80\x94/$_/r, $first), qr/^1 fault: QFS_JSON_SYNTAX/, 'but not what is no text') for '\\ud800', '\\ud800\\u0041', '\\u201', '\\x', "\t", "\xe2\x80", "\xff";

# ---- mutants, by both verifiers ----

my @mutants;
sub mutant { push @mutants, [ @_ ]; return }
# The hash made anew, as whoever changes the rest would.
sub hashed {
  my ($bundle) = @_;
  delete $bundle->{explanation_hash};
  my $hex = unpack 'H*', $json->encode($bundle);
  $bundle->{explanation_hash} = $client->value("SELECT qfs.sha3_256('\\x$hex')");
  return $json->encode($bundle);
}
sub changed { my ($name, $code) = @_; my $copy = $json->decode($whole); $code->($copy); return mutant($name, hashed($copy)) }
is(hashed($json->decode($whole)), $whole, 'the hash is the one that we make');
my $good = $json->decode($whole);
for my $i (0 .. $#{ $good->{entries} }) {
  changed("entry $i removed", sub { splice @{ $_[0]{entries} }, $i, 1 });
  changed("entry $i twice", sub { splice @{ $_[0]{entries} }, $i, 0, $_[0]{entries}[$i] });
  changed("path of entry $i", sub { my $p = $_[0]{entries}[$i]{proof}; $p->[0] =~ tr/0-9a-f/1-9a-f0/ });
  changed("path of entry $i, swapped", sub { my $p = $_[0]{entries}[$i]{proof}; @$p[ 0, 1 ] = @$p[ 1, 0 ] });
}
changed("step $_", sub { $_[0]{steps}[$_]{result} = '7.77' }) for 0 .. $#{ $good->{steps} };
for my $i (0 .. $#{ $good->{result}{effects} }) {
  my $effect = $good->{result}{effects}[$i];
  changed("$_ before effect $i", sub { $_[0]{result}{effects}[$i]{$_}[0] = '7' }) for grep { $effect->{$_} } @AMOUNTS;
  changed("rule of effect $i", sub { $_[0]{result}{effects}[$i]{rule} = 'PROFILE_CHANGED' });
}
# What does not have the form of an explanation.
for my $case ([ 'reader', undef, 0, '', 'session', $reward->[1], {} ], [ 'subject', 0, '', 'system', uc $reward->[1], "$reward->[1]0", [] ], [ 'from', undef, -1, '0', $JSON::PP::false, [], {} ],
  [ 'seq', undef, -1, "$reward->[0]", [ $reward->[0] ] ], [ 'topic', undef, 0, 'rewards', ['reward'] ], [ 'narrative', undef, 1, {}, [] ], [ 'v', 1, 3, '2' ], [ 'checkpoint', undef, 0, [ $good->{checkpoint} ] ],
  [ 'more', 1 ], [ 'result', undef, [] ], [ 'recorded', undef, 'rates', {} ], [ 'sessions', undef, {} ], [ 'steps', undef, {} ], [ 'guards', undef, {} ], [ 'policy', undef, {} ], [ 'tx_id', undef, uc $good->{tx_id} ]) {
  my ($member, @values) = @$case;
  for my $value (@values) { changed("$member: " . $json->allow_nonref->encode($value), sub { $_[0]{$member} = $value }) }
}
changed('an entry with another member', sub { $_[0]{entries}[0]{more} = 1 });
changed('an entry without a path', sub { delete $_[0]{entries}[0]{proof} });
changed('a line that is no text', sub { $_[0]{entries}[0]{line} = $json->decode($_[0]{entries}[0]{line}) });
changed('a line with white space', sub { $_[0]{entries}[0]{line} =~ s/,/, / });
changed('a line in another order', sub { $_[0]{entries}[0]{line} =~ s/^\{(.*),("v":2)\}$/{$2,$1}/s or die });
changed('another topic', sub { $_[0]{topic} = 'session' });
for my $member (qw(v seq topic reader result entries)) {
  mutant("$member twice", $whole =~ s/^\{/{"$member":null,/r);
}
changed('checkpoint of another ledger', sub { $_[0]{checkpoint} = checkpoint_of($node, undef, 'other') });
changed('word of another', sub { $_[0]{result}{by} = $_[0]{result}{by} eq 'device' ? 'server' : 'device' });
my $listed = @mutants;
while (@mutants < $listed + $MUTANTS) {
  my $at = int rand length $whole;
  my $copy = $whole;
  substr($copy, $at, 1) = chr(ord(substr($copy, $at, 1)) ^ 1 << int rand 8);
  mutant("byte $at", $copy) if $copy ne $whole;
}
my $survivors = '';
for my $mutant (@mutants) {
  my $answer = check($mutant->[1], $key, '--quiet');
  # Without its last byte it is cut off, which is no change to it.
  $survivors .= "$mutant->[0]: $answer\n" unless $answer =~ /^(1 fault: QFS_\w+: .+\n$|2 qfs-verify: .*cut off after)/;
}
is($survivors, '', 'none of ' . @mutants . ' mutants verifies, each has a line that says why');

# The page's verifier, which has the rules in JavaScript: of each answer it says what qfs-verify says, and whatever one refuses, so does the other.
sub in_javascript {
  my ($exit, $out, $err) = run_javascript('verify_bundle', @_);
  die $err if $exit != 0;
  return split /\n/, $out;
}
my ($unsound, %how) = ('');
@asked = (shuffle @asked)[ 0 .. 599 ] if @asked > 600;
my @verdicts = in_javascript($first, map { $_->[1] } @asked);
for my $i (0 .. $#asked) {
  my ($how) = $verdicts[$i] =~ /^sound: (executed|derived)$/ or $unsound .= "$asked[$i][0]: $verdicts[$i]\n";
  $how{$how}++ if $how;
}
is($unsound, '', scalar(@asked) . ' answers are sound in JavaScript, too');
cmp_ok($how{$_} // 0, '>', 50, "$_: " . ($how{$_} // 0)) for qw(executed derived);
my @files = map { scratch_file("mutant$_.json", $mutants[$_][1]) } 0 .. ($#mutants < 1500 ? $#mutants : 1500);
@verdicts = in_javascript($key, @files);
is(join('', map { $verdicts[$_] =~ /^sound/ ? "$mutants[$_][0]\n" : () } 0 .. $#verdicts), '', 'and none of ' . @verdicts . ' mutants');

$client->close;
$history->close;
$node->stop;
done_testing();
