# 045_bridge_promotion.pl - a standby is promoted while the four programs of qfs-bridge run: they go on there, or say why they must not.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsBridge;
use QfsRedis;
use QfsClient;
use Test::More;
use Time::HiRes qw(usleep);

my $dir   = PostgreSQL::Test::Utils::tempdir('promotion');
my $redis = QfsRedis->new;
my $CONF  = "max_connections = 30\nfsync = on\n";

sub new_primary {
  my ($name) = @_;
  my $node = new_node($name, streaming => 1, conf => $CONF);
  new_ledger($node);
  $node->safe_psql('postgres', q{SELECT qfs.register_event_type('ORDER', '{}'); CREATE ROLE bridge LOGIN IN ROLE qfs_bridge, qfs_auditor});
  return $node;
}

# Every server that may be the primary; the one that takes writes is looked for, or, with 'any', the first that answers.
sub hosts_of {
  my ($attributes, @nodes) = @_;
  return sprintf 'host=%s port=%s dbname=postgres user=bridge target_session_attrs=%s', join(',', map { $_->host } @nodes), join(',', map { $_->port } @nodes), $attributes;
}

# in, out, push and publish, and where they take from and keep; nobody has a session, so push only follows.
sub start_all {
  my ($name, $database) = @_;
  mkdir "$dir/$name" or die $!;
  return {
    stream => "$name:in", copy => "$name:out", kept => "$dir/$name",
    in      => QfsBridge->start('in', database => $database, redis => $redis->path, stream => "$name:in"),
    out     => QfsBridge->start('out', database => $database, redis => $redis->path, stream => "$name:out"),
    push    => QfsBridge->start('push', database => $database),
    publish => QfsBridge->start('publish', database => $database, directory => "$dir/$name", every_seconds => 1) };
}

sub send_events { my ($all, @numbers) = @_; $redis->ask('XADD', $all->{stream}, "$_-0", 'type', $_ % 10 ? 'ORDER' : 'GHOST', 'payload', qq({"n": $_})) for @numbers; return }
sub file_of { my ($all, $size) = @_; return sprintf '%s/%020d.checkpoint', $all->{kept}, $size }
sub seen { my ($bridge, $pattern, $name) = @_; return ok(wait_until(sub { $bridge->log_text =~ $pattern }, $name), $name) || diag($bridge->log_text) }
sub has_taken { my ($node, $all, $n) = @_; return wait_until(sub { value($node, "SELECT qfs.position_of('$all->{stream}')") eq "$n-0" }, "event $n") }

# Nothing is lost, doubled or out of order: of what came in, of what went out; and all of it is kept.
sub is_whole {
  my ($node, $all, $last, $name) = @_;
  ok(has_taken($node, $all, $last), "$name: all is taken") or diag($all->{in}->log_text);
  is(value($node, "SELECT payload ->> 'n' FROM qfs.ledger WHERE auth #>> '{source,stream}' = '$all->{stream}' ORDER BY seq"),
    join("\n", grep { $_ % 10 } 1 .. $last), "$name: each event once, in order");
  is(join(' ', map { $_->[0] } $redis->entries("$all->{stream}:dead")), join(' ', map {"$_-0"} grep { $_ % 10 == 0 } 1 .. $last), "$name: each dead letter, too");
  my $size = size_of($node);
  ok(wait_until(sub { $redis->ask('XLEN', $all->{copy}) == $size }, 'out'), "$name: all is sent") or diag($all->{out}->log_text);
  is(join("\n", map { $_->[1]{entry} } $redis->entries($all->{copy})) . "\n", export_of($node), "$name: each entry once, in order");
  ok(wait_until(sub { -e file_of($all, $size) }, 'a checkpoint'), "$name: the checkpoint is kept") or diag($all->{publish}->log_text);
  my ($exit, $out) = qfs_verify('ledger', export_file($node), '--key', first_key_of($node), map { ('--checkpoint', $_) } glob "$all->{kept}/*.checkpoint");
  is($exit, 0, "$name: and all others are checkpoints of this ledger") or diag($out);
  return;
}

sub stop_all {
  my ($all, $name) = @_;
  is($all->{$_}->stop, 0, "$name: $_ stops") for qw(in out push publish);
  return;
}

