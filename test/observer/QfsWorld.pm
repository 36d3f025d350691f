# QfsWorld.pm - accounts that sign in, invite each other and write to each other, second by second on a clock of their own.
#
# Who writes is drawn evenly, so that nobody is the better guess from the
# start; to whom, from a few friends, or in answer.  What an account does does
# not depend on what it did before.  The same seed gives the same plan.
package QfsWorld;

use strict;
use warnings FATAL => 'all';

use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use QfsClient;
use QfsTest;
use QfsWallet;

my $json = JSON::PP->new->utf8->canonical;

# Seconds of an epoch, as the default policy has it; limits that nobody reaches.
my $EPOCH  = 17 * 512;
my $POLICY = $json->encode({ auth => { domains => ['app.example.org'], uris => ['https://app.example.org'] }, ttl_blocks => 1_000_000,
  referral => { window_blocks => 100_000 },
  limits => { map { ($_ => 1_000_000) } qw(logins_per_minute messages_per_minute threads_per_day events_per_minute) } });

# A server whose clock is set by us; the file says how.
sub server {
  my ($class, $name) = @_;
  my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
  die 'there is no libfaketime' unless $library;
  my $clock = scratch_file('clock', "+0\n");
  my $node  = new_node($name, start => 0, conf => "fsync = off\nsynchronous_commit = off\nlog_statement = none");
  local @ENV{qw(LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC)} = ($library, $clock, 1, 1);
  $node->start;
  return ($node, $clock);
}

# QfsWorld->new(NODE, DATABASE, clock => FILE, accounts => N, messages => N):
# a ledger, and the plan of what is going to happen.
sub new {
  my ($class, $node, $database, %options) = @_;
  set_clock($options{clock}, 0);
  new_ledger($node, $database, policy => $POLICY);
  my $self = bless { clock => $options{clock}, second => 0, client => QfsClient->wait_for($node, database => $database), messages => [], invitations => [] }, $class;
  for my $n (0 .. $options{accounts} - 1) {
    my $wallet = address_of($n);
    push @{ $self->{accounts} }, { number => $n, user_id => $self->{client}->value("SELECT qfs.user_id('$wallet'::qfs.address)"),
      wallet => $wallet, version => 0, sent => {} };
  }
  $self->{plan} = [ $self->plan($options{messages}) ];
  return $self;
}

sub pick { return $_[ rand @_ ] }
sub random_bytes { return join '', map { chr rand 256 } 1 .. $_[0] }
# An X25519 key is any 32 bytes below 2^255 - 19, but for a handful.
sub random_key { return encode_base64url(random_bytes(31) . chr rand 127) }

# Seconds, of two epochs and a half, and what happens in them: with a thousand accounts two acts in three seconds.
sub plan {
  my ($self, $messages) = @_;
  my $accounts = @{ $self->{accounts} };
  my $seconds  = 2.5 * $EPOCH;
  my @acts = map { [ $seconds * (0.05 + 0.95 * rand), 'message' ] } 1 .. $messages;
  for my $account (@{ $self->{accounts} }) {
    # A tenth is there from the start.
    my $joins = $account->{number} < $accounts / 10 ? 0.02 * rand : 0.05 + 0.6 * rand;
    my @later = map { $seconds * ($joins + 0.03 * rand) } 1 .. 2;
    push @acts, [ $seconds * $joins, 'enter', $account ], [ $later[0], 'key', $account ], [ $later[1], 'profile', $account ];
    push @acts, [ $later[0] + ($seconds - $later[0]) * rand, pick('key', 'profile'), $account ] if rand() < 0.5;
  }
  return sort { $a->[0] <=> $b->[0] } @acts;
}

sub set_clock {
  my ($clock, $second) = @_;
  QfsTest::spit("$clock.new", "+$second\n");
  rename "$clock.new", $clock or die $!;
  return;
}

