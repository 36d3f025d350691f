# QfsForge.pm - a forger's tools: entries that can be changed and hashed anew, and what the verifiers say about them.
#
# The hashes are computed here, from docs/format.md, and not by qfs.
package QfsForge;

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256);
use Exporter 'import';
use JSON::PP;
use QfsTest;
use Test::More;

our @EXPORT = qw(@DEPTHS $json read_entries read_line line_of erased_line_of head_line jsonl rehash store import_lines faults_in_database faults_in_file is_found);

our @DEPTHS = qw(hashes signatures replay);
our $json   = JSON::PP->new->utf8->canonical;

# ---- entries ----

# Entries as hashes: the members of a full line, with those of its act among them; what begins with _ no line has.
sub read_line {
  my ($line) = @_;
  my $entry = $json->decode($line);
  my $act   = delete $entry->{act};
  return { %$entry, %$act };
}

sub read_entries {
  my ($client) = @_;
  my $rows = $client->query(q{SELECT qfs.entry(seq), hash, encode(nodes, 'hex') FROM qfs.ledger ORDER BY seq})->{rows};
  return map { { %{ read_line($_->[0]) }, _hash => pack('H*', $_->[1]), _nodes => pack('H*', $_->[2]) } } @$rows;
}

sub act_of { my ($entry) = @_; return { map { ($_ => $entry->{$_}) } qw(actor auth type) } }

sub line_of {
  my ($entry) = @_;
  return $json->encode({ act => act_of($entry), map { ($_ => $entry->{$_}) } grep { !/^(_.*|actor|auth|type)$/ } keys %$entry });
}

# ---- heads ----

my $values = JSON::PP->new->utf8->canonical->allow_nonref;

sub salt_of { my ($entry, $name) = @_; return substr sha256("\3", pack('H*', $entry->{salt}), $name), 0, 16 }

