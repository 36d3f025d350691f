# 013_social.pl - random histories of accounts give one state: over tables, over memory, offline, rebuilt, restored, by one client or eight.
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use QfsTest;
use QfsClient;
use QfsHistory;
use Test::More;

my $SIZE     = $ENV{QFS_SOCIAL_EVENTS} // 10_000;
my $ACCOUNTS = 50;
my $seed     = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $node = new_node('social');

# ---- one hash of all state, by whoever can compute it ----

# SQL of our own, from docs/format.md: a line for each row of each table, hashed, sorted, hashed.
my $STATE_TABLES = q{'access', 'account', 'content', 'device', 'event_type', 'ledger_state', 'login', 'login_nonce', 'nonce', 'policy',
  'rate', 'referral_block', 'referral_code', 'server', 'session', 'signing_key', 'standing', 'thread', 'ties'};
my $LINES = qq{
  SELECT string_agg(format('SELECT sha256(convert_to(%L || concat_ws(%L, %s) || %L, %L)) AS d FROM qfs.%I',
           '["' || t.relname || '",', ',', t.columns, ']', 'UTF8', t.relname), ' UNION ALL ')
  FROM (SELECT c.relname, string_agg('coalesce(' || CASE
            WHEN a.atttypid::regtype::text IN ('bigint', 'boolean') THEN format('%I::text', a.attname)
            WHEN a.atttypid::regtype::text = 'qfs.amount' THEN format('to_json(%I::numeric(39, 18)::text)::text', a.attname)
            WHEN (c.relname, a.attname) IN (('access', 'sessions'), ('policy', 'policy'), ('event_type', 'schema')) THEN quote_ident(a.attname)
            ELSE format('to_json(%I::text)::text', a.attname) END || ', \$\$null\$\$)', ', ' ORDER BY a.attnum) AS columns
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'qfs'::regnamespace AND c.relname IN ($STATE_TABLES)
        GROUP BY c.relname) t};

# Without: a table that is left out.
sub state_by_sql {
  my ($database, $without) = @_;
  my $union = $node->safe_psql($database, $LINES . (defined $without ? " WHERE t.relname <> '$without'" : ''));
  return $node->safe_psql($database, "SELECT encode(sha256(string_agg(d, '' ORDER BY d)), 'hex') FROM ($union) x");
}

sub state_of { my ($database) = @_; return $node->safe_psql($database, 'SELECT qfs.state_hash()') }

# One test each: every depth finds it sound, and everybody has the same state.
# Returns that.
sub is_one_state {
  my ($database, $name) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $state = state_of($database);
  is(state_by_sql($database), $state, "$name: SQL of the test's own hashes the tables to the same");
  is(join('', map { verify_rows($node, $_, $database) } qw(hashes signatures replay)) . check_rows($node, $database), '',
    "$name: qfs.verify finds it sound at every depth");
  my $file = export_file($node, $database);
  for my $depth (qw(signatures replay)) {
    my ($exit, $out, $err) = qfs_verify('ledger', $file, '--depth', $depth, '--state');
    is("$exit $err" . ($out =~ /^state: (\w+)$/m)[0], "0 $state", "$name: qfs-verify at depth $depth has the same state") or diag($out);
  }
  is((qfs_verify('ledger', $file, '--depth', 'hashes'))[0], 0, "$name: qfs-verify finds it sound at depth hashes");
  return $state;
}

# What is off the ledger, which a dump must keep as it is.
sub contents_of {
  my ($database) = @_;
  return $node->safe_psql($database, q{
    SELECT md5(string_agg(m::text, E'\n' ORDER BY entry)) FROM qfs.message m UNION ALL
    SELECT md5(string_agg(p::text, E'\n' ORDER BY user_id::text)) FROM qfs.profile_content p});
}

