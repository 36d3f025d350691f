# 020_secrets.pl - no seed stays in the memory of a backend that has signed with what it gives.
use strict;
use warnings FATAL => 'all';
no warnings 'portable';    # addresses have 64 bits
use QfsTest;
use QfsClient;
use QfsWallet;
use Test::More;

my $node = new_node('secrets');
new_ledger($node, 'postgres', policy => $QfsWallet::POLICY);

# Everything that a process may write to, or undef where it cannot be read.
sub memory_of {
  my ($pid) = @_;
  open(my $mem, '<:raw', "/proc/$pid/mem") or return undef;
  my $all = '';
  # Shared buffers hold no secrets: the key file is not read through them.
  for (split /\n/, slurp("/proc/$pid/maps")) {
    next unless /^([0-9a-f]+)-([0-9a-f]+) rw-p/;
    my ($from, $to) = (hex $1, hex $2);
    sysseek($mem, $from, 0) or next;
    my $got = sysread($mem, my $bytes, $to - $from);
    $all .= $bytes if $got;
  }
  return $all;
}

# Seeds of the file, as they stand there and as they are used.
sub seeds { return map { my ($line) = /^(\S+)/; map { ["seed $_->[0]", $_->[1]] } ['in hexadecimal', $line], ['in bytes', pack 'H*', $line] } split /\n/, slurp($node->data_dir . '/qfs.key') }
sub found { my ($memory) = @_; return join ', ', map { $_->[0] } grep { index($memory, $_->[1]) >= 0 } seeds() }

my $client = QfsClient->wait_for($node);
plan skip_all => 'the memory of another process cannot be read here' unless defined memory_of($client->pid);

my $wallet = 1;
my %uses = (
  'qfs.checkpoint'        => sub { $client->value('SELECT qfs.checkpoint()') },
  'qfs_api.auth_nonce'    => sub { $client->value('SELECT qfs_api.auth_nonce()') },
  'qfs_api.auth_login'    => sub { sign_in($client, $wallet++) },
  'qfs.rotate_keys'       => sub { $client->value('SELECT qfs.rotate_keys()') },
  'a checkpoint that fails' => sub { $client->query('SELECT qfs.checkpoint(1000000)') },
);
for my $use (sort keys %uses) {
  $uses{$use}->();
  is(found(memory_of($client->pid)), '', "$use leaves no seed behind");
}

# The test sees a seed that is there.
my ($hex) = map { $_->[1] } seeds();
$client->value("SELECT set_config('application.seen', '$hex', false)");
like(found(memory_of($client->pid)), qr/^seed in hexadecimal/, 'a seed in memory is found');

$client->close;
$node->stop;
done_testing();
