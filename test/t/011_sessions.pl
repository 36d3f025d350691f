# 011_sessions.pl - sessions are what the ledger says: replayed at every prefix, copied, after a crash, and under attack.
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use QfsTest;
use QfsClient;
use QfsForge;
use QfsWallet;
use Test::More;
use Time::HiRes qw(time usleep);

my $STEPS   = $ENV{QFS_SESSION_STEPS} // 160;
my $WALLETS = 12;
my $seed    = $ENV{QFS_SEED} // time() * 1000 % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $node = new_node('sessions', streaming => 1);
my $json = JSON::PP->new->utf8->canonical;

# ---- a random ledger, and the session table as it was after every entry ----

# Sessions of five seconds, so that some expire while we look.
my $policy = $json->decode($POLICY);
$policy = $json->encode({ %$policy, block_ms => 1000, ttl_blocks => 5 });
new_ledger($node, 'random', policy => $policy);
my $client = QfsClient->wait_for($node, database => 'random');
$client->value(q{SELECT qfs.register_event_type('SAID', '{}', 'account')});
my $operator = $client->value('SELECT qfs.user_id(' . literal(address_of(0)) . '::qfs.address)');
$client->value(qq{SELECT qfs.set_policy('{"operators": ["$operator"]}')});
my $genesis_at = $client->value('SELECT genesis_at FROM qfs.ledger_state');
my $ledger     = $client->value('SELECT ledger FROM qfs.ledger_state');

# The columns that a replay gives, of what the table says was active at the last entry.
my $ACTIVE = q{
  SELECT session, user_id, seq, issued_block, ttl_blocks, operates, device FROM qfs.session
  WHERE ended IS NULL AND issued_block + ttl_blocks > (SELECT (at - %s) / 1000 FROM qfs.ledger ORDER BY seq DESC LIMIT 1)};

