# QfsWallet.pm - wallets that sign in: a program of Node's signs with libraries that nobody of qfs wrote.
#
# A wallet, like a device, is a number.  What a function asks of the database
# it asks through a QfsClient.
package QfsWallet;

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use File::Basename qw(dirname);
use IPC::Open2 qw(open2);
use JSON::PP;

our @EXPORT = qw($POLICY ask literal address_of device_key_of signed_message sign_in as_account event_signature session_id);

# What new_ledger needs, so that these wallets may sign in as often as they like.
our $POLICY = '{"auth": {"domains": ["app.example.org"], "uris": ["https://app.example.org"]},'
  . ' "limits": {"logins_per_minute": 1000000}}';

my $json = JSON::PP->new->utf8->canonical;
my ($pid, $to, $from);

# ---- the program that signs ----

sub ask {
  my (%request) = @_;
  $pid //= open2($from, $to, 'node', dirname(__FILE__) . '/../node/signer.mjs');
  print {$to} $json->encode(\%request), "\n";
  $to->flush;
  my $answer = <$from> // die 'the signing program is gone; was npm ci run in test/node?';
  return $json->decode($answer);
}

END {
  my $status = $?;
  if ($pid) { close $to; waitpid $pid, 0; }
  $? = $status;
}

sub address_of    { return ask(do => 'address', wallet => $_[0] + 0)->{address} }
sub device_key_of { return ask(do => 'device', device => $_[0] + 0)->{key} }

# A text as an SQL literal.
sub literal { return "'" . $_[0] =~ s/'/''/gr . "'" }

# A message with a new nonce, and the wallet's signature.  Options: device;
# nonce; of, the wallet that the message names, if it is another one;
# challenge, to let qfs write the message; by, the library that signs.
sub signed_message {
  my ($client, $wallet, %options) = @_;
  my $of      = $options{of} // $wallet;
  my @device  = defined $options{device} ? (device => $options{device} + 0) : ();
  my $message = $options{challenge} ? challenge($client, $of, $options{device}) :
    ask(do => 'message', wallet => $of + 0, @device, domain => 'app.example.org', uri => 'https://app.example.org/in',
      nonce => $options{nonce} // $client->value('SELECT qfs_api.auth_nonce()'))->{message};
  my $signature = ask(do => 'sign', wallet => $wallet + 0, message => $message, by => $options{by} // 'ethers')->{signature};
  return ($message, $signature);
}

sub challenge {
  my ($client, $wallet, $device) = @_;
  my $arguments = join ', ', map { literal($_) } address_of($wallet), defined $device ? device_key_of($device) : ();
  return $client->value("SELECT qfs_api.auth_challenge($arguments)");
}

# Signs in; returns what auth_login gave, and the wallet and device numbers.
# One more option: code, by which the account was invited.
sub sign_in {
  my ($client, $wallet, %options) = @_;
  my ($message, $signature) = signed_message($client, $wallet, %options);
  my $result = $json->decode($client->value(
    'SELECT qfs_api.auth_login(' . join(', ', map { literal($_) } $message, $signature, $options{code} // ()) . ')'));
  return { %$result, message => $message, signature => $signature, number => $wallet, device => $options{device} };
}

# SQL in a transaction of the account that the token names.
sub as_account {
  my ($token, $sql) = @_;
  return 'BEGIN; SET LOCAL ROLE qfs_user; SELECT qfs.authenticate(' . literal($token) . "); $sql; COMMIT";
}

# auth of an event that a device signs, as JSON.
sub event_signature {
  my ($device, %event) = @_;
  my $sig = ask(do => 'event', device => $device + 0, text => $json->encode(\%event))->{sig};
  return $json->encode({ key => device_key_of($device), nonce => $event{nonce}, sig => $sig });
}

# The id that docs/format.md gives a session, computed here and not by qfs.
sub session_id {
  my ($user, $device, $block, $nonce, @scope) = @_;
  return sha256_hex($json->encode({ actor => $user, device => $device, issued_block => $block + 0,
    nonce => $nonce, scope => [ sort @scope ] }));
}

1;