sub kill_for_good {
  my ($node) = @_;
  my ($postmaster) = slurp($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
  $node->kill9;
  $node->{_pid} = undef;
  return wait_until(sub { !kill 0, $postmaster }, 'the end of the primary');
}

# The primary of a synchronous standby dies, before the promotion or after it: nobody is told, and all go on.
for my $order ('the end comes first', 'the promotion comes first') {
  subtest "a synchronous standby: $order" => sub {
    my $name    = $order =~ /end comes/ ? 'dead' : 'alive';
    my $primary = new_primary("primary_$name");
    my $standby = new_standby($primary, "standby_$name");
    configure($primary, synchronous_standby_names => "standby_$name");
    ok(are_synchronous($primary, 1), 'it is synchronous');
    my $all = start_all($name, hosts_of('read-write', $primary, $standby));
    send_events($all, 1 .. 25);
    ok(has_taken($primary, $all, 25), 'before');
    my $producer = QfsClient::in_background(sub {
      delete $redis->{socket};
      for my $n (26 .. 425) { send_events($all, $n); usleep(3_000) }
    });
    usleep(300_000);
    if ($name eq 'dead') {
      kill_for_good($primary);
      $standby->promote;
    }
    else {
      $standby->promote;
      usleep(300_000);
      kill_for_good($primary);
    }
    configure($standby, synchronous_standby_names => '');
    is(QfsClient::join_background($producer), 0, 'the producer is done');
    is_whole($standby, $all, 425, $order);
    stop_all($all, $order);
    unlike($all->{$_}->log_text, qr/level=error/, "$_ had nothing to complain about") for qw(in out push publish);
    is_sound($standby, $order);
    $standby->stop;
  };
}

# They were let connect to the standby: what they may do there they do, and the rest once it is promoted.
subtest 'connected to a standby' => sub {
  my $primary = new_primary('primary_of_one');
  my $standby = new_standby($primary, 'one');
  send_events({ stream => 'standby:in' }, 1 .. 20);
  my $all = start_all('standby', hosts_of('any', $standby));
  seen($all->{in}, qr/event=database_refused .*25006|read.only|recovery/, 'in says that nothing can be written there');
  seen($all->{publish}, qr/event=database_refused/, 'so does publish');
  usleep(500_000);
  is($redis->ask('XLEN', 'standby:in:dead'), 0, 'which is not the fault of an event');
  ok($all->{$_}->lives, "$_ goes on") for qw(in out push publish);
  append($primary, 3);
  my $size = size_of($primary);
  $primary->wait_for_catchup($standby, 'replay');
  kill_for_good($primary);
  $standby->promote;
  is_whole($standby, $all, 20, 'promoted');
  stop_all($all, 'promoted');
  $standby->stop;
};

# A standby that was not synchronous lacks entries that were told, sent and signed: nobody can give them back, and each says so.
subtest 'a standby that lacks entries' => sub {
  my $primary = new_primary('primary_ahead');
  my $standby = new_standby($primary, 'behind');
  my $all = start_all('behind', hosts_of('read-write', $primary, $standby));
  send_events($all, 1 .. 5);
  ok(has_taken($primary, $all, 5), 'what both have');
  $primary->wait_for_catchup($standby, 'replay');
  configure($standby, primary_conninfo => '');
  my $common = size_of($primary);
  send_events($all, 6 .. 9);
  append($primary, 3);
  my $lost = size_of($primary);
  ok(has_taken($primary, $all, 9), 'what only the primary has');
  ok(wait_until(sub { $redis->ask('XLEN', $all->{copy}) == $lost && -e file_of($all, $lost) }, 'the lost ones'), 'is sent, and kept');
  usleep(200_000);
  # So that the other one has more by the time anybody looks.
  kill 'STOP', map { $all->{$_}{pid} } qw(in out push publish);
  kill_for_good($primary);
  $standby->promote;
  is(size_of($standby), $common, 'they are lost');
  append($standby, $lost - $common + 5);
  kill 'CONT', map { $all->{$_}{pid} } qw(in out push publish);
  is($all->{out}->wait_end, 1, 'out must not go on');
  like($all->{out}->log_text, qr/event=stream_of_another_history .*entry=@{[$lost - 1]}/, 'and says why');
  seen($all->{push}, qr/level=error event=ledger_of_another_history next=$lost /, 'push says so, too');
  seen($all->{publish}, qr/level=error event=ledger_of_another_history size=$lost /, 'and publish');
  ok(has_taken($standby, $all, 9), 'in takes again what this ledger has not taken');
  is(value($standby, "SELECT payload ->> 'n' FROM qfs.ledger WHERE auth #>> '{source,stream}' = '$all->{stream}' ORDER BY seq"), join("\n", 1 .. 9), 'once, in order');
  my $size = size_of($standby);
  ok(wait_until(sub { -e file_of($all, $size) }, 'a checkpoint'), 'publish goes on');
  my ($exit, $out) = qfs_verify('ledger', export_file($standby), '--key', first_key_of($standby), '--checkpoint', file_of($all, $lost));
  is($exit, 1, 'the checkpoint of what was lost is none of this ledger');
  ok($all->{$_}->lives, "$_ goes on") for qw(in push publish);
  is($all->{$_}->stop, 0, "$_ stops") for qw(in push publish);
  is_sound($standby, 'the promoted one');
  $standby->stop;
};

done_testing();
