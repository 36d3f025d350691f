# QfsGovernance.pm - holders who propose and vote with their wallets, on a server whose clock is set by the test.
#
# Nobody of them signs in: what they sign a library signs that nobody of qfs
# wrote, and qfs_api.deliver takes it.
package QfsGovernance;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP;
use POSIX qw(strftime);
use PostgreSQL::Test::Cluster;
use QfsTest;
use QfsWallet;

our @EXPORT = qw(clocked_node set_clock stop_clock govern appoint holder act propose vote proposal_row wait_for_block agenda_of $HALVE);

# What most tests propose.
our $HALVE = '{"policy": {"referral": {"cap": 50}}}';

my $json = JSON::PP->new->utf8->canonical;

# A server that believes a file: (node, file).
sub clocked_node {
  my ($name, %options) = @_;
  my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
  die 'there is no libfaketime' unless $library;
  my $clock = scratch_file("clock-$name", "+0\n");
  my $node  = new_node($name, %options, start => 0);
  $node->{believes} = { LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => $clock, FAKETIME_NO_CACHE => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1 };
  $node->{clock} = $clock;
  $node->{ahead} = 0;
  start_clocked($node);
  return $node;
}

sub start_clocked { my ($node) = @_; local @ENV{ keys %{ $node->{believes} } } = values %{ $node->{believes} }; $node->start }

# The clock of the server is so many milliseconds ahead from here on.
sub set_clock {
  my ($node, $ahead) = @_;
  $node->{ahead} = $ahead;
  spit("$node->{clock}.new", sprintf "+%.3f\n", $ahead / 1000);
  rename "$node->{clock}.new", $node->{clock} or die $!;
}

# The clock of the server stands at this time, in milliseconds since 1970: in the middle of one, as it is read as a floating-point number.
sub stop_clock {
  my ($node, $at) = @_;
  spit("$node->{clock}.new", strftime('%Y-%m-%d %H:%M:%S', localtime int($at / 1000)) . sprintf ".%03d5\n", $at % 1000);
  rename "$node->{clock}.new", $node->{clock} or die $!;
}

# Puts the clock forward, so that it is this block, or the next one of those that are not past.
sub wait_for_block {
  my ($node, $block) = @_;
  my $left = value($node, "SELECT qfs.block_time($block) - (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
  set_clock($node, $node->{ahead} + $left + 1) if $left > 0;
}

# A ledger whose wallets 1 to N have seats; further numbers of the object governance by name.
sub govern {
  my ($node, $nod, %numbers) = @_;
  new_ledger($node, 'postgres', policy => $json->encode({ governance => { mode => 'trial', deposit => '0', %numbers } }));
  appoint($node, $_ + 1, $nod->[$_]) for 0 .. $#$nod;
}

sub holder { my ($node, $wallet) = @_; return value($node, 'SELECT qfs.user_id(' . literal(address_of($wallet)) . '::qfs.address)') }

sub appoint {
  my ($node, $wallet, $nod) = @_;
  return value($node, 'SELECT qfs.set_nod(' . literal(holder($node, $wallet)) . ", $nod, 'founder')");
}

# What a function of qfs_api gives to sign, signed by the wallet and given back.
# call: the SQL of the call, without its last parenthesis
sub signed_call {
  my ($node, $wallet, $call) = @_;
  my $asked = $json->decode(value($node, "SET ROLE qfs_anon; SELECT $call)"));
  my $sig   = ask(do => 'sign', wallet => $wallet + 0, message => $asked->{text}, by => $wallet % 2 ? 'ethers' : 'viem')->{signature};
  return "$call, auth => " . literal($json->encode({ nonce => $asked->{nonce} + 0, sig => $sig })) . ')';
}

# The same, done: what the function gave.
sub act {
  my ($node, $wallet, $call) = @_;
  return $json->decode(value($node, 'SET ROLE qfs_anon; SELECT ' . signed_call($node, $wallet, $call)));
}

# The number of a proposal.
sub propose {
  my ($node, $wallet, %options) = @_;
  my ($action, $track) = map { literal($_) } $options{action} // $HALVE, $options{track} // 'parameter';
  return act($node, $wallet, "qfs_api.propose($action, 'A proposal', $track, 'Why it is a good one.'")->{seq};
}

sub vote { my ($node, $wallet, $proposal, $choice) = @_; return act($node, $wallet, "qfs_api.vote($proposal, '$choice'") }

sub proposal_row {
  my ($node, $proposal) = @_;
  return $json->decode(value($node, "SET ROLE qfs_anon; SELECT to_jsonb(p) FROM qfs_api.proposals p WHERE seq = $proposal"));
}

sub agenda_of { my ($node) = @_; return value($node, 'SELECT items FROM qfs.agenda') }

1;
