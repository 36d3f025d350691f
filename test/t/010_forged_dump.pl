# 010_forged_dump.pl - a dump that somebody edited is refused while it is loaded, or by post_restore.
use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256 sha256_hex);
use QfsForge;
use QfsTest;
use Test::More;

my $node = new_node('main');
new_ledger($node);
append($node, 20);
$node->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
append($node, 10);
my $size       = size_of($node);
my $checkpoint = checkpoint_of($node);
my $key        = first_key_of($node);

# The tables of a dump are empty before its data comes.
new_database($node, 'empty');
$node->safe_psql('empty', 'CREATE EXTENSION qfs');

my ($exit, $dump) = run_program($node, 'pg_dump', 'postgres');
my ($copy, $data) = $dump =~ /^(COPY qfs\.ledger [^\n]*\n)(.*?)^\\\.\n/ms or die 'the dump has no ledger';
my @columns = $copy =~ /\((.*)\)/ ? split(/, /, $1) : ();
is("@columns", 'seq at type actor auth payload sig outcome accounts salt prev hash nodes', 'all columns are dumped');

# ---- forging ----

# Rows of the dump as hashes, in the order of the chain; fresh for each case.
sub rows_of_dump {
  my @rows;
  for my $line (split /\n/, $data) {
    my %row;
    @row{@columns} = split /\t/, $line;
    push @rows, \%row;
  }
  return sort { $a->{seq} <=> $b->{seq} } @rows;
}

# Gives a row the hash of what it says.
sub reseal {
  my ($row) = @_;
  my %entry = (map({ ($_ => $row->{$_}) } qw(prev type)), map({ ($_ => $row->{$_} + 0) } qw(at seq)),
    map { ($_ => $json->decode($row->{$_} =~ s/\\\\/\\/gr)) } qw(accounts auth outcome payload));
  return $row->{hash} = sha256_hex("\0" . head_line({ %entry, v => 2, salt => $row->{salt} =~ s/^\\\\x//r,
    actor => $row->{actor} eq '\N' ? 'system' : $row->{actor}, sig => $row->{sig} eq '\N' ? undef : $row->{sig} }));
}

# Links, hashes and nodes of all rows, as if they had been appended like that.
sub rechain {
  my @rows = @_;
  my ($prev, @peaks) = ('0' x 64);
  for my $row (@rows) {
    $row->{prev} = $prev;
    $prev = reseal($row);
    my ($node_hash, @nodes) = pack('H*', $prev);
    for (my $rest = $row->{seq}; $rest & 1; $rest >>= 1) {
      $node_hash = sha256("\1", pop(@peaks), $node_hash);
      push @nodes, unpack('H*', $node_hash);
    }
    push @peaks, $node_hash;
    $row->{nodes} = '\\\\x' . join('', @nodes);
  }
}

my @rechained = rows_of_dump();
rechain(@rechained);
is(scalar(@rechained), $size, 'and all rows');
is_deeply(\@rechained, [ rows_of_dump() ], 'this file computes links, hashes and nodes as qfs does');

# ---- loading ----

sub load_sql {
  return $copy . join('', map { my $row = $_; join("\t", @$row{@columns}) . "\n" } @_) . "\\.\n";
}

sub nothing_is_open {
  my ($database, $name) = @_;
  is($node->safe_psql($database, 'SELECT count(*) FROM qfs.ledger_state'), 0, "$name: not opened");
}

