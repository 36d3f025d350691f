# 047_what_if.pl - qfs-verify what-if: over random histories nothing is otherwise without changes, and everybody gets the same line.
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use QfsTest;
use QfsClient;
use QfsGovernance;
use QfsHistory;
use QfsWallet;
use Test::More;

my $SIZE = $ENV{QFS_WHAT_IF_EVENTS} // 1500;
my $seed = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $node    = new_node('what_if', streaming => 1);
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
  is($answer->{run_hash}, sha3($json->encode(\%rest)), 'run_hash is SHA3-256 of the rest');
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

# By the rules in JavaScript (src/web/rules/what_if.mjs).
subtest 'the same line by a second implementation' => sub {
  my $user = value($node, 'SELECT user_id FROM qfs.account LIMIT 1', 'past');
  for my $question (
    [],
    [ '--changes', '{"referral":{"cap":1,"points":3},"ttl_blocks":500}', '--from', 100, '--size', 1000 ],
    [ '--changes', '{"limits":{"messages_per_minute":1}}', '--from', 1 ],
    [ '--changes', '{"governance":{"mode":"off"},"signed":"all"}', '--from', int(1 + rand($COUNT - 1)) ],
    [ '--actions', qq([{"actor":"$user","payload":{},"type":"SAID"},{"actor":"$user","payload":{},"type":"NOWHERE"}]), '--from', $COUNT ]) {
    my ($exit, $out, $err) = run_javascript('what_if', $EXPORT, @$question);
    is("$exit $err", '0 ', "@$question: an answer");
    is($out, (what_if($EXPORT, @$question))[1], "@$question: byte for byte");
  }
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

# ---- in the database ----

# The line as the server gives it, in a transaction that may not write.
sub what_if_there {
  my ($there, $arguments) = @_;
  return value($there, "BEGIN READ ONLY; SELECT qfs.what_if($arguments); COMMIT", 'past');
}

my $QUESTION = q{'{"referral": {"points": 3, "cap": 1}, "ttl_blocks": 500}', '[]', 100, 1000};
my $LINE     = (what_if($EXPORT, '--changes', '{"referral":{"cap":1,"points":3},"ttl_blocks":500}', '--from', 100, '--size', 1000))[1] =~ s/\n\z//r;

subtest 'the server gives the same line' => sub {
  my $state = value($node, 'SELECT qfs.state_hash(), (SELECT hash FROM qfs.head())', 'past');
  is(what_if_there($node, $QUESTION), $LINE, 'in a read-only transaction');
  is(value($node, "SELECT qfs_api.what_if($QUESTION) = " . QfsWallet::literal($LINE) . '::jsonb', 'past'), 't', 'to whoever audits the API gives all of it');
  is(what_if_there($node, q{'{}'}), (what_if($EXPORT))[1] =~ s/\n\z//r, 'by default, too');
  is(value($node, 'SELECT qfs.state_hash(), (SELECT hash FROM qfs.head())', 'past'), $state, 'and nothing was written');
  my $standby = new_standby($node, 'standby');
  $node->wait_for_catchup($standby);
  is(what_if_there($standby, $QUESTION), $LINE, 'on a standby');
  refused($standby, "SET qfs.what_if_entries = 10; SELECT qfs.what_if($QUESTION)", 'QFS_WHATIF_LIMIT', 'with the same limits', 'past');
  $standby->stop;
};

subtest 'limits' => sub {
  my $error = refused($node, "SET qfs.what_if_entries = 999; SELECT qfs.what_if($QUESTION)", 'QFS_WHATIF_LIMIT', 'about more entries than are computed', 'past');
  like($error->{hint}, qr/qfs-verify what-if/, 'and who can');
  is($error->{sqlstate}, 'PT413', 'HTTP 413');
  is(value($node, "SET qfs.what_if_entries = 1000; SELECT qfs.what_if($QUESTION)", 'past'), $LINE, 'as many as there may be');
  $error = refused($node, "SET qfs.what_if_memory = '64kB'; SELECT qfs.what_if($QUESTION)", 'QFS_WHATIF_LIMIT', 'with more records than there is room for', 'past');
  like($error->{detail}, qr/what_if_memory, 64 kB/, 'and how much that is');
  my $busy = QfsClient->wait_for($node, database => 'past');
  $busy->value('SET qfs.what_if_slots = 1');
  $busy->start(q{DO $$ BEGIN FOR n IN 1 .. 1000 LOOP PERFORM qfs.what_if(); END LOOP; END $$});
  my $other = QfsClient->wait_for($node, database => 'past');
  $other->value('SET qfs.what_if_slots = 1');
  # Who comes first has the place.
  wait_until(sub { value($node, "SELECT count(*) FROM pg_locks WHERE pid = " . $busy->pid . " AND locktype = 'advisory'", 'past') }, 'a place that is taken');
  my $refused;
  ok(wait_until(sub { $refused = $other->query("SELECT qfs.what_if('{}', '[]', 1, 2)")->{error} }, 'a refusal'), 'one more than there are places is refused');
  is("$refused->{code} $refused->{sqlstate}", 'QFS_WHATIF_BUSY PT429', 'with HTTP 429');
  $other->value('SET qfs.what_if_slots = 2');
  is($other->value("SELECT qfs.what_if($QUESTION)"), $LINE, 'the next place is free');
  $other->value('SELECT pg_cancel_backend(' . $busy->pid . ')');
  is($busy->receive->{error}{sqlstate}, '57014', 'who computes can be cancelled');
  $other->value('SET qfs.what_if_slots = 1');
  is($other->value("SELECT qfs.what_if($QUESTION)"), $LINE, 'and has left the place');
};

# The first entry of the epoch, of a second, that an entry is in; of the size, and of what is in an epoch that is not over, the beginning of this one.
sub epoch_floor {
  my ($seq) = @_;
  return value($node, qq{WITH e AS (SELECT l.seq, (l.at - g.genesis_at) / 1000 AS epoch, ((extract(epoch FROM clock_timestamp()) * 1000)::bigint - g.genesis_at) / 1000 AS now
      FROM qfs.ledger l, qfs.ledger_state g)
    SELECT greatest(coalesce((SELECT min(b.seq) FROM e b, e a WHERE a.seq = $seq AND b.epoch = least(a.epoch, a.now)), $COUNT), 1)}, 'past');
}

# What whoever may not read every entry is told of an answer.
sub hidden {
  my ($answer) = @_;
  $answer = $json->decode($json->encode($answer));
  $answer->{run_hash} = $answer->{direct}{entries} = $answer->{cumulative}{$_} = undef for qw(first state);
  $answer->{cumulative}{$_} = undef for $answer->{cumulative}{accounts} < 5 ? qw(accounts tokens) : ();
  return $json->encode($answer);
}

subtest 'who is told what' => sub {
  my $asked = sub { my ($role, $sql) = @_; return $json->encode($json->decode(value($node, "SET ROLE $role; SELECT $sql", 'past'))) };
  my $changes = '{"referral": {"points": 3, "cap": 1}, "ttl_blocks": 500}';
  my $later   = value($node, 'SELECT min(seq) FROM qfs.ledger, qfs.ledger_state WHERE (at - genesis_at) / 1000 >= 1', 'past');
  for my $window ([ $later, $COUNT ], [ $later + 1, $COUNT ], [ int($COUNT / 2), $COUNT - 1 ], [ 'NULL', 'NULL' ]) {
    my ($from, $size) = @$window;
    my @whole = ('--from', epoch_floor($from eq 'NULL' ? 1 : $from), '--size', epoch_floor($size eq 'NULL' ? $COUNT : $size));
    is($asked->('qfs_anon', "qfs_api.what_if('$changes', '[]', $from, $size)"), hidden(what_if($EXPORT, '--changes', $changes, @whole)),
      "$from to $size: whoever cannot read every entry is told of whole epochs, of no entry, nor of a hash that would let one be guessed");
  }
  isnt(epoch_floor($later + 1), $later + 1, 'whose beginning is not what was asked about');
  my $answer = $json->decode($asked->('qfs_anon', q{qfs_api.what_if('{}', '[]', 1)}));
  is(join(' ', map { $answer->{cumulative}{$_} // 'null' } qw(accounts tokens)), 'null null', 'sums of fewer than five are none');
  # What that does not hide, docs/threat-model.md says.
  my $told = $json->decode($asked->('qfs_anon', q{qfs_api.what_if('{"coherence": {"alpha": "0.9"}}', '[]', 1)}))->{cumulative};
  cmp_ok($told->{accounts}, '>=', 5, 'five accounts differ in coherence');
  is($told->{tokens}{FLX}[0], $told->{tokens}{FLX}[1], 'and all sums are told then, those too in which nobody differs');
  # A list that names accounts asks about them.
  my ($scorer) = split /\|/, value($node, "SELECT actor, count(*) FROM qfs.ledger WHERE type = 'COHERENCE_SCORED' GROUP BY 1 ORDER BY 2 DESC LIMIT 1", 'past');
  refused($node, "SET ROLE qfs_anon; SELECT $_", 'QFS_FORBIDDEN', "how much one evaluator scored is not told: $_", 'past')
    for qq{qfs_api.what_if('{"evaluators": ["$scorer"]}', '[]', 1)}, qq{qfs_api.consequence_map(changes => '{"evaluators": ["$scorer"]}')},
      qq{qfs_api.sandbox('change', '{"key": "evaluators", "value": ["$scorer"]}')}, qq{qfs_api.explanation('what_if', question => '{"changes": {"evaluators": ["$scorer"]}}')};
  refused($node, "SET ROLE qfs_anon; SELECT qfs.what_if($QUESTION)", '42501', 'the whole line is not for everybody', 'past');
  is(value($node, "SET ROLE qfs_auditor; SELECT qfs.what_if($QUESTION)", 'past'), $LINE, 'but for auditors');
  refused($node, q{SET ROLE qfs_user; SELECT qfs_api.what_if('{}', '[{"type": "SAID", "payload": {}}]')}, 'QFS_NO_SESSION', 'nobody acts for nobody', 'past');
  refused($node, q{SET ROLE qfs_anon; SELECT qfs_api.what_if('{}', '[]', $_)} =~ s/\$_/$_/r, 'QFS_SIZE_UNKNOWN', "a window that is not there: $_", 'past')
    for '0', '1, 1000000000', '100, 99', '1000000';
  refused($node, q{SELECT qfs_api.what_if('{}', '{}')}, 'QFS_PAYLOAD_INVALID', 'actions are a list', 'past');
  refused($node, "SELECT $_", 'QFS_ARGUMENT', 'nothing is no question', 'past') for 'qfs.what_if(NULL)', 'qfs_api.what_if(NULL)', q{qfs_api.what_if('{}', NULL)};
  refused($node, q{SELECT qfs.what_if('{}', '[]', 1, 1000000000)}, 'QFS_SIZE_UNKNOWN', 'a size that it never had', 'past');
  refused($node, q{SELECT qfs.what_if('{}', '[]', -1)}, 'QFS_ARGUMENT', 'a negative entry', 'past');
  refused($node, q{SELECT qfs_api.what_if('{"block_ms": 1000}')}, 'QFS_KEY_FIXED', 'what nothing can change', 'past');
};

# ---- maps ----

# The line, decoded; a failed test if it is refused.
sub consequence_map {
  my ($file, @arguments) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my ($exit, $out, $err) = qfs_verify('consequence-map', $file, @arguments);
  is("$exit $err", '0 ', "@arguments: a map") or diag($out);
  return ($json->decode($out), $out);
}

# SHA3-256 by another library.
sub sha3 {
  my ($text) = @_;
  return (run_program('python3', '-c', 'import hashlib, sys; print(hashlib.sha3_256(sys.argv[1].encode()).hexdigest())', $text))[1] =~ /(\w+)/ ? $1 : undef;
}

sub weight {
  my ($map, $from, $kind, $to) = @_;
  my ($edge) = grep { "$_->{from} $_->{kind} $_->{to}" eq "$from $kind $to" } @{ $map->{edges} };
  return $edge ? $edge->{weight} : 'none';
}

subtest 'consequence map' => sub {
  my @question = ('--changes', '{"referral":{"cap":0}}', '--from', 1);
  my ($map, $line) = consequence_map($EXPORT, @question);
  is($map->{graph_hash}, sha3($json->encode({ edges => $map->{edges}, nodes => $map->{nodes} })), 'graph_hash is SHA3-256 of edges and nodes');
  is($json->encode($map->{what_if}) . "\n", (what_if($EXPORT, @question))[1], 'the what-if in it is that of the same question');
  for my $type (qw(MESSAGE PROFILE_UPDATE REFERRAL_USE)) {
    is(weight($map, 'guard:REFERRAL_CAP', 'guards', "rule:$type"),
      value($node, qq(SELECT count(*) FROM qfs.ledger WHERE type = '$type' AND outcome @> '{"guards":[{"guard":"REFERRAL_CAP"}]}'), 'past'),
      "$type: every entry that the cap judged has another bound");
  }
  is(weight($map, 'key:referral.cap', 'bounds', 'guard:REFERRAL_CAP'),
    value($node, q(SELECT count(*) FROM qfs.ledger WHERE outcome @> '{"guards":[{"guard":"REFERRAL_CAP"}]}'), 'past'), 'the key bounds all of them');
  is(weight($map, "rule:$_", 'moves', 'token:points'),
    value($node, qq(SELECT count(*) FROM qfs.ledger l WHERE type = '$_' AND outcome @> '{"guards":[{"guard":"REFERRAL_CAP","result":"PASS"}]}'
                    AND EXISTS (SELECT FROM jsonb_array_elements(l.accounts) p WHERE p #> '{was,points}' IS NOT NULL)), 'past'),
    "$_: who was rewarded with points would not have been")
    for qw(MESSAGE PROFILE_UPDATE REFERRAL_USE);
  is((consequence_map($EXPORT, @question))[1], $line, 'asked twice');
  is((qfs_verify('consequence-map', $EXPORT, @question, '--expect', $map->{graph_hash}))[0], 0, 'as it was expected');
  my ($exit, $out, $err) = qfs_verify('consequence-map', $EXPORT, @question, '--expect', '0' x 64);
  is("$exit:$out", "1:$line", 'otherwise than expected: exit code 1, and the line all the same');
  like($err, qr/^qfs-verify: not reproduced: the graph_hash/, 'and it says so');
  ($map) = consequence_map($EXPORT, '--changes', '{"block_ms":1,"limits":{"messages_per_minute":0}}', '--from', 1);
  is(weight($map, 'key:limits.messages_per_minute', 'sets', 'rule:MESSAGE'), value($node, "SELECT count(*) FROM qfs.ledger WHERE type = 'MESSAGE'", 'past'),
    'each message is refused by the key');
  is($json->encode([ grep { $_->{refused} } @{ $map->{nodes} } ]), '[{"class":"fixed","id":"key:block_ms","kind":"key","refused":"KEY_FIXED"}]',
    'what is fixed is said, and the rest is played');
};

my $MAP_QUESTION = q{'{"referral": {"points": 3, "cap": 1}, "ttl_blocks": 500}', NULL, 100, 1000};
my $MAP_LINE     = (consequence_map($EXPORT, '--changes', '{"referral":{"cap":1,"points":3},"ttl_blocks":500}', '--from', 100, '--size', 1000))[1] =~ s/\n\z//r;

subtest 'the server gives the same map' => sub {
  my $state = value($node, 'SELECT qfs.state_hash(), (SELECT hash FROM qfs.head())', 'past');
  my $there = sub { value($_[0], "BEGIN READ ONLY; SELECT qfs.consequence_map($_[1]); COMMIT", 'past') };
  is($there->($node, $MAP_QUESTION), $MAP_LINE, 'in a read-only transaction');
  is($there->($node, q{'{}'}), (consequence_map($EXPORT, '--changes', '{}'))[1] =~ s/\n\z//r, 'by default, too');
  is(value($node, 'SELECT qfs.state_hash(), (SELECT hash FROM qfs.head())', 'past'), $state, 'and nothing was written');
  my $api = $json->decode(value($node, qq(SELECT qfs_api.consequence_map(changes => '{"referral": {"cap": 0}}', "window" => 700)), 'past'));
  my ($map) = consequence_map($EXPORT, '--changes', '{"referral":{"cap":0}}', '--from', $COUNT - 700);
  is($json->encode({ map { $_ => $api->{$_} } keys %$map }), $json->encode($map), 'to whoever audits the API gives all of it');
  is(join(' ', sort grep { !exists $map->{$_} } keys %$api), 'advice conflicts offline reproduced simulation subject', 'and what only the server knows');
  is($json->encode([ @$api{qw(advice offline reproduced simulation)} ]), '[null,true,null,null]', 'of which there is nothing');
  is($json->encode([ map { $_->{proposal} } @{ $api->{conflicts} } ]),
    value($node, q(SELECT coalesce(json_agg(seq ORDER BY seq), '[]') FROM qfs_api.proposals WHERE state IN ('OPEN', 'QUEUED') AND change #> '{policy,referral,cap}' IS NOT NULL), 'past') =~ s/\s//gr,
    'but the proposals that want to change the same key');
  is($api->{subject}, 'changes:' . sha3('{"referral":{"cap":0}}'), 'but what advice would be about');
  my $error = refused($node, "SET qfs.what_if_entries = 999; SELECT qfs.consequence_map($MAP_QUESTION)", 'QFS_WHATIF_LIMIT', 'about more entries than are computed', 'past');
  is($error->{sqlstate}, 'PT413', 'HTTP 413');
  my $busy = QfsClient->wait_for($node, database => 'past');
  $busy->value('SET qfs.what_if_slots = 1');
  $busy->start(q{DO $$ BEGIN FOR n IN 1 .. 1000 LOOP PERFORM qfs.consequence_map('{}'); END LOOP; END $$});
  my $other = QfsClient->wait_for($node, database => 'past');
  $other->value('SET qfs.what_if_slots = 1');
  my $refused;
  ok(wait_until(sub { $refused = $other->query("SELECT qfs.what_if('{}', '[]', 1, 2)")->{error} }, 'a place that is taken'), 'maps and what-ifs have the same places');
  is($refused->{code}, 'QFS_WHATIF_BUSY', 'which are taken');
  $other->value('SELECT pg_cancel_backend(' . $busy->pid . ')');
  $busy->receive;
};

# Weights are counts of whole epochs that are over; what keys have is told of now.
subtest 'who is told which map' => sub {
  my $asked = sub { $json->decode(value($node, "SET ROLE qfs_anon; SELECT qfs_api.consequence_map(changes => '$_[0]', \"window\" => $_[1])", 'past')) };
  for my $window (700, 1_000_000) {
    my $size = epoch_floor($COUNT);
    my $from = epoch_floor($window > $COUNT ? 1 : $COUNT - $window);
    my $map  = $asked->('{"referral": {"cap": 0}}', $window);
    my ($whole) = consequence_map($EXPORT, '--changes', '{"referral":{"cap":0}}', '--from', $from, '--size', $size);
    is($json->encode($map->{edges}), $json->encode($whole->{edges}), "$window: counts of whole epochs");
    is($json->encode($map->{what_if}), hidden($whole->{what_if}), "$window: and no entry, nor a hash that would let one be guessed");
    is($map->{graph_hash}, sha3($json->encode({ edges => $map->{edges}, nodes => $map->{nodes} })), "$window: the hash is of what is shown");
  }
  refused($node, "SET ROLE qfs_anon; SELECT qfs.consequence_map($MAP_QUESTION)", '42501', 'the whole line is not for everybody', 'past');
  is(value($node, "SET ROLE qfs_auditor; SELECT qfs.consequence_map($MAP_QUESTION)", 'past'), $MAP_LINE, 'but for auditors');
  for my $case (
    [ q{}, 'QFS_ARGUMENT', 'of nothing' ],
    [ q{1, '{}'}, 'QFS_ARGUMENT', 'of two things' ],
    [ q{NULL, '{}', -1}, 'QFS_ARGUMENT', 'a negative window' ],
    [ q{NULL, '{}', -9223372036854775808}, 'QFS_ARGUMENT', 'the most negative window' ],
    [ q{NULL, '{}', NULL}, 'QFS_ARGUMENT', 'no window' ],
    [ q{5}, 'QFS_PROPOSAL_UNKNOWN', 'of no proposal' ],
    [ q{NULL, '[]'}, 'QFS_POLICY_INVALID', 'no changes' ],
    [ q{NULL, '{"referral": {"cup": 5}}'}, 'QFS_POLICY_INVALID', 'an unknown key' ],
    [ q{NULL, '{"referral": {"cap": -1}}'}, 'QFS_POLICY_INVALID', 'a value out of range' ]) {
    my ($arguments, $code, $what) = @$case;
    refused($node, "SET ROLE qfs_anon; SELECT qfs_api.consequence_map($arguments)", $code, $what, 'past');
  }
};

# What a proposer says of it, anybody computes again.
subtest 'map of a proposal' => sub {
  govern($node, [ 25, 25, 25, 25 ]);
  my $plain    = propose($node, 1);
  my $changes  = '{"governance":{"tracks":{"parameter":{"quorum":50}}}}';
  my @changes  = ('--changes', $changes);
  my $exported = sub { scratch_file('governed.jsonl', export_of($node)) };
  my $size     = value($node, 'SELECT size FROM qfs.head()');
  my $window   = $size - 2;
  my ($what_if) = what_if($exported->(), @changes, '--from', 2);
  my $propose = sub {
    my ($wallet, %simulation) = @_;
    my $simulation = %simulation ? ', simulation => ' . literal($json->encode(\%simulation)) : '';
    return act($node, $wallet, "qfs_api.propose('{\"policy\":$changes}', 'Quorum', 'constitution', 'Why.'$simulation")->{seq};
  };
  my $honest = $propose->(2, run => $what_if->{run_hash}, size => $size + 0, window => $window + 0);
  my $wrong  = $propose->(3, run => '0' x 64, size => $size + 0, window => $window + 0);
  my $never  = $propose->(4, run => $what_if->{run_hash}, size => 1000 * $size, window => $window + 0);
  my $file   = $exported->();
  my ($map, $line) = consequence_map($file, '--proposal', $honest);
  is($map->{proposal}, $honest, 'of that proposal');
  is($json->encode($map->{what_if}), $json->encode($what_if), 'over the entries that it names');
  is(weight($map, "proposal:$honest", 'changes', 'key:governance.tracks.parameter.quorum'), 1, 'the proposal before would have had other terms');
  is($json->encode($map->{tracks}), '["constitution"]', 'and on which track it is');
  my ($exit, $out, $err) = qfs_verify('consequence-map', $file, '--proposal', $wrong);
  is($exit, 1, 'another run than it names: exit code 1');
  is($out =~ s/proposal:$wrong/proposal:$honest/gr =~ s/"graph_hash":"\w+"//r =~ s/"proposal":$wrong/"proposal":$honest/r, $line =~ s/"graph_hash":"\w+"//r, 'and the line all the same');
  like($err, qr/^qfs-verify: not reproduced: the proposal names another run_hash/, 'and it says so');
  my $there = sub { my ($role, $seq) = @_; return $json->decode(value($node, "SET ROLE $role; SELECT qfs_api.consequence_map($seq)")) };
  my $api = $there->('qfs_auditor', $honest);
  is($json->encode({ map { $_ => $api->{$_} } keys %$map }), $json->encode($map), 'the server gives the same');
  is(join(' ', map { $_ ? 'yes' : defined $_ ? 'no' : 'none' } map { $there->('qfs_auditor', $_)->{reproduced} } $honest, $wrong, $never, $plain), 'yes no no none',
    'and says what was reproduced, what was not, and of what there is nothing');
  is($there->('qfs_anon', $honest)->{reproduced}, undef, 'but to nobody who may not read every entry');
  is($json->encode($api->{simulation}), $json->encode({ run => $what_if->{run_hash}, size => $size + 0, window => $window + 0 }), 'what the proposer has said');
  is($json->encode([ map { [ $_->{proposal}, $_->{state}, @{ $_->{keys} } ] } @{ $api->{conflicts} } ]),
    $json->encode([ map { [ $_, 'OPEN', 'governance.tracks.parameter.quorum' ] } $wrong + 0, $never + 0 ]), 'who else wants to change its key');
  is($api->{subject}, "proposal:$honest", 'what advice is about');
  is((qfs_verify('consequence-map', $file, '--proposal', $never))[0], 1, 'of more entries than there ever were: not reproduced');
  is((qfs_verify('consequence-map', $file, '--proposal', $wrong, '--size', $size))[0], 0, 'asked otherwise there is nothing to reproduce');
  for my $case (
    [ 'no proposal', [ '--proposal', 5 ], qr/--proposal: entry 5 is no proposal/ ],
    [ 'an entry that is not there', [ '--proposal', $COUNT ], qr/--proposal: entry $COUNT is no proposal/ ],
    [ 'no number', [ '--proposal', 'x' ], qr/--proposal is the number of an entry, not x/ ],
    [ 'neither', [], qr/a map of what\? --changes or --proposal/ ],
    [ 'both', [ '--proposal', 5, @changes ], qr/a map of what\? --changes or --proposal/ ],
    [ 'an unknown key', [ '--changes', '{"referral":{"cup":5}}' ], qr/QFS_POLICY_INVALID: .*referral\.cup does not exist/ ],
    [ 'a value out of range', [ '--changes', '{"referral":{"cap":-1}}' ], qr/QFS_POLICY_INVALID: .*policy\.referral\.cap/ ],
    [ 'a window behind the end', [ @changes, '--from', $COUNT + 1 ], qr/QFS_SIZE_UNKNOWN: .*the size is $COUNT/ ],
    [ 'no hash', [ @changes, '--expect', 'f' x 63 ], qr/--expect is a graph_hash/ ],
    [ 'actions', [ @changes, '--actions', '[]' ], qr/--actions, --template and --params belong to qfs-verify what-if/ ],
    [ 'a checkpoint', [ @changes, '--checkpoint', $EXPORT ], qr/belong to qfs-verify ledger/ ]) {
    my ($name, $arguments, $message) = @$case;
    ($exit, $out, $err) = qfs_verify('consequence-map', $EXPORT, @$arguments);
    is("$exit:$out", '2:', "$name: exit code 2, nothing on standard output");
    like($err, qr/^qfs-verify: .*$message/, "$name: what is wrong");
  }
  ($exit, undef, $err) = qfs_verify('what-if', $EXPORT, '--proposal', 5);
  is($exit, 2, 'a what-if is of no proposal');
  like($err, qr/--proposal belongs to qfs-verify consequence-map/, 'and it says so');
};

# ---- questions that have a name ----

# The line of qfs-verify, without its end.
sub run_template {
  my ($template, $params, @more) = @_;
  my ($answer, $line) = what_if($EXPORT, '--template', $template, '--params', $params, @more);
  return ($answer, $line =~ s/\n\z//r);
}

my @RUNS = (
  [ alpha => '{"value":"0.5"}' ], [ change => '{"key":"referral.cap","value":1}' ], [ fifty_proposals => '{}' ], [ limits => '{"factor":"0.01"}' ],
  [ reward_times => '{"factor":"0.5"}' ], [ rollback => '{"changes":{"referral":{"cap":1}}}' ], [ sybil_ring => '{"wallets":12}' ]);

subtest 'sandbox: the server gives the line of qfs-verify' => sub {
  my $before = value($node, 'SELECT qfs.state_hash(), (SELECT hash FROM qfs.head())', 'past');
  is(value($node, q{SELECT string_agg(t ->> 'name', ' ') FROM jsonb_array_elements(qfs_api.sandbox_templates()) t}, 'past'), join(' ', map { $_->[0] } @RUNS), 'the templates');
  for my $run (@RUNS) {
    my ($template, $params) = @$run;
    for my $size ($COUNT, 700) {
      my ($answer, $line) = run_template($template, $params, '--size', $size);
      is(value($node, "BEGIN READ ONLY; SELECT qfs.run_sandbox('$template', '$params', $size); COMMIT", 'past'), $line, "$template of $size entries");
      is((run_template($template, $params, '--size', $size, '--expect', $answer->{result_hash}))[1], $line, 'asked again, as it was expected');
      unlike($line, qr/user_|"entries"|"state"/, 'and tells of nobody');
      my ($asked) = what_if($EXPORT, '--changes', $json->encode($answer->{changes}), '--from', $answer->{from}, '--size', $size);
      is($json->encode($answer->{$_}), $json->encode($asked->{$_}), "$_ is that of the what-if") for qw(policy head ledger unplayed);
      is($json->encode($answer->{result}{direct}{$_}), $json->encode($asked->{direct}{$_}), "and so is $_") for keys %{ $answer->{result}{direct} // {} };
    }
  }
  my ($ring) = run_template(sybil_ring => '{"wallets":12}');
  my $rules = $json->decode(value($node, 'SELECT policy FROM qfs.policy ORDER BY seq DESC LIMIT 1', 'past'))->{referral};
  my $paid = 0;
  for my $n (1 .. 12) {
    my ($tier) = grep { $n <= $_->{to} } @{ $rules->{tiers} };
    $paid += $tier->{flx} if $n <= $rules->{cap} && $paid + $tier->{flx} <= $rules->{flx_cap};
  }
  cmp_ok($paid, '>', 0, "twelve wallets earn $paid FLX, as the policy is");
  is($ring->{result}{ring}{earned}{FLX}, sprintf("%.18f", $paid), 'and that is what comes of it');
  ok((run_template(rollback => '{"changes":{"referral":{"cap":1}}}'))[0]{result}{rollback}{restored}, 'what a change and its inverse leave');
  is(value($node, 'SELECT qfs.state_hash(), (SELECT hash FROM qfs.head())', 'past'), $before, 'and nothing was written');
};

subtest 'sandbox: whoever asks' => sub {
  my $asked = sub { my ($role, $run, $size) = @_; return $json->decode(value($node, "SET ROLE $role; SELECT qfs_api.sandbox('$run->[0]', '$run->[1]', $size)", 'past')) };
  for my $run (@RUNS) {
    my $anybody = $asked->('qfs_anon', $run, $COUNT - 1);
    my $whole = $run->[0] =~ /^(?:sybil_ring|rollback)$/;
    is($anybody->{size}, $whole ? $COUNT - 1 : epoch_floor($COUNT - 1), $whole ? "$run->[0] is asked of any size" : "$run->[0] is answered of whole epochs");
    is($json->encode($asked->($_, $run, $anybody->{size})), $json->encode($anybody), "of that size $_ gets the same answer") for qw(qfs_user qfs_auditor qfs_operator);
  }
  refused($node, q{SET ROLE qfs_auditor; SELECT qfs.sandbox('alpha', '{"value": 1}', '{}', 1, 1)}, '42501', 'which policy is in force nobody says but the ledger', 'past');
  refused($node, qq{SELECT qfs.sandbox('alpha', '{"value": 1}', (SELECT policy FROM qfs.policy ORDER BY seq LIMIT 1), 1, $COUNT)}, 'QFS_STATE_MISMATCH', 'or it is found out', 'past');
};

subtest 'sandbox: nonsense' => sub {
  for my $row (
    [ q{'sybil', '{}'} => 'QFS_TEMPLATE_UNKNOWN', 'PT404', qr/sybil/ ],
    [ q{'sybil_ring', '{"wallets": 201}'} => 'QFS_TEMPLATE_PARAMS', '22023', qr/params\.wallets: it is out of range; it is 201, and may be 1 to 200/ ],
    [ q{'sybil_ring'} => 'QFS_TEMPLATE_PARAMS', '22023', qr/params\.wallets: it is missing, and may be 1 to 200/ ],
    [ q{'sybil_ring', '[]'} => 'QFS_TEMPLATE_PARAMS', '22023', qr/params: it must be an object/ ],
    [ q{'alpha', '{"value": 0.5}'} => 'QFS_JSON_NUMBER', '22P02', qr/0\.5/ ],
    [ q{'change', '{"key": "block_ms", "value": 5}'} => 'QFS_TEMPLATE_PARAMS', '22023', qr/params\.key: the key is fixed/ ],
    [ q{'change', '{"key": "referral.cap", "value": 1001}'} => 'QFS_POLICY_INVALID', '22023', qr/params\.value: policy\.referral\.tiers/ ],
    [ q{'alpha', NULL} => 'QFS_ARGUMENT', '22023', qr/null/ ],
    [ q{NULL} => 'QFS_ARGUMENT', '22023', qr/null/ ],
    [ q{'alpha', '{"value": 1}', 0} => 'QFS_SIZE_UNKNOWN', '22023', qr/0 was asked for/ ],
    [ q{'alpha', '{"value": 1}', 1000000000} => 'QFS_SIZE_UNKNOWN', '22023', qr/1000000000 was asked for/ ])
  {
    my ($arguments, $code, $sqlstate, $detail) = @$row;
    my $error = refused($node, "SELECT qfs_api.sandbox($arguments)", $code, $arguments, 'past');
    is($error->{sqlstate}, $sqlstate, 'as SQLSTATE');
    like($error->{detail}, $detail, 'what, and why');
  }
  refused($node, q{SET qfs.what_if_entries = 10; SELECT qfs_api.sandbox('alpha', '{"value": 1}')}, 'QFS_WHATIF_LIMIT', 'more entries than are computed', 'past');
  for my $row (
    [ [ '--template', 'sybil' ] => qr/QFS_TEMPLATE_UNKNOWN: .*\(sybil\)/ ],
    [ [ '--template', 'alpha', '--params', '{"value":2}' ] => qr/QFS_TEMPLATE_PARAMS: .*params\.value: it is out of range; it is 2, and may be 0 to 1/ ],
    [ [ '--template', 'alpha', '--params', '{"value":' ] => qr/--params: / ],
    [ [ '--template', 'alpha', '--params', '{"value":1}', '--from', 5 ] => qr/--changes, --actions and --from are a question in its own words/ ],
    [ [ '--template', 'alpha', '--params', '{"value":1}', '--size', 1_000_000 ] => qr/QFS_SIZE_UNKNOWN/ ],
    [ [ '--params', '{"value":1}' ] => qr/--params are those of a --template/ ])
  {
    my ($arguments, $why) = @$row;
    my ($exit, $out, $err) = qfs_verify('what-if', $EXPORT, @$arguments);
    is("$exit $out", '2 ', "@$arguments");
    like($err, $why, 'why');
  }
  my ($exit, $out, $err) = qfs_verify('what-if', $EXPORT, '--template', 'alpha', '--params', '{"value":1}', '--expect', '0' x 64);
  is($exit, 1, 'another answer than was expected');
  like($err, qr/result_hash is another one/, 'which is said');
  like((qfs_verify('ledger', $EXPORT, '--template', 'alpha'))[2], qr/belong to qfs-verify what-if/, 'the ledger is verified without a question');
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
