# 005_concurrency.pl - sixteen writers and all that can go wrong at once: no fork, no gap, nothing lost, nothing left behind.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IO::Handle;
use List::Util qw(max min);
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;
use Time::HiRes qw(time usleep);

my $WRITERS = 16;
my $SECONDS = $ENV{QFS_STORM_SECONDS} // 10;

my $seed = $ENV{QFS_SEED} // int(time() * 1000) % 1_000_000;
note("QFS_SEED=$seed");

my $node = new_node('storm', conf => q{
  max_connections = 60
  max_prepared_transactions = 5
  deadlock_timeout = 100ms
  log_statement = none
});
new_ledger($node);
$node->safe_psql('postgres', q{
  SELECT qfs.register_event_type('ONCE', '{}');
  SELECT qfs.register_event_type('ORDER', '{"properties":{"id":{"type":"string"}},"required":["id"],"type":"object"}');
  CREATE ROLE teller LOGIN IN ROLE qfs_operator;
  CREATE SCHEMA app;
  CREATE TABLE app.row (n int PRIMARY KEY, touched bigint NOT NULL DEFAULT 0);
  INSERT INTO app.row SELECT generate_series(1, 3);
  CREATE TABLE app.thing (id text NOT NULL);
  CREATE TABLE app.later (id text NOT NULL);
  CREATE FUNCTION app.append(id text) RETURNS bigint LANGUAGE sql AS
    $$ INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', jsonb_build_object('id', id)) RETURNING seq $$;
  CREATE FUNCTION app.append_new() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM app.append(new.id); RETURN new; END $$;
  CREATE TRIGGER append AFTER INSERT ON app.thing FOR EACH ROW EXECUTE FUNCTION app.append_new();
  CREATE CONSTRAINT TRIGGER append AFTER INSERT ON app.later DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION app.append_new();
  CREATE FUNCTION app.swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
  GRANT USAGE ON SCHEMA app TO teller;
  GRANT ALL ON ALL TABLES IN SCHEMA app TO teller;
});

my $logs = PostgreSQL::Test::Utils::tempdir('storm');

sub log_file {
  my ($name) = @_;
  open(my $log, '>>', "$logs/$name") or die $!;
  $log->autoflush(1);
  return $log;
}

# ---- what a writer does: transactions, and which of their entries are to stay ----

my $me = 0;
my $count = 0;

sub ids { my ($n) = @_; return map { "$me-" . $count++ } 1 .. $n }
sub notes { return 'INSERT INTO qfs.ledger (type, payload) VALUES ' . join ', ', map { qq{('NOTE', '{"id": "$_"}')} } @_ }

