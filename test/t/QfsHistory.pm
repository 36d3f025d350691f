# QfsHistory.pm - random histories of accounts that do everything they can, through one client or several at once.
#
# A driver sends the steps and keeps a model of what a step needs to know:
# whose session is alive, how many messages went to whom.  It does not know
# what the rules compute; the test compares those who do.  Several clients own
# disjoint sets of accounts.
package QfsHistory;

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use QfsClient;
use QfsTest;
use QfsWallet;
use Time::HiRes qw(usleep);

my $json = JSON::PP->new->utf8->canonical;

# What must hold for a history: sessions that outlive the test, epochs of a second.
my $LIMITS = { map { ($_ => 1_000_000) } qw(logins_per_minute messages_per_minute threads_per_day events_per_minute) };
our $POLICY = $json->encode({ %{ $json->decode($QfsWallet::POLICY) }, limits => $LIMITS,
  block_ms => 1000, epoch_blocks => 1, ttl_blocks => 1_000_000 });

# Votes of ten seconds, the shortest that there are, and few who have to take part.
my %SHORT = (review_blocks => 0, timelock_blocks => 0, voting_blocks => 10);
my $GOVERNANCE = { mode => 'trial', deposit => '0', cooldown_blocks => 0, key_cooldown_epochs => 0, late_blocks => 3, threshold_percent => 0,
  tracks => { constitution => { %SHORT, approval => 51, quorum => 51 }, emergency => \%SHORT,
    map { ($_ => { %SHORT, approval => 1, quorum => 1 }) } qw(parameter text) } };

