# 032_doors.pl - every door, with every role: nothing that is given away holds a string that its reader may not see.
use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256);
use JSON::PP;
use MIME::Base64 qw(decode_base64);
use QfsTest;
use QfsClient;
use QfsHistory;
use QfsWallet;
use Test::More;

my $SIZE = $ENV{QFS_DOORS_EVENTS} // 260;
my $seed = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $json    = JSON::PP->new->utf8->canonical;
my $node    = new_node('doors');
my $history = QfsHistory->new($node, 'doors', accounts => 8, clients => 1, holders => 3);
# Numbers of entries that no other number can be taken for.
my $BASE = 20_000;
append($node, $BASE, 'doors');
$history->run($BASE + $SIZE);
is(join("\n", @{ $history->{wrong} }), '', 'what was refused was refused for a reason we know');
my $client = QfsClient->wait_for($node, database => 'doors');

# ---- the secrets: every long string of what is not public, and the entries that hold it ----

my ($filled) = $client->value("SELECT min(seq) FROM qfs.ledger WHERE type = 'NOTE'");
my @entries = map { $json->decode($_->[0]) } @{ $client->query("SELECT qfs.export(0, $filled - 1)")->{rows} },
  @{ $client->query("SELECT qfs.export($filled + $BASE)")->{rows} };
my %entry_at = map { ($_->{seq} => $_) } @entries;

# Strings that nobody guesses: ids, hashes, keys, signatures.  Accounts, codes and what profiles show are no secret.
sub strings_of {
  my ($value) = @_;
  return ref $value eq 'HASH' ? (map { strings_of($_) } values %$value) : ref $value eq 'ARRAY' ? (map { strings_of($_) } @$value)
    : defined $value && $value =~ /^(?:0x)?[A-Za-z0-9_-]{32,}$/ && $value !~ /^user_/ ? ($value) : ();
}