# Lets the next second come in which anything happens, and does it; at last the one in which the epoch has ended.  False when all is done.
sub next_second {
  my ($self) = @_;
  return 0 if $self->{over};
  my $second = @{ $self->{plan} } ? int $self->{plan}[0][0] : 3 * $EPOCH + 60;
  $self->{over} = !@{ $self->{plan} };
  $self->{involved} = {};
  set_clock($self->{clock}, $second);
  while (@{ $self->{plan} } && int $self->{plan}[0][0] == $second) {
    my ($when, $what, $account) = @{ shift @{ $self->{plan} } };
    $self->can($what)->($self, $account);
  }
  return 1;
}

# Numbers of the accounts that the last second touched, or may have.
sub involved { return sort { $a <=> $b } keys %{ $_[0]{involved} } }

sub involve {
  my ($self, @accounts) = @_;
  $self->{involved}{ $_->{number} } = 1 for @accounts, grep { $_ } map { $_->{inviter} } @accounts;
  return;
}

sub as {
  my ($self, $account, $sql) = @_;
  $self->involve($account);
  my $answer = $self->{client}->query(as_account($account->{token}, $sql));
  die "$sql: $answer->{error}{message} $answer->{error}{detail}" if $answer->{error};
  return $answer->{rows}[-1][0];
}

sub enter {
  my ($self, $account) = @_;
  my $inviter = pick(grep { $_->{token} } @{ $self->{accounts} });
  my $invited = $inviter && rand() < 0.9;
  my @code = $invited ? (code => $self->{client}->value("SELECT qfs.referral_code('$inviter->{user_id}'::qfs.user_id)")) : ();
  $account->{token} = sign_in($self->{client}, $account->{number}, @code)->{token};
  my $last = $self->{client}->value('SELECT seq FROM qfs.head()');
  if ($invited) {
    $account->{inviter} = $inviter;
    push @{ $self->{invitations} }, { seq => $last, referee => $account->{user_id}, inviter => $inviter->{user_id} };
  }
  return $self->involve($account);
}

sub key { my ($self, $account) = @_; return key_of($self, $account, random_key()) }
sub key_of { my ($self, $account, $key) = @_; $self->as($account, "SELECT qfs_api.publish_chat_key('$key')"); return $account->{key} = $key }

sub profile {
  my ($self, $account) = @_;
  return $self->as($account, set_profile($account, ++$account->{version}, display_name => 'name ' . int rand 1000, bio => 'x' x rand 100));
}

# Accounts without a key can't write; a message whose turn comes before there are two is none.
sub message {
  my ($self) = @_;
  my @able = grep { $_->{key} } @{ $self->{accounts} };
  return if @able < 2;
  my $sender = pick(@able);
  my $peer   = $self->peer_of($sender, @able);
  $self->involve($peer);
  my $seq    = ++$sender->{sent}{ $peer->{user_id} };
  my $entry  = $self->as($sender, send_message($sender, $peer->{user_id}, $seq, random_bytes(12), random_bytes(17 + rand 200), "'$sender->{key}'", "'$peer->{key}'"));
  $peer->{wrote_last} = $sender;
  push @{ $self->{messages} }, { seq => $entry, sender => $sender->{user_id}, peer => $peer->{user_id} };
  return;
}

# Whoever wrote last, and waits for an answer, or one of five friends, who are of all times: neither favours those who are there for long.
sub peer_of {
  my ($self, $sender, @able) = @_;
  return delete $sender->{wrote_last} if $sender->{wrote_last} && rand() < 0.6;
  my @others = grep { $_ != $sender } @{ $self->{accounts} };
  $sender->{friends} //= [ map { pick(@others) } 1 .. 5 ];
  return pick(grep { $_->{key} } @{ $sender->{friends} }) // pick(grep { $_ != $sender } @able);
}

# N pairs that have written to each other, and as many that need not have.
sub pairs {
  my ($self, $n) = @_;
  my @users = map { $_->{user_id} } grep { $_->{token} } @{ $self->{accounts} };
  return map { ([ @{ pick(@{ $self->{messages} }) }{qw(sender peer)} ], [ pick(@users), pick(@users) ]) } 1 .. $n;
}

1;