# Things that a history must have had, so that we have compared something.  Which guards blocked is left to chance;
# 014_social_attacks.pl has each of them.
sub is_rich {
  my ($database, $name) = @_;
  my $seen = $node->safe_psql($database, q{
    SELECT DISTINCT type FROM qfs.ledger UNION
    SELECT 'blocked referral' FROM qfs.referral_block UNION
    SELECT DISTINCT jsonb_array_elements_text(p -> 'rules') FROM qfs.ledger, jsonb_array_elements(accounts) p UNION
    SELECT 'erased profile' FROM qfs.profile_content WHERE content IS NULL UNION
    SELECT 'erased message' FROM qfs.message WHERE body IS NULL UNION
    SELECT 'answers in several epochs' FROM qfs.thread HAVING count(DISTINCT answered) > 3 UNION
    SELECT 'signed event' FROM qfs.nonce WHERE event_nonce > 0 UNION
    SELECT 'pending referral' FROM qfs.ties WHERE used IS NOT NULL AND settled IS NULL UNION
    SELECT 'revoked session' FROM qfs.session WHERE reason = 'user_logout'});
  my %seen = map { ($_ => 1) } split /\n/, $seen;
  my @wanted = (qw(LOGIN SESSION_ROTATED SESSION_REVOKED PROFILE_UPDATE CHAT_KEY MESSAGE REFERRAL_USE CONTENT_CREATED COHERENCE_SCORED
    SAID NOTE POLICY_CHANGED
    ACCOUNT_CREATED SESSION_STARTED EVENT_SIGNED MESSAGE_FIRST_SENT MESSAGE_FIRST_RECEIVED PROFILE_CHANGED PROFILE_COMPLETED CHAT_KEY_PUBLISHED MESSAGE_RECIPROCATED REFERRAL_USED CONTENT_SCORED REFERRAL_TIER_1),
    'blocked referral', 'erased profile', 'erased message', 'answers in several epochs', 'signed event', 'revoked session');
  return is(join(', ', grep { !$seen{$_} } @wanted), '', "$name: everything happened")
    || diag(join ', ', sort keys %seen);
}

sub history {
  my ($database, $clients) = @_;
  my $history = QfsHistory->new($node, $database, accounts => $ACCOUNTS, clients => $clients);
  $history->run($SIZE);
  $history->close;
  note("$database: " . join ', ', map { "$_: $history->{tally}{$_}" } sort keys %{ $history->{tally} });
  is(join("\n", @{ $history->{wrong} }), '', "$database: what was refused was refused for a reason we know");
  cmp_ok($history->{tally}{'rolled back'}, '>', $SIZE / 100, "$database: some were rolled back");
  cmp_ok(size_of($node, $database), '>=', $SIZE, "$database: the ledger is long enough");
  is_rich($database, $database);
  return is_one_state($database, $database);
}

my %state = (one => history('one', 1), eight => history('eight', 8));
isnt($state{one}, $state{eight}, 'two histories have two states');

# ---- the same after it was computed anew ----

subtest 'rebuilt' => sub {
  my $records = $node->safe_psql('one', 'SELECT qfs.rebuild()');
  is(is_one_state('one', 'rebuilt'), $state{one}, 'the state is the one before');
  # Spoilt, and rebuilt.
  $node->safe_psql('one', unguarded(q{
    UPDATE qfs.standing SET flx = flx + 1; DELETE FROM qfs.thread; UPDATE qfs.ties SET sent = NOT sent; DELETE FROM qfs.access}));
  isnt(state_of('one'), $state{one}, 'a spoilt state has another hash');
  like(verify_rows($node, 'replay', 'one'), qr/STATE_MISMATCH/, 'and qfs.verify sees it');
  is($node->safe_psql('one', 'SELECT qfs.rebuild()'), $records, 'rebuilt: as many records');
  is(is_one_state('one', 'rebuilt again'), $state{one}, 'the state is the one before');
};

subtest 'dumped and restored' => sub {
  my $file = PostgreSQL::Test::Utils::tempdir('dump') . '/eight.sql';
  my ($exit, undef, $err) = run_program($node, 'pg_dump', '-f', $file, 'eight');
  is($exit, 0, 'dumped') or diag($err);
  new_database($node, 'restored');
  ($exit, undef, $err) = run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'restored', '-f', $file);
  is($exit, 0, 'restored') or diag($err);
  refused($node, q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')}, 'QFS_NOT_VERIFIED', 'closed at first', 'restored');
  is($node->safe_psql('restored', 'SELECT qfs.post_restore()'), size_of($node, 'eight'), 'post_restore verifies all');
  is_one_state('restored', 'restored');
  is(state_by_sql('restored', 'server'), state_by_sql('eight', 'server'), 'the state is the one before, but for where the ledger lives');
  is($node->safe_psql('restored', q{SELECT payload -> 'changed' FROM qfs.ledger ORDER BY seq DESC LIMIT 1}), '["database"]', 'which an entry says');
  is(contents_of('restored'), contents_of('eight'), 'what is off the ledger came along');
};

$node->stop;
done_testing();
