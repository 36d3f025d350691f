# 049_preview.pl - what is said of an act before it is done is what is recorded when it is done at the same time, byte for byte.
#
#   QFS_PREVIEWS    how many acts (1000)
#
# The clock of the server stands while an act is looked at and then done: by
# the account's session, through the door that its clients have.
use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256 sha256_hex);
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use QfsTest;
use QfsClient;
use QfsGovernance qw(clocked_node stop_clock);
use QfsHistory;
use QfsWallet;
use Test::More;

my $PREVIEWS = $ENV{QFS_PREVIEWS} // 1000;
my $seed = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $json    = JSON::PP->new->utf8->canonical;
my $node    = clocked_node('preview', conf => "fsync = off\nsynchronous_commit = off\nlog_statement = none");
my $history = QfsHistory->new($node, 'past', accounts => 12, holders => 4);
$history->run(400);
my $client   = $history->{helper};
my @accounts = @{ $history->{accounts} };
my $operator = $accounts[5]{user};
my $sql      = sub { return $client->value($_[0]) };
my $pick     = \&QfsHistory::pick;
my $bytes    = \&QfsHistory::random_bytes;
my $rows     = sub { return @{ $client->query($_[0])->{rows} } };

my $policy  = sub { return $sql->("SELECT policy::jsonb $_[0] FROM qfs.policy ORDER BY seq DESC LIMIT 1") };

# ---- what happens besides: time passes, accounts come, operators change what counts ----

my $at = $sql->('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint');
stop_clock($node, $at);

sub let_pass { $at += $_[0]; stop_clock($node, $at) }

sub enter {
  my ($account) = @_;
  my $given = sign_in($client, $account->{number}, device => $account->{device});
  @$account{qw(token session present)} = (@$given{qw(token session)}, 1);
  return $account;
}

# Wallets that nobody has seen; the holders have the numbers before.
my $last = 100;

sub newcomer {
  my $number = ++$last;
  my $user   = $sql->('SELECT qfs.user_id(' . literal(address_of($number)) . '::qfs.address)');
  push @accounts, enter({ number => $number, user => $user, user_id => $user, ledger => $history->{ledger}, device => rand() < 0.5 ? 1000 + $number % 12 : undef,
    code => $sql->("SELECT qfs.referral_code('$user'::qfs.user_id)") });
  return $accounts[-1];
}

my $FEW = sub { my ($name) = @_; return { limits => { $name => int rand 2 } } };

sub change_policy {
  my $changes = $pick->($FEW->('messages_per_minute'), $FEW->('threads_per_day'), $FEW->('events_per_minute'),
    map({ { limits => { messages_per_minute => 1000, threads_per_day => 1000, events_per_minute => 1000 } } } 1 .. 3),
    { referral => { cap => int rand 4 } }, { referral => { cap => 100, flx_cap => '1000000', tiers => [ { flx => '100', to => 100 } ] } }, { referral => { flx_cap => '50' } },
    { referral => { window_blocks => $pick->(0, 100_000, 100_000) } }, { referral => { activation => $pick->([], ['profile'], [ 'message_sent', 'profile' ]) } },
    { signed => $pick->(qw(all devices devices none none)) }, { signed => 'devices', signed_types => [] }, { signed_types => [ $pick->(qw(SAID CHAT_KEY REFERRAL_USE)) ] },
    { governance => { cooldown_blocks => int rand 3 } }, { governance => { deposit => $pick->('0', '0', '50') } },
    { governance => { mode => 'off' } }, map({ { governance => { mode => 'trial', threshold_percent => $_ } } } 0, 0, 30), { sessions_max => 2 + int rand 3 });
  my $answer = $client->query('SELECT qfs.set_policy(' . literal($json->encode($changes)) . ')');
  die $answer->{error}{message} if $answer->{error} && $answer->{error}{code} ne 'QFS_POLICY_INVALID';
  return;
}