# The name of an account's part.
sub name_of { my ($part) = @_; return "$part->{kind}\0" . pack('H*', $part->{account} =~ s/^user_//r) }

# What commits to a part of this name.
sub commitment { my ($entry, $name, $part) = @_; return sha256("\2", salt_of($entry, $name), $values->encode($part)) }

# The root of a tree, from the data of its leaves (RFC 6962, section 2.1).
sub tree_root {
  my @leaves = @_;
  return sha256('') if !@leaves;
  return sha256("\0", @leaves) if @leaves == 1;
  my $half = 1;
  $half *= 2 while 2 * $half < @leaves;
  return sha256("\1", tree_root(@leaves[ 0 .. $half - 1 ]), tree_root(@leaves[ $half .. $#leaves ]));
}

sub head_line {
  my ($entry) = @_;
  my @accounts = map { commitment($entry, name_of($_), $_) } @{ $entry->{accounts} };
  my %parts = (act => act_of($entry), map { ($_ => $entry->{$_}) } qw(outcome payload sig));
  return $json->encode({ (map { ($_ => $entry->{$_}) } qw(at prev seq v)), accounts => unpack('H*', tree_root(@accounts)),
    map { ($_ => unpack 'H*', commitment($entry, $_, $parts{$_})) } keys %parts });
}

# The line of an entry whose payload was erased.
sub erased_line_of {
  my ($entry) = @_;
  my $shown = sub { my ($name, $part) = @_; return { part => $part, salt => unpack 'H*', salt_of($entry, $name) } };
  return $json->encode({ (map { ($_ => $entry->{$_}) } qw(at prev seq v)), act => $shown->('act', act_of($entry)), outcome => $shown->('outcome', $entry->{outcome}),
    accounts => @{ $entry->{accounts} } ? [ map { $shown->(name_of($_), $_) } @{ $entry->{accounts} } ] : unpack('H*', tree_root()),
    map { ($_ => unpack 'H*', commitment($entry, $_, $entry->{$_})) } qw(payload sig) });
}

sub jsonl { return join '', map { line_of($_) . "\n" } @_ }

# Fills in prev, _hash and _nodes of each entry, as if the ledger were written again.
sub rehash {
  my @peaks;
  my $prev = "\0" x 32;
  for my $entry (@_) {
    $entry->{prev} = unpack 'H*', $prev;
    my $hash = $entry->{_hash} = $prev = sha256("\0" . head_line($entry));
    $entry->{_nodes} = '';
    for (my $rest = $entry->{seq}; $rest & 1; $rest >>= 1) {
      $hash = sha256("\1" . pop(@peaks) . $hash);
      $entry->{_nodes} .= $hash;
    }
    push @peaks, $hash;
  }
  return @_;
}

sub quoted { return "'" . $_[0] =~ s/'/''/gr . "'" }

# Imports these lines into a new database; as psql of the node.
sub import_lines {
  my ($node, $database, @lines) = @_;
  new_database($node, $database);
  my $array = join ', ', map { quoted($_) } @lines;
  return $node->psql($database, "CREATE EXTENSION qfs; SELECT qfs.import(ARRAY[$array])");
}

sub row_of {
  my ($e) = @_;
  my $actor = $e->{actor} eq 'system' ? 'NULL' : quoted($e->{actor});
  return '(' . join(', ', $e->{seq}, $e->{at}, quoted($e->{type}), "$actor\::qfs.user_id",
    map({ quoted($json->encode($e->{$_})) . '::jsonb' } qw(auth payload)), defined $e->{sig} ? quoted($e->{sig}) : 'NULL::text',
    map({ quoted($json->encode($e->{$_})) . '::jsonb' } qw(outcome accounts)), quoted("\\x$e->{salt}") . '::bytea', "'$e->{prev}'::qfs.hash",
    map { quoted('\x' . unpack 'H*', $_) . '::bytea' } $e->{_hash}, $e->{_nodes}) . ')';
}

# SQL that puts these entries in place of the ledger's.
sub store {
  return 'DELETE FROM qfs.ledger; INSERT INTO qfs.ledger SELECT a, b, c, d, e, f, g, h, i, j, k, l::qfs.hash, m FROM (VALUES '
    . join(', ', map { row_of($_) } @_) . ') AS v (a, b, c, d, e, f, g, h, i, j, k, l, m)';
}

# ---- verdicts: for each depth a sorted list of "seq CODE" ----

# What qfs.verify finds after a superuser who has taken every guard away has run this.
sub faults_in_database {
  my ($client, $sql) = @_;
  my %found;
  $client->value('BEGIN; SET LOCAL qfs.ddl_guard = off; ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;' . guards_of_tables('DISABLE'));
  $client->value($sql);
  for my $depth (@DEPTHS) {
    my $answer = $client->query("SELECT seq, code, detail FROM qfs.verify(depth => '$depth')");
    is($answer->{error}, undef, "depth $depth: a fault is a row, not an error") if $answer->{error};
    $found{$depth} = [ sort map { "$_->[0] $_->[1]" =~ s/QFS_//r } @{ $answer->{rows} } ];
    fail("a fault without words: @$_") for grep { !length $_->[2] } @{ $answer->{rows} };
  }
  $client->value('ROLLBACK');
  return \%found;
}

# What qfs-verify finds in a file of this content.  What it says in text and in
# JSON, and by its exit code, must agree.
sub faults_in_file {
  my ($content, @arguments) = @_;
  my $file = scratch_file('export.jsonl', $content);
  my %found;
  for my $depth (@DEPTHS) {
    my ($exit, $out, $err) = qfs_verify('ledger', $file, '--json', '--depth', $depth, @arguments);
    my @said = map { $json->decode($_) } split /\n/, $out;
    my $result = pop @said // { faults => -1 };
    my $faults = @said;
    $found{$depth} = [ sort map { "$_->{seq} $_->{code}" =~ s/QFS_//r } @said ];
    my $closing = join ' ', $exit, $err, $result->{faults}, $result->{sound} ? 'sound' : 'not sound';
    my $wanted  = join ' ', $faults ? 1 : 0, '', $faults, $faults ? 'not sound' : 'sound';
    is($closing, $wanted, "depth $depth: exit code and closing line") if $closing ne $wanted;
  }
  my ($exit, $out) = qfs_verify('ledger', $file, '--quiet', @arguments);
  my @text = sort map { /^fault: entry (-?\d+): QFS_(\w+): .+ \(.+\)$/ ? "$1 $2" : $_ } split /\n/, $out;
  is_deeply(\@text, $found{replay}, 'text and JSON agree') if "@text" ne "@{ $found{replay} }";
  return \%found;
}

# Each word "depth seq CODE" is found from that depth on.
sub expected {
  my %rank = (hashes => 0, signatures => 1, replay => 2);
  my %list;
  for my $depth (@DEPTHS) {
    $list{$depth} = [ sort map { /^(\w+) (.*)/ && $rank{$1} <= $rank{$depth} ? $2 : () } @_ ];
  }
  return \%list;
}

# One test: exactly these faults were found.
sub is_found {
  my ($found, $faults, $name) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $expected = expected(@$faults);
  return is(join('; ', map { differences($_, $found->{$_}, $expected->{$_}) } @DEPTHS), '', $name);
}

# What one list has more often than the other.
sub differences {
  my ($depth, $found, $expected) = @_;
  my %count;
  $count{$_}++ for @$found;
  $count{$_}-- for @$expected;
  return map { ($count{$_} > 0 ? "$depth, not expected: $_" : "$depth, not found: $_") . ' x' . abs $count{$_} }
    grep { $count{$_} } sort keys %count;
}

1;
