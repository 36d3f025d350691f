# matrix.pl - one random history, computed by everybody who can: one head, one root, one state.
#
# QFS_REPLAYS names builds of replay.c, a line each: "build=program".
# QFS_HISTORY is the number of entries (1500), QFS_SEED makes it the same again.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use QfsHistory;
use File::Basename qw(dirname);
use Test::More;

my $SIZE = $ENV{QFS_HISTORY} // 1_500;
my $seed = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $primary = new_node('primary', streaming => 1);
my $history = QfsHistory->new($primary, 'history', accounts => 30, clients => 3, holders => 6);
# A standby that replays WAL from here on.
my $standby = new_standby($primary, 'standby');
$history->run($SIZE);
$history->settle;
$history->close;
my $count = sub { return $primary->safe_psql('history', "SELECT count(*) FROM qfs.ledger WHERE $_[0]") };
cmp_ok($count->("type = '$_'"), '>', 0, "it has $_") for qw(PROPOSAL_CREATED PROPOSAL_TALLIED PROPOSAL_EXECUTED NOD_CHANGED);
cmp_ok($count->("type = 'VOTE_CAST' AND auth ->> 'via' = '$_'"), '>', 0, "votes by $_") for qw(wallet session);
cmp_ok($count->(q{auth ->> 'via' = 'ledger' AND EXISTS (SELECT FROM qfs.ledger b WHERE b.seq = ledger.seq + 1 AND b.xmin = ledger.xmin AND b.auth ->> 'via' <> 'ledger')}),
  '>', 0, 'settlements in the middle of somebody else\'s append');
is(join("\n", @{ $history->{wrong} }), '', 'what was refused was refused for a reason we know');
$primary->wait_for_catchup('standby', 'replay', $primary->lsn('insert'));

my $SUMMARY = q{SELECT h.size, h.hash, qfs.root(h.size), qfs.state_hash() FROM qfs.head() h};
my $reference = join ' ', split /\|/, $primary->safe_psql('history', $SUMMARY);
my @matrix = (['trigger, tables', $reference]);