# Each of these is seen while the rows are loaded: [name, code, change].
my @refused_at_copy = (
  [ 'payload changed',   'QFS_HASH_MISMATCH', sub { $_[7]{payload} =~ s/note 5/note 6/ } ],
  [ 'outcome changed',   'QFS_HASH_MISMATCH', sub { $_[7]{outcome} = '{"n": 1}' } ],
  [ 'parts of accounts changed', 'QFS_HASH_MISMATCH', sub { $_[7]{accounts} = qq([{"kind": "nonce", "account": "user_@{[ '0' x 64 ]}"}]) } ],
  [ 'salt changed',      'QFS_HASH_MISMATCH', sub { $_[7]{salt} = '\\\\x' . '00' x 16 } ],
  [ 'a signature added', 'QFS_HASH_MISMATCH', sub { $_[7]{sig} = 'x' } ],
  [ 'time changed',      'QFS_HASH_MISMATCH', sub { $_[7]{at}++ } ],
  [ 'type changed',      'QFS_HASH_MISMATCH', sub { $_[7]{type} = 'BLOB' } ],
  [ 'actor changed',     'QFS_HASH_MISMATCH', sub { $_[7]{actor} = 'user_' . '0' x 64 } ],
  [ 'authority changed', 'QFS_HASH_MISMATCH', sub { $_[7]{auth} = '{"via": "wallet"}' } ],
  [ 'link changed',      'QFS_HASH_MISMATCH', sub { $_[7]{prev} = '0' x 64 } ],
  [ 'hash changed',      'QFS_HASH_MISMATCH', sub { $_[7]{hash} = '0' x 64 } ],
  [ 'numbers exchanged', 'QFS_HASH_MISMATCH', sub { @{$_[7]}{seq} = 8; $_[8]{seq} = 7 } ],
  [ 'payload changed, hash made to fit', 'QFS_LINK_BROKEN',
    sub { $_[7]{payload} =~ s/note 5/note 6/; reseal($_[7]) } ],
  [ 'link changed, hash made to fit', 'QFS_LINK_BROKEN',
    sub { $_[-1]{prev} = '0' x 64; reseal($_[-1]) } ],
  [ 'entry 0 with an entry before it', 'QFS_LINK_BROKEN',
    sub { $_[0]{prev} = '1' x 64; reseal($_[0]) } ],
  [ 'a node too many',   'QFS_NODES_MISMATCH', sub { $_[8]{nodes} .= '0' x 64 } ],
  [ 'half a node',       'QFS_NODES_MISMATCH', sub { $_[7]{nodes} .= '00' } ],
  [ 'no nodes',          'QFS_NODES_MISMATCH', sub { $_[7]{nodes} = '\N' } ],
  [ 'no hash',           'QFS_ENTRY_INCOMPLETE', sub { $_[7]{hash} = '\N' } ],
  [ 'no authority',      'QFS_ENTRY_INCOMPLETE', sub { $_[7]{auth} = '\N' } ],
  [ 'no parts of accounts', 'QFS_ENTRY_INCOMPLETE', sub { $_[7]{accounts} = '\N' } ],
  [ 'no salt',           'QFS_ENTRY_INCOMPLETE', sub { $_[7]{salt} = '\N' } ],
  [ 'half a salt',       'QFS_ENTRY_FORMAT', sub { $_[7]{salt} = '\\\\x' . '00' x 8 } ],
  [ 'parts of accounts that are no list', 'QFS_ENTRY_FORMAT', sub { $_[7]{accounts} = '{}' } ],
  [ 'a negative number', 'QFS_ENTRY_FORMAT', sub { $_[7]{seq} = -1 } ],
  [ 'a payload that is no object', 'QFS_ENTRY_FORMAT', sub { $_[7]{payload} = '[]' } ],
  [ 'a fraction',        'QFS_JSON_NUMBER', sub { $_[7]{payload} = '{"n": 0.5}' } ],
  [ 'a small type',      'QFS_TYPE_SYNTAX', sub { $_[7]{type} = 'note' } ],
  [ 'a row twice',       '23505', sub { push @_, { %{ $_[7] } }; return @_ } ],
  [ 'an event among the entries', 'QFS_NOT_VERIFIED', sub {
      return @_, { %{ $_[7] }, map { $_ => '\N' } qw(seq at auth sig outcome accounts salt prev hash nodes) } } ],
  [ 'an event before the entries', 'QFS_NO_GENESIS', sub {
      return { %{ $_[7] }, map { $_ => '\N' } qw(seq at auth sig outcome accounts salt prev hash nodes) }, @_ } ],
);

for my $case (@refused_at_copy) {
  my ($name, $code, $change) = @$case;
  my @rows    = rows_of_dump();
  my @changed = $change->(@rows);
  @rows = @changed if ref $changed[0];
  # The chain backwards: no order may make a difference.
  refused($node, load_sql(@rows), $code, "$name: refused", 'empty');
  refused($node, load_sql(reverse @rows), $code, "$name: refused backwards too", 'empty')
    unless $name =~ /event/;
}
is(size_of($node, 'empty'), 0, 'and no row of any of them was kept');
nothing_is_open('empty', 'after all of them');