my @active;
sub lines_of { return join "\n", sort map { join '|', map { $_ // '' } @$_ } @{ $_[0]{rows} } }
sub size { return $client->value('SELECT size FROM qfs.head()') }
sub record { return $active[ size() - 1 ] = lines_of($client->query(sprintf $ACTIVE, $genesis_at)) }

# A model in Perl of who has which session: those that were begun, by id.
my (%sessions, %tally);
sub pick { return $_[ rand @_ ] }
sub now { return time() * 1000 }
# Far enough from its end that we are sure; tokens end up to a second before their sessions.
sub active  { return grep { !$_->{ended} && $_->{expires_at} > now() + 1500 } values %sessions }
sub expired { return grep { !$_->{ended} && $_->{expires_at} < now() - 100 } values %sessions }
sub ended   { return grep { $_->{ended} } values %sessions }

sub accepted {
  my ($what, $sql) = @_;
  my $before = size();
  my $answer = $client->query($sql);
  die "$what: $answer->{error}{message}: $answer->{error}{detail}" if $answer->{error};
  die "$what: entry $before was expected" unless size() == $before + 1;
  $tally{$what}++;
  record();
  my ($row) = grep { defined $_->[0] && $_->[0] =~ /^\{/ } @{ $answer->{rows} };
  return $row && $json->decode($row->[0]);
}

my @wrong;
sub declined {
  my ($what, $code, $sql) = @_;
  my $before = size();
  my $found  = $client->query($sql)->{error}{code} // 'no error';
  $client->query('ROLLBACK');
  push @wrong, "$what: $found" unless $found =~ /^QFS_(?:$code)$/;
  push @wrong, "$what: appended" unless size() == $before;
  $tally{$what}++;
}

sub begin {
  my ($wallet, $device, $given) = @_;
  $sessions{ $given->{session} } = { %$given, number => $wallet, device => $device, ledger => $ledger, last => 0 };
}

sub login_sql { return 'SELECT qfs_api.auth_login(' . join(', ', map { literal($_) } @_) . ')' }

my %step = (
  login => sub {
    my $wallet = int rand $WALLETS;
    # Some devices are those of two wallets.
    my $device = rand() < 0.6 ? int rand 8 : undef;
    my ($message, $signature) = signed_message($client, $wallet, device => $device,
      challenge => rand() < 0.3, by => pick('ethers', 'viem'));
    begin($wallet, $device, accepted('login', login_sql($message, $signature)));
    declined('login again', 'NONCE_USED', login_sql($message, $signature)) if rand() < 0.2;
  },
  rotate => sub {
    my $session = pick(active()) // return;
    my $next = accepted('rotate', as_account($session->{token}, rotation($session)));
    $session->{ended} = 'rotated';
    begin($session->{number}, $session->{device}, $next);
  },
  revoke => sub {
    my $session = pick(active()) // return;
    my ($victim) = pick(grep { $_->{user_id} eq $session->{user_id} } active());
    my $reason = pick(qw(user_logout device_lost compromised));
    accepted('revoke', as_account($session->{token}, revocation($session, $victim->{session}, $reason)));
    $victim->{ended} = $reason;
  },
  revoke_by_operator => sub {
    my $session = pick(active()) // return;
    accepted('revoke by the operator', qq{INSERT INTO qfs.ledger (type, payload)
      VALUES ('SESSION_REVOKED', '{"reason": "admin", "session": "$session->{session}"}')});
    $session->{ended} = 'admin';
  },
  say => sub {
    my $session = pick(active()) // return;
    my $event = { payload => { n => int rand 100 }, type => 'SAID' };
    $event->{auth} = $json->decode(event_of($session, %$event)) if defined $session->{device};
    accepted(defined $session->{device} ? 'signed event' : 'event',
      as_account($session->{token}, 'SELECT qfs_api.events_batch(' . literal($json->encode([$event])) . ')'));
  },
  # What is refused leaves no trace.
  use_ended => sub {
    my $session = pick(ended()) // return;
    declined('ended', 'SESSION_ENDED|TOKEN_EXPIRED', as_account($session->{token}, pick('SELECT 1', 'SELECT qfs_api.session_rotate()')));
  },
  use_expired => sub {
    my $session = pick(expired()) // return;
    declined('expired', 'SESSION_ENDED|TOKEN_EXPIRED', as_account($session->{token}, 'SELECT qfs_api.session_rotate()'));
    declined('revoke what has expired', 'SESSION_UNKNOWN', qq{INSERT INTO qfs.ledger (type, payload)
      VALUES ('SESSION_REVOKED', '{"reason": "admin", "session": "$session->{session}"}')});
  },
  foreign => sub {
    my $session = pick(active()) // return;
    my $other = pick(grep { $_->{user_id} ne $session->{user_id} } active()) // return;
    declined('foreign', 'SESSION_FOREIGN', as_account($session->{token}, revocation($session, $other->{session})));
  },
  wrong_wallet => sub {
    my ($message, $signature) = signed_message($client, 1, of => 2);
    declined('wrong wallet', 'LOGIN_SIGNER', login_sql($message, $signature));
  },
  rolled_back => sub {
    my ($message, $signature) = signed_message($client, int rand $WALLETS);
    $client->value('BEGIN');
    my $given = $json->decode($client->value(login_sql($message, $signature)));
    $client->value('ROLLBACK');
    declined('rolled back', 'SESSION_ENDED', as_account($given->{token}, 'SELECT 1'));
  },
  wait => sub { usleep(rand 300_000) },
);
my %weight = (login => 9, rotate => 4, revoke => 3, revoke_by_operator => 1, say => 3, use_ended => 1, use_expired => 1,
  foreign => 1, wrong_wallet => 1, rolled_back => 1, wait => 4);
my @bag = map { ($_) x $weight{$_} } sort keys %step;

record();
my $first = size();
for (1 .. $STEPS) { $step{ pick(@bag) }->(); }
# Until something has expired, and something has happened since.
usleep(100_000) until expired();
$step{use_expired}->();
$step{login}->() for 1 .. 3;

note(join ', ', map { "$_: $tally{$_}" } sort keys %tally);
is(join(', ', @wrong), '', 'what must be refused was refused for the right reason, and left no trace');
is(join(' ', grep { !$tally{$_} } 'login', 'rotate', 'revoke', 'revoke by the operator', 'expired', 'ended'), '',
  'everything happened');

# Our names for the sessions, from docs/format.md.
my @entries = map { read_line($_->[0]) } @{ $client->query('SELECT qfs.entry(seq) FROM qfs.ledger ORDER BY seq')->{rows} };
my @misnamed;
for my $entry (grep { $_->{type} =~ /^(LOGIN|SESSION_ROTATED)$/ } @entries) {
  my $outcome = $entry->{outcome}{result};
  my $session = $sessions{ $outcome->{session} };
  my $device  = defined $session->{device} ? device_key_of($session->{device}) : undef;
  my $block   = int(($entry->{at} - $genesis_at) / 1000);
  my @scope   = ('account', $entry->{actor} eq $operator ? 'operator' : ());
  push @misnamed, $entry->{seq}
    unless session_id($entry->{actor}, $device, $block, $entry->{payload}{nonce}, @scope) eq $outcome->{session}
    && $outcome->{issued_block} == $block && "@{ $outcome->{scope} }" eq "@scope"
    && $outcome->{expires_at} == $genesis_at + ($block + 5) * 1000;
}
is("@misnamed", '', 'every session has the id that its entry gives, computed by other code');

subtest 'every prefix' => sub {
  my $export = export_of($node, undef, 'random');
  my @lines  = split /^/, $export;
  my $most   = 0;
  for my $size ($first .. @lines) {
    my $wanted = $active[ $size - 1 ] // next;
    $most = @{ [ split /\n/, $wanted ] } if $most < @{ [ split /\n/, $wanted ] };
    my $replayed = lines_of($client->query('SELECT * FROM qfs.session_replay(' . ($size - 1) . ')'));
    my ($exit, $out, $err) = qfs_verify('ledger', scratch_file('prefix.jsonl', join '', @lines[ 0 .. $size - 1 ]), '--sessions', '--json');
    my @said = map { $json->decode($_) } split /\n/, $out;
    my $closing = pop @said;
    my $offline = join "\n", sort map { join '|', @$_{qw(session seq issued_block ttl_blocks)} } @said;
    my $short   = join "\n", sort map { join '|', (split /\|/)[ 0, 2, 3, 4 ] } split /\n/, $wanted;
    is("$replayed; $offline; $exit", "$wanted; $short; 0", "size $size")
      if "$replayed; $offline; $exit" ne "$wanted; $short; 0";
  }
  is(scalar(grep { defined } @active[ $first - 1 .. $#lines ]), @lines - $first + 1, 'the table was recorded after every entry');
  cmp_ok($most, '>', 3, 'up to several sessions were active');
  refused($node, 'SELECT qfs.session_replay(' . @lines . ')', 'QFS_ENTRY_UNKNOWN', 'there is no longer prefix', 'random');
};
is_sound($node, 'random', 'random');
is_sound_offline($node, 'random', 'random');
$client->close;

done_testing();