# What a change would have led to: of the changes that replay.c has, over all entries.
my $CHANGES = '{"coherence":{"alpha":"0.2"},"governance":{"threshold_percent":2},"referral":{"cap":1}}';
my $MAP = qq{SELECT m ->> 'graph_hash', m #>> '{what_if,run_hash}' FROM CAST(qfs.consequence_map('$CHANGES', NULL, 1) AS jsonb) m};
my @maps;

sub cell { push @matrix, [@_]; return; }

sub cell_of_node {
  my ($name, $node, $database, $before) = @_;
  push @maps, [ $name, join ' ', split /\|/, $node->safe_psql($database, ($before // '') . $MAP) ];
  return cell($name, join ' ', split /\|/, $node->safe_psql($database, ($before // '') . $SUMMARY));
}

# ---- servers ----

cell_of_node('hot standby', $standby, 'history');
is($standby->safe_psql('history', q{SELECT count(*) FROM qfs.verify(depth => 'replay')}), 0, 'a standby replays it and finds it sound');

# One worker does all the work, which the plan shows.
my $in_worker = ($primary->pg_version >= 16 ? 'SET debug_parallel_query = on; ' : 'SET force_parallel_mode = on; ');
my $plan = sub { return $primary->safe_psql('history', "$in_worker EXPLAIN (COSTS OFF) $_[0]") };
like($plan->($SUMMARY), qr/^Gather\n\s+Workers Planned: 1\n\s+Single Copy: true/, 'a parallel worker hashes the state');
cell_of_node('parallel worker', $primary, 'history', $in_worker);
my $replay = q{SELECT count(*) FROM qfs.verify(depth => 'replay')};
like($plan->($replay), qr/^Gather\n\s+Workers Planned: 1\n\s+Single Copy: true/, 'a parallel worker replays');
is($primary->safe_psql('history', "$in_worker $replay"), 0, 'and finds the same state');

# Several workers hash the entries anew, each some of them.
my $several = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 4; ';
my $anew = 'SELECT count(*), bool_and(qfs.leaf_hash(qfs.entry_head(seq)) OPERATOR(qfs.=) hash) FROM qfs.ledger';
like($primary->safe_psql('history', "$several EXPLAIN (COSTS OFF) $anew"), qr/Parallel (Index Only )?(Index )?(Seq )?Scan/, 'parallel workers hash entries');
is($primary->safe_psql('history', "$several $anew"), (split / /, $reference)[0] . '|t', 'and get the hashes that are stored');

$primary->safe_psql('history', 'SELECT qfs.rebuild()');
cell_of_node('rebuilt', $primary, 'history');

my $dump = PostgreSQL::Test::Utils::tempdir('dump') . '/history.sql';
my ($exit, undef, $err) = run_program($primary, 'pg_dump', '-f', $dump, 'history');
is($exit, 0, 'dumped') or diag($err);
# Under its own oid: another database would be another one to live in, and an entry would say so.
my $oid = $primary->safe_psql('postgres', q{SELECT oid FROM pg_database WHERE datname = 'history'});
$primary->safe_psql('postgres', $_) for 'DROP DATABASE history', "CREATE DATABASE history OID = $oid";
($exit, undef, $err) = run_program($primary, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'history', '-f', $dump);
is($exit, 0, 'restored') or diag($err);
$primary->safe_psql('history', 'SELECT qfs.post_restore()');
cell_of_node('dump and restore', $primary, 'history');

# Another clock, another language, other ways to write times and numbers.
my $abroad = q{SET TimeZone = 'Pacific/Chatham'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = -15;
  SET bytea_output = 'escape'; SET lc_messages = 'C'; SET standard_conforming_strings = off; SET search_path = pg_temp; };
cell_of_node('other settings', $primary, 'history', $abroad);
is($primary->safe_psql('history', "$abroad SELECT qfs.rebuild() > 0"), 't', 'rebuilt under them');
cell_of_node('rebuilt under them', $primary, 'history');

# ---- programs ----

my $export = export_file($primary, 'history');
my (undef, $out) = qfs_verify('ledger', $export, '--state');
like($out, qr/^sound: /m, 'qfs-verify finds it sound');
my ($entries, $head, $root, $state) = map { $out =~ $_ ? $1 : '-' } qr/^sound: (\d+)/m, map { qr/^$_:\s+(\w+)$/m } qw(head root state);
cell('qfs-verify', "$entries $head $root $state");

my $json = (qfs_verify('consequence-map', $export, '--changes', $CHANGES, '--from', 1))[1];
push @maps, [ 'qfs-verify', join ' ', map { $json =~ $_ ? $1 : '-' } qr/"graph_hash":"(\w+)"/, qr/"run_hash":"(\w+)"/ ];

# The rules once more, in JavaScript, written from docs/format.md alone.
my $tree = dirname(__FILE__) . '/../..';
my ($status, $said, $faults) = run_program('node', "$tree/test/node/replay.mjs", $export);
is($status, 0, 'JavaScript finds it sound') or diag($faults);
cell('JavaScript', $said =~ s/\n//r);

my @replays = map { [ split /=/, $_, 2 ] } split /\n/, $ENV{QFS_REPLAYS} // '';
cmp_ok(scalar @replays, '>=', 4, 'there are builds to compare');
for my $replay (@replays) {
  my ($name, $program) = @$replay;
  # Memory as malloc gives it, and downwards, filled with two bytes that are nothing.
  my @said = map { (run_program($program, $export, length $_ ? $_ : ()))[1] } '', 0x00, 0xA5;
  is($said[$_], $said[0], "$name: memory does not matter") for 1, 2;
  my ($ledger, $map) = split /\n/, $said[0];
  cell("replay, $name", $ledger);
  push @maps, [ "replay, $name", $map // 'none' ];
}

# ---- the matrix ----

is($_->[1], $reference, $_->[0]) for @matrix;
like($maps[0][1], qr/^\w{64} \w{64}$/, 'a map has two hashes');
is($_->[1], $maps[0][1], "$_->[0]: a map has the same") for @maps;
my ($width) = sort { $b <=> $a } map { length $_->[0] } @matrix;
diag(sprintf "%-${width}s  %7s  %-16s  %-16s  %-16s", '', 'entries', 'head', 'root', 'state');
for my $row (@matrix) {
  my @column = split / /, $row->[1];
  diag(sprintf "%-${width}s  %7s  %-16s  %-16s  %-16s", $row->[0], $column[0], map { substr $_, 0, 16 } @column[ 1 .. 3 ]);
}

# Whole, for build/evidence.
diag(sprintf 'evidence: entries %s head %s root %s state %s', split / /, $reference);
diag(sprintf 'evidence: graph_hash %s run_hash %s', split / /, $maps[0][1]);
diag('matrix: ' . @matrix . ' cells, one head and one state; ' . @maps . ' maps, one graph_hash and one run_hash');

# ---- would it see a difference? ----

# One more entry, one record that another rule would have written.
$primary->safe_psql('history', q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')});
isnt(join(' ', split /\|/, $primary->safe_psql('history', $SUMMARY)), $reference, 'another entry is another head');
$primary->safe_psql('history', unguarded('UPDATE qfs.standing SET coherence = coherence + 0.000000000000000001 WHERE coherence < 1'));
isnt((split /\|/, $primary->safe_psql('history', $SUMMARY))[3], (split / /, $reference)[3], 'another unit of coherence is another state');
# JavaScript that rounds up.
my $copy = PostgreSQL::Test::Utils::tempdir('javascript');
is(system('cp', '-r', '--parents', 'src/web', glob('test/node/*.mjs'), "$copy/"), 0, 'the modules are copied');
my $step = slurp("$copy/src/web/rules/amounts.mjs");
ok($step =~ s{(quality \* alpha\)) / ONE}{$1 / ONE + 1n}, 'planted');
spit("$copy/src/web/rules/amounts.mjs", $step);
($status, undef, $faults) = run_program('node', "$copy/test/node/replay.mjs", $export);
is($status, 1, 'another unit of coherence in JavaScript is seen');
like($faults, qr/QFS_OUTCOME_MISMATCH/, 'in what was recorded');
if (my $planted = $ENV{QFS_PLANTED}) {
  for my $line (split /\n/, $planted) {
    my ($name, $program) = split /=/, $line, 2;
    my %seen;
    for my $fill (('') x 4, 0x00, 0xA5) {
      my (undef, $said) = run_program($program, $export, length $fill ? $fill : ());
      $seen{$said // ''} = 1;
    }
    delete $seen{"$reference\n$maps[0][1]\n"};
    cmp_ok(scalar keys %seen, '>', 0, "planted: $name is seen");
  }
}

$standby->stop;
$primary->stop;
done_testing();