# These are in good order row by row; only a replay finds the fault.
my @refused_by_replay = (
  [ 'an entry missing',  'QFS_SEQ_GAP', sub { splice @_, 7, 1; return @_ } ],
  [ 'genesis missing',   'QFS_SEQ_GAP', sub { shift; return @_ } ],
  [ 'an entry behind a gap', 'QFS_SEQ_GAP', sub { $_[-1]{seq}++; $_[-1]{nodes} = '\\\\x'; reseal($_[-1]) } ],
  [ 'a node changed',    'QFS_NODES_MISMATCH', sub { $_[7]{nodes} =~ s/\w{64}$/'0' x 64/e } ],
  [ 'the outcome of an event', 'QFS_OUTCOME_MISMATCH', sub { $_[7]{outcome} = '{"n": 1}'; rechain(@_) } ],
  [ 'parts of accounts in an event', 'QFS_OUTCOME_MISMATCH', sub { $_[7]{accounts} = qq([{"kind": "nonce", "account": "user_@{[ '0' x 64 ]}"}]); rechain(@_) } ],
  [ 'a signature of nobody', 'QFS_AUTH_INVALID', sub { $_[7]{sig} = 'x'; rechain(@_) } ],
  [ 'the outcome of genesis',  'QFS_OUTCOME_MISMATCH', sub { $_[0]{outcome} = '{}'; rechain(@_) } ],
  [ 'an unknown type',   'QFS_TYPE_UNKNOWN', sub { $_[7]{type} = 'NOTES'; rechain(@_) } ],
  [ 'time that goes back', 'QFS_TIME_BACKWARD', sub { $_[7]{at} = $_[0]{at} - 1; rechain(@_) } ],
  [ 'a second genesis',  'QFS_GENESIS_EXISTS', sub { become($_[7], $_[0]); rechain(@_) } ],
  [ 'a registration again', 'QFS_TYPE_EXISTS', sub { become($_[7], $_[1]); rechain(@_) } ],
  [ 'a policy of nonsense', 'QFS_PAYLOAD_INVALID',
    sub { @{$_[7]}{qw(type payload)} = ('POLICY_CHANGED', '{"x":1}'); rechain(@_) } ],
  [ 'keys that nobody endorsed', 'QFS_SIGNATURE_INVALID', sub {
      my ($row) = grep { $_->{type} eq 'KEY_ROTATED' } @_;
      $row->{payload} =~ s/("signature": ")(\w)/$1 . ($2 eq '0' ? '1' : '0')/e;
      rechain(@_) } ],
  [ 'an authority of nobody', 'QFS_AUTH_INVALID', sub { $_[7]{auth} = '{"via":"nobody"}'; rechain(@_) } ],
);

# The event of another row, in the place of a row's own.
sub become { my ($row, $other) = @_; @$row{qw(type payload)} = @$other{qw(type payload)}; }

# Loads a case into a database of its own; returns the database.
sub load {
  my ($name, @rows) = @_;
  my $database = 'forged ' . $name =~ s/\W/_/gr;
  $node->safe_psql('postgres', qq{CREATE DATABASE "$database" TEMPLATE empty});
  is(error_of($node, load_sql(@rows), $database), undef, "$name: loaded");
  return $database;
}

for my $case (@refused_by_replay) {
  my ($name, $code, $change) = @$case;
  my @rows     = rows_of_dump();
  my @changed  = $change->(@rows);
  my $database = load($name, ref $changed[0] ? @changed : @rows);
  refused($node, 'SELECT qfs.post_restore()', $code, "$name: refused by post_restore", $database);
  nothing_is_open($database, $name);
  refused($node, q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')}, 'QFS_NOT_VERIFIED',
    "$name: and stays closed", $database);
}

subtest 'loaded with the triggers off' => sub {
  my @rows = rows_of_dump();
  $rows[7]{payload} =~ s/note 5/note 6/;
  $node->safe_psql('postgres', 'CREATE DATABASE disabled TEMPLATE empty');
  $node->safe_psql('disabled', "ALTER TABLE qfs.ledger DISABLE TRIGGER ALL;\n" . load_sql(@rows) .
      'ALTER TABLE qfs.ledger ENABLE TRIGGER ALL');
  like(verify_rows($node, 'hashes', 'disabled'), qr/^7\|QFS_HASH_MISMATCH\|/, 'qfs.verify finds it');
  my $error = refused($node, 'SELECT qfs.post_restore()', 'QFS_HASH_MISMATCH', 'refused by post_restore', 'disabled');
  like($error->{detail}, qr/entry 7\b/, 'which names the entry');
  nothing_is_open('disabled', 'triggers off');
  isnt(check_rows($node, 'disabled'), '', 'what it armed is rolled back with it');
};

# A ledger that is sound in itself, but is not the one that was dumped, can be
# opened: this is what checkpoints kept elsewhere are for.
subtest 'what only a checkpoint tells' => sub {
  my @rows     = rows_of_dump();
  my $database = load('cut', @rows[ 0 .. $size - 5 ]);
  is($node->safe_psql($database, 'SELECT qfs.post_restore()'), $size - 4, 'a ledger without its end opens');
  is_sound($node, 'without its end', $database);
  offline_fault($database, qr/QFS_CHECKPOINT_SIZE/, 'its last checkpoint says that it is too short');

  $rows[7]{payload} =~ s/note 5/note 6/;
  rechain(@rows);
  $database = load('rewritten', @rows);
  is($node->safe_psql($database, 'SELECT qfs.post_restore()'), $size, 'a ledger that was hashed anew opens');
  is_sound($node, 'hashed anew', $database);
  offline_fault($database, qr/QFS_CHECKPOINT_ROOT/, 'its last checkpoint says that it is another one');
};

sub offline_fault {
  my ($database, $pattern, $name) = @_;
  my ($exit, $out, $err) = qfs_verify('ledger', export_file($node, $database), '--key', $key,
    '--checkpoint', scratch_file('checkpoint', $checkpoint));
  is($exit, 1, "$name: found");
  like($out, $pattern, $name);
}

done_testing();
