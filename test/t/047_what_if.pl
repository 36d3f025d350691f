# 047_what_if.pl - qfs-verify what-if: over random histories nothing is otherwise without changes, and everybody gets the same line.
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use QfsTest;
use QfsHistory;
use Test::More;

my $SIZE = $ENV{QFS_WHAT_IF_EVENTS} // 1500;
my $seed = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $node    = new_node('what_if');
my $history = QfsHistory->new($node, 'past', accounts => 12, clients => 2, holders => 4);
$history->run($SIZE);
$history->close;
my $EXPORT = export_file($node, 'past');
my @LINES  = split /(?<=\n)/, export_of($node, undef, 'past');
my $COUNT  = @LINES;
cmp_ok($COUNT, '>=', $SIZE, 'the history is long enough');

my $json = JSON::PP->new->utf8->canonical;

# The line, decoded; a failed test if it is refused.
sub what_if {
  my ($file, @arguments) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my ($exit, $out, $err) = qfs_verify('what-if', $file, @arguments);
  is("$exit $err", '0 ', "@arguments: an answer") or diag($out);
  return ($json->decode($out), $out);
}

subtest 'identity' => sub {
  my $state  = value($node, 'SELECT qfs.state_hash()', 'past');
  my %totals = (
    FLX => 'SELECT sum(flx::numeric)::numeric(39, 18) FROM qfs.standing', coherence => 'SELECT sum(coherence::numeric)::numeric(39, 18) FROM qfs.standing',
    points => 'SELECT sum(points) FROM qfs.standing', referrals => 'SELECT sum(referrals) FROM qfs.standing', NOD => 'SELECT sum(nod) FROM qfs.nod');
  for my $from (1, int(1 + rand($COUNT - 1)), $COUNT) {
    my ($answer) = what_if($EXPORT, '--changes', '{}', '--from', $from);
    is($answer->{direct}{same}, $COUNT - $from, "from $from: every entry is judged as it was") or diag($json->encode($answer->{direct}));
    is($json->encode($answer->{cumulative}{$_}), '{}', "from $from: $_: none") for qw(refused follows);
    is("$answer->{cumulative}{accounts} " . ($answer->{cumulative}{first} // 'none'), '0 none', "from $from: nothing is otherwise");
    is($answer->{cumulative}{state}, $state, "from $from: the state is the ledger's");
    is($answer->{head}, value($node, "SELECT hash FROM qfs.ledger WHERE seq = $COUNT - 1", 'past'), "from $from: so is the head");
    my $tokens = $answer->{cumulative}{tokens};
    is(join(' ', map { "$_=$tokens->{$_}[0]=$tokens->{$_}[1]" } sort keys %totals),
      join(' ', map { my $sum = value($node, $totals{$_}, 'past'); "$_=$sum=$sum" } sort keys %totals), "from $from: the sums are SQL's");
  }
};

subtest 'the same line for everybody' => sub {
  my @question = ('--changes', '{"referral":{"cap":1,"points":3},"ttl_blocks":500}', '--from', 100, '--size', 1000);
  my ($answer, $line) = what_if($EXPORT, @question);
  is($answer->{size}, 1000, 'of the size that was asked about');
  my %rest = %$answer;
  delete $rest{run_hash};
  my ($hash) = (run_program('python3', '-c', 'import hashlib, sys; print(hashlib.sha3_256(sys.argv[1].encode()).hexdigest())', $json->encode(\%rest)))[1] =~ /(\w+)/;
  is($answer->{run_hash}, $hash, 'run_hash is SHA3-256 of the rest');
  is((what_if($EXPORT, @question))[1], $line, 'asked twice');
  is((what_if(scratch_file('short.jsonl', join '', @LINES[ 0 .. 999 ]), @question[ 0 .. 3 ]))[1], $line, 'of an export that ends there');
  is((what_if(scratch_file('spelled.jsonl', join '', map { JSON::PP->new->ascii->space_after->encode(JSON::PP->new->utf8->decode($_)) . "\n" } @LINES), @question))[1], $line, 'of lines spelled in another way');
  is((what_if($EXPORT, '--changes', '{ "ttl_blocks": 5e2, "referral": {"points": 3.0, "cap": 1} }', @question[ 2 .. 5 ]))[1], $line, 'of changes spelled in another way');
  my $piped = '';
  IPC::Run::run([ verifier(), 'what-if', '-', @question ], '<', $EXPORT, '>', \$piped);
  is($piped, $line, 'through a pipe');
  is((qfs_verify('what-if', $EXPORT, @question, '--expect', $answer->{run_hash}))[0], 0, 'as it was expected');
  my ($exit, $out, $err) = qfs_verify('what-if', $EXPORT, @question, '--expect', '0' x 64);
  is("$exit:$out", "1:$line", 'otherwise than expected: exit code 1, and the line all the same');
  like($err, qr/^qfs-verify: not reproduced/, 'and it says so');
  isnt((what_if($EXPORT, @question[ 0, 1, 4, 5 ], '--from', 101))[1], $line, 'another window is another line');
};

subtest 'changes that bite' => sub {
  my ($answer) = what_if($EXPORT, '--changes', '{"limits":{"messages_per_minute":0}}', '--from', 1);
  my $messages = value($node, "SELECT count(*) FROM qfs.ledger WHERE type = 'MESSAGE'", 'past');
  is($json->encode($answer->{direct}{refused}), qq({"QFS_RATE_LIMIT":$messages}), 'each message by itself is above a limit of none');
  is($answer->{cumulative}{refused}{QFS_RATE_LIMIT} + ($answer->{cumulative}{follows}{QFS_MESSAGE_ORDER} // 0), $messages, 'and all together none is taken');
  ($answer) = what_if($EXPORT, '--changes', '{"referral":{"cap":0}}', '--from', 1);
  is($json->encode($answer->{cumulative}{tokens}{FLX}), '["' . value($node, 'SELECT sum(flx::numeric)::numeric(39, 18) FROM qfs.standing', 'past') . '","0.000000000000000000"]',
    'with a cap of none nobody is rewarded');
  my ($uses) = map { $_->{count} } grep { "$_->{guard} $_->{rule} $_->{to}" eq 'REFERRAL_CAP REFERRAL_USE BLOCK' } @{ $answer->{direct}{verdicts} };
  is($uses, value($node, q{SELECT count(*) FROM qfs.ledger WHERE type = 'REFERRAL_USE' AND outcome @> '{"guards":[{"guard":"REFERRAL_CAP","result":"PASS"}]}'}, 'past'),
    'and each use by itself would have been blocked');
};

# What the last session of somebody would do now: offline the same that the server then records.
subtest 'actions' => sub {
  my $user = value($node, "SELECT user_id FROM qfs.account LIMIT 1", 'past');
  my $actions = qq([{"actor":"$user","payload":{},"type":"SAID"},{"actor":"$user","payload":{},"type":"NOWHERE"}]);
  my ($answer, $line) = what_if($EXPORT, '--actions', $actions, '--from', $COUNT);
  is($json->encode($answer->{actions}), $json->encode($json->decode($actions)), 'the question is told');
  like($answer->{steps}[0]{error} // 'none', qr/^(?:none|QFS_SESSION_ENDED)$/, 'it would be taken if there is a session');
  is($json->encode($answer->{steps}[1]), '{"accounts":[],"error":"QFS_TYPE_UNKNOWN","outcome":null}', 'and this would not');
  is((what_if($EXPORT, '--actions', '@' . scratch_file('actions', $actions), '--from', $COUNT))[1], $line, 'from a file');
  my ($exit, $out, $err) = qfs_verify('what-if', $EXPORT, '--actions', '{}');
  is("$exit:$out", '2:', 'no list: exit code 2');
  like($err, qr/QFS_PAYLOAD_INVALID: .*actions: wrong type/, 'and why');
};

# ---- what is wrong ----

subtest 'refused' => sub {
  my @broken = @LINES;
  ($broken[500]) = $broken[500] =~ s/"at":1/"at":2/r;
  my $missing = scratch_file('missing.jsonl', join '', @LINES[ 0 .. 499, 501 .. $#LINES ]);
  my $other   = 'f' x 63;
  for my $case (
    [ 'an unknown key', ['{"referral":{"cup":5}}'], qr/QFS_POLICY_INVALID: .*referral\.cup does not exist/ ],
    [ 'a fixed key', ['{"block_ms":1000}'], qr/QFS_KEY_FIXED: .*block_ms/ ],
    [ 'a value out of range', ['{"referral":{"cap":-1}}'], qr/QFS_POLICY_INVALID: .*policy\.referral\.cap/ ],
    [ 'a fraction', ['{"referral":{"cap":1.5}}'], qr/QFS_JSON_NUMBER/ ],
    [ 'no JSON', ['cap = 5'], qr/--changes: / ],
    [ 'nothing', [''], qr/--changes: / ],
    [ 'a list', ['[]'], qr/QFS_POLICY_INVALID: .*not an object/ ],
    [ 'a window that begins at entry 0', [ '{}', '--from', 0 ], qr/QFS_SIZE_UNKNOWN: .*cannot begin at entry 0/ ],
    [ 'a window behind the end', [ '{}', '--from', $COUNT + 1 ], qr/QFS_SIZE_UNKNOWN: .*the size is $COUNT/ ],
    [ 'a size that the ledger never had', [ '{}', '--size', $COUNT + 1 ], qr/QFS_SIZE_UNKNOWN: .*there are $COUNT entries/ ],
    [ 'a size of nothing', [ '{}', '--size', 0 ], qr/QFS_SIZE_UNKNOWN: .*without an entry/ ],
    [ 'a window that is no number', [ '{}', '--from', '-1' ], qr/--from is the number of an entry, not -1/ ],
    [ 'a size that is no number', [ '{}', '--size', '1e3' ], qr/--size is the number of an entry, not 1e3/ ],
    [ 'no hash', [ '{}', '--expect', $other ], qr/--expect is a run_hash/ ],
    [ 'a checkpoint', [ '{}', '--checkpoint', $EXPORT ], qr/belong to qfs-verify ledger/ ],
    [ 'an entry', [ '{}', '--entry', 'x' ], qr/belongs to qfs-verify proof/ ]) {
    my ($name, $arguments, $message) = @$case;
    my ($exit, $out, $err) = qfs_verify('what-if', $EXPORT, '--changes', @$arguments);
    is("$exit:$out", '2:', "$name: exit code 2, nothing on standard output");
    like($err, qr/^qfs-verify: .*$message/, "$name: what is wrong");
  }
  my ($exit, $out) = qfs_verify('what-if', $missing);
  is($exit, 1, 'an entry is missing: exit code 1');
  like($out, qr/^fault: entry 500: QFS_SEQ_GAP: [^\n]*\n\z/, 'and no answer');
  ($exit, $out) = qfs_verify('what-if', scratch_file('broken.jsonl', join '', @broken), '--json');
  is($exit, 1, 'an entry was changed: exit code 1');
  like($out, qr/\A\{"code":"QFS_LINK_BROKEN",.*"seq":501\}\n\z/, 'and the next one says so');
  ($exit, undef, my $err) = qfs_verify('what-if', scratch_file('crlf.jsonl', join '', map {s/\n/\r\n/r} @LINES));
  is($exit, 2, 'a file that was damaged on its way is no ledger at fault');
  like($err, qr/ends in CR LF/, 'and it says what became of it');
  for my $command (qw(ledger proof bundle)) {
    ($exit, undef, $err) = qfs_verify($command, $EXPORT, '--changes', '{}');
    is($exit, 2, "$command: nothing is asked there");
    like($err, qr/belong to qfs-verify what-if/, "$command: and it says so");
  }
};

$node->stop;
done_testing();