my %no_secret;
for my $entry (@entries) {
  $no_secret{$_} = 1 for is_public($entry) ? strings_of([ @{$entry}{qw(act payload sig outcome)} ]) : ();
  $no_secret{ $_->{state}{chat_key} // '' } = $no_secret{ $_->{state}{profile} // '' } = 1
    for grep { $_->{kind} eq 'standing' } @{ $entry->{accounts} };
  $no_secret{ $entry->{outcome}{policy} // '' } = 1;
}
# Profiles show wallets.
my @wallets = map { $_->[0] } @{ $client->query('SELECT wallet FROM qfs.account')->{rows} };
$no_secret{$_} = 1 for @wallets;
# Digests of sessions are told to whoever a session's authority is explained to: they say how many there are, and no more.
my %digest = map { ($_ => 1) } map { @{ $_->{state}{sessions} } } grep { $_->{kind} eq 'access' } map { @{ $_->{accounts} } } @entries;
# A chat key is one thing in two spellings.
sub is_chat_key { my ($s) = @_; return length $s == 43 && $no_secret{ unpack 'H*', MIME::Base64::decode_base64url($s) } }

# Who may see what of an entry, by docs/format.md.
sub is_party {
  my ($reader, $entry) = @_;
  my $touched = grep { $_->{account} eq $reader } @{ $entry->{accounts} };
  return $entry->{act}{actor} eq $reader || ($entry->{payload}{recipient} // '') eq $reader ||
    ($touched && ($entry->{act}{actor} eq 'system' || $entry->{act}{type} eq 'COHERENCE_SCORED'));
}

my %where;    # string => list of [entry, the part's account and kind, or nothing for the act]
for my $entry (@entries) {
  push @{ $where{$_} }, [$entry] for strings_of([ @{$entry}{qw(act payload sig outcome)} ]);
  # It gives the salts of all parts.
  push @{ $where{ $entry->{salt} } }, [ $entry, undef, 1 ];
  for my $part (@{ $entry->{accounts} }) {
    push @{ $where{$_} }, [ $entry, $part ] for strings_of([ @{$part}{qw(state was)} ]);
  }
}
delete @where{ keys %no_secret };
delete $where{$_} for grep { is_chat_key($_) } keys %where;
cmp_ok(scalar keys %where, '>', 2 * $SIZE, 'there are secrets');

sub sees_part {
  my ($reader, $entry, $part) = @_;
  return $part->{account} eq $reader || ($part->{kind} eq 'ties' && ($part->{state}{referrer} // '') eq $reader) || ($part->{kind} eq 'standing' && is_party($reader, $entry));
}

sub sees_all {
  my ($reader, $entry) = @_;
  my @hidden = grep { !sees_part($reader, $entry, $_) } @{ $entry->{accounts} };
  return (is_public($entry) || is_party($reader, $entry)) && !@hidden;
}

my %may;      # reader => { string => may be seen }
sub may_see {
  my ($reader, $string) = @_;
  return $may{$reader}{$string} //= scalar grep {
    my ($entry, $part, $all) = @$_;
    $all ? sees_all($reader, $entry) : $part ? sees_part($reader, $entry, $part) : is_party($reader, $entry)
  } @{ $where{$string} };
}

# ---- numbers: those of entries that one shares, and of what these name ----

# Everything of an entry that a reader is shown: parts of accounts, and whether the act is.
sub shown_parts { my ($reader, $entry) = @_; return grep { sees_part($reader, $entry, $_) } @{ $entry->{accounts} } }

# [entry, account, kind] that it names as those before, to this reader.
sub named_by {
  my ($reader, $entry) = @_;
  my $read = is_party($reader, $entry) ? $entry->{outcome}{read} // {} : {};
  return grep { defined $_->[0] } (map { [ @{$_}{qw(previous account kind)} ] } shown_parts($reader, $entry)),
    map { my $account = $_; map { [ $read->{$account}{$_}, $account, $_ ] } keys %{ $read->{$account} } } keys %$read;
}

# Entries of which parts tell: when an account began, when its invitation was used and paid; a guard compares when two began.
sub told_in { my (@parts) = @_; return grep { defined } map { @{ $_->{state} }{qw(created used settled)} } @parts }
sub compared_in { my ($entry) = @_; return map { @{$_}{qw(bound observed)} } grep { $_->{guard} eq 'REFERRER_NOT_OLDER' } @{ $entry->{outcome}{guards} // [] } }

# Of each reader: numbers that any door may give, and those that explanations may, which show the parts of entries that are named, each of which names another.
my %numbers;
sub numbers_for {
  my ($reader) = @_;
  return @{ $numbers{$reader} //= do {
    my (%any, %told);
    for my $entry (@entries) {
      my @shown = shown_parts($reader, $entry);
      my $is_party = is_party($reader, $entry);
      next unless is_public($entry) || $is_party || @shown;
      $any{$_} = 1 for $entry->{seq}, told_in(@shown), $is_party ? compared_in($entry) : ();
      # What everybody sees tells everybody what it looked at, too; explanations show of that what is one's own.
      $any{$_} = 1 for !is_public($entry) ? () : grep { defined } map { (values %$_) } values %{ $entry->{outcome}{read} // {} };
      for my $named (named_by($reader, $entry)) {
        my ($seq, $account, $kind) = @$named;
        my @parts = grep { $_->{account} eq $account && $_->{kind} eq $kind } @{ $entry_at{$seq}{accounts} };
        $any{$seq} = 1;
        $told{$_} = 1 for told_in(@parts), grep { defined } map { $_->{previous} } @parts;
      }
    }
    [ \%any, { %any, %told } ];
  } };
}

# What leaks in an answer: what is not in the question.
sub leaks {
  my ($reader, $door, $answer) = @_;
  my $tells = $door =~ /explain_(?:session|message)/;
  my %found = map { ($_ => 1) } grep { $where{$_} && !may_see($reader, $_) && !($tells && $digest{$_}) && index($door, $_) < 0 } $answer =~ /((?:0x)?[A-Za-z0-9_-]{32,})/g;
  return sort keys %found, numbers_leaked($reader, $door, $answer);
}

# Heads are everybody's, and so are their numbers; in the bytes of a tile there are digits by chance.
my $HEADS = qr/^(?:\w+\()*qfs_api\.(?:head|entry_head|entry_bundle|tile|tlog_proof)\b/;
sub numbers_leaked {
  my ($reader, $door, $answer) = @_;
  return if $door =~ $HEADS;
  # One more or less than what stands beside it, which may be the number of anything.
  $answer =~ s/"turns_at": "?\d+//g;
  my ($any, $told) = numbers_for($reader);
  my $may = $door =~ /explain_|explanation|statement/ ? $told : $any;
  my %number = map { ($_ => 1) } grep { $entry_at{$_} && $_ >= $BASE && !$may->{$_} && $door !~ /\b$_\b/ } $answer =~ /(?<![\w.-])(\d{5,9})(?![\w.])/g;
  return map { "number $_" } keys %number;
}

# ---- the doors ----

# The doors that say what would come of an act: both ask the same simulation.
sub act_doors {
  my ($type, $payload) = @_;
  return ("qfs_api.preview('$type', $payload)", "(qfs_api.what_if(actions => jsonb_build_array(jsonb_build_object('type', '$type', 'payload', $payload))) -> 'steps')");
}

my ($size)  = $client->value('SELECT size FROM qfs.head()');
my @threads = map { $_->[0] } @{ $client->query('SELECT thread FROM qfs.thread')->{rows} };
my @users   = map { $_->{user} } @{ $history->{accounts} };

my @seqs = map { $_->{seq} } @entries;
my @holders   = map { $_->{user} } @{ $history->{holders} };
my @proposals = map { $_->{seq} } grep { $_->{act}{type} eq 'PROPOSAL_CREATED' } @entries;
my @of_entries = map { my $f = $_; map { "$f($_)" } @seqs } 'qfs_api.entry', 'qfs_api.entry_head', 'qfs_api.explain_entry',
  'qfs_api.explain_session', 'qfs_api.tlog_proof';
my @doors = (
  @of_entries,
  (map { my $n = $_; ("qfs_api.explain_reward('$n')", map { "qfs_api.explain_coherence('$_', $n)" } @users) } @seqs),
  (map { ("qfs_api.profile('$_')", "qfs_api.coherence('$_')", "qfs_api.chat_key('$_')", "qfs_api.explain_coherence('$_')", "qfs_api.account_statement('$_')") } @users),
  (map { my $t = $_; ("qfs_api.messages('$t')", map { ("qfs_api.explain_message('$t', $_)", map { my $u = $_; "qfs_api.explain_message('$t', 1, '$u')" } @users) } 1 .. 3) } @threads),
  qw(qfs_api.policy() qfs_api.event_types() qfs_api.head() qfs_api.vkey() qfs_api.checkpoint() qfs_api.profile() qfs_api.coherence()
    qfs_api.history() qfs_api.inbox() qfs_api.sessions() qfs_api.referral_stats() qfs_api.referral_code() qfs_api.account_statement()
    qfs_api.since()), "qfs_api.since($seqs[-1] - 100)", "qfs_api.consistency_proof(3, $size)",
  "encode(qfs_api.tile(0, 0), 'escape')", q{regexp_replace(encode(qfs_api.tile(0, 0), 'hex'), '.{64}', '\& ', 'g')}, "convert_from(qfs_api.entry_bundle($size / 256, ($size % 256)::integer), 'UTF8')",
  "(SELECT string_agg((to_jsonb(l) - 'seq')::text, ' ') FROM qfs_api.ledger l WHERE l.seq >= $BASE)",
  (map { my $n = $_; ("qfs_api.vote_chain($n)", "qfs_api.explain_tally($n)", map { "qfs_api.explain_vote($n, '$_')" } @users, @holders) } @proposals),
  'qfs_api.token_guard_map()', 'qfs_api.principles()', (map { "qfs_api.guard_history('$_', NULL, 200) #- '{next}' #- '{size}'" } sort keys %{ JSON::PP->new->decode($client->value('SELECT qfs.blocked_counts()')) }), q{qfs_api.advice('entry:1')}, 'qfs_api.advice_models()',
  # Where epochs end, and so how many entries they have, heads say to everybody.
  (map { "qfs_api.what_if($_) #- '{from}' #- '{size}' #- '{direct,same}'" } q{'{"referral": {"cap": 1}}'}, qq{'{"ttl_blocks": 5}', '[]', $BASE}, q{'{}', '[{"type": "REFERRAL_USE", "payload": {"code": "x"}}]'}),
  (map { "qfs_api.consequence_map($_) #- '{what_if,from}' #- '{what_if,size}' #- '{what_if,direct,same}'" } @proposals, map { "changes => $_" } q{'{"referral": {"cap": 1}}'}, q{'{"limits": {"messages_per_minute": 0}}'}),
  # So they do of what is asked by name.
  (map { "qfs_api.sandbox($_) #- '{from}' #- '{size}' #- '{head}' #- '{result_hash}' #- '{result,direct,same}'" } q{'change', '{"key": "referral.cap", "value": 1}'}, q{'limits', '{"factor": 0}'}, q{'sybil_ring', '{"wallets": 2}'}, q{'rollback', '{"changes": {"ttl_blocks": 5}}'}),
  'qfs_api.sandbox_templates()',
  (map { "qfs_api.reflect($_)" } @seqs),
  'qfs_api.explanation_schema()', q{qfs_api.explanation('parameter', 'key:referral.cap')}, q{qfs_api.explanation_with_advice('parameter', 'key:referral.cap')},
  q{qfs_api.explanation('what_if', question => '{"changes": {"referral": {"cap": 1}}}') #- '{decided,inputs}' #- '{decided,direct,same}' #- '{snapshot,size}' #- '{evidence}'},
  q{qfs_api.explanation('consequence_map', question => '{"changes": {"referral": {"cap": 1}}}') #- '{decided,inputs}' #- '{decided,what_if,from}' #- '{decided,what_if,size}' #- '{decided,what_if,direct,same}' #- '{snapshot,size}' #- '{evidence}'},
  (map { my $n = $_; map { "qfs_api.explanation('guard_decision', 'entry:$n/$_')" } qw(REFERRAL_CAP REFERRER_NOT_OLDER FLX_PER_USER_CAP WINDOW_CLOSED) } @seqs),
  (map { my $n = $_; map { "qfs_api.explanation('$_', 'proposal:$n')" } qw(proposal vote tally execution) } @proposals),
  (map { my $code = $_->{code}; act_doors('REFERRAL_USE', qq('{"code": "$code"}'::jsonb)) } @{ $history->{accounts} }), act_doors('PROFILE_UPDATE', q('{}'::jsonb)),
  (map { my $u = $_; map { act_doors('MESSAGE', "jsonb_build_object('alg', 'x25519-hkdf-aes256gcm', 'hash', repeat('cc', 32), 'recipient', '$u', 'seq', $_, 'size', 20, 'thread', qfs.thread(coalesce(qfs.current_user_id(), '$u'), '$u'))") } 1 .. 3 } @users),
  'qfs_api.governance()', 'qfs_api.vote_chain(1)', 'qfs_api.explain_tally(1)', 'qfs_api.explain_vote(1)',
  (map { "(SELECT string_agg(to_jsonb(v)::text, ' ') FROM qfs_api.$_ v)" } qw(proposals votes tallies seats policy_keys)),
);

# Those that do something, or give what is of nobody.
my %does = map { ($_ => 1) } qw(auth_challenge auth_login auth_nonce app cancel_proposal create_content deliver erase_message erase_profile events_batch hold_fewer mark_read page_error page_module
  pre_request propose publish_chat_key score_content send_message session_revoke session_rotate set_profile settle socket_identity
  use_referral vote wallet_text);
my %walked = map { ($_ => 1) } map { /qfs_api\.(\w+)/ } @doors;
my @open = map { $_->[0] } @{ $client->query(q{SELECT DISTINCT proname FROM pg_proc p WHERE pronamespace = 'qfs_api'::regnamespace AND has_function_privilege('qfs_user', p.oid, 'EXECUTE')
    UNION SELECT relname FROM pg_class c WHERE relnamespace = 'qfs_api'::regnamespace AND relkind IN ('r', 'v', 'm') AND has_any_column_privilege('qfs_user', c.oid, 'SELECT') ORDER BY 1})->{rows} };
is(join(' ', grep { !$walked{$_} && !$does{$_} } @open), '', 'no door is open that nobody goes through');

sub walk {
  my ($role, $reader, $token, @through) = @_;
  my @leaks;
  my $answered = 0;
  @through = @doors if !@through;
  for my $door (@through) {
    my $begin = "BEGIN; SET LOCAL ROLE $role" . ($token ? '; SELECT qfs.authenticate(' . QfsWallet::literal($token) . ')' : '');
    my $answer = $client->query("$begin; SELECT d::text FROM (SELECT $door AS d) x; ROLLBACK");
    $client->query('ROLLBACK') if $answer->{error};
    my $text = $answer->{error} ? join ' ', grep { defined } @{ $answer->{error} }{qw(message detail)} : join ' ', map { $_->[0] // '' } @{ $answer->{rows} };
    $answered++ if !$answer->{error} && length $text;
    push @leaks, map { "$door: $_ of " . join(',', map { "$_->[0]{seq} $_->[0]{act}{type}" . ($_->[1] ? " $_->[1]{kind}" : '') } @{ $where{$_} // [] }) } leaks($reader, $door, $text);
  }
  note("$reader: $answered of " . @through . ' doors answered');
  return (\@leaks, $answered);
}

my ($leaks, $answered) = walk('qfs_anon', 'nobody');
is(join("\n", @$leaks), '', 'nobody who is not signed in is given a secret');
cmp_ok($answered, '>', $SIZE, 'and doors were open to them');
# Of what nobody has proposed and voted on, these doors have nothing to tell.
for my $type (qw(PROPOSAL_CREATED VOTE_CAST PROPOSAL_TALLIED PROPOSAL_EXECUTED)) {
  cmp_ok(scalar(grep { $_->{act}{type} eq $type } @entries), '>', 0, "$type: among the entries that are walked through");
}
for my $name (qw(vote_chain explain_tally explain_vote proposals votes tallies seats)) {
  my (undef, $told) = walk('qfs_anon', 'nobody', undef, grep { /qfs_api\.$name\b/ } @doors);
  cmp_ok($told, '>', 0, "$name: told of governance");
}
for my $account (grep { $_->{token} } @{ $history->{accounts} }) {
  ($leaks, $answered) = walk('qfs_user', $account->{user}, $account->{token});
  is(join("\n", @{$leaks}[ 0 .. ($#$leaks > 9 ? 9 : $#$leaks) ]), '', "account $account->{number} is given none of others'");
  cmp_ok($answered, '>', $SIZE, 'and doors were open to it');
}

# ---- whoever has all heads and the source cannot confirm a guess ----

# A payload is one of ten, all else of the entry is known.  Each salt and each prefix that follow from what is public is tried, and no salt.
{
  my ($entry) = grep { $_->{act}{type} eq 'MESSAGE' } @entries;
  my $head = $json->decode($client->query("SET ROLE qfs_anon; SELECT qfs_api.entry_head($entry->{seq}); RESET ROLE")->{rows}[-1][0]);
  my $hash = sub { sha256(join '', @_) };
  my $derived = sub { my ($salt) = @_; return substr $hash->("\3", $salt, 'payload'), 0, 16 };
  my @known = map { pack 'H*', $_ } grep { /^[0-9a-f]{64}$/ } values %$head, $head->{prev}, $client->value("SELECT hash FROM qfs.ledger WHERE seq = $entry->{seq}");
  my @salts = map { ($_, $derived->($_)) } '', "\0" x 16, "\0" x 32, pack('Q>', $entry->{seq}), pack('Q>', $entry->{at}), map { ($_, substr($_, 0, 16)) } @known;
  my $confirmed = sub {
    my ($guess, @try) = @_;
    my $json_of = $json->encode($guess);
    my %public = map { ($_ => 1) } map { pack 'H*', $_ } values %$head;
    return scalar grep { $public{$_} } map { my $salt = $_; ($hash->("\2", $salt, $json_of), $hash->($salt, $json_of), $hash->("\0", $salt, $json_of)) } @try;
  };
  my @guesses = map { { %{ $entry->{payload} }, size => $entry->{payload}{size} + $_ } } 1 .. 9;
  is(scalar(grep { $confirmed->($_, @salts) } $entry->{payload}, @guesses), 0, 'none of ' . @salts . ' salts confirms one of ten guesses, the right one among them');
  is(scalar(grep { $confirmed->($_, $derived->(pack 'H*', $entry->{salt})) } $entry->{payload}, @guesses), 1, 'with the salt, which its parties have, the right one is');
}

# ---- a profile is to others what it was at the end of the last epoch ----

{
  my $policy = $json->encode({ %{ $json->decode($QfsWallet::POLICY) }, block_ms => 1000, epoch_blocks => 5, ttl_blocks => 1_000 });
  new_ledger($node, 'epochs', policy => $policy);
  my $other = QfsClient->wait_for($node, database => 'epochs');
  my ($ann, $bob) = map { sign_in($other, $_) } 1, 2;
  my $epoch = 'SELECT ((extract(epoch FROM clock_timestamp()) * 1000)::bigint - genesis_at) / 5000 FROM qfs.ledger_state';
  my $seen  = sub {
    my ($who, $of) = @_;
    my $answer = $json->decode($other->query(as_account($who->{token}, "SELECT qfs_api.profile('$of->{user_id}'), qfs_api.coherence('$of->{user_id}')"))->{rows}[-1][0]);
    return join ' ', map { $_ // 'null' } @{$answer}{qw(joined coherence genesis_points version)};
  };
  # All within one epoch, or it is tried again in the next.
  my ($before, $mine, $theirs, $same);
  for (1 .. 4) {
    wait_until(sub { my $now = $other->value($epoch); ($before // -1) != $now and defined($before = $now) }, 'an epoch begins');
    my $version = $json->decode($other->query(as_account($ann->{token}, 'SELECT qfs_api.profile()'))->{rows}[-1][0])->{version} // 0;
    $other->query(as_account($ann->{token}, "SELECT qfs_api.set_profile('Ann $_')"));
    ($mine, $theirs) = ($seen->($ann, $ann), $seen->($bob, $ann));
    $same = $other->value($epoch) == $before and last;
  }
  ok($same, 'it was one epoch');
  my ($score) = $mine =~ /^\d+ (0\.03\d*) 0 \d+$/;
  ok($score, 'one sees one\'s own act at once') or diag($mine);
  unlike($theirs, qr/ 0\.03/, 'others do not') or diag($theirs);
  wait_until(sub { $other->value($epoch) > $before }, 'the epoch is over');
  is($seen->($bob, $ann), $mine, 'but once the epoch is over');
  is($other->query("SET ROLE qfs_anon; SELECT qfs_api.profile('$ann->{user_id}')")->{rows}[-1][0] =~ /"coherence": "$score"/, 1, 'nor is there a difference for who is not signed in');
}

# ---- the walk sees a leak: each door, opened a little too far ----

# Whoever has least to do with what others write.
my %foreign = map { ($_->{user} => $client->value("SELECT count(*) FROM qfs.message WHERE sender::text <> '$_->{user}' AND recipient::text <> '$_->{user}'")) } @{ $history->{accounts} };
my ($reader) = sort { $foreign{ $b->{user} } <=> $foreign{ $a->{user} } } grep { $_->{token} } @{ $history->{accounts} };
cmp_ok($foreign{ $reader->{user} }, '>', 0, 'there are messages that the reader has no part in');
# A session of somebody's that the reader has seen no act of.
my ($string) = grep { $where{$_} && !may_see($reader->{user}, $_) } map { $_->[0] } @{ $client->query('SELECT session FROM qfs.session ORDER BY seq')->{rows} };

my @planted = (
  [ 'a line', qr/qfs_api\.entry\(/, q{CREATE OR REPLACE FUNCTION qfs_api.entry(seq bigint) RETURNS qfs_api."text/plain" LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT qfs.entry(seq)'} ],
  [ 'the view', qr/qfs_api\.ledger/, q{CREATE OR REPLACE FUNCTION qfs.sees(type text, actor qfs.user_id, payload jsonb, accounts jsonb) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'} ],
  [ 'what guards have said', qr/qfs_api\.guard_history/, q{CREATE OR REPLACE FUNCTION qfs.sees(type text, actor qfs.user_id, payload jsonb, accounts jsonb) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'} ],
  [ 'accounts in the view', qr/qfs_api\.ledger/, q{CREATE OR REPLACE FUNCTION qfs.seen_accounts(type text, actor qfs.user_id, payload jsonb, accounts jsonb) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT accounts'} ],
  [ 'an explanation', qr/qfs_api\.explain_entry/, q{CREATE OR REPLACE FUNCTION qfs_api.explain_entry(seq bigint) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT qfs.explain(seq)'} ],
  [ 'an explained session', qr/qfs_api\.explain_session/, q{CREATE OR REPLACE FUNCTION qfs_api.explain_session(seq bigint) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT qfs.explain(seq, ''session'')'} ],
  [ 'a statement', qr/qfs_api\.account_statement/, q{CREATE OR REPLACE FUNCTION qfs_api.account_statement(user_id text DEFAULT NULL, "from" bigint DEFAULT 0, "to" bigint DEFAULT NULL) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT qfs.explain(s.last_entry, ''statement'', s.user_id) FROM qfs.standing s WHERE s.user_id::text = $1'} ],
  [ 'messages', qr/qfs_api\.messages/, q{CREATE OR REPLACE FUNCTION qfs.require_thread(thread text) RETURNS qfs.hash LANGUAGE sql STABLE AS 'SELECT thread::qfs.hash'; ALTER TABLE qfs.message NO FORCE ROW LEVEL SECURITY} ],
  [ 'sessions', qr/qfs_api\.sessions/, qq{CREATE OR REPLACE FUNCTION qfs.require_user_id() RETURNS qfs.user_id LANGUAGE sql STABLE AS 'SELECT s.user_id FROM qfs.session s WHERE s.session::text = ''$string'''} ],
);
for my $plant (@planted) {
  my ($name, $through, $sql) = @$plant;
  $node->safe_psql('doors', "SET qfs.ddl_guard = off; $sql");
  my $mine = @{ (walk('qfs_user', $reader->{user}, $reader->{token}, grep { /$through/ } @doors))[0] };
  cmp_ok($mine, '>', 0, "a leak through $name is found");
}

# Each of them: a session of somebody else's, and the number of an entry of somebody else's, in place of its answer.
my (undef, $told) = numbers_for($reader->{user});
my ($number) = grep { $_ >= $BASE && !$told->{$_} } @seqs;
ok($string && $number, 'there is a session, and an entry, that the reader knows nothing of');
my %is_view = map { ($_ => 1) } qw(ledger proposals votes tallies seats policy_keys);
for my $name (grep { $walked{$_} && !$is_view{$_} } @open) {
  my ($function, $arguments, $result, $columns) = @{ $client->query("SELECT p.oid::regprocedure, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
      (SELECT string_agg(t::regtype::text, ' ' ORDER BY n) FROM unnest(p.proallargtypes, p.proargmodes) WITH ORDINALITY x(t, m, n) WHERE m = 't')
      FROM pg_proc p WHERE pronamespace = 'qfs_api'::regnamespace AND proname = '$name'")->{rows}[0] };
  my $before = $client->value("SELECT pg_get_functiondef('$function'::regprocedure)");
  my ($door) = map { s/ #- .*//r } grep { /qfs_api\.$name\b/ } @doors;
  for my $leak ($string, $name =~ /^(?:head|entry_head|entry_bundle|tlog_proof|tile)$/ ? () : $number) {
    my %value = (text => "'$leak'", bigint => $leak eq $number ? $leak : 'NULL', jsonb => "to_jsonb('$leak'::text)", 'text[]' => "ARRAY['$leak']");
    my $answer = $columns ? 'RETURN QUERY SELECT ' . join(', ', map { ($value{$_} // 'NULL') . "::$_" } split / (?=\w)/, $columns)
      : 'RETURN ' . ($value{$result} // ($result =~ /octet/ ? "convert_to('$leak', 'UTF8')" : "'$leak'"));
    $node->safe_psql('doors', "SET qfs.ddl_guard = off; CREATE OR REPLACE FUNCTION qfs_api.$name($arguments) RETURNS $result LANGUAGE plpgsql SECURITY DEFINER AS \$\$ BEGIN $answer; END \$\$");
    my ($found) = walk('qfs_user', $reader->{user}, $reader->{token}, $door);
    ok(scalar(grep { index($_, $leak) >= 0 } @$found), ($leak eq $number ? 'a number' : 'a string') . " through $name is found") or diag($door);
  }
  $node->safe_psql('doors', "SET qfs.ddl_guard = off; $before");
}
done_testing();