sub let_things_happen {
  let_pass($pick->(0, 0, 0, 1, int rand 300, rand() < 0.1 ? 12_000 : int rand 3000));
  # Governance is not off for long.
  $sql->(q{SELECT qfs.set_policy('{"governance": {"mode": "trial"}}')}) if rand() < 0.2 && $policy->(q{#>> '{governance,mode}'}) eq 'off';
  change_policy() if rand() < 0.06;
  newcomer() if rand() < 0.03;
  $client->query('SELECT qfs.set_nod(' . literal($pick->(@accounts)->{user}) . ', ' . int(rand 40) . ", 'so many')") if rand() < 0.04;
  return;
}

# ---- acts: { as, type, payload }, and by what it is done, if not as any event: call, SQL without the last parenthesis ----

my $someone = sub { my @some = @_ ? @_ : @accounts; my $account = $pick->(@some); return $account->{token} ? $account : enter($account) };
my $by_user = sub { my ($user) = @_; my ($account) = grep { $_->{user} eq $user } @accounts; return $account && $someone->($account) };
my $seated  = sub { my %has = map { ($_->[0] => 1) } $rows->('SELECT user_id::text FROM qfs.nod WHERE nod > 0'); return $someone->(grep { $has{ $_->{user} } } @accounts) };
my $user_id = sub { return 'user_' . unpack 'H*', $bytes->(32) };
my $key_of  = sub { my $key = $sql->("SELECT chat_key::text FROM qfs.standing WHERE user_id::text = '$_[0]'"); return $key ? encode_base64url(pack 'H*', $key) : QfsHistory::random_key() };
my $content = sub { my ($content) = $pick->($rows->('SELECT content::text, author::text FROM qfs.content')); return $content // [ sha256_hex($bytes->(8)), '' ] };

sub message {
  my $me   = $someone->();
  my $peer = rand() < 0.03 ? $user_id->() : $pick->(grep { $_ != $me } @accounts[ 0 .. 7 ], $accounts[-1])->{user};
  my ($mine, $theirs) = map { pack 'H*', s/^user_//r } $me->{user}, $peer;
  my $thread = sha256("qfs:thread:v1\0" . join '', sort $mine, $theirs);
  my $column = $mine lt $theirs ? 'first_seq' : 'second_seq';
  my $seq    = 1 + ($sql->("SELECT $column FROM qfs.thread WHERE thread::text = '" . unpack('H*', $thread) . "'") // 0) + (rand() < 0.1 ? 1 : 0);
  my ($nonce, $body) = ($bytes->(12), $bytes->(17 + int rand 100));
  my $hash   = sha256_hex("qfs:message:v2\0$thread$mine$theirs" . pack('Q>', $seq) . $nonce . $body);
  my @keys   = map { $key_of->($_) } $me->{user}, $peer;
  return { as => $me, payload => { alg => 'x25519-hkdf-aes256gcm', hash => $hash, recipient => $peer, seq => $seq, size => length $body, thread => unpack 'H*', $thread },
    call => "qfs_api.send_message('$peer', $seq, " . join(', ', map { literal($_) } encode_base64url($nonce), encode_base64url($body), 'x25519-hkdf-aes256gcm', @keys) };
}

sub profile {
  my $me      = $someone->();
  my $version = 1 + ($sql->("SELECT profile_version FROM qfs.standing WHERE user_id::text = '$me->{user}'") // 0) + $pick->((0) x 8, 1, -1);
  my $name    = 'name ' . int rand 1000;
  my $salt    = $bytes->(32);
  my $text    = qq({"avatar":null,"bio":"","display_name":"$name","links":[]});
  $version    = 1 if $version < 1;
  return { as => $me, payload => { commitment => sha256_hex($salt . $text), version => $version },
    call => "qfs_api.set_profile('$name', salt => '" . encode_base64url($salt) . "', version => $version" };
}

sub chat_key {
  my $key = $pick->((QfsHistory::random_key()) x 8, encode_base64url("\0" x 32), 'x', 'x' x 43);
  return { as => $someone->(), payload => { key => $key }, call => "qfs_api.publish_chat_key('$key'" };
}

sub referral {
  my $me   = rand() < 0.4 ? newcomer() : $someone->();
  my $code = $pick->((map { $_->{code} } @accounts[ 0 .. 7 ], $me), '1' x 22, 'x');
  return { as => $me, payload => { code => $code }, call => "qfs_api.use_referral('$code'" };
}

sub create {
  my ($known) = @{ $content->() };
  my $new  = $pick->((sha256_hex($bytes->(8))) x 8, $known, 'zz');
  my $size = $pick->((int rand 1000) x 8, -1);
  return { as => $someone->(), payload => { content => $new, kind => 'text/plain', size => $size }, call => "qfs_api.create_content('$new', 'text/plain', $size" };
}

sub score {
  my ($known, $author) = @{ $content->() };
  my $me = rand() < 0.8 ? $someone->(@accounts[ 0 .. 4 ]) : $someone->();
  my %features = map { ($_ => sprintf '%.*f', 1 + rand 18, rand) } qw(clarity contradiction hsmf logic signal topic);
  $features{topic} = '1.5' if rand() < 0.05;
  delete $features{signal} if rand() < 0.05;
  $known = sha256_hex($bytes->(8)) if rand() < 0.1;
  return { as => $me, payload => { content => $known, features => \%features }, call => "qfs_api.score_content('$known', " . literal($json->encode(\%features)) };
}

sub rotate {
  my $nonce = $pick->((unpack 'H*', $bytes->(32)) x 8, 'abc', 'Z' x 64);
  my $me    = $someone->();
  return { as => $me, payload => { nonce => $nonce }, call => $nonce =~ /^\w{64}$/ && $nonce !~ /Z/ ? "qfs_api.session_rotate('$nonce'" : undef, done => sub { my $given = $json->decode($_[0]); @$me{qw(token session)} = @$given{qw(token session)} } };
}

sub revoke {
  my $me     = $someone->();
  my ($own)  = $pick->($rows->("SELECT session::text FROM qfs.session WHERE user_id::text = '$me->{user}'"));
  my ($any)  = $pick->($rows->('SELECT session::text FROM qfs.session'));
  my $which  = $pick->($me->{session}, ($own->[0]) x 3, $any->[0], unpack 'H*', $bytes->(32));
  my $reason = $pick->(('user_logout', 'device_lost') x 4, 'admin', 'bored');
  return { as => $me, payload => { reason => $reason, session => $which }, call => "qfs_api.session_revoke('$which', '$reason'" };
}

sub seats {
  my $me  = $pick->($seated->(), $seated->(), $by_user->($operator));
  # Twice in an epoch.
  $client->query("SELECT qfs.set_nod('$me->{user}', " . (40 + int rand 10) . ", 'so many')") if rand() < 0.3;
  my $nod = $sql->("SELECT nod FROM qfs.nod WHERE user_id::text = '$me->{user}'") // 0;
  my $of  = $pick->(($me->{user}) x 4, $pick->(@accounts)->{user}, 'user_me');
  return { as => $me, payload => { account => $of, nod => $pick->((int rand($nod + 1)) x 3, $nod, $nod + 1, int rand 40), reason => $pick->(('less') x 8, '') } };
}

sub propose {
  my ($track, $action) = @{ $pick->($history->some_motion, $history->some_motion, $history->some_motion, [ parameter => { policy => { block_ms => 5 } } ],
      [ parameter => { policy => { nowhere => 1 } } ], [ text => { policy => { referral => { cap => 7 } } } ], [ constitution => { nod => [] } ]) };
  return { as => rand() < 0.9 ? $seated->() : $someone->(), payload => { action => $action, text => rand() < 0.9 ? sha256_hex(rand) : 'z' x 64, title => 'a proposal', track => $track } };
}

# Of what was proposed lately, first what is open; and often something is proposed now.
my $proposal = sub {
  propose_now($_[1]) if rand() < 0.5;
  my @some = $rows->('SELECT p.seq, p.action::text, p.proposer::text, p.opens FROM qfs.proposal p JOIN qfs.tally t ON t.proposal = p.seq ORDER BY ' . ($_[0] // q{t.state = 'OPEN'}) . ' DESC, p.seq DESC LIMIT 4');
  return @some ? $pick->(@some) : [ 1, sha256_hex('none'), '', 0 ];
};

# Proposes without looking first, what is put to the vote after so many blocks; gives the act, and the entry's number or undef.
sub propose_now {
  my ($review) = @_;
  my %tracks = map { ($_ => { review_blocks => $review }) } qw(constitution emergency parameter text);
  $sql->('SELECT qfs.set_policy(' . literal($json->encode({ governance => { cooldown_blocks => 0, deposit => '0', mode => 'trial', threshold_percent => 0, tracks => \%tracks } })) . ')');
  my $act  = { %{ propose() }, type => 'PROPOSAL_CREATED' };
  my $next = do_it($act)->{size};
  return ($act, defined $next ? $next - 1 : undef);
}

sub cancel {
  # One that is not put to the vote yet.
  my ($act, $new) = rand() < 0.3 ? propose_now(20) : ();
  return { as => $act->{as}, payload => { proposal => $new } } if defined $new;
  my ($seq, undef, $proposer) = @{ $proposal->(rand() < 0.8 ? 'p.opens' : undef, 2) };
  my $me = (rand() < 0.8 && $by_user->($proposer)) || $seated->();
  return { as => $me, payload => { proposal => rand() < 0.9 ? $seq + 0 : 1 } };
}

sub vote {
  my ($seq, $action) = @{ $proposal->(undef, $pick->(0, 0, 5)) };
  my %ballot = (as => $seated->(), type => 'VOTE_CAST', payload => { action => rand() < 0.9 ? $action : sha256_hex(rand), choice => $pick->((qw(yes no abstain)) x 4, 'veto', 'perhaps'), proposal => rand() < 0.95 ? $seq + 0 : 2 });
  do_it(\%ballot) if rand() < 0.2;
  return \%ballot;
}

# What no session appends, as well formed as anybody could have it.
my %foreign = (
  DORMANCY_CLAIMED => {}, DORMANCY_SETTLED => { claim => 5 }, EVENT_TYPE => { by => 'account', schema => {}, type => 'MADE_UP' },
  FAULT_ACKNOWLEDGED => { faults => [ { reason => 'so', seq => 1 } ] }, GENESIS => {}, KEY_ROTATED => {}, POLICY_CHANGED => { policy => {} },
  PROPOSAL_EXECUTED => { proposal => 5 }, PROPOSAL_TALLIED => { proposal => 5 });

sub own {
  my ($type, $payload) = @{ $pick->([ SAID => { n => int rand 9, text => "\"a\\b\"\n" } ], [ MEASURED => { n => int rand 9 } ], [ MEASURED => { n => -1 } ], [ MEASURED => {} ],
      [ NOTE => { n => 1 } ], [ MADE_UP => {} ], [ ROW_OF_OURS => {} ], [ SAID => { text => 'x' x 65_536 } ]) };
  return { as => $type eq 'NOTE' ? $by_user->($operator) : $someone->(), type => $type, payload => $payload };
}

my %act = (CHAT_KEY => \&chat_key, COHERENCE_SCORED => \&score, CONTENT_CREATED => \&create, MESSAGE => \&message, NOD_CHANGED => \&seats, PROFILE_UPDATE => \&profile,
  PROPOSAL_CANCELLED => \&cancel, PROPOSAL_CREATED => \&propose, REFERRAL_USE => \&referral, SESSION_REVOKED => \&revoke, SESSION_ROTATED => \&rotate, VOTE_CAST => \&vote,
  '*' => \&own, map({ my $type = $_; ($type => sub { return { as => rand() < 0.5 ? $by_user->($operator) : $someone->(), payload => $foreign{$type} } }) } keys %foreign));
# An account has no door for these: see the last subtest.
my @DOORLESS = qw(LOGIN PAYLOAD_ERASED SERVER_CHANGED);
my %IS_SIGNED = map { ($_ => 1) } qw(NOD_CHANGED PROPOSAL_CANCELLED PROPOSAL_CREATED VOTE_CAST);

# ---- before and after ----

# READ ONLY: whatever it is that is said, nothing is written.
sub preview {
  my ($act) = @_;
  my $actions = $json->encode([ { payload => $act->{payload}, type => $act->{type} } ]);
  my $answer  = $client->query('BEGIN READ ONLY; SELECT qfs.authenticate(' . literal($act->{as}{token}) . '); SELECT r, '
    . q{qfs.canonical(r #> '{steps,0,outcome}'), qfs.canonical(r #> '{steps,0,accounts}') FROM qfs.simulate(} . literal($actions) . ') r; COMMIT');
  die "$actions: $answer->{error}{message} $answer->{error}{detail}" if $answer->{error};
  my ($said, $outcome, $accounts) = @{ $answer->{rows}[-1] };
  $said = $json->decode($said);
  return { at => $said->{at}, size => $said->{next}, policy => $said->{policy}{hash}, error => $said->{steps}[0]{error} // 'none', outcome => $outcome, accounts => $accounts };
}

# SQL that does it: signed by the device of the session where that has to be, or by the wallet where the session has none and the wallet may.
sub deed {
  my ($act) = @_;
  my ($me, $type) = ($act->{as}, $act->{type});
  my ($signed, $types) = map { $policy->($_) } q{->> 'signed'}, q{-> 'signed_types'};
  my $nonce   = 0 + $sql->("SELECT coalesce(max(event_nonce), 0) + 1 FROM qfs.nonce WHERE user_id::text = '$me->{user}'");
  my $payload = $json->encode($act->{payload});
  if ($IS_SIGNED{$type} && !defined $me->{device}) {
    my $what = join ', ', literal($type), literal($payload), $nonce;
    my $sig  = ask(do => 'sign', wallet => $me->{number}, message => $sql->("SELECT qfs_api.wallet_text($what)"))->{signature};
    return "BEGIN; SET LOCAL ROLE qfs_anon; SELECT qfs_api.deliver($what, " . literal($sig) . '); COMMIT';
  }
  my $auth = defined $me->{device} && ($IS_SIGNED{$type} || $signed ne 'none' || grep { $_ eq $type } @{ $json->decode($types) }) ?
    event_signature($me->{device}, actor => $me->{user}, ledger => $me->{ledger}, nonce => $nonce, payload => $act->{payload}, type => $type) : undef;
  return as_account($me->{token}, "SELECT $act->{call}" . (defined $auth ? ', auth => ' . literal($auth) : '') . ')') if $act->{call};
  return as_account($me->{token}, 'SELECT qfs_api.events_batch(' . literal($json->encode([ { payload => $act->{payload}, type => $type, $auth ? (auth => $json->decode($auth)) : () } ])) . ')');
}

# What is recorded then, in the same form.
sub do_it {
  my ($act) = @_;
  my $answer = $client->query(deed($act));
  if (my $error = $answer->{error}) {
    $client->query('ROLLBACK');
    return { error => $error->{code} || "$error->{sqlstate} $error->{message}", outcome => 'null', accounts => '[]' };
  }
  $act->{done}->($answer->{rows}[-1][0]) if $act->{done} && $act->{call};
  my ($entry) = $rows->(qq{SELECT l.at, l.seq + 1, (SELECT encode(sha256(convert_to(p.policy::text, 'UTF8')), 'hex') FROM qfs.policy p ORDER BY p.seq DESC LIMIT 1), l.type, l.actor::text, qfs.canonical(l.outcome),
    (SELECT qfs.canonical(coalesce(jsonb_agg(a ORDER BY n), '[]')) FROM jsonb_array_elements(l.accounts) WITH ORDINALITY x(a, n) WHERE a ->> 'account' = '$act->{as}{user}')
    FROM qfs.ledger l ORDER BY seq DESC LIMIT 1});
  my %recorded = (error => 'none');
  @recorded{qw(at size policy type actor outcome accounts)} = @$entry;
  die "the last entry is another: $recorded{type}" if delete($recorded{type}) ne $act->{type} || delete($recorded{actor}) ne $act->{as}{user};
  return \%recorded;
}

# Every line: what was said, and what was recorded instead; of what is refused there is no time, number or policy.
sub differences {
  my ($said, $recorded) = @_;
  return map { "$_: $said->{$_}, not $recorded->{$_}" } grep { defined $recorded->{$_} && $said->{$_} ne $recorded->{$_} } qw(error at size policy outcome accounts);
}

# An act that a session could begin with; of those that are wrong the door may have its own word before the rule is asked.
sub next_act {
  my ($type) = @_;
  let_things_happen();
  my $act = $act{$type}->();
  # Where it is open already.
  ($act) = propose_now(0) if $type eq 'PROPOSAL_CREATED' && rand() < 0.3;
  $act->{type} //= $type;
  # A session that was displaced or has been ended has no say.
  enter($act->{as}) if $sql->("SELECT NOT EXISTS (SELECT FROM qfs.session WHERE session::text = '$act->{as}{session}' AND ended IS NULL)") eq 't';
  return $act;
}

$sql->(q{SELECT qfs.register_event_type('MEASURED', '{"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]}', 'account')});
$sql->('SELECT qfs.set_policy(' . literal($json->encode({ operators => [$operator] })) . ')');
enter($_) for @accounts;

my @often = map { ($_, $_) } grep { !$foreign{$_} } sort keys %act;
my @types = (@often, @often, sort keys %foreign);
my (%count, %errors, %guards);
my ($wrong, $settled) = (0, 0);

sub complain {
  my ($act, @differences) = @_;
  return if $wrong++ >= 10;
  diag(join "\n", "$act->{type} of $act->{as}{user}, " . ($act->{call} // 'events_batch') . ': ' . substr($json->encode($act->{payload}), 0, 500), @differences);
}

for my $n (1 .. $PREVIEWS) {
  my $type   = $types[ $n % @types ];
  my $act    = next_act($type);
  my $before = $n % 10 ? undef : $sql->('SELECT qfs.state_hash()');
  my $size   = $sql->('SELECT size FROM qfs.head()');
  my $said   = preview($act);
  my @wrong  = defined $before && $sql->('SELECT qfs.state_hash()') ne $before ? 'the state is another' : ();
  push @wrong, differences($said, do_it($act));
  complain($act, @wrong) if @wrong;
  my $outcome = $json->decode($said->{outcome});
  $count{$type}{ $said->{error} eq 'none' ? $outcome->{status} // 'OK' : 'REFUSED' }++;
  $errors{ $said->{error} }++;
  $guards{"$_->{guard} $_->{result}"}++ for $outcome ? @{ $outcome->{guards} // [] } : ();
  $settled++ if $said->{size} - $size > ($said->{error} eq 'none');
}
is($wrong, 0, "what was said of $PREVIEWS acts is what was recorded of them");

subtest 'of every type, what is taken, what a guard blocks, and what is refused' => sub {
  my @known = sort map { $_->[0] } $rows->(q{SELECT r ->> 'id' FROM jsonb_array_elements(qfs.catalogue() -> 'rules') r});
  is(join(' ', @known), join(' ', sort @DOORLESS, grep { $_ ne '*' } keys %act), 'no type is left out');
  for my $type (sort keys %count) {
    my %of = (OK => 0, BLOCKED => 0, REFUSED => 0, %{ $count{$type} });
    note(sprintf '%-20s %s', $type, join ', ', map { "$_ $of{$_}" } sort keys %of);
    next if $PREVIEWS < 1000;
    cmp_ok($of{OK} + $of{BLOCKED} + $of{REFUSED}, '>=', $foreign{$type} ? 10 : 20, "$type: often enough");
    cmp_ok($of{REFUSED}, '>', 0, "$type: refused");
    cmp_ok($of{OK}, '>', 0, "$type: taken") if !$foreign{$type};
    cmp_ok($of{BLOCKED}, '>', 0, "$type: blocked") if $type =~ /^(?:NOD_CHANGED|PROPOSAL_CREATED|REFERRAL_USE|VOTE_CAST)$/;
  }
  note(join ', ', map { "$_ $errors{$_}" } sort keys %errors);
  note(join ', ', map { "$_ $guards{$_}" } sort keys %guards);
  cmp_ok($settled, '>', 0, "$settled times something was due before") if $PREVIEWS >= 1000;
};

# A policy under which nothing is in the way.
sub be_quiet {
  $sql->('SELECT qfs.set_policy(' . literal($json->encode({ limits => { events_per_minute => 1000 }, signed => 'none', signed_types => [], governance => { mode => 'trial' } })) . ')');
  let_pass(120_000);
  $sql->('SELECT qfs.settle()');
  return;
}

# What a door of its own appends, and no session.
subtest 'what no door of an account takes' => sub {
  be_quiet();
  my $me = enter($pick->(@accounts));
  my %payload = map { ($_->[0] => $json->decode($_->[1])) } $rows->(q{SELECT DISTINCT ON (type) type, payload FROM qfs.ledger WHERE type = 'LOGIN'});
  my ($server) = $rows->(q{SELECT payload -> 'server' FROM qfs.ledger WHERE seq = 0});
  $payload{PAYLOAD_ERASED} = { reason => 'so', seq => 5 };
  $payload{SERVER_CHANGED} = { changed => ['version'], reason => undef, server => $json->decode($server->[0]) };
  for my $type (@DOORLESS) {
    my $act = { as => $me, payload => $payload{$type}, type => $type };
    is(preview($act)->{error}, 'QFS_FORBIDDEN', "$type: said to be refused");
    is(do_it($act)->{error}, 'QFS_TYPE_FUNCTION', "$type: refused");
  }
};

# ---- does the comparison see a difference? ----

# The names of what differs, if this comes between what is said and what is done.
sub after {
  my ($comes, $act, $other) = @_;
  my $said = preview($act);
  $comes->();
  return join ' ', map { /^(\w+)/ } differences($said, do_it($other // $act));
}

subtest 'differences are seen' => sub {
  be_quiet();
  my $me  = enter($accounts[0]);
  my $key = sub { my $key = QfsHistory::random_key(); return { as => $me, type => 'CHAT_KEY', payload => { key => $key }, call => "qfs_api.publish_chat_key('$key'" } };
  is(after(sub { }, $key->()), '', 'nothing comes between');
  is(after(sub { }, $key->(), $key->()), 'accounts', 'another payload');
  is(after(sub { let_pass(1) }, $key->()), 'at', 'a millisecond');
  is(after(sub { do_it($key->()) }, $key->()), 'size accounts', 'another act');
  my $said = { as => $me, type => 'MEASURED', payload => { n => 1 } };
  is(after(sub { $sql->(q{SELECT qfs.set_policy('{"referral": {"points": 19}}')}) }, $said), 'size policy outcome', 'another policy');
  is(after(sub { $sql->(q{SELECT qfs.set_policy('{"limits": {"events_per_minute": 0}}')}) }, $said), 'error outcome', 'one that refuses it');
};

$history->close;
done_testing();
