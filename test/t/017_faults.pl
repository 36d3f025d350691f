# 017_faults.pl - a full disk, no memory, a clock that is set back: no fork, nothing lost that was acknowledged, and a message to act on.
#
# kill -9 at random points is 006_crash.pl; cancelling, timeouts, deadlocks and
# termination at random moments are 005_concurrency.pl; key files are 008_keys.pl;
# a standby that is promoted under load is 018_promotion.pl.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use QfsTest;
use QfsClient;
use Test::More;
use Time::HiRes qw(usleep);

my $note = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq};
# What compression makes no smaller, of about so many kB.
sub blob { my ($kb) = @_; return qq{INSERT INTO qfs.ledger (type, payload)
  SELECT 'BLOB', jsonb_build_object('x', string_agg(encode(sha256((random()::text || n)::bytea), 'hex'), '')) FROM generate_series(1, $kb * 16) n RETURNING seq}; }

# One statement in a session of its own: the seq that was acknowledged, or undef; further what the client was told.
sub attempt {
  my ($node, $sql, $prepare) = @_;
  my $client = QfsClient->wait_for($node);
  $prepare->($client) if $prepare;
  my $answer = $client->query($sql);
  my $done   = !$answer->{error} && !$answer->{lost} && @{ $answer->{tags} };
  $client->close unless $answer->{lost};
  return ($done && @{ $answer->{rows} } ? $answer->{rows}[-1][0] : undef, $answer->{error}, $answer->{lost});
}

# What was acknowledged is there, once; the ledger is whole, and goes on.
sub holds {
  my ($node, $name, @acknowledged) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my %seen;
  is(scalar(grep { $seen{$_}++ } @acknowledged), 0, "$name: no number was given away twice");
  is($node->safe_psql('postgres', 'SELECT count(*) FROM qfs.ledger WHERE seq IN (' . join(', ', -1, @acknowledged) . ')'),
    scalar @acknowledged, "$name: what was acknowledged is there (" . @acknowledged . ')');
  is_sound($node, $name);
  append($node, 2);
  return;
}

# ---- a full disk ----

subtest 'a full disk' => sub {
  my $library = PostgreSQL::Test::Utils::tempdir('full') . '/full_disk.so';
  my ($exit, $out, $err) = run_program('gcc', '-O2', '-shared', '-fPIC', '-o', $library, dirname(__FILE__) . '/full_disk.c', '-ldl');
  is($exit, 0, 'the library that fills it') or diag($err);
  my $control = scratch_file('control', '');
  unlink $control;
  my $fill = sub { spit("$control.new", $_[0]); rename "$control.new", $control or die $! };

  my $node = new_node('disk', start => 0, conf => "restart_after_crash = on\nshared_buffers = 16MB\nfsync = on\n");
  {
    local @ENV{qw(LD_PRELOAD QFS_FULL_DISK)} = ($library, $control);
    $node->start;
  }
  new_ledger($node);
  my @acknowledged;
  my %errors;
  my $injected = 0;
  # Tables: the ledger's and its TOAST table's files cannot grow.
  my $files = $node->safe_psql('postgres', q{SELECT string_agg('/' || oid::text, ' ') FROM pg_class
    WHERE oid = 'qfs.ledger'::regclass OR oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'qfs.ledger'::regclass) OR oid = 'qfs.ledger_pkey'::regclass});
  for my $file (split / /, $files) {
    $fill->($file);
    for (1 .. 40) {
      my ($seq, $error) = attempt($node, rand() < 0.5 ? blob(40) : "INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{}' FROM generate_series(1, 60) RETURNING seq");
      push @acknowledged, $seq if defined $seq;
      $injected++, $errors{$error->{sqlstate}}++ if $error;
    }
    unlink $control;
    holds($node, "files of the ledger full", @acknowledged);
  }
  cmp_ok($injected, '>', 10, 'appends failed');
  is(join(' ', sort keys %errors), '53100', 'with disk_full, which PostgreSQL tells with the file and a hint to free space');
  like(slurp($node->logfile), qr/ERROR:  could not extend file .*No space left on device\n.*HINT:  Check free disk space/, 'so does the log');

  # WAL: PostgreSQL stops everything and recovers by itself.
  my $crashes = 0;
  for my $round (1 .. 3) {
    my @clients = map { QfsClient->wait_for($node) } 1 .. 3;
    my $before = size_of($node);
    $fill->('pg_wal');
    $_->start($note) for @clients;
    for my $client (@clients) {
      my $answer = $client->receive;
      push @acknowledged, $answer->{rows}[0][0] if @{ $answer->{tags} } && !$answer->{error};
      $crashes++ if $answer->{lost};
    }
    unlink $control;
    QfsClient->wait_for($node)->close;
    cmp_ok(size_of($node), '>=', $before, "round $round: nothing from before is lost");
    holds($node, "WAL full, round $round", @acknowledged);
  }
  cmp_ok($crashes, '>=', 3, 'no client was told of a commit that was not written');
  like(slurp($node->logfile), qr/PANIC:  could not write to (?:log )?file .*No space left on device/, 'the log says why it stopped');
  is_sound_offline($node, 'after full disks');
  note("full disk: $injected appends failed, $crashes sessions were lost");
  $node->stop;
};

