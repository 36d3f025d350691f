# 006_crash.pl - kill -9, of the whole server fifty times in a row and of single backends: what was acknowledged stays.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use IO::Handle;
use List::Util qw(max min sum0);
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;
use Time::HiRes qw(time usleep);

my $ROUNDS  = $ENV{QFS_CRASHES} // 50;
my $WRITERS = 6;

# The disk is flushed by commits alone: whoever does not flush loses.
my $node = new_node('crash', streaming => 1, conf => q{
  fsync = on
  restart_after_crash = on
  shared_buffers = 4MB
  max_wal_size = 32MB
  checkpoint_timeout = 30s
  wal_writer_delay = 10s
  log_statement = none
});
new_ledger($node);

# ---- processes of the server ----

sub process_field {
  my ($pid, $n) = @_;
  open(my $file, '<', "/proc/$pid/stat") or return undef;
  my ($fields) = (<$file> // '') =~ /\) (.*)/;
  return defined $fields ? (split / /, $fields)[$n] : undef;
}

sub is_running {
  my ($pid) = @_;
  return (process_field($pid, 0) // 'Z') ne 'Z';
}

# Postmaster and children at once.  It is stopped first, so that it neither
# starts nor stops anybody while they are counted.
sub kill_server {
  my ($postmaster) = slurp($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
  kill 'STOP', $postmaster;
  my @children = grep { (process_field($_, 1) // 0) == $postmaster }
    map { m{^/proc/(\d+)$} ? $1 : () } glob '/proc/[0-9]*';
  kill 'KILL', @children, $postmaster;
  $node->kill9;
  wait_until(sub { !grep { is_running($_) } @children, $postmaster }, 'the end of the server');
  # A process that nobody has buried yet would pass for a running server.
  unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
  return scalar @children;
}

# ---- clients that write down what they were told ----

my $logs = PostgreSQL::Test::Utils::tempdir('acknowledged');

# Appends "seq id" to the client's log for each entry, once the server has said COMMIT.
sub writer {
  my ($number) = @_;
  open(my $log, '>>', "$logs/writer.$number") or die $!;
  $log->autoflush(1);
  my ($client, $n) = (undef, 0);
  until (QfsClient::is_over()) {
    if (!$client) { $client = QfsClient->new($node) or usleep(10_000), next; }
    my @ids = map { "$number-" . $n++ } 1 .. (1, 3, 7)[ $number % 3 ];
    my $values = join ', ', map { qq{('NOTE', '{"id": "$_"}')} } @ids;
    my $answer = $client->query($number % 2
      ? "INSERT INTO qfs.ledger (type, payload) VALUES $values RETURNING seq"
      : "BEGIN; INSERT INTO qfs.ledger (type, payload) VALUES $values RETURNING seq; SAVEPOINT s;"
        . qq{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"lost": true}'); ROLLBACK TO s; COMMIT});
    my $wanted = $number % 2 ? qr/^INSERT/ : qr/^COMMIT/;
    my $done   = @{ $answer->{tags} } && $answer->{tags}[-1] =~ $wanted && $answer->{status} eq 'I';
    print $log join('', map { "$answer->{rows}[$_][0] $ids[$_]\n" } 0 .. $#ids) if $done;
    # Only the loss of the server may keep it from appending.
    die $answer->{error}{message} if $answer->{error} && !$answer->{lost} && $answer->{error}{sqlstate} !~ /^57/;
    $client = undef if $answer->{lost};
    # The crashes are to be many, not the entries.
    usleep(rand 15_000);
  }
}

# Its commits wait for no disk, and it is told nothing: only a checkpoint makes its entries count.
sub careless_writer {
  my $client;
  until (QfsClient::is_over()) {
    if (!$client) { $client = QfsClient->new($node) or usleep(10_000), next; }
    my $answer = $client->query(
      q{SET synchronous_commit = off; INSERT INTO qfs.ledger (type, payload) VALUES ('BLOB', '{}')});
    $client = undef if $answer->{lost};
    usleep(2_000);
  }
}

# "size note" for each checkpoint that was handed out.
sub signer {
  open(my $log, '>>', "$logs/checkpoints") or die $!;
  $log->autoflush(1);
  my $client;
  until (QfsClient::is_over()) {
    if (!$client) { $client = QfsClient->new($node) or usleep(10_000), next; }
    my $answer = $client->query('SELECT qfs.checkpoint()');
    print $log encode_base64($answer->{rows}[0][0], ''), "\n" if $answer->{status} eq 'I' && @{ $answer->{rows} };
    $client = undef if $answer->{lost};
    usleep(5_000);
  }
}

# Whole lines that a log has got since it was last read.
my %position;
sub news_of {
  my ($name) = @_;
  open(my $file, '<', "$logs/$name") or return ();
  seek $file, $position{$name} // 0, 0;
  my @lines = grep { /\n\z/ } <$file>;
  $position{$name} += sum0 map { length } @lines;
  chomp @lines;
  return @lines;
}

# ---- a crash, and what must hold after it ----

my (%acknowledged, @twice, @checkpoints, @durations);
my $verified = size_of($node);

# Reads the logs: the new entries and the new checkpoints, as two lists.
sub read_news {
  my @new;
  for my $number (0 .. $WRITERS - 1) {
    for my $line (news_of("writer.$number")) {
      my ($seq, $id) = split / /, $line;
      push @twice, $seq if exists $acknowledged{$seq};
      $acknowledged{$seq} = $id;
      push @new, $seq;
    }
  }
  my @notes = map { decode_base64($_) } news_of('checkpoints');
  push @checkpoints, @notes;
  return (\@new, \@notes);
}

# Those of the acknowledged entries that are not there as they were acknowledged.
sub missing {
  my ($client, @entries) = @_;
  my $from   = min(@entries) // 0;
  my %stored = map { $_->[0] => $_->[1] }
    @{ $client->query("SELECT seq, payload->>'id' FROM qfs.ledger WHERE seq >= $from")->{rows} };
  return sort { $a <=> $b } grep { ($stored{$_} // '') ne $acknowledged{$_} } @entries;
}

# Ed25519 is deterministic: a ledger that is consistent with a checkpoint signs the same bytes.
sub broken_checkpoints {
  my ($client, @notes) = @_;
  return grep {
    my (undef, $size) = split /\n/;
    ($client->query("SELECT qfs.checkpoint($size)")->{rows}[0][0] // '') ne $_;
  } @notes;
}

# Everything that is wrong after a crash, as text; '' if nothing is.
sub damage {
  my @wrong;
  my ($new, $notes) = read_news();
  my $client = QfsClient->wait_for($node);
  my $size   = $client->value('SELECT size FROM qfs.head()');
  push @wrong, "only $size of $verified entries are left" if $size < $verified;
  push @wrong, map { "entry $_->[0]: $_->[1]" }
    @{ $client->query("SELECT * FROM qfs.verify($verified, " . ($size - 1) . ", 'hashes')")->{rows} };
  push @wrong, map { "acknowledged entry $_ is missing" } missing($client, @$new);
  push @wrong, map { "number $_ was given away twice" } splice @twice;
  push @wrong, map { 'another ledger was signed before: ' . $_ } broken_checkpoints($client, @$notes);
  $verified = $size;
  $client->close;
  return (scalar @$new, join "\n", @wrong);
}

my @clients = ((map { my $n = $_; QfsClient::in_background(sub { writer($n) }) } 0 .. $WRITERS - 1),
  QfsClient::in_background(\&careless_writer), QfsClient::in_background(\&signer));

my @damaged;
my $idle = 0;
for my $round (1 .. $ROUNDS) {
  # Some rounds are long enough for a checkpoint of the server's own.
  usleep(50_000 + rand(250_000));
  my $before = time();
  kill_server();
  $node->start;
  my ($n, $damage) = damage();
  push @durations, time() - $before;
  $idle++ if $n == 0;
  next unless $damage;
  push @damaged, "round $round: $damage";
  diag($damaged[-1]);
  last;
}
is(QfsClient::stop_background(@clients), 0, 'no client met an error but the loss of the server');
is(scalar @damaged, 0, "$ROUNDS crashes in a row: chain, acknowledged entries and checkpoints hold");
cmp_ok($idle, '<', $ROUNDS / 2, 'most rounds had acknowledged something');
read_news();

{
  my $client = QfsClient->wait_for($node);
  is(join(' ', missing($client, keys %acknowledged)), '', scalar(keys %acknowledged) . ' acknowledged entries are all there');
  is(scalar broken_checkpoints($client, @checkpoints), 0, scalar(@checkpoints) . ' checkpoints hold');
  cmp_ok(scalar(keys %acknowledged), '>', 10 * $ROUNDS, 'there was load');
  cmp_ok(scalar(@checkpoints), '>', $ROUNDS, 'there were checkpoints');
  my $twice = q{SELECT count(*) FROM (SELECT payload->>'id' FROM qfs.ledger WHERE payload ? 'id' GROUP BY 1 HAVING count(*) > 1) t};
  is($client->value($twice), 0, 'no entry is there twice');
  is($client->value(q{SELECT count(*) FROM qfs.ledger WHERE payload ? 'lost'}), 0, 'what was rolled back is not there');
  $client->close;
}
is_sound($node, "after $ROUNDS crashes");
is_sound_offline($node, "after $ROUNDS crashes", undef, grep { rand(@checkpoints) < 100 } @checkpoints);
note(sprintf 'restart and check took %.2f s at most; %d entries', max(@durations), $verified);

# ---- this test would notice: what waits for no disk is lost, and only from the end ----

subtest 'a control: asynchronous commits are lost, a checkpoint saves them' => sub {
  my $client = QfsClient->wait_for($node);
  $client->value('SET synchronous_commit = off');
  my $append = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};
  $client->value($append) for 1 .. 20;
  my $signed = $client->value('SELECT size FROM qfs.head()');
  my $note   = QfsClient->wait_for($node)->value('SELECT qfs.checkpoint()');
  $client->value($append) for 1 .. 20;
  kill_server();
  $node->start;
  my $left = size_of($node);
  cmp_ok($left, '>=', $signed, 'what was signed is there');
  cmp_ok($left, '<', $signed + 20, 'what nobody flushed is not');
  is(checkpoint_of($node, $signed), $note, 'the checkpoint is the same');
  is_sound($node, 'after the loss');
};

# ---- single backends: the server takes everybody down and recovers by itself ----

# Kills one backend, waits until the server is back, and returns a new client.
sub kill_backend {
  my ($victim, @others) = @_;
  my $postmaster = (slurp($node->data_dir . '/postmaster.pid') =~ /^(\d+)/)[0];
  # Who is connected before sees when the server has noticed.
  my $witness = QfsClient->wait_for($node);
  kill 'KILL', $victim->pid;
  for my $client ($victim, @others, $witness) {
    $client->receive until $client->lost;
  }
  my $client = QfsClient->wait_for($node);
  is((slurp($node->data_dir . '/postmaster.pid') =~ /^(\d+)/)[0], $postmaster, 'the same server goes on');
  return $client;
}

sub waits_for_lock {
  my ($pid) = @_;
  return $node->safe_psql('postgres', "SELECT 1 FROM pg_locks WHERE pid = $pid AND NOT granted AND locktype = 'object'");
}

my $append = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"mark": "%s"}')};

sub marks {
  my ($client, $mark) = @_;
  return $client->value("SELECT count(*) FROM qfs.ledger WHERE payload->>'mark' = '$mark'");
}

subtest 'the writer that holds the chain lock' => sub {
  my ($holder, $waiter) = map { QfsClient->wait_for($node) } 1 .. 2;
  $holder->value('BEGIN');
  $holder->value(sprintf $append, 'holder');
  $waiter->start(sprintf $append, 'waiter');
  ok(wait_until(sub { waits_for_lock($waiter->pid) }, 'a queue'), 'another writer waits');
  my $client = kill_backend($holder, $waiter);
  is(marks($client, 'holder') + marks($client, 'waiter'), 0, 'neither entry is there');
  $client->value(sprintf $append, 'next');
  is_sound($node, 'after it');
};

subtest 'a writer that waits for it' => sub {
  my ($holder, $waiter) = map { QfsClient->wait_for($node) } 1 .. 2;
  $holder->value('BEGIN');
  $holder->value(sprintf $append, 'holder2');
  $waiter->start(sprintf $append, 'waiter2');
  ok(wait_until(sub { waits_for_lock($waiter->pid) }, 'a queue'), 'it waits');
  my $client = kill_backend($waiter, $holder);
  is(marks($client, 'holder2') + marks($client, 'waiter2'), 0, 'neither entry is there');
  is_sound($node, 'after it');
};

subtest 'a writer in the middle of a batch' => sub {
  my $size = size_of($node);
  for my $pause (0, 20_000, 60_000) {
    my $writer = QfsClient->wait_for($node);
    $writer->start(q{INSERT INTO qfs.ledger (type, payload) 
      SELECT 'NOTE', '{"mark": "batch"}' FROM (SELECT generate_series(1, 10000000)) endless});
    ok(wait_until(sub { $node->safe_psql('postgres',
      "SELECT 1 FROM pg_locks WHERE pid = ${\$writer->pid} AND locktype = 'object' AND granted") }, 'the batch'), 'it appends');
    usleep($pause);
    my $client = kill_backend($writer);
    is(marks($client, 'batch'), 0, 'nothing of the batch is there');
    is($client->value('SELECT size FROM qfs.head()'), $size, 'the head is what it was');
  }
  append($node, 3);
  is_sound($node, 'after it');
};

# The lock is released before the wait, so the entry is seen, flushed and not acknowledged.
subtest 'a writer that waits for its standby' => sub {
  my ($writer, $other) = map { QfsClient->wait_for($node) } 1 .. 2;
  $node->safe_psql('postgres', q{ALTER SYSTEM SET synchronous_standby_names = 'nobody'});
  $node->reload;
  my $started = 0;
  my $waits = sub {
    # The first ones may pass before every process has read the setting.
    if (!$started || $writer->has_answer) {
      $writer->receive if $started++;
      $writer->start(sprintf $append, 'standby');
    }
    return $other->value("SELECT 1 FROM pg_stat_activity WHERE pid = ${\$writer->pid} AND wait_event = 'SyncRep'");
  };
  ok(wait_until($waits, 'a commit that waits'), 'its writer is not told');
  is(marks($other, 'standby'), $started, 'but its entry is seen');
  $other->value('SET synchronous_commit = local');
  $other->value(sprintf $append, 'behind');
  ok(!$writer->has_answer, 'and others append behind it');
  my $client = kill_backend($writer, $other);
  is(marks($client, 'standby') . marks($client, 'behind'), "${started}1", 'all entries are there');
  $client->close;
  $node->safe_psql('postgres', 'ALTER SYSTEM RESET synchronous_standby_names');
  $node->reload;
  is_sound($node, 'after it');
};

append_singly($node, 5);
is_sound($node, 'at the end');
is_sound_offline($node, 'at the end');
$node->stop;
done_testing();