# QfsHistory->new(NODE, DATABASE, accounts => N, clients => N, holders => N): a
# ledger of its own, and connections to it.  With holders, wallets that never
# sign in, there is governance, too; the first four accounts hold seats as well, and have devices to vote with.
sub new {
  my ($class, $node, $database, %options) = @_;
  new_ledger($node, $database, policy => $POLICY);
  my $self = bless {
    helper => QfsClient->wait_for($node, database => $database), accounts => [], tally => {}, wrong => [],
    clients => [ map { QfsClient->wait_for($node, database => $database) } 1 .. $options{clients} // 1 ],
  }, $class;
  $self->{helper}->value(q{SELECT qfs.register_event_type('SAID', '{}', 'account')});
  $self->{ledger} = $self->{helper}->value('SELECT ledger FROM qfs.ledger_state');
  for my $n (0 .. $options{accounts} - 1) {
    # A quarter of them shares the devices of others.
    my $device = rand() < 0.25 ? int rand 4 : 100 + $n;
    my $user = $self->{helper}->value('SELECT qfs.user_id(' . literal(address_of($n)) . '::qfs.address)');
    push @{ $self->{accounts} }, { number => $n, user => $user, user_id => $user, ledger => $self->{ledger}, version => 0, device => rand() < 0.7 || ($options{holders} && $n < 4) ? $device : undef,
      owner => $n % @{ $self->{clients} }, sent => {}, used => 0,
      code => $self->{helper}->value("SELECT qfs.referral_code('$user'::qfs.user_id)") };
  }
  my @evaluators = map { $_->{user} } @{ $self->{accounts} }[ 0 .. 4 ];
  $self->{evaluators} = { map { ($_ => 1) } @evaluators };
  $self->{helper}->value('SELECT qfs.set_policy(' . literal($json->encode({ evaluators => \@evaluators })) . ')');
  $self->convene($options{holders}) if $options{holders};
  return $self;
}

# Holders have numbers after those of the accounts.
sub convene {
  my ($self, $count) = @_;
  my $first = @{ $self->{accounts} };
  $self->{helper}->value('SELECT qfs.set_policy(' . literal($json->encode({ governance => $GOVERNANCE })) . ')');
  for my $n (0 .. $count - 1) {
    my $user = $self->{helper}->value('SELECT qfs.user_id(' . literal(address_of($first + $n)) . '::qfs.address)');
    push @{ $self->{holders} }, { number => $first + $n, user => $user, owner => $n % @{ $self->{clients} }, nonce => 0 };
  }
  $self->{seated} = [ map { $_->{user} } @{ $self->{holders} }, @{ $self->{accounts} }[ 0 .. 3 ] ];
  $self->{helper}->value("SELECT qfs.set_nod('$_', 25, 'founder')") for @{ $self->{seated} };
  $self->{proposals} = [];
  return;
}

sub pick { return $_[ rand @_ ] }
sub random_bytes { return join '', map { chr rand 256 } 1 .. $_[0] }

# An X25519 key is any 32 bytes below 2^255 - 19, but for a handful.
sub random_key { return encode_base64url(random_bytes(31) . chr rand 127) }

sub size { return $_[0]{helper}->value('SELECT size FROM qfs.head()') }

# ---- steps: what to send, what it means if it succeeds, and how it may fail ----

sub mine    { my ($self, $client) = @_; return grep { $_->{owner} == $client } @{ $self->{accounts} } }
sub alive   { return grep { $_->{token} } mine(@_) }
sub present { return grep { $_->{present} } @{ $_[0]{accounts} } }

# Referral codes, of others or of oneself.
sub some_code { my ($self) = @_; my $account = pick($self->present) // return undef; return $account->{code} }

my %step = (
  login => sub {
    my ($self, $client) = @_;
    # Half of them come once the others have been there for a while.
    my @later   = $self->size < $self->{half} ? () : grep { !$_->{present} } $self->mine($client);
    my $account = pick(@later) // pick(grep { $_->{number} < @{ $self->{accounts} } / 2 || $_->{present} } $self->mine($client));
    my ($message, $signature) = signed_message($self->{helper}, $account->{number}, device => $account->{device});
    my $code = !$account->{present} && rand() < 0.5 ? $self->some_code : undef;
    my $auth = defined $code ? auth_argument($account, 'REFERRAL_USE', { code => $code }) : '';
    return { sql => 'SELECT qfs_api.auth_login(' . join(', ', map { literal($_) } $message, $signature, $code // ()) . "$auth)",
      done => sub { my $given = $json->decode($_[0]); @$account{qw(token session present)} = ($given->{token}, $given->{session}, 1) },
      may_fail => qr/^QFS_REFERRAL_CODE$/ };
  },
  rotate => sub {
    my ($self, $client) = @_;
    my $account = pick($self->alive($client)) // return;
    # The second time in a savepoint, nobody is signed in: who was, was rolled back.
    return { as => $account, sql => rotation($account), may_fail => qr/^QFS_NO_SESSION$/,
      done => sub { my $given = $json->decode($_[0]); @$account{qw(token session)} = @$given{qw(token session)} } };
  },
  revoke => sub {
    my ($self, $client) = @_;
    my $account = pick($self->alive($client)) // return;
    return { as => $account, sql => revocation($account, $account->{session}),
      done => sub { delete $account->{token} } };
  },
  profile => sub {
    my ($self, $client) = @_;
    my $account = pick($self->alive($client)) // return;
    my @links = rand() < 0.3 ? 'https://example.org/a' : ();
    my $version = $account->{version} + 1;
    return { as => $account, sql => set_profile($account, $version, display_name => 'name ' . int(rand 1000), bio => 'ünï', links => \@links),
      done => sub { $account->{version} = $version } };
  },
  erase_profile => sub {
    my ($self, $client) = @_;
    my $account = pick($self->alive($client)) // return;
    return { as => $account, sql => 'SELECT qfs_api.erase_profile()' };
  },
  chat_key => sub {
    my ($self, $client) = @_;
    my $account = pick($self->alive($client)) // return;
    my $key = random_key();
    return { as => $account, sql => 'SELECT qfs_api.publish_chat_key(' . literal($key) . auth_argument($account, 'CHAT_KEY', { key => $key }) . ')',
      done => sub { $account->{key} = 1 } };
  },
  message => sub {
    my ($self, $client) = @_;
    my $account = pick(grep { $_->{key} || rand() < 0.01 } $self->alive($client)) // return;
    # Threads between neighbours, so that many are answered.
    my @peers = grep { $_ != $account && abs($_->{number} - $account->{number}) < 6 && ($_->{key} || rand() < 0.01) } $self->present;
    my $peer  = pick(@peers) // return;
    my $seq   = ($account->{sent}{ $peer->{user} } // 0) + 1;
    my $wrong = rand() < 0.05 ? pick(-1, 1) : 0;
    my $key   = sub { "(SELECT qfs_api.chat_key('$_[0]{user}') ->> 'key')" };
    return { as => $account, sql => send_message($account, $peer->{user}, $seq + $wrong, random_bytes(12), random_bytes(17 + int rand 100),
        $key->($account), $key->($peer)),
      done => sub { $account->{sent}{ $peer->{user} } = $seq },
      may_fail => $wrong ? qr/^QFS_(MESSAGE_ORDER|CHAT_KEY_\w+|PAYLOAD_INVALID)$/ : qr/^QFS_CHAT_KEY_\w+$/, must_fail => $wrong };
  },
  erase_message => sub {
    my ($self, $client) = @_;
    my $account = pick(grep { %{ $_->{sent} } } $self->alive($client)) // return;
    my $peer = pick(keys %{ $account->{sent} });
    return { as => $account, sql => "SELECT qfs_api.erase_message(qfs.thread('$account->{user}', '$peer')::text, "
        . (1 + int rand $account->{sent}{$peer}) . ')' };
  },
  referral => sub {
    my ($self, $client) = @_;
    my $account = pick($self->alive($client)) // return;
    my $code = rand() < 0.1 ? $account->{code} : rand() < 0.05 ? '1' x 22 : $self->some_code;
    return { as => $account, sql => 'SELECT qfs_api.use_referral(' . literal($code) . auth_argument($account, 'REFERRAL_USE', { code => $code }) . ')', may_fail => qr/^QFS_REFERRAL_CODE$/ };
  },
  content => sub {
    my ($self, $client) = @_;
    my $account = pick($self->alive($client)) // return;
    my $content = sha256_hex(random_bytes(8));
    my $size = int rand 1000;
    return { as => $account, sql => "SELECT qfs_api.create_content('$content', 'text/plain', $size"
        . auth_argument($account, 'CONTENT_CREATED', { content => $content, kind => 'text/plain', size => $size }) . ')',
      done => sub { push @{ $self->{contents} }, { hash => $content, author => $account } } };
  },
  score => sub {
    my ($self, $client) = @_;
    my $account = pick(grep { $self->{evaluators}{ $_->{user} } } $self->alive($client)) // return;
    my $content = pick(@{ $self->{contents} // [] }) // return;
    my %features = map { ($_ => sprintf '%.*f', 1 + rand 18, rand) } qw(clarity contradiction hsmf logic signal topic);
    return { as => $account, may_fail => qr/^QFS_(CONTENT_SCORED|FORBIDDEN)$/,
      sql => "SELECT qfs_api.score_content('$content->{hash}', " . literal($json->encode(\%features))
        . auth_argument($account, 'COHERENCE_SCORED', { content => $content->{hash}, features => \%features }) . ')' };
  },
  say => sub {
    my ($self, $client) = @_;
    my $account = pick($self->alive($client)) // return;
    my @events = map { { payload => { n => int rand 1000, text => "\"a\\b\"\n" }, type => 'SAID' } } 0 .. rand 3;
    for my $event (defined $account->{device} ? @events : ()) {
      $event->{auth} = $json->decode(event_of($account, %$event));
    }
    return { as => $account, sql => 'SELECT qfs_api.events_batch(' . literal($json->encode(\@events)) . ')' };
  },
  note => sub { return { sql => q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n": 1}')} } },
  policy => sub {
    my $change = pick(
      { referral => { cap => 3, flx_cap => '1000000', window_blocks => 1000 } }, { referral => { cap => 100 } },
      { referral => { flx_cap => '100', tiers => [ { flx => '100', to => 5 }, { flx => '99.5', to => 1000 } ] } },
      { referral => { window_blocks => 0 } }, { referral => { window_blocks => 1000 } },
      { referral => { activation => ['profile'] } }, { referral => { activation => [ 'message_sent', 'profile' ] } },
      { coherence => { alpha => pick('0.1', '0.000000000000000001', '1', '0.333333333333333333') } });
    return { sql => 'SELECT qfs.set_policy(' . literal($json->encode($change)) . ')', may_fail => qr/^QFS_POLICY_INVALID$/ };
  },
);

# ---- governance: by wallets without a session, by devices, by the operator; the ledger settles in between ----

sub my_holder { my ($self, $client) = @_; return pick(grep { $_->{owner} == $client } @{ $self->{holders} // [] }) }

# What is proposed, and on which track.
sub some_motion {
  my ($self) = @_;
  return pick(
    [ parameter => { policy => { referral => { cap => 3 + int rand 97 } } } ], [ parameter => { policy => { referral => { points => int rand 20 } } } ],
    [ parameter => { policy => { coherence => { alpha => pick('0.2', '0.3') } } } ], [ parameter => { policy => { referral => { flx_cap => '100' } } } ],
    [ text => {} ], [ emergency => { policy => { referral => { points => int rand 3 } } } ],
    [ constitution => { policy => { governance => { agenda => 8 + int rand 5 } } } ],
    [ constitution => { nod => [ map { { account => $_, nod => int rand 40 } } pick(@{ $self->{seated} }) ] } ]);
}

# An act that a wallet signs and anybody brings.
sub delivery {
  my ($self, $holder, $type, $payload, %step) = @_;
  my $text  = $json->encode($payload);
  my $nonce = ++$holder->{nonce};
  my $what  = join ', ', literal($type), literal($text), $nonce;
  my $sig   = ask(do => 'sign', wallet => $holder->{number}, message => $self->{helper}->value("SELECT qfs_api.wallet_text($what)"))->{signature};
  return { as_nobody => 1, sql => "SELECT qfs_api.deliver($what, " . literal($sig) . ')', %step };
}

# One of the last, and what a ballot names it by.
sub some_ballot {
  my ($self) = @_;
  my @last = @{ $self->{proposals} // [] };
  my $proposal = pick(splice @last, @last > 5 ? -5 : 0) // return;
  return { action => $proposal->{action}, choice => pick(qw(yes yes yes yes no abstain veto)), proposal => $proposal->{seq} + 0 };
}

# Blocked ones have a number as well, and nobody can vote on them.
my $NO_BALLOT = qr/^QFS_(PROPOSAL_(STATE|UNKNOWN)|SEAT_NONE)$/;

%step = (%step,
  propose => sub {
    my ($self, $client) = @_;
    my $holder = $self->my_holder($client) // return;
    my ($track, $action) = @{ $self->some_motion };
    my $payload = { action => $action, text => sha256_hex(rand), title => 'a proposal', track => $track };
    return $self->delivery($holder, 'PROPOSAL_CREATED', $payload, may_fail => qr/^QFS_(POLICY_INVALID|PAYLOAD_INVALID|SEAT_NONE)$/,
      done => sub { push @{ $self->{proposals} }, { seq => $_[0], action => sha256_hex($json->encode($payload)) } });
  },
  ballot => sub {
    my ($self, $client) = @_;
    my $holder = $self->my_holder($client) // return;
    my $ballot = $self->some_ballot // return;
    return $self->delivery($holder, 'VOTE_CAST', $ballot, may_fail => $NO_BALLOT);
  },
  device_ballot => sub {
    my ($self, $client) = @_;
    my $account = pick(grep { $_->{number} < 4 && defined $_->{device} } $self->alive($client)) // return;
    my $ballot  = $self->some_ballot // return;
    return { as => $account, may_fail => $NO_BALLOT, sql => "SELECT qfs_api.vote($ballot->{proposal}, '$ballot->{choice}', '$ballot->{action}'"
        . auth_argument($account, 'VOTE_CAST', $ballot) . ')' };
  },
  cancel => sub {
    my ($self, $client) = @_;
    my $holder = $self->my_holder($client) // return;
    my $ballot = $self->some_ballot // return;
    return $self->delivery($holder, 'PROPOSAL_CANCELLED', { proposal => $ballot->{proposal} }, may_fail => qr/^QFS_(FORBIDDEN|PROPOSAL_(STATE|UNKNOWN))$/);
  },
  hold_fewer => sub {
    my ($self, $client) = @_;
    my $holder = $self->my_holder($client) // return;
    return $self->delivery($holder, 'NOD_CHANGED', { account => $holder->{user}, nod => 10 + int rand 20, reason => 'less' },
      may_fail => qr/^QFS_(FORBIDDEN|PAYLOAD_INVALID)$/);
  },
  seats => sub {
    my ($self) = @_;
    my $user = pick(@{ $self->{seated} // [] }) // return;
    return { sql => "SELECT qfs.set_nod('$user', " . int(rand 40) . ", 'so many')", may_fail => qr/^QFS_PAYLOAD_INVALID$/ };
  },
);

my %weight = (login => 6, rotate => 2, revoke => 2, profile => 6, erase_profile => 2, chat_key => 4, message => 45,
  erase_message => 3, referral => 6, content => 5, score => 5, say => 12, note => 2, policy => 0.6);
my %more_weight = (propose => 4, ballot => 20, device_ballot => 30, cancel => 0.5, hold_fewer => 0.5, seats => 1);
my @bag = map { ($_) x (10 * $weight{$_}) } sort keys %weight;
my @governed_bag = (@bag, map { ($_) x (10 * $more_weight{$_}) } sort keys %more_weight);

# ---- the driver ----

# Sends a step; some are rolled back as a whole, some once before they are made good.
sub start {
  my ($self, $client) = @_;
  my ($name, $step);
  until ($step) {
    $name = $self->alive($client) ? pick($self->{holders} ? @governed_bag : @bag) : 'login';
    $step = $step{$name}->($self, $client);
  }
  $step->{name} = $name;
  $step->{end}  = rand() < 0.06 ? 'ROLLBACK' : 'COMMIT';
  my $sql = $step->{sql};
  $sql = "SAVEPOINT s; $sql; ROLLBACK TO s; $sql" if rand() < 0.04;
  my $before = $step->{as_nobody} ? 'BEGIN; SET LOCAL ROLE qfs_anon' : $step->{as} ? 'BEGIN; SET LOCAL ROLE qfs_user; SELECT qfs.authenticate(' . literal($step->{as}{token}) . ')' : 'BEGIN';
  $self->{clients}[$client]->start("$before; $sql; $step->{end}");
  return $step;
}

sub finish {
  my ($self, $client, $step) = @_;
  my $answer = $self->{clients}[$client]->receive;
  my $error  = $answer->{error};
  die "$step->{name}: the connection is lost" if $answer->{lost};
  if ($error) {
    $self->{clients}[$client]->value('ROLLBACK');
    $self->{tally}{"$step->{name}: $error->{code}"}++;
    push @{ $self->{wrong} }, "$step->{name}: $error->{sqlstate} $error->{message} $error->{detail}"
      unless $step->{may_fail} && $error->{code} =~ $step->{may_fail};
    return;
  }
  push @{ $self->{wrong} }, "$step->{name}: was accepted" if $step->{must_fail};
  $self->{tally}{ $step->{end} eq 'ROLLBACK' ? 'rolled back' : $step->{name} }++;
  $step->{done}->($answer->{rows}[-1][0]) if $step->{done} && $step->{end} eq 'COMMIT';
  return;
}

# With governance: has the ledger executed something, as it does before what somebody appends, and was there a vote by each way?
sub has_settled {
  my ($self) = @_;
  return !$self->{holders} || $self->{helper}->value(q{SELECT EXISTS (SELECT FROM qfs.ledger WHERE type = 'PROPOSAL_EXECUTED')
    AND (SELECT count(DISTINCT auth ->> 'via') FROM qfs.ledger WHERE type = 'VOTE_CAST') = 2}) eq 't';
}

# Goes on until the ledger has this size, and has settled.
sub run {
  my ($self, $size) = @_;
  $self->{half} //= $size / 2;
  my @pending = map { undef } @{ $self->{clients} };
  my ($steps, $is_long) = (0, 0);
  until ($is_long && $self->has_settled) {
    # Votes are taken for some blocks: it is time that has to pass then, and not acts.
    usleep(100_000) if $is_long;
    for my $client (0 .. $#pending) {
      next if $pending[$client] && @pending > 1 && !$self->{clients}[$client]->has_answer(0.001);
      $self->finish($client, $pending[$client]) if $pending[$client];
      $pending[$client] = $self->start($client);
    }
    $is_long ||= ++$steps % 100 == 0 && $self->size >= $size;
  }
  $self->finish($_, $pending[$_]) for grep { $pending[$_] } 0 .. $#pending;
  return;
}

# Waits until everything that was voted on is settled, and settles it.
sub settle {
  my ($self) = @_;
  for (1 .. 60) {
    return if $self->{helper}->value('SELECT items FROM qfs.agenda') eq '[]';
    $self->{helper}->value('SELECT pg_sleep(1), qfs.settle()');
  }
  die 'the agenda does not come to an end';
}

sub close {
  my ($self) = @_;
  $_->close for $self->{helper}, @{ $self->{clients} };
  return;
}

1;