# Each returns: kept => ids, dropped => ids, sql (one message), copy; or run, a
# sub that does it all and returns the answer to the last statement.
# may: errors beside those that can hit everybody.
my %transactions = (
  single => sub { my @k = ids(1); return (kept => \@k, sql => notes(@k)) },
  batch  => sub { my @k = ids(1 + rand 30); return (kept => \@k, sql => 'BEGIN; ' . notes(@k) . '; COMMIT') },
  select => sub {
    my @k = ids(1 + rand 40);
    my $list = join ',', map { "'$_'" } @k;
    return (kept => \@k, sql => qq{INSERT INTO qfs.ledger (type, payload)
      SELECT 'ORDER', jsonb_build_object('id', i) FROM unnest(ARRAY[$list]) i});
  },
  savepoints => sub {
    my @k = ids(3);
    my @d = ids(4);
    return (kept => \@k, dropped => \@d, sql => join '; ', 'BEGIN', notes($k[0]), 'SAVEPOINT a', notes($d[0]),
      'SAVEPOINT b', notes(@d[1, 2]), 'ROLLBACK TO b', notes($d[3]), 'RELEASE b', 'ROLLBACK TO a', notes($k[1]),
      'SAVEPOINT c', notes($k[2]), 'RELEASE c', 'RELEASE a', 'COMMIT');
  },
  savepoint_first => sub {
    my @k = ids(1);
    my @d = ids(2);
    return (kept => \@k, dropped => \@d, sql => join '; ', 'BEGIN', 'SAVEPOINT a', notes(@d), 'ROLLBACK TO a',
      'SELECT pg_sleep(0.001)', notes(@k), 'COMMIT');
  },
  caught => sub {
    my @k = ids(4);
    my @d = ids(3);
    return (kept => \@k, dropped => \@d, sql => qq{DO \$\$ BEGIN
      PERFORM app.append('$k[0]');
      BEGIN PERFORM app.append('$d[0]'); PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN PERFORM app.append('$k[1]'); END;
      BEGIN PERFORM app.append('$d[1]'); INSERT INTO qfs.ledger (type, payload) VALUES ('NO_SUCH_TYPE', '{}');
      EXCEPTION WHEN SQLSTATE 'PT422' THEN NULL; END;
      BEGIN PERFORM app.append('$k[2]');
        BEGIN PERFORM app.append('$d[2]'); INSERT INTO qfs.ledger (type, payload) VALUES ('ORDER', '{"no": 1}');
        EXCEPTION WHEN invalid_parameter_value THEN NULL; END;
      END;
      PERFORM app.append('$k[3]'); END \$\$});
  },
  # Whoever catches the end of its patience must not keep the lock that it waited for.
  patience => sub {
    my @k = ids(1);
    my @maybe = ids(2);
    return (kept => \@k, maybe => \@maybe, sql => qq{BEGIN; SET LOCAL lock_timeout = '${\int(20 + rand 30)}ms'; DO \$\$ BEGIN
      FOR i IN 1 .. 2 LOOP
        BEGIN PERFORM app.append('$maybe[0]' || repeat('x', 2 - i)); EXIT; EXCEPTION WHEN lock_not_available THEN NULL; END;
      END LOOP; END \$\$; SET LOCAL lock_timeout = 0; SELECT app.append('$k[0]'); COMMIT});
  },
  lock_timeout => sub { my @k = ids(2); return (kept => \@k, may => '55P03',
    sql => "BEGIN; SET LOCAL lock_timeout = '${\int(1 + rand 50)}ms'; " . notes(@k) . '; COMMIT') },
  timeout => sub { my @k = ids(60); return (kept => \@k,
    sql => "BEGIN; SET LOCAL statement_timeout = '${\int(1 + rand 15)}ms'; " . notes(@k) . '; COMMIT') },
  rollback => sub { my @d = ids(1 + rand 10); return (dropped => \@d, sql => 'BEGIN; ' . notes(@d) . '; ROLLBACK') },
  hang_up => sub { my @d = ids(2); return (dropped => \@d, run => sub {
    my ($client) = @_;
    $client->query('BEGIN; ' . notes(@d));
    $client->hang_up;
    return { tags => [], rows => [], lost => 1, status => '' } }) },
  unknown_type => sub { my @d = ids(2); return (dropped => \@d, may => 'QFS_TYPE_UNKNOWN', sql => 'BEGIN; ' . notes(@d)
    . q{; INSERT INTO qfs.ledger (type, payload) VALUES ('NO_SUCH_TYPE', '{}'); COMMIT}) },
  prepare => sub { my @d = ids(1); return (dropped => \@d, may => 'QFS_PREPARED',
    sql => 'BEGIN; ' . notes(@d) . "; PREPARE TRANSACTION 'p$me'") },
  repeatable => sub { my @k = ids(2); return (kept => \@k, may => 'QFS_SNAPSHOT_OLD',
    sql => 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM app.row; ' . notes(@k) . '; COMMIT') },
  serializable => sub { my @k = ids(2); return (kept => \@k, may => 'QFS_SNAPSHOT_OLD|40001',
    sql => 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM app.row; ' . notes(@k) . '; COMMIT') },
  copy => sub { my @k = ids(1 + rand 30); return (kept => \@k, sql => 'COPY qfs.ledger (type, payload) FROM STDIN',
    copy => join '', map { qq(NOTE\t{"id": "$_"}\n) } @k) },
  copy_broken => sub { my @d = ids(1 + rand 30); return (dropped => \@d, may => 'QFS_PAYLOAD_INVALID',
    sql => 'COPY qfs.ledger (type, payload) FROM STDIN', copy => join('', map { qq(NOTE\t{"id": "$_"}\n) } @d) . "ORDER\t{}\n") },
  nested => sub { my @k = ids(4); return (kept => \@k, sql => qq{INSERT INTO qfs.ledger (type, payload)
    SELECT 'NOTE', jsonb_build_object('id', i, 'inner', app.append(i || 'i'), 'deeper', (SELECT app.append(i || 'd')))
    FROM unnest(ARRAY['$k[0]', '$k[1]']) i; SELECT app.append('$k[2]'), app.append('$k[3]')}) },
  trigger  => sub { my @k = ids(3); return (kept => \@k, sql => "INSERT INTO app.thing VALUES ('$k[0]'), ('$k[1]'), ('$k[2]')") },
  deferred => sub { my @k = ids(3); return (kept => \@k,
    sql => "BEGIN; INSERT INTO app.later VALUES ('$k[0]'), ('$k[1]'); " . notes($k[2]) . '; COMMIT') },
  # One order or the other: the deadlock detector must know the chain lock.
  crossing => sub {
    my @k = ids(2);
    my $touch = 'UPDATE app.row SET touched = touched + 1 WHERE n = ' . int(1 + rand 3);
    my @steps = rand() < 0.5 ? ($touch, notes(@k)) : (notes(@k), $touch);
    return (kept => \@k, sql => join '; ', 'BEGIN', @steps, 'COMMIT');
  },
  big => sub { my @k = ids(1); my $text = join '', map { chr(97 + rand 26) } 1 .. 20_000;
    return (kept => \@k, sql => qq{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"id": "$k[0]", "text": "$text"}')}) },
  # An index of the application's swallows the row; then nothing of it may stay.
  once => sub { my @k = ids(2); return (kept => \@k, may => 'QFS_ENTRY_LOST', run => sub {
    my ($client) = @_;
    my $answer = $client->query('BEGIN; ' . notes($k[0]) . '; ' . once($k[1], 'ON CONFLICT DO NOTHING'));
    return $answer if $answer->{error} || $answer->{lost};
    my $swallowed = $answer->{tags}[-1] eq 'INSERT 0 0';
    $answer = $client->query('COMMIT');
    die 'a lost entry was committed' if $swallowed && "@{ $answer->{tags} }" eq 'COMMIT';
    die "an entry was lost that was not: $answer->{error}{detail}"
      if !$swallowed && $answer->{error} && $answer->{error}{code} eq 'QFS_ENTRY_LOST';
    return $answer }) },
  once_saved => sub { my @k = ids(2); my @maybe = ids(1); return (kept => \@k, maybe => \@maybe, run => sub {
    my ($client) = @_;
    my $answer = $client->query('BEGIN; ' . notes($k[0]) . '; SAVEPOINT s; ' . once($maybe[0], 'ON CONFLICT DO NOTHING'));
    return $answer if $answer->{error} || $answer->{lost};
    my $back = $answer->{tags}[-1] eq 'INSERT 0 0' ? 'ROLLBACK TO s; ' : '';
    return $client->query($back . notes($k[1]) . '; COMMIT') }) },
  once_error => sub { my @k = ids(2); return (kept => \@k, may => '23505', sql => join '; ', 'BEGIN', notes($k[0]), once($k[1], ''), 'COMMIT') },
  register => sub { my @k = ids(2); my $type = 'T' . $k[0] =~ tr/-/_/r; my $end = rand() < 0.5 ? 'COMMIT' : 'ROLLBACK';
    return (($end eq 'COMMIT' ? 'kept' : 'dropped') => \@k, sql => qq{BEGIN; SELECT qfs.register_event_type('$type', '{}');
      INSERT INTO qfs.ledger (type, payload) VALUES ('$type', '{"id": "$k[0]"}'), ('$type', '{"id": "$k[1]"}'); $end}) },
  policy => sub { my @k = ids(1); my $end = rand() < 0.7 ? 'COMMIT' : 'ROLLBACK';
    return (($end eq 'COMMIT' ? 'kept' : 'dropped') => \@k, sql => join '; ', 'BEGIN',
      qq{SELECT qfs.set_policy('{"nonce_ttl_ms": ${\int(1000 + rand 80000)}}')}, notes(@k), $end) },
);

sub once {
  my ($id, $how) = @_;
  return qq{INSERT INTO qfs.ledger (type, payload) VALUES ('ONCE', '{"id": "$id", "once": ${\int(rand 300)}}') $how};
}

# What can hit everybody: a cancelled statement, a terminated session, the hostile trigger, and a deadlock of
# two others, which PostgreSQL may end by refusing somebody who stands in the queue between them.
my $ANY = '57014|57P01|QFS_TRIGGER_BETWEEN|40P01';

# acknowledged, refused or unknown, and whether that was to be expected.
sub verdict {
  my ($op, $answer) = @_;
  return 'acknowledged' if @{ $answer->{tags} } && !$answer->{error} && $answer->{status} eq 'I';
  return 'acknowledged' if grep { $_ eq 'COMMIT' } @{ $answer->{tags} };
  my $error = $answer->{error} or return 'unknown';
  my $may   = $ANY . ($op->{may} ? "|$op->{may}" : '');
  die "$error->{sqlstate} $error->{message} ($error->{detail})" unless ($error->{code} || $error->{sqlstate}) =~ /^(?:$may)$/;
  return 'refused';
}

sub object_locks {
  my ($client) = @_;
  my $answer = $client->query(q{SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'object'});
  return $answer->{error} || $answer->{lost} ? 0 : $answer->{rows}[0][0];
}

sub writer {
  my ($number) = @_;
  $me = $number;
  srand($seed * 100 + $number);
  my $log = log_file("writer.$number");
  my @names = sort keys %transactions;
  my @user = $number % 2 ? (user => 'teller') : ();
  my ($client, $done, $has_index) = (undef, 0, 0);
  until (QfsClient::is_over() && $done >= 15) {
    if (!$client) { $client = QfsClient->new($node, name => 'writer', @user) or usleep(5_000), next; }
    my $name = $names[ rand @names ];
    next if $name =~ /^once/ && !($has_index ||= -e "$logs/index");
    next if $name eq 'policy' && rand() > 0.3;
    my %op = (kept => [], dropped => [], maybe => [], $transactions{$name}->());
    my $answer = $op{run} ? $op{run}->($client) : $client->query($op{sql}, $op{copy});
    my $verdict = eval { verdict(\%op, $answer) } // die "$name: $@";
    $done++ if $verdict eq 'acknowledged' && @{ $op{kept} };
    print $log join("\t", $name, $verdict, map { join ',', @{ $op{$_} } } qw(kept dropped maybe)), "\n";
    # A ROLLBACK can be cancelled as well.
    $answer = $client->query('ROLLBACK') until $client->lost || $answer->{status} eq 'I';
    die "$name leaves a lock" if !$client->lost && rand() < 0.1 && object_locks($client);
    $client = undef if $client->lost;
  }
  die 'a lock is left' if $client && object_locks($client);
}

# ---- those who disturb them, and those who read ----

sub rioter {
  srand($seed);
  my $client = QfsClient->wait_for($node);
  until (QfsClient::is_over()) {
    my $function = rand() < 0.8 ? 'pg_cancel_backend' : 'pg_terminate_backend';
    $client->value("SELECT $function(pid) FROM pg_stat_activity WHERE application_name = 'writer' ORDER BY random() LIMIT 1");
    usleep(rand 25_000);
  }
}

# A superuser's trigger that would swallow entries comes and goes; keys change.
sub enemy {
  my $client = QfsClient->wait_for($node);
  $client->value('SET qfs.ddl_guard = off');
  until (QfsClient::is_over()) {
    $client->value('CREATE TRIGGER zzzz BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION app.swallow()');
    usleep(10_000);
    $client->value('DROP TRIGGER zzzz ON qfs.ledger');
    $client->value('SELECT qfs.rotate_keys()') if rand() < 0.5;
    $client->value('BEGIN; SELECT qfs.rotate_keys(); ROLLBACK') if rand() < 0.2;
    usleep(rand 600_000);
  }
}

sub reader {
  my ($number) = @_;
  my $log = log_file('checkpoints');
  my $client = QfsClient->wait_for($node);
  my ($old, $old_root);
  until (QfsClient::is_over()) {
    $client->value('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    my $size = $client->value('SELECT size FROM qfs.head()');
    my $root = $client->value("SELECT qfs.root($size)");
    my $note = $client->value("SELECT qfs.checkpoint($size)");
    my $seq  = int(rand $size);
    my $proofs = "qfs.verify_inclusion(qfs.leaf_hash(qfs.entry_head($seq)), $seq, $size, qfs.inclusion_proof($seq, $size), '$root')";
    $proofs .= " AND qfs.verify_consistency($old, $size, qfs.consistency_proof($old, $size), '$old_root', '$root')" if $old;
    die "no proof at $size" unless $client->value("SELECT $proofs") eq 't';
    my $from   = max(0, $size - 1 - int rand 20);
    my $faults = $client->value("SELECT count(*) FROM qfs.verify($from, $size - 1, 'hashes')");
    die "$faults faults below $size" if $faults;
    $client->value('COMMIT');
    print $log encode_base64($note, ''), "\n";
    ($old, $old_root) = ($size, $root);
    usleep(20_000);
  }
}

my @readers = map { my $n = $_; QfsClient::in_background(sub { reader($n) }) } 1, 2;
my @others  = (QfsClient::in_background(\&rioter), QfsClient::in_background(\&enemy));
my @writers = map { my $n = $_; QfsClient::in_background(sub { writer($n) }) } 1 .. $WRITERS;

# The index of the application's comes in the middle: before it, nothing can be swallowed.
usleep($SECONDS / 2 * 1_000_000);
$node->safe_psql('postgres', q{CREATE UNIQUE INDEX once ON qfs.ledger ((payload->'once')) WHERE type = 'ONCE'});
spit("$logs/index", '');
usleep($SECONDS / 2 * 1_000_000);

is(QfsClient::stop_background(@others), 0, 'the disturbance came through');
is(QfsClient::stop_background(@writers), 0, 'no writer met an error that it should not, or was left with a lock');
is(QfsClient::stop_background(@readers), 0, 'no reader found a flaw');

# ---- what is there now ----

is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_locks WHERE locktype = 'object'}), 0, 'no lock is left');
is_sound($node, 'after the storm');
is($node->safe_psql('postgres', 'SELECT count(*) - 1 - max(seq), min(seq) FROM qfs.ledger'), '0|0', 'numbers run from 0 without a gap');

my %stored;
$stored{$_}++ for split /\n/, $node->safe_psql('postgres', q{SELECT payload->>'id' FROM qfs.ledger WHERE payload ? 'id'});
my (%tally, %known, @wrong, @starved);
for my $number (1 .. $WRITERS) {
  my $acknowledged = 0;
  for my $line (split /\n/, slurp("$logs/writer.$number")) {
    my ($name, $verdict, @lists) = split /\t/, $line, -1;
    my ($kept, $dropped, $maybe) = map { [ split /,/ ] } @lists;
    my $there = grep { ($stored{$_} // 0) == 1 } @$kept;
    my $count = $verdict eq 'acknowledged' ? @$kept : 0;
    $tally{$name}{$verdict}++;
    $acknowledged += $count;
    push @wrong, "$name, $verdict: $there of ${\scalar @$kept} entries are there"
      unless $there == $count || ($verdict eq 'unknown' && $there == @$kept);
    push @wrong, map { "$name, $verdict: $_ is there" } grep { $stored{$_} } @$dropped;
    $known{$_} = 1 for @$kept, @$maybe;
  }
  push @starved, $number if $acknowledged < 15;
}
is(join("\n", @wrong), '', 'what was acknowledged is there once, what was rolled back is not');
is(join(' ', @starved), '', 'no writer starved');
is(join(' ', grep { !$known{ s/[idx]$//r } } keys %stored), '', 'nothing else is there');
is(join(' ', grep { $stored{$_} > 1 } keys %stored), '', 'nothing is there twice');
is(join(' ', grep { !$tally{$_}{acknowledged} } sort keys %transactions), join(' ', sort qw(copy_broken hang_up prepare unknown_type)),
  'each kind of transaction came through that can');
note(join "\n", map { my $name = $_; "$name: " . join ', ', map { "$tally{$name}{$_} $_" } sort keys %{ $tally{$name} } } sort keys %tally);

my @notes = map { decode_base64($_) } split /\n/, slurp("$logs/checkpoints");
my $broken = grep { my (undef, $size) = split /\n/, $_; checkpoint_of($node, $size) ne $_ } @notes[ map { int rand @notes } 1 .. 50 ];
is($broken, 0, scalar(@notes) . ' checkpoints that were handed out on the way are those of the ledger now');
is_sound_offline($node, 'after the storm', undef, @notes[ 0 .. min(500, $#notes) ]);

# ---- the same by the verifier that knows nothing of qfs ----

my $verifier = abs_path(dirname(__FILE__) . '/../node/verify_export.mjs');
my ($exit, $out, $err) = run_program('node', $verifier, export_file($node), '--key', first_key_of($node),
  map { ('--checkpoint', scratch_file('checkpoint', $_)) } checkpoint_of($node), @notes[ 0 .. min(200, $#notes) ]);
is("$exit $err", '0 ', 'the independent verifier finds it sound') or diag($out);
like($out, qr/^sound: ${\size_of($node)} entries .*\nroot: ${\root_of($node)}$/m, 'and sees the same ledger');

# ---- a deadlock with a lock of the application's ----

{
  my ($one, $two) = map { QfsClient->wait_for($node) } 1 .. 2;
  my $touch = 'UPDATE app.row SET touched = 0 WHERE n = 1';
  $one->value("BEGIN; SELECT app.append('one')");
  $two->value("BEGIN; $touch");
  $one->start("$touch; COMMIT");
  $two->start("SELECT app.append('two'); COMMIT");
  my @answers = map { $_->receive } $one, $two;
  is(join(' ', map { $_->{error}{sqlstate} } grep { $_->{error} } @answers), '40P01', 'a deadlock is found, and one of the two gives way');
  is(join(' ', map { $_->{tags}[-1] } grep { !$_->{error} } @answers), 'COMMIT', 'the other one commits');
}

# ---- cancelled in the very moment that the lock is granted ----

# Whether the waiter is stopped at the end of its patience or by somebody else,
# with a savepoint to fall back on or without.
for my $case ([ 'inside of a block that catches it', "DO \$\$ BEGIN BEGIN PERFORM app.append('late');"
      . ' EXCEPTION WHEN query_canceled THEN NULL; END; END $$' ],
  [ 'under a savepoint', "SAVEPOINT s; SELECT app.append('late')" ],
  [ 'without either', "SELECT app.append('late')" ]) {
  my ($name, $sql) = @$case;
  my ($holder, $waiter, $other) = map { QfsClient->wait_for($node) } 1 .. 3;
  my $pid = $waiter->pid;
  my $lock = sub { $other->value("SELECT granted FROM pg_locks WHERE pid = $pid AND locktype = 'object'") // 'none' };
  $holder->value("BEGIN; SELECT app.append('early')");
  $waiter->value('BEGIN');
  $waiter->start($sql);
  wait_until(sub { $lock->() eq 'f' }, 'a queue');
  kill 'STOP', $pid;
  $holder->value('COMMIT');
  ok(wait_until(sub { $lock->() eq 't' }, 'the grant'), "$name: the lock is granted");
  $other->value("SELECT pg_cancel_backend($pid)");
  kill 'CONT', $pid;
  my $answer = $waiter->receive;
  $waiter->value('ROLLBACK TO s') if $sql =~ /SAVEPOINT/;
  is($lock->(), 'none', "$name: and is not kept");
  $waiter->query('COMMIT');
  is($lock->(), 'none', "$name: nor after the end of the transaction");
  $other->value(q{SET lock_timeout = '60s'; SELECT app.append('other')});
  $_->close for $holder, $waiter, $other;
}
is($node->safe_psql('postgres', q{SELECT count(*) FROM qfs.ledger WHERE payload->>'id' = 'late'}), 0, 'what was cancelled is not there');
is_sound($node, 'at the end');
$node->stop;
done_testing();
