# QfsWallet.pm - wallets that sign in: a program of Node's signs with libraries that nobody of qfs wrote.
#
# A wallet, like a device, is a number.  What a function asks of the database
# it asks through a QfsClient.
package QfsWallet;

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256 sha256_hex);
use Exporter 'import';
use File::Basename qw(dirname);
use IPC::Open2 qw(open2);
use JSON::PP;
use MIME::Base64 qw(encode_base64url);

our @EXPORT = qw($POLICY ask literal address_of device_key_of signed_message sign_in as_account event_signature
  event_of auth_argument rotation revocation set_profile send_message session_id);

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
  my $ledger = defined $options{device} ? $client->value('SELECT ledger FROM qfs.ledger_state') : undef;
  my @code   = defined $options{code} ? $options{code} : ();
  my $user   = @code && defined $options{device} && $client->value('SELECT qfs.user_id(' . literal(address_of($wallet)) . '::qfs.address)');
  my $auth   = $user ? auth_argument({ user_id => $user, device => $options{device}, ledger => $ledger }, 'REFERRAL_USE', { code => @code }) : '';
  my $result = $json->decode($client->value(
    'SELECT qfs_api.auth_login(' . join(', ', map { literal($_) } $message, $signature, @code) . "$auth)"));
  return { %$result, message => $message, signature => $signature, number => $wallet, device => $options{device}, ledger => $ledger };
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

# ---- what the device of a session signs: user_id, device and ledger, as sign_in gives them ----

my $last_nonce = 0;

# auth of an event, type and payload, with the next nonce.
sub event_of {
  my ($session, %event) = @_;
  return event_signature($session->{device}, actor => $session->{user_id}, ledger => $session->{ledger}, nonce => ++$last_nonce, %event);
}

# The last argument of a function that appends this; empty if the session has no device.
sub auth_argument {
  my ($session, $type, $payload) = @_;
  return '' unless defined $session->{device};
  return ', auth => ' . literal(event_of($session, payload => $payload, type => $type));
}

sub random_bytes { return join '', map { chr int rand 256 } 1 .. $_[0] }

sub rotation {
  my ($session) = @_;
  my $nonce = unpack 'H*', random_bytes(32);
  return "SELECT qfs_api.session_rotate('$nonce'" . auth_argument($session, 'SESSION_ROTATED', { nonce => $nonce }) . ')';
}

sub revocation {
  my ($session, $victim, $reason) = @_;
  $reason //= 'user_logout';
  return "SELECT qfs_api.session_revoke('$victim', '$reason'"
    . auth_argument($session, 'SESSION_REVOKED', { reason => $reason, session => $victim }) . ')';
}

# fields: display_name, bio and links, as bytes; version: the one that comes next
sub set_profile {
  my ($session, $version, %fields) = @_;
  my $salt    = random_bytes(32);
  my @links   = @{ $fields{links} // [] };
  my $content = JSON::PP->new->canonical->encode({ avatar => undef, bio => $fields{bio} // '', display_name => $fields{display_name}, links => \@links });
  my $payload = { commitment => sha256_hex($salt . $content), version => $version + 0 };
  return 'SELECT qfs_api.set_profile(' . join(', ', map { literal($_) } $fields{display_name}, $fields{bio} // '')
    . ', NULL, ' . literal('{' . join(',', @links) . '}') . ', ' . literal(encode_base64url($salt)) . ", $version"
    . auth_argument($session, 'PROFILE_UPDATE', $payload) . ')';
}

sub user_bytes { return pack 'H*', $_[0] =~ s/^user_//r }

# keys: two SQL expressions, the sender's key and the recipient's
sub send_message {
  my ($session, $recipient, $seq, $nonce, $body, @keys) = @_;
  my @users   = map { user_bytes($_) } $session->{user_id}, $recipient;
  my $thread  = sha256("qfs:thread:v1\0" . join '', sort @users);
  my $hash    = sha256_hex("qfs:message:v2\0" . $thread . $users[0] . $users[1] . pack('Q>', $seq) . $nonce . $body);
  my $payload = { alg => 'x25519-hkdf-aes256gcm', hash => $hash, recipient => $recipient, seq => $seq + 0, size => length $body,
    thread => unpack 'H*', $thread };
  return 'SELECT qfs_api.send_message(' . join(', ', literal($recipient), $seq, map({ literal(encode_base64url($_)) } $nonce, $body),
    "'x25519-hkdf-aes256gcm'", @keys) . auth_argument($session, 'MESSAGE', $payload) . ')';
}

# The id that docs/format.md gives a session, computed here and not by qfs.
sub session_id {
  my ($user, $device, $block, $nonce, @scope) = @_;
  return sha256_hex($json->encode({ actor => $user, device => $device, issued_block => $block + 0,
    nonce => $nonce, scope => [ sort @scope ] }));
}

1;
