# 043_tracker.pl - qfs-tracker: what needs somebody reaches a tracker, once, and not a word of anybody's does.
#
# The tracker is test/tracker/receiver.py, which checks every envelope with the classes of Sentry's SDK; the log is that
# of a real server.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use JSON::PP;
use QfsTest;
use QfsClient;
use Test::More;
use Time::HiRes qw(usleep);

my $HOME   = dirname(__FILE__) . '/../..';
my $PYTHON = '/usr/bin/python3';
my $KEY    = 'f' x 31 . '1';
my $json   = JSON::PP->new->canonical;
my $MARK   = 'Quixotic';

# Everything of the log is on, so that all that could leak is there.
my $VERBOSE = "logging_collector = on\nlog_destination = 'jsonlog'\nlog_statement = 'all'\nlog_connections = on\nlog_duration = on\n"
  . "log_parameter_max_length_on_error = -1\nlog_error_verbosity = verbose\nlog_timezone = 'UTC'\nrestart_after_crash = on\n";
my $node = new_node('tracker', conf => $VERBOSE);
my $logs = $node->data_dir . '/log';

# ---- the program, as it is installed ----

my $installed = PostgreSQL::Test::Utils::tempdir('installed');
{
  my ($exit, $out, $err) = run_program('make', '-s', '-C', $HOME, "PG_CONFIG=" . ($ENV{PG_CONFIG} // 'pg_config'), 'install-tracker',
    "QFS_TRACKERDIR=$installed/lib", "QFS_BINDIR=$installed/bin", "QFS_MANDIR=$installed/man");
  is($exit, 0, 'make install-tracker') or diag("$out$err");
}
my $PROGRAM = "$installed/bin/qfs-tracker";

my @running;
END { my $status = $?; $_->kill_kill(grace => 1) for @running; $? = $status; }

# A program that runs on, and what it says: a reference to its standard error.
sub start_program {
  my (@command) = @_;
  my $err = '';
  delete local @ENV{qw(http_proxy https_proxy HTTP_PROXY HTTPS_PROXY)};
  my $run = IPC::Run::start([@command], '<', \undef, '>', \my $out, '2>', \$err);
  push @running, $run;
  return { run => $run, err => \$err };
}

# Ends it by this signal; returns its exit code and what it said.
sub end_program {
  my ($program, $signal) = @_;
  @running = grep { $_ != $program->{run} } @running;
  $program->{run}->signal($signal // 'TERM');
  eval { $program->{run}->finish };
  return ($? >> 8, ${ $program->{err} });
}

sub said {
  my ($program) = @_;
  $program->{run}->pump_nb;
  return ${ $program->{err} };
}

# ---- a tracker ----

# A directory, and a receiver that writes into it; port: the one of an earlier one.
sub new_tracker {
  my $dir = PostgreSQL::Test::Utils::tempdir('tracker');
  my $tracker = { dir => $dir, logs => $logs, every => 0.2 };
  open_tracker($tracker);
  spit("$dir/dsn", "http://$KEY\@127.0.0.1:$tracker->{port}/7\n");
  chmod 0600, "$dir/dsn";
  return $tracker;
}

sub open_tracker {
  my ($tracker) = @_;
  unlink "$tracker->{dir}/port";
  $tracker->{receiver} = start_program($PYTHON, "$HOME/test/tracker/receiver.py", $tracker->{port} // 0, $KEY, 7, $tracker->{dir});
  wait_until(sub { -s "$tracker->{dir}/port" || ($tracker->{receiver}{run}->pump_nb, 0)[1] }, 'the receiver');
  $tracker->{port} = 0 + slurp("$tracker->{dir}/port");
  return;
}

sub close_tracker { my ($tracker) = @_; return end_program($tracker->{receiver}, 'KILL') }

# What the receiver answers from now on; nothing: as it thinks.
sub answer_with {
  my ($tracker, $answer) = @_;
  return defined $answer ? spit("$tracker->{dir}/answer", $answer) : unlink "$tracker->{dir}/answer";
}

sub follow {
  my ($tracker, @options) = @_;
  return start_program($PROGRAM, '--logs', $tracker->{logs}, '--dsn-file', "$tracker->{dir}/dsn", '--state', "$tracker->{dir}/state",
    '--every', $tracker->{every}, @options);
}

sub received {
  my ($tracker) = @_;
  return () unless -e "$tracker->{dir}/received.jsonl";
  return map { $json->decode($_) } split /^/, slurp("$tracker->{dir}/received.jsonl");
}

# Events that the receiver took, each once.
sub events {
  my ($tracker) = @_;
  my %seen;
  return grep { !$seen{ $_->{event_id} }++ } map { $_->{status} == 200 ? $_->{event} : () } received($tracker);
}

# Like "QFS_APPEND_ONLY fatal 1": group, level and count of each event, sorted.
sub summary {
  my ($tracker) = @_;
  my %count;
  for my $event (events($tracker)) {
    $count{"$event->{fingerprint}[1] $event->{level}"} += $event->{extra}{count};
  }
  return [ map { "$_ $count{$_}" } sort keys %count ];
}

sub state_of { my ($tracker) = @_; return -e "$tracker->{dir}/state" ? $json->decode(slurp("$tracker->{dir}/state")) : undef }

# Has it read all that there is, and sent all that it has?
sub settled {
  my ($tracker) = @_;
  my $state = state_of($tracker) or return 0;
  my %offset = map { $_->{name} => $_->{offset} } @{ $state->{logs} };
  return 0 if grep { ($offset{ s{.*/}{}r } // -1) != -s } glob "$tracker->{logs}/*.json*";
  return !grep { $_->{count} || $_->{outgoing} } @{ $state->{groups} };
}

sub settle {
  my ($tracker, $program) = @_;
  # The server's logger writes a moment later.
  usleep(300_000);
  return wait_until(sub { $program->{run}->pump_nb; settled($tracker) }, 'what was logged has been sent') || diag(said($program));
}

# One test: nothing of what came was malformed.
sub well_formed {
  my ($tracker, $name) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return is_deeply([ map { @{ $_->{faults} } } received($tracker) ], [], "$name: every envelope is well formed");
}

# ---- what is sent ----

new_ledger($node, 'postgres');
new_database($node, 'empty');
$node->safe_psql('empty', 'CREATE EXTENSION qfs');
$node->safe_psql('postgres', q{CREATE ROLE writer LOGIN; GRANT pg_write_all_data TO writer; CREATE ROLE caller LOGIN; GRANT qfs_anon, qfs_user TO caller});

subtest 'what is sent, and what its caller was told' => sub {
  my $tracker = new_tracker();
  my $program = follow($tracker);
  wait_until(sub { state_of($tracker) }, 'the first state');
  my %by_caller = (
    QFS_TOKEN_INVALID => q{SELECT qfs.authenticate('none')},
    QFS_FORBIDDEN     => q{SET ROLE caller; SELECT qfs_api.events_batch('[]')},
    QFS_ENTRY_UNKNOWN => 'SELECT qfs.inclusion_proof(100000, 100001)',
    QFS_TYPE_EXISTS   => q{SELECT qfs.register_event_type('NOTE', '{}')},
    QFS_JSON_NUMBER   => q{SELECT qfs.canonical('{"x": 1.5}')});
  for my $code (sort keys %by_caller) {
    my $error = error_of($node, $by_caller{$code});
    ok($error, "$code: refused") and like($error->{code}, qr/^QFS_/, "$code: $error->{code} $error->{sqlstate}");
  }
  refused($node, 'DELETE FROM qfs.ledger', 'QFS_APPEND_ONLY', 'a superuser deletes');
  refused($node, 'SET ROLE qfs_owner; DELETE FROM qfs.ledger', 'QFS_APPEND_ONLY', 'a superuser deletes in another role');
  refused($node, q{UPDATE qfs.ledger_state SET origin = ''}, 'QFS_TABLE_GUARDED', 'a superuser changes state') ;
  refused($node, 'ALTER TABLE qfs.ledger DISABLE TRIGGER ALL', 'QFS_GUARDED', 'a superuser disables triggers');
  is((QfsClient->new($node, user => 'writer')->query('DELETE FROM qfs.ledger'))->{error}{code}, 'QFS_APPEND_ONLY', 'somebody else deletes');
  is((QfsClient->new($node, user => 'caller')->query('DELETE FROM qfs.ledger'))->{error}{sqlstate}, '42501', 'a caller deletes');
  refused($node, 'SELECT qfs.checkpoint()', 'QFS_NO_GENESIS', 'no genesis', 'empty');
  # A caller's own, of PostgreSQL: syntax, rights, a database that is not there, a statement that was cancelled.
  refused($node, $_->[1], $_->[0], "PostgreSQL: $_->[0]") for [ '42601', 'SELEKT' ], [ '42501', 'SET ROLE caller; SELECT * FROM qfs.ledger' ],
    [ '57014', q{SET statement_timeout = '50ms'; SELECT pg_sleep(10)} ], [ '22012', 'SELECT 1/0' ];
  ok(!QfsClient->new($node, database => 'nowhere'), 'no such database');
  # The server's own.
  refused($node, q{DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END $$}, '53100', 'a full disk');
  $node->psql('postgres', 'SELECT pg_terminate_backend(pg_backend_pid())');
  # What says to be of qfs, and is not: it counts as what its SQLSTATE is.
  refused($node, q{DO $$ BEGIN RAISE EXCEPTION 'x' USING DETAIL = 'QFS_STATE_MISMATCH: no'; END $$}, 'P0001', 'an imitation');
  settle($tracker, $program);
  is_deeply(summary($tracker),
    [ '53100 error 1', '57P01 warning 1', 'QFS_APPEND_ONLY error 1', 'QFS_APPEND_ONLY fatal 2', 'QFS_GUARDED fatal 1', 'QFS_NO_GENESIS error 1',
      'QFS_TABLE_GUARDED fatal 1' ], 'these and no others') or diag(said($program));
  my ($alarm) = grep { $_->{level} eq 'fatal' && $_->{fingerprint}[1] eq 'QFS_APPEND_ONLY' } events($tracker);
  is_deeply([ @$alarm{qw(fingerprint logentry release)} ], [ [ 'qfs', 'QFS_APPEND_ONLY' ], { formatted => 'the ledger is append-only' }, 'qfs@1.0' ],
    'a group is a code; the sentence is that of the list');
  is_deeply({ %{ $alarm->{tags} }, server_version => undef },
    { code => 'QFS_APPEND_ONLY', sqlstate => 'PT403', severity => 'ERROR', backend_type => 'client backend', function => 'qfs_throw', superuser => 'yes',
      server_version => undef }, 'all that is told');
  well_formed($tracker, 'errors');
  is((end_program($program))[0], 0, 'a signal stops it');
};

# ---- what is not sent ----

# Is the mark in what came, headers included?
sub without_mark {
  my ($tracker, $name) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my @with = grep { $_->{text} =~ /quixotic/i } received($tracker);
  return is(scalar @with, 0, "$name: nothing of it was sent") || diag($with[0]{text});
}

# Lines of the server's logs, decoded.
sub log_records {
  return map { $json->decode($_) } grep { /\}$/ } map { split /\n/, slurp($_) } glob "$logs/*.json";
}

subtest 'texts of people stay where they are' => sub {
  $node->safe_psql('postgres', qq{CREATE DATABASE "${MARK}_db"});
  $node->safe_psql('postgres', qq{CREATE ROLE "${MARK}_user" LOGIN SUPERUSER});
  $node->safe_psql("${MARK}_db", qq{CREATE FUNCTION "${MARK}_function"(t text) RETURNS void LANGUAGE plpgsql AS \$\$ BEGIN
    RAISE EXCEPTION '${MARK}_message %', t USING ERRCODE = 'XX000', DETAIL = 'QFS_INTERNAL: ${MARK}_detail', HINT = '${MARK}_hint',
      COLUMN = '${MARK}_column', TABLE = '${MARK}_table', SCHEMA = '${MARK}_schema'; END \$\$});
  my $tracker = new_tracker();
  my $program = follow($tracker);
  wait_until(sub { state_of($tracker) }, 'the first state');
  spit("$tracker->{dir}/call.sql", qq{SELECT "${MARK}_function"(:m);\n});
  {
    local $ENV{PGAPPNAME} = "${MARK}_application";
    my @as = (-h => $node->host, -p => $node->port, -U => "${MARK}_user");
    # A parameter of the extended protocol, which the log shows in its context.
    run_program('pgbench', @as, '-n', '-M', 'extended', '-t', 1, '-D', "m=${MARK}_parameter", '-f', "$tracker->{dir}/call.sql", "${MARK}_db");
    run_program('psql', '-X', @as, '-d', "${MARK}_db", '-c', qq{/* ${MARK}_statement */ DO \$\$ BEGIN RAISE EXCEPTION SQLSTATE 'XX001'; END \$\$});
    # A line of the log that is longer than what is read at once.
    my $long = spit("$tracker->{dir}/long.sql", qq{DO \$\$ BEGIN RAISE EXCEPTION SQLSTATE 'XX002' USING DETAIL = '$MARK'; END /* @{[ $MARK x 1_200_000 ]} */ \$\$;});
    run_program('psql', '-X', @as, '-d', "${MARK}_db", '-f', $long);
    run_program('psql', '-X', @as, '-d', "${MARK}_db", '-c', qq{DELETE FROM qfs.${MARK}; SELECT '$MARK'});
    run_program('psql', '-X', @as, '-d', "${MARK}_nowhere", '-c', 'SELECT 1');
    run_program('psql', '-X', @as, '-d', "${MARK}_db", '-c', 'SELECT pg_terminate_backend(pg_backend_pid())');
    # What qfs itself says of names that somebody chose.
    run_program('psql', '-X', @as, '-d', 'postgres', '-c', qq{ALTER TABLE qfs.ledger ADD COLUMN "${MARK}_column" text});
    run_program('psql', '-X', @as, '-d', 'postgres', '-c', qq{/* $MARK */ DELETE FROM qfs.ledger});
    # The process dies while it has a statement of somebody's.
    my $victim = QfsClient->new($node, user => "${MARK}_user", database => "${MARK}_db");
    $victim->start("SELECT pg_sleep(60), '$MARK'");
    usleep(200_000);
    kill 'SEGV', $victim->pid;
    $victim->receive;
  }
  QfsClient->wait_for($node);
  settle($tracker, $program);
  my %seen;
  for my $record (log_records()) {
    $seen{$_}++ for grep { $record->{$_} =~ /$MARK/ } keys %$record;
  }
  is_deeply([ grep { !$seen{$_} } qw(user dbname message detail hint context statement application_name) ], [], 'the log has them');
  is_deeply([ grep { !/^57P0[23] / } @{ summary($tracker) } ], [ '57P01 warning 1', 'QFS_APPEND_ONLY fatal 1', 'QFS_GUARDED fatal 1', 'QFS_INTERNAL error 1',
      'XX001 error 1', 'XX002 error 1', 'process ended fatal 1' ], 'the errors were sent') or diag(explain(summary($tracker)), said($program));
  without_mark($tracker, 'a real log');
  unlike(said($program), qr/$MARK/i, 'nor does the program say it');
  well_formed($tracker, 'marked errors');
  end_program($program);
};

# Logs of a directory of the test's own, whose lines are such as the server has written.
sub own_logs {
  my ($tracker) = @_;
  $tracker->{logs} = PostgreSQL::Test::Utils::tempdir('logs');
  return $tracker->{logs};
}

my ($model) = grep { ($_->{state_code} // '') eq '53100' } log_records();
my $lines = 0;

# A line of the server's log, of a full disk, with these fields changed.
sub line {
  my (%fields) = @_;
  return $json->encode({ %$model, line_num => ++$lines, %fields }) . "\n";
}

sub add {
  my ($file, @text) = @_;
  open my $out, '>>', $file or die "$file: $!";
  print {$out} @text;
  close $out or die "$file: $!";
  return;
}

subtest 'a mark in every field' => sub {
  my $tracker = new_tracker();
  my $file    = own_logs($tracker) . '/x.json';
  my %fields  = map { %$_ } log_records();
  my %marked  = map { $_ => "$MARK $_" } grep { $_ ne 'error_severity' } keys %fields;
  cmp_ok(scalar keys %marked, '>', 20, 'fields of the log');
  for my $process ('client backend', 'walwriter', 'postmaster', "$MARK worker") {
    my @process = (backend_type => $process);
    add($file, line(%marked, @process, state_code => 'XX000'), line(%marked, @process, state_code => 'XX001', error_severity => 'PANIC'), line(%marked, @process));
    add($file, line(@process, detail => $_)) for "QFS_$MARK: x.", "QFS_APPEND_ONLY by a superuser: $MARK.", "QFS_\U$MARK";
    add($file, line(@process, detail => "QFS_APPEND_ONLY: $MARK by a superuser: x.", state_code => 'PT403'));
    add($file, line(@process, func_name => "$MARK; x", message => "PostgreSQL $MARK (PID 1) 7 $MARK", error_severity => $_)) for 'LOG', 'ERROR';
  }
  # Torn, and no JSON.
  add($file, substr(line(message => "$MARK XX000"), 0, 400), "\n$MARK\n\"$MARK\"\n[\"$MARK\"]\n{\"error_severity\": {\"$MARK\": 1}}\n");
  my $program = follow($tracker, '--from-start');
  settle($tracker, $program);
  cmp_ok(scalar events($tracker), '>', 5, 'events were sent');
  without_mark($tracker, 'every field');
  unlike(said($program), qr/$MARK/i, 'nor does the program say it');
  is(scalar(grep { ($_->{tags}{superuser} // '') eq 'yes' } events($tracker)), 0, 'no detail makes somebody a superuser further on');
  well_formed($tracker, 'marked fields');
  end_program($program);
};

# ---- each once ----

# How many errors of a group were told of.
sub total {
  my ($tracker, $group) = @_;
  my $sum = 0;
  $sum += $_->{extra}{count} for grep { $_->{fingerprint}[1] eq $group } events($tracker);
  return $sum;
}

subtest 'one event a group a minute, with a count' => sub {
  my $tracker = new_tracker();
  my $file    = own_logs($tracker) . '/x.json';
  add($file, line());
  my $program = follow({ %$tracker, every => 60 }, '--from-start');
  wait_until(sub { said($program); total($tracker, '53100') == 1 }, 'the first error');
  add($file, map { line() } 1 .. 50);
  add($file, line(state_code => '53200'));
  wait_until(sub { said($program); total($tracker, '53200') == 1 }, 'another error');
  is(total($tracker, '53100'), 1, 'the first at once, the rest within a minute not');
  my (undef, $said) = end_program($program);
  like($said, qr/50 errors wait/, 'they are kept, and told of');
  $program = follow({ %$tracker, every => 0.2 });
  wait_until(sub { said($program); total($tracker, '53100') == 51 }, 'the rest');
  is_deeply([ map { $_->{extra}{count} } grep { $_->{fingerprint}[1] eq '53100' } events($tracker) ], [ 1, 50 ], 'then with their count');
  add($file, map { line(state_code => sprintf 'XX%03d', $_) } 1 .. 400);
  settle($tracker, $program);
  my $kinds = grep { $_->{fingerprint}[1] =~ /^XX/ } events($tracker);
  cmp_ok($kinds, '<=', 200, 'who makes up kinds of errors does not have an event for each');
  my $sum = 0;
  $sum += $_->{extra}{count} for events($tracker);
  is($sum, 452, 'but all of them are counted');
  well_formed($tracker, 'counts');
  end_program($program);
};

subtest 'through rotation, renaming, truncation and removal' => sub {
  my $tracker = new_tracker();
  my $dir     = own_logs($tracker);
  my $file    = "$dir/postgresql-Mon.json";
  my $told    = 0;
  add($file, line(state_code => 'XX099'));
  my $program = follow($tracker);
  wait_until(sub { state_of($tracker) }, 'the first state');
  my $expect = sub {
    my ($what, $more) = @_;
    $told += $more // 1;
    settle($tracker, $program);
    return is(total($tracker, '53100'), $told, $what);
  };
  add($file, line());
  $expect->('a line');
  my $half = line();
  add($file, substr $half, 0, 100);
  usleep(700_000);
  is(total($tracker, '53100'), $told, 'half a line waits for its end');
  add($file, substr $half, 100);
  $expect->('a line in two parts');
  add("$dir/postgresql-Tue.json", line());
  $expect->('the next file');
  add("$dir/other.log", line());
  rename $file, "$file.1" or die $!;
  add("$file.1", line());
  $expect->('a file that was renamed');
  add($file, line(), line());
  $expect->('and its successor', 2);
  # As PostgreSQL does a week later, to something that is longer at once.
  open my $out, '>', $file or die $!;
  print {$out} map { line() } 1 .. 5;
  close $out or die $!;
  $expect->('truncated, and longer than before', 5);
  truncate $file, 0;
  usleep(700_000);
  add($file, line());
  $expect->('truncated and shorter');
  # The line is longer than what is read at once.
  add($file, line(statement => 'x' x 9_000_000), line());
  $expect->('a statement of nine megabytes, and the line behind it', 2);
  end_program($program);
  add($file, line());
  rename $file, "$file.2" or die $!;
  add($file, line());
  unlink "$dir/postgresql-Tue.json" or die $!;
  $program = follow($tracker);
  $expect->('what was written, renamed and begun while it was away', 2);
  like(said($program), qr/postgresql-Tue\.json is gone/, 'what is lost is told');
  unlike(said($program), qr/\.json\.\d is gone/, 'and nothing else is');
  # By somebody who compresses what has been rotated.
  add($file, line());
  unlink $file or die $!;
  usleep(700_000);
  is(total($tracker, '53100'), ++$told, 'a file that was removed at once');
  is(total($tracker, 'XX099'), 0, 'what was there before the first start is not sent');
  well_formed($tracker, 'rotation');
  end_program($program);
};

subtest 'a tracker that is away, or does not want' => sub {
  my $tracker = new_tracker();
  my $file    = own_logs($tracker) . '/x.json';
  my $program = follow($tracker, '--from-start');
  close_tracker($tracker);
  add($file, line(), line(state_code => '53200'));
  wait_until(sub { said($program) =~ /cannot be reached \(Connection refused\).*next attempt in 2 s/ }, 'a second attempt');
  add($file, map { line() } 1 .. 3);
  answer_with($tracker, '503');
  open_tracker($tracker);
  wait_until(sub { said($program) =~ /answers with HTTP 503/ }, 'a refusal for the moment');
  answer_with($tracker, '429 1');
  wait_until(sub { said($program) =~ /answers with HTTP 429; .* in 1 s/ }, 'a wish to wait');
  answer_with($tracker, '302');
  wait_until(sub { said($program) =~ /answers with HTTP 302/ }, 'a redirection');
  answer_with($tracker);
  settle($tracker, $program);
  is_deeply(summary($tracker), [ '53100 error 4', '53200 error 1' ], 'all arrives');
  is(scalar(grep { $_->{text} =~ /elsewhere/ } received($tracker)), 0, 'nothing was taken elsewhere');
  like(said($program), qr/the tracker is back/, 'and it says so');
  # What is not taken at all is not tried for ever.
  answer_with($tracker, '413');
  add($file, line());
  wait_until(sub { said($program) =~ /refuses an event \(HTTP 413\)/ }, 'a refusal for good');
  answer_with($tracker);
  add($file, line());
  settle($tracker, $program);
  is_deeply(summary($tracker), [ '53100 error 5', '53200 error 1' ], 'it goes on with the next');
  unlike(said($program), qr/$KEY/, 'the key is not in what it says');
  end_program($program);
};

subtest 'killed at random: nothing is lost, nothing counts twice' => sub {
  my $tracker = new_tracker();
  my $program = follow($tracker);
  wait_until(sub { state_of($tracker) }, 'the first state');
  my $raised = 0;
  my $client = QfsClient->wait_for($node);
  for my $round (1 .. 9) {
    for (1 .. 10 + rand 30) {
      $client->query(q{DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '58030'; END $$});
      $raised++;
      usleep(rand 5_000);
    }
    $client->query('SELECT pg_rotate_logfile()') if $round % 4 == 0;
    answer_with($tracker, $round % 3 == 0 ? '503' : undef);
    usleep(rand 600_000);
    end_program($program, 'KILL');
    $program = follow($tracker);
    usleep(rand 600_000);
  }
  answer_with($tracker);
  settle($tracker, $program);
  # Between the arrival of an event and the answer.
  answer_with($tracker, '200 late');
  my $before = () = received($tracker);
  $client->query(q{DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '58030'; END $$});
  $raised++;
  wait_until(sub { (() = received($tracker)) > $before }, 'the event before its answer');
  end_program($program, 'KILL');
  answer_with($tracker);
  $program = follow($tracker);
  settle($tracker, $program);
  cmp_ok((() = received($tracker)) - $before, '>', 1, 'an event whose answer was lost came again');
  is(total($tracker, '58030'), $raised, "$raised errors, $raised counted");
  my %content;
  $content{ $_->{event_id} }{ $json->encode($_) } = 1 for map { $_->{event} } received($tracker);
  is_deeply([ grep { keys %{ $content{$_} } > 1 } keys %content ], [], 'what came twice was the same');
  well_formed($tracker, 'kills');
  end_program($program);
};

# ---- errors of the page ----

subtest 'what a page reports, and what it cannot' => sub {
  my $tracker = new_tracker();
  my $program = follow($tracker);
  wait_until(sub { state_of($tracker) }, 'the first state');
  my $report = sub { return 'SET ROLE qfs_anon; SELECT qfs_api.page_error(' . join(', ', map { "'$_'" } @_) . ')' };
  my @sound = ('TypeError', 'views/chat', 117, '0123456789abcdef');
  refused($node, $report->(@sound), 'QFS_PAGE_ERRORS_OFF', 'off by default');
  $node->safe_psql('postgres', q{SELECT qfs.set_policy('{"page_errors": "on"}')});
  is(error_of($node, $report->(@sound)), undef, 'taken where the policy wants it');
  is(error_of($node, $report->('QFS_PROOF_INVALID', @sound[ 1 .. 3 ])), undef, 'a code as well');
  refused($node, $report->(@$_), 'QFS_PAGE_ERROR_FORM', "@$_") for [ $MARK, @sound[ 1 .. 3 ] ], [ $sound[0], $MARK, @sound[ 2, 3 ] ], [ @sound[ 0 .. 2 ], $MARK ];
  # What the door has not written counts for nothing, whoever raises it.
  $node->psql('postgres', qq{DO \$\$ BEGIN RAISE LOG 'x' USING ERRCODE = '01000', DETAIL = '$_'; END \$\$}) for
    'QFS_PAGE_ERROR: class TypeError, module views/chat, line 117, page 0123456789abcdef. And more.', "QFS_PAGE_ERROR: class TypeError, module $MARK, line 1, page 0123456789abcdef.",
    "QFS_PAGE_ERROR: $MARK";
  settle($tracker, $program);
  is_deeply(summary($tracker), [ 'QFS_PAGE_ERROR error 2' ], 'they arrive');
  my ($event) = grep { $_->{tags}{page_class} eq 'TypeError' } events($tracker);
  is_deeply([ @$event{qw(fingerprint logentry)} ], [ [ 'qfs', 'QFS_PAGE_ERROR', 'TypeError', 'views/chat' ], { formatted => 'the page had an error: TypeError in views/chat' } ],
    'kind and module are the group');
  is_deeply([ @{ $event->{tags} }{qw(code page_class page_module page_line page_version)} ], [ 'QFS_PAGE_ERROR', @sound ], 'all that is told');
  without_mark($tracker, 'errors of the page');
  well_formed($tracker, 'errors of the page');
  end_program($program);
};

# ---- a log that goes between two looks at it ----

subtest 'logs that come and go' => sub {
  my $dir = PostgreSQL::Test::Utils::tempdir('going');
  my $others = QfsClient::in_background(sub {
    until (QfsClient::is_over()) { spit("$dir/$_.json", '') for 1 .. 50; unlink glob "$dir/*.json" }
  });
  my ($exit, $out, $err) = run_program($PYTHON, '-c', q{
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from logs import Logs
logs = Logs(sys.argv[2])
for _ in range(1000):
  logs.look()
  logs.skip()}, "$installed/lib", $dir);
  is($exit, 0, 'are no trouble') or diag($err =~ s/^.* is gone;.*\n//gmr);
  is(QfsClient::stop_background($others), 0, 'whoever makes them');
};

# ---- what it refuses ----

subtest 'bad input' => sub {
  my $tracker = new_tracker();
  my $dir     = $tracker->{dir};
  my @command = ($PROGRAM, '--logs', $logs, '--state', "$dir/state", '--dsn-file');
  my $fails = sub {
    my ($pattern, $name, @arguments) = @_;
    my ($exit, $out, $err) = run_program('timeout', '20', @arguments);
    is($exit, 1, "$name: refused");
    like($err, $pattern, "$name: says why");
    return unlike($err, qr/$KEY|Traceback/, "$name: shows neither key nor code");
  };
  $fails->(qr/nowhere: No such file/, 'no DSN', @command, "$dir/nowhere");
  chmod 0640, "$dir/dsn";
  $fails->(qr/its mode must be 0600/, 'a DSN that others read', @command, "$dir/dsn");
  for my $text ('', "\n", 'nonsense', "https://$KEY\@", "https://$KEY\@host/", 'https://host/7', "ftp://$KEY\@host/7", "https://$KEY\@host:x/7",
    "https://$KEY\@[/7", "\xff\xfe", "https://$KEY\@ho st/7", "https://$KEY\@host/7\nhttps://$KEY\@host/8") {
    spit("$dir/bad", $text);
    chmod 0600, "$dir/bad";
    $fails->(qr/bad: (no DSN|no text)/, 'a DSN that is none', @command, "$dir/bad");
  }
  chmod 0600, "$dir/dsn";
  $fails->(qr/nowhere: No such file/, 'no logs', $PROGRAM, '--logs', "$dir/nowhere", '--dsn-file', "$dir/dsn", '--state', "$dir/state");
  $fails->(qr/nowhere.*No such file/, 'no place for the state', $PROGRAM, '--logs', $logs, '--dsn-file', "$dir/dsn", '--state', "$dir/nowhere/state");
  for my $text ('', '{', '[]', '{"format": 2}', '{"format": 1, "logs": [{}], "groups": [], "server_version": null}') {
    spit("$dir/state", $text);
    $fails->(qr/state is damaged/, 'a state that is none', @command, "$dir/dsn");
    is(slurp("$dir/state"), $text, 'and it is left as it is');
  }
  unlink "$dir/state";
  SKIP: {
    skip q{root may read everything}, 9 if $> == 0;
    mkdir "$dir/closed" or die $!;
    chmod 0, spit("$dir/closed/a.json", '');
    $fails->(qr/a\.json cannot be read: Permission denied; with log_file_mode/, 'a log that it may not read', $PROGRAM, '--logs', "$dir/closed", '--dsn-file', "$dir/dsn",
      '--state', "$dir/state", @$_) for [], ['--from-start'], ['--check'];
  }
  my ($exit, undef, $err) = run_program(@command, "$dir/dsn", '--check');
  is($exit, 0, '--check');
  like($err, qr/\d+ logs in .*; project 7 at http:\/\/127\.0\.0\.1:\d+\/; \d+ codes/, 'says what it would do');
  ok(!-e "$dir/state", 'and does nothing');
  my $program = follow($tracker);
  wait_until(sub { state_of($tracker) }, 'the first state');
  $fails->(qr/in use by another qfs-tracker/, 'a second one', @command, "$dir/dsn");
  end_program($program);
  # Of another version: the names that it knows are not in the list.
  run_program('cp', '-r', "$installed/lib", "$dir/lib");
  spit("$dir/lib/codes.tsv", slurp("$dir/lib/codes.tsv") =~ s/^QFS_APPEND_ONLY\b.*\n//mr);
  $fails->(qr/codes\.tsv does not have QFS_APPEND_ONLY/, 'a list of another version', "$dir/lib/qfs-tracker", @command[ 1 .. $#command ], "$dir/dsn");
};

# ---- in another language ----

subtest 'a server that speaks another language' => sub {
  my ($exit, $out, $err) = run_program($PYTHON, "$HOME/test/tracker/catalogues.py");
  is($exit, 0, 'the end of a process is found in every catalogue of messages') or diag($err);
  note($out);
  my $locales = PostgreSQL::Test::Utils::tempdir('locales');
  run_program('localedef', '-i', 'de_DE', '-f', 'UTF-8', "$locales/de_DE.UTF-8");
  return note('no source of German: skipped') if !-e "$locales/de_DE.UTF-8" || !glob '/usr/share/locale/de/LC_MESSAGES/postgres-*.mo';
  local $ENV{LOCPATH} = $locales;
  my $german = new_node('german', conf => $VERBOSE =~ s/verbose/terse/r . "lc_messages = 'de_DE.UTF-8'\n");
  new_ledger($german, 'postgres');
  my $tracker = new_tracker();
  $tracker->{logs} = $german->data_dir . '/log';
  my $program = follow($tracker, '--from-start');
  $german->psql('postgres', 'DELETE FROM qfs.ledger');
  $german->psql('postgres', q{DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'XX000'; END $$});
  my $victim = QfsClient->new($german);
  kill 'ABRT', $victim->pid;
  $victim->query('SELECT 1');
  QfsClient->wait_for($german);
  settle($tracker, $program);
  like(slurp((glob "$tracker->{logs}/*.json")[0]), qr/von Signal 6 beendet/, 'German it is');
  is_deeply([ grep { !/^57P0[23] / } @{ summary($tracker) } ], [ 'QFS_APPEND_ONLY fatal 1', 'XX000 error 1', 'process ended fatal 1' ], 'the same is sent');
  my ($event) = grep { $_->{fingerprint}[1] eq 'XX000' } events($tracker);
  like($event->{tags}{server_version}, qr/^\d\d\.\d+$/, 'with the version of the server, which it said as it began');
  end_program($program);
};

done_testing();
