# catalogue.pl - no function that promises IMMUTABLE or STABLE reaches a clock, chance, a float, a time zone or a collation.
use strict;
use warnings FATAL => 'all';
use lib 'test/determinism';
use QfsTest;
use QfsWalk;
use Test::More;

plan skip_all => 'machine code is read on x86-64 only' if `uname -m` !~ /x86_64/;

my $node = new_node('catalogue');
$node->safe_psql('postgres', 'CREATE EXTENSION qfs');
my $value = sub { return $node->safe_psql('postgres', $_[0]) };

# Observers say how the server is now: clocks, locks, files, roles, other objects, who is signed in, what is on disk.  No outcome, no proof and
# no explanation asks them.
my $OBSERVERS = qr/^qfs(_api)?\.(access|advice|advisor_of|channels|current_block|explain_advice|explanation_with_advice|governance|health|key_fault|knows_server|metric_families|neighbours|newest_advice|metrics|open_sessions|overdue_blocks|part_calls|part_health|part_metrics|self_check|since|socket_identity|vitals)\(/;

# The page is a text: what it calls, a browser runs.  Its headers are for PostgREST, the same each time.
my $PAGE = qr/^qfs_api\.(app|page_module)\(/;

# Who is shown an account as of the last epoch, or the entries before it, and the functions that ask them.
my $BY_EPOCH = qr/^qfs(_api)?\.(current_epoch|guard_epochs|guard_history|epoch_floor|whole_epochs|what_if|map_of|consequence_map|run_sandbox|sandbox|seen_standing|find_last_act|profile_of|profile|coherence|explain_coherence|explain_map|explain_run|explanation|sessions)\(/;

# What is known, and why it does no harm.  A reason that is no longer needed fails.
my @ALLOWED = (
  # qfs.refuse raises an error, or says true; it is volatile so that nobody raises it early.
  [ qr/./, 'volatile', qr/^qfs\.refuse\(/ ],
  # A fixed text, planned once, reads the cosignatures, of which no outcome knows.
  [ qr/^qfs(_api)?\.(checkpoint|tlog_proof|vote_chain)\(/, 'unseen', qr/^SPI_(execute_plan|prepare), in C$/ ],
  # The same fixed text; entries are read by their number.
  [ qr/^qfs(_api)?\.(expla\w*|account_statement|bundle_for_caller)\(/, 'unseen', qr/^SPI_(execute_plan|prepare), in C$/ ],
  # An array's elements come in its order; of the rows of a walk one has what is looked for.
  [ qr/^qfs(_api)?\.(coherence|history|find_last_act|find_own_touch|find_touch|find_tx|account_statement|explain_coherence|explain_reward|profile|profile_of)\(/, 'unordered', qr/^LIMIT/ ],
  # Votes are proven under the head that is on disk, which only grows.
  [ qr/^qfs_api\.vote_chain\(/, 'volatile', qr/^qfs\.durable_head\(/ ],
  # Digits, as a range of code points, which is the same in every collation.
  [ qr/^qfs(_api)?\.(find_tx|explain_reward)\(/, 'collation', qr/^textregex(eq|ne)\(/ ],
  # Its keys are those of a GROUP BY, and jsonb sorts them.
  [ qr/^qfs_api\.referral_stats\(/, 'unordered', qr/^jsonb_object_agg\(/ ],
  # Sorted by a place in a list, or by numbers of entries and epochs.
  [ qr/^qfs(_api)?\.(guard_epochs|guard_history|guard_verdicts|preview|reflect|reflect\w+|hide_others|what_if|values_of_keys|classes_of_keys|key_history|decided_guard|evidence_in|arithmetic_in|expla\w+)\(/, 'collation', qr/^ORDER BY/ ],
  # An act is tried at the time that it is.
  [ qr/^qfs(_api)?\.(preview|simulate|what_if|explain_run|explanation)\(/, 'clock', qr/^GetCurrentTimestamp, in C$/ ],
  # What is active now is listed, and strangers are shown what was when the last epoch ended: a number of milliseconds.
  [ $BY_EPOCH, 'clock', qr/^statement_timestamp\(/ ],
  [ $BY_EPOCH, 'time', qr/^timestamp with time zone in (funcexpr|statement_timestamp\(\)|"extract"\(.*)$/ ],
);

sub walk_of { my (@objects) = @_; return QfsWalk->new($value, @objects) }

my @objects = glob 'src/pg/*.o src/pg/*/*.o';
my $walk = walk_of(@objects);
my @promising = grep { $_->{name} !~ $OBSERVERS && $_->{name} !~ $PAGE } $walk->promising('qfs', 'qfs_api');
cmp_ok(scalar @promising, '>', 90, 'there are functions to look at');

my %used;
my @wrong;
for my $proc (@promising) {
  for my $finding ($walk->findings($proc)) {
    my ($name, $kind, $what) = @$finding;
    my ($allowed) = grep { $name =~ $_->[0] && $kind eq $_->[1] && $what =~ $_->[2] } @ALLOWED;
    if ($allowed) { $used{$allowed} = 1 }
    else          { push @wrong, "$name: $kind: $what" }
  }
}
is(join("\n", @wrong), '', 'nothing but its arguments and the ledger decides what a function says');
is(join("\n", map { "$_->[0] $_->[1] $_->[2]" } grep { !$used{$_} } @ALLOWED), '', 'every exception is needed');

# ---- does it bite? ----

my %plants = (
  # [declared, body]: the findings, in this order
  good        => [ 'IMMUTABLE', 'SELECT max(x) FROM (VALUES (1), (2)) v(x) WHERE x::text = $$1$$' ],
  good_order  => [ 'IMMUTABLE', 'SELECT string_agg(x, $$,$$ ORDER BY x COLLATE "C")::int FROM (VALUES ($$1$$)) v(x)' ],
  random      => [ 'STABLE', 'SELECT (random() * 2)::int', qw(float volatile) ],
  nonce       => [ 'IMMUTABLE', 'SELECT length(qfs.nonce())', qw(clock volatile) ],
  sequence    => [ 'STABLE', q{SELECT nextval('planted.numbers')::int}, qw(volatile) ],
  clock       => [ 'STABLE', 'SELECT count(*)::int FROM qfs.ledger WHERE at > extract(epoch FROM now())', qw(clock time) ],
  clock_word  => [ 'STABLE', q{SELECT length(CURRENT_TIMESTAMP::text)}, qw(clock time) ],
  float       => [ 'IMMUTABLE', 'SELECT (0.5::float8 * 3)::int', qw(float) ],
  float_const => [ 'IMMUTABLE', q{SELECT CASE WHEN real '0.1' = 0.1 THEN 1 END}, qw(float) ],
  time_zone   => [ 'STABLE', q{SELECT length(to_timestamp(x)::text) FROM (VALUES (1)) v(x)}, qw(float time) ],
  date_style  => [ 'STABLE', q{SELECT length(x::date::text) FROM (VALUES ('1/2/2026')) v(x)}, qw(time) ],
  less        => [ 'IMMUTABLE', q{SELECT 1 FROM (VALUES ('a'), ('B')) v(x) WHERE x < 'b'}, qw(collation) ],
  case        => [ 'IMMUTABLE', q{SELECT length(lower(x)) FROM (VALUES ('I')) v(x)}, qw(collation) ],
  largest     => [ 'IMMUTABLE', q{SELECT length(max(x)) FROM (VALUES ('a'), ('B')) v(x)}, qw(collation) ],
  order_by    => [ 'IMMUTABLE', q{SELECT length(x) FROM (VALUES ('a'), ('B')) v(x) ORDER BY x LIMIT 1}, qw(collation) ],
  agg_order   => [ 'IMMUTABLE', q{SELECT length(string_agg(x, ',' ORDER BY x)) FROM (VALUES ('a')) v(x)}, qw(collation) ],
  pattern     => [ 'IMMUTABLE', q{SELECT 1 FROM (VALUES ('a')) v(x) WHERE x ~ '[[:alpha:]]'}, qw(collation) ],
  unordered   => [ 'IMMUTABLE', q{SELECT (array_agg(x))[1] FROM (VALUES (1), (2)) v(x)}, qw(unordered) ],
  any_row     => [ 'STABLE', 'SELECT seq::int FROM qfs.ledger LIMIT 1', qw(unordered) ],
  through     => [ 'STABLE', 'SELECT planted.random_f()', qw(float volatile) ],
  through_view => [ 'STABLE', 'SELECT n FROM planted.view', qw(float volatile) ],
  subselect   => [ 'STABLE', 'SELECT 1 WHERE EXISTS (WITH w AS (SELECT random() AS r) SELECT FROM w WHERE r > 0)', qw(float volatile) ],
  a_lie       => [ 'IMMUTABLE', 'SELECT (qfs.head()).size::int', qw(stable) ],
  c_clock     => [ 'IMMUTABLE', 'C', qw(clock) ], c_random => [ 'IMMUTABLE', 'C', qw(volatile) ], c_float => [ 'IMMUTABLE', 'C', qw(float) ],
  c_time      => [ 'STABLE', 'C', qw(time) ], c_locale => [ 'STABLE', 'C', qw(collation) ], c_spi => [ 'STABLE', 'C', qw(unseen) ],
  c_table     => [ 'STABLE', 'C', qw(unordered) ], c_pointer => [ 'STABLE', 'C', qw(clock) ], c_good => [ 'IMMUTABLE', 'C' ],
  c_absent    => [ 'STABLE', 'C', qw(unseen) ],
  pl_random   => [ 'STABLE', 'BEGIN RETURN pg_catalog.random(); END', qw(volatile) ],
  pl_clock    => [ 'STABLE', 'BEGIN RETURN length(current_timestamp::text); END', qw(clock) ],
  pl_execute  => [ 'STABLE', q{DECLARE n int; BEGIN EXECUTE 'SELECT 1' INTO n; RETURN n; END}, qw(unseen) ],
  pl_good     => [ 'STABLE', q{BEGIN RETURN 1; /* random() */ END} ],
  text_body   => [ 'STABLE', 'TEXT', qw(unseen) ],
);

my $plant_c = scratch_file('plants.c', q{
  extern long GetCurrentTimestamp(void), random(void), SPI_execute(const char *, int, long), hash_seq_search(void *), varstr_cmp(const char *, int);
  extern int DateStyle;
  #define FN(name) long name(void *fcinfo); __attribute__((noinline)) long name(void *fcinfo)
  static __attribute__((noinline)) long deep(void *p) { return p ? GetCurrentTimestamp() + 1 : 0; }
  FN(qfs_plant_c_clock) { return deep(fcinfo) + 1; }
  FN(qfs_plant_c_random) { return random() + 1; }
  FN(qfs_plant_c_float) { return (long) (*(long *) fcinfo * 0.5); }
  FN(qfs_plant_c_time) { return DateStyle; }
  FN(qfs_plant_c_locale) { return varstr_cmp(fcinfo, 1) + 1; }
  FN(qfs_plant_c_spi) { return SPI_execute("SELECT 1", 1, 1) + 1; }
  FN(qfs_plant_c_table) { return hash_seq_search(fcinfo) + 1; }
  extern long call(long (*)(void *));
  FN(qfs_plant_c_pointer) { return call(deep) + 1; }
  FN(qfs_plant_c_good) { return *(long *) fcinfo + 1; }
});
my $plant_o = "$plant_c.o";
is((run_program('cc', '-std=c11', '-O2', '-fPIC', '-c', '-o', $plant_o, $plant_c))[0], 0, 'plants in C compile');

my $sql = "CREATE SCHEMA planted; CREATE SEQUENCE planted.numbers; SET check_function_bodies = off;\n";
for my $name (sort { ($a =~ /^through/) <=> ($b =~ /^through/) || $a cmp $b } keys %plants) {
  my ($declared, $body) = @{ $plants{$name} };
  my $head = "CREATE FUNCTION planted.${name}_f() RETURNS int $declared";
  $sql .= 'CREATE VIEW planted.view AS SELECT (random() * 5)::int AS n;' if $name eq 'through_view';
  $sql .= $body eq 'C' ? '' : $body eq 'TEXT' ? "$head LANGUAGE sql AS 'SELECT 1';\n"
    : $name =~ /^pl_/ ? "$head LANGUAGE plpgsql AS \$body\$$body\$body\$;\n" : "$head LANGUAGE sql BEGIN ATOMIC $body; END;\n";
}
$node->safe_psql('postgres', $sql);
$walk = walk_of(@objects, $plant_o);
my $caught = 0;
for my $name (sort keys %plants) {
  my ($declared, $body, @expected) = @{ $plants{$name} };
  my ($proc) = grep { $_->{schema} eq 'planted' && $_->{proname} eq "${name}_f" } values %{ $walk->{proc} };
  # What C says, the catalogue would have to be shown by a library that can be loaded.
  $proc = { name => $name, language => 'c', schema => 'planted', prosrc => "qfs_plant_$name", volatility => $declared eq 'IMMUTABLE' ? 'i' : 's' }
    if $body eq 'C';
  my %kinds = map { ($_->[1] => 1) } $walk->findings($proc);
  is(join(' ', sort keys %kinds), join(' ', @expected), "planted: $name") or diag(join "\n", map { "@$_" } $walk->findings($proc));
  $caught++ if @expected;
}
diag('walked: ' . @promising . " functions, $caught planted violations caught");

$node->stop;
done_testing();