# ---- no memory ----

# The limit of a process: so many kB more than it has now.
sub limit {
  my ($client, $kb) = @_;
  my ($pages) = split / /, slurp("/proc/${\$client->pid}/statm");
  run_program('prlimit', '--pid', $client->pid, '--as=' . ($pages * 4096 + $kb * 1024));
  return;
}

subtest 'no memory' => sub {
  my $node = new_node('memory', conf => "restart_after_crash = on\n");
  new_ledger($node);
  my (@acknowledged, %errors);
  my $failed = 0;
  for my $round (1 .. 60) {
    my $sql = (blob(40), "INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n) FROM generate_series(1, 2000) n RETURNING seq",
      'SELECT count(*) FROM qfs.verify()', q{SELECT length(qfs.canonical(jsonb_build_object('x', repeat('"', 30000000))))},
      'SELECT count(qfs) FROM qfs.export() qfs', "DO \$\$ BEGIN FOR i IN 1..200 LOOP BEGIN $note; EXCEPTION WHEN out_of_memory THEN NULL; END; END LOOP; END \$\$" =~ s/ RETURNING seq//r)[ $round % 6 ];
    # Some have loaded the library, some run out while they do.
    my ($seq, $error, $lost) = attempt($node, $sql, sub { $_[0]->value('SELECT size FROM qfs.head()') if $round % 2; limit($_[0], int rand((60, 3000, 30_000)[rand 3])) });
    ok(!$lost, "round $round: the session lives") if $lost;
    push @acknowledged, $seq if defined $seq && $sql =~ /RETURNING/;
    $failed++, $errors{"$error->{sqlstate} $error->{message}"}++ if $error;
  }
  cmp_ok($failed, '>', 10, "$failed statements of 60 ran out of memory");
  is(join("\n", grep { !/^53200 |failed to map segment|cannot allocate memory/i } keys %errors), '', 'and say so');
  holds($node, 'no memory', @acknowledged);
  unlike(slurp($node->logfile), qr/PANIC|terminated by signal|server process .* was terminated/, 'no process was lost');
  $node->stop;
};

# ---- a clock that is set back ----

subtest 'a clock that is set back' => sub {
  my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
  ok($library, 'libfaketime') or return;
  my $clock = scratch_file('clock', "+0\n");
  my $node = new_node('clock', start => 0);
  {
    local @ENV{qw(LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC)} = ($library, $clock, 1, 1);
    $node->start;
  }
  new_ledger($node);
  my $at   = sub { $node->safe_psql('postgres', 'SELECT at FROM qfs.head()') };
  my $head = sub { $node->safe_psql('postgres', q{SELECT status, value FROM qfs.health() WHERE item = 'head'}) };
  append($node, 3);
  my $before = $at->();
  my $set = sub { spit("$clock.new", "$_[0]\n"); rename "$clock.new", $clock or die $! };

  $set->('-3600');
  cmp_ok($node->safe_psql('postgres', 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint'), '<', $before - 3_000_000, 'the server believes it');
  append_singly($node, 5);
  is($at->(), $before, 'recorded time stands still, it does not go back');
  like($head->(), qr/^warning\|entry \d+, 3\d\d\d s in the future$/, 'health says so');
  like($node->safe_psql('postgres', 'SELECT qfs_api.metrics()'), qr/^qfs_clock_behind_seconds 3\d\d\d\.\d{3}$/m, 'so do the metrics');
  is_sound($node, 'with the clock set back');

  $set->('+10');
  append($node, 1);
  cmp_ok($at->(), '>', $before, 'right again, it goes on');
  like($head->(), qr/^ok/, 'and health is content');

  # Forward by mistake, and back: the mistake stays, and time stands still until it is real.
  $set->('+86400');
  append($node, 1);
  my $tomorrow = $at->();
  $set->('+10');
  append($node, 1);
  is($at->(), $tomorrow, 'a clock that was ahead stays recorded');
  is_sound($node, 'with a clock that jumped');
  is_sound_offline($node, 'with a clock that jumped');
  $node->stop;
};

done_testing();
