# 018_promotion.pl - the primary dies under load, a standby is promoted: nothing acknowledged is lost, the chain goes on, and the old primary's branch is found out.
use strict;
use warnings FATAL => 'all';
use IO::Handle;
use QfsTest;
use QfsClient;
use Test::More;
use Time::HiRes qw(usleep);

my $WRITERS = 4;
my $logs    = PostgreSQL::Test::Utils::tempdir('acknowledged');
my $primary = new_node('primary', streaming => 1, conf => "max_connections = 30\nfsync = on\n");
new_ledger($primary);
append($primary, 100);
my $standby = new_standby($primary, 'standby');
$primary->safe_psql('postgres', q{ALTER SYSTEM SET synchronous_standby_names = 'standby'});
$primary->reload;
ok($primary->poll_query_until('postgres', q{SELECT sync_state = 'sync' FROM pg_stat_replication}), 'the standby is synchronous');

# Appends at whatever server is in charge, and writes down what was acknowledged: "seq id".
sub writer {
  my ($number) = @_;
  open(my $log, '>>', "$logs/$number") or die $!;
  $log->autoflush(1);
  my ($client, $n) = (undef, 0);
  until (QfsClient::is_over()) {
    my $node = -e "$logs/promoted" ? $standby : $primary;
    if (!$client) { $client = QfsClient->new($node) or usleep(10_000), next; }
    my $id     = "$number-" . $n++;
    my $answer = $client->query(qq{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"id": "$id"}') RETURNING seq});
    print $log "$answer->{rows}[0][0] $id\n" if @{ $answer->{tags} } && $answer->{status} eq 'I' && !$answer->{error};
    $client = undef if $answer->{lost};
    usleep(rand 3_000);
  }
}

sub acknowledged { return map { my ($seq, $id) = /^(\d+) (\S+)$/; $seq ? [ $seq, $id ] : () } map { split /\n/, slurp($_) } glob "$logs/[0-9]*" }

my @clients = map { my $n = $_; QfsClient::in_background(sub { writer($n) }) } 1 .. $WRITERS;
ok(wait_until(sub { acknowledged() > 200 }, 'load'), 'there is load');
my $seen = checkpoint_of($primary);

my ($postmaster) = slurp($primary->data_dir . '/postmaster.pid') =~ /^(\d+)/;
$primary->kill9;
$standby->promote;
spit("$logs/promoted", '');
my $at_promotion = acknowledged();
ok(wait_until(sub { acknowledged() > $at_promotion + 200 }, 'load'), 'the new primary takes appends');
is(QfsClient::stop_background(@clients), 0, 'no writer failed');

my %stored = map { my ($seq, $id) = split /\|/; ($seq => $id) }
  split /\n/, $standby->safe_psql('postgres', q{SELECT seq, payload->>'id' FROM qfs.ledger WHERE payload ? 'id'});
my @all = acknowledged();
is(scalar(grep { ($stored{ $_->[0] } // '') ne $_->[1] } @all), 0, scalar(@all) . " acknowledged entries, $at_promotion from before, are all there");
my %twice;
is(scalar(grep { $twice{ $_->[0] }++ } @all), 0, 'no number was given away twice');
is_sound($standby, 'promoted');
is_sound_offline($standby, 'promoted', undef, $seen);
is($standby->safe_psql('postgres', q{SELECT value FROM qfs.health() WHERE item = 'replication'}), 'primary, 0 standbys stream', 'health knows');
$standby->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
is_sound($standby, 'with new keys');

# The old primary comes back and nobody stops it: two branches, each sound by itself, and never both under one checkpoint.
$primary->{_pid} = undef;
wait_until(sub { !kill 0, $postmaster }, 'the end of the primary');
unlink $primary->data_dir . '/postmaster.pid', $primary->host . '/.s.PGSQL.' . $primary->port . '.lock';
$primary->append_conf('postgresql.conf', "synchronous_standby_names = ''");
$primary->safe_psql('postgres', 'SELECT 1') if $primary->start;
$primary->safe_psql('postgres', q{ALTER SYSTEM RESET synchronous_standby_names});
$primary->reload;
append($primary, 400);
is_sound($primary, 'the branch of the old primary');
my $branch = checkpoint_of($primary);
my ($exit, $out) = qfs_verify('ledger', export_file($standby), '--key', first_key_of($standby), '--checkpoint', scratch_file('branch', $branch));
is($exit, 1, 'its checkpoint is no checkpoint of the ledger');
like($out, qr/CHECKPOINT_(?:ROOT|SIZE)/, 'says the offline verifier');

$_->stop for $standby, $primary;
done_testing();
