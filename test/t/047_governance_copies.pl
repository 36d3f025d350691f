# What is due where a ledger is copied, followed, restored, promoted, or written by many at once.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::Bin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use QfsClient;
use QfsGovernance;
use QfsTest;

my $node = clocked_node('boarded', streaming => 'logical');
my $note = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTED', '{}') RETURNING seq};
my $types = sub { my ($of, $from) = @_; return value($of, "SELECT string_agg(type, ' ' ORDER BY seq) FROM qfs.ledger WHERE seq >= $from") };
govern($node, [ 25, 25, 25, 25 ]);
value($node, q{SELECT qfs.register_event_type('NOTED', '{}')});

# A proposal that three of four have voted for, whose tally is due.
my $points = 10;
sub due {
  my ($of, $by) = @_;
  $points++;
  my $proposal = propose($of, $by, action => qq({"policy": {"referral": {"points": $points}}}));
  wait_for_block($of, proposal_row($of, $proposal)->{opens});
  vote($of, $_, $proposal, 'yes') for 1 .. 3;
  wait_for_block($of, proposal_row($of, $proposal)->{ends});
  return $proposal;
}

# ---- many writers ----

subtest 'many write when something becomes due' => sub {
  my $proposal = propose($node, 1);
  wait_for_block($node, proposal_row($node, $proposal)->{opens});
  vote($node, $_, $proposal, 'yes') for 1 .. 3;
  my $before = size_of($node);
  my @writers = map {
    QfsClient::in_background(sub {
      my $client = QfsClient->wait_for($node, database => 'postgres');
      my $wrong = 0;
      until (QfsClient::is_over()) { $wrong++ if $client->query($note)->{error} }
      die "$wrong errors" if $wrong;
    })
  } 1 .. 4;
  wait_until(sub { size_of($node) > $before + 40 }, 'they write');
  for my $due (qw(ends enacts)) {
    wait_for_block($node, proposal_row($node, $proposal)->{$due});
    my $size = size_of($node);
    wait_until(sub { size_of($node) > $size + 40 }, 'they go on');
  }
  is(QfsClient::stop_background($_), 0, 'no writer got an error') for @writers;
  is(value($node, "SELECT string_agg(type, ' ' ORDER BY seq) FROM qfs.ledger WHERE seq >= $before AND type <> 'NOTED'"), 'PROPOSAL_TALLIED PROPOSAL_EXECUTED',
    'each settlement is there once');
  is_sound($node, 'after many');
};

# ---- an application looks on ----

subtest 'an application\'s trigger on the ledger sees settlements, too' => sub {
  value($node, q{CREATE TABLE seen (type text); CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO public.seen VALUES (NEW.type); RETURN NULL; END $$;
    SET qfs.ddl_guard = off; CREATE TRIGGER look AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION look()});
  due($node, 2);
  value($node, 'TRUNCATE seen');
  value($node, $note);
  is(value($node, q{SELECT string_agg(type, ' ' ORDER BY type) FROM seen}), 'NOTED PROPOSAL_TALLIED', 'both of them');
  value($node, 'SET qfs.ddl_guard = off; DROP TRIGGER look ON qfs.ledger');
};

# ---- a follower and a standby ----

subtest 'whoever follows settles what is settled there, and nothing by itself' => sub {
  my $follower = clocked_node('follower', streaming => 'logical');
  $follower->safe_psql('postgres', 'CREATE EXTENSION qfs');
  value($node, 'CREATE PUBLICATION governed FOR TABLE qfs.ledger');
  my $connection = $node->connstr('postgres') =~ s/'/''/gr;
  value($follower, "CREATE SUBSCRIPTION governed CONNECTION '$connection' PUBLICATION governed");
  $follower->wait_for_subscription_sync($node, 'governed', 'postgres');
  set_clock($follower, $node->{ahead});
  value($follower, 'SELECT qfs.post_restore()');
  my $proposal = due($node, 3);
  value($node, $note);
  wait_for_block($node, proposal_row($node, $proposal)->{enacts});
  set_clock($follower, $node->{ahead});
  value($node, $note);
  my $size = size_of($node);
  wait_until(sub { size_of($follower) == $size }, 'all of it has come');
  is(verify_rows($follower, 'replay'), '', 'it is sound there');
  is(value($follower, 'SELECT qfs.state_hash()'), value($node, 'SELECT qfs.state_hash()'), 'with the same records');
  is(value($follower, 'SELECT qfs.settle()'), 0, 'a ledger that is closed settles nothing');
  value($follower, 'DROP SUBSCRIPTION governed');
  $follower->stop;
};

subtest 'a standby is promoted with something due' => sub {
  my $standby = do { local @ENV{ keys %{ $node->{believes} } } = values %{ $node->{believes} }; new_standby($node, 'boarded_standby') };
  my $proposal = due($node, 4);
  my $size = size_of($node);
  $node->wait_for_catchup($standby, 'replay', $node->lsn('flush'));
  is(value($standby, 'SELECT qfs.overdue_blocks() > 0'), 't', 'a standby knows that something is due');
  like(value($standby, q{SELECT value FROM qfs.health() WHERE item = 'governance'}), qr/a settlement has been due/, 'and says so');
  is(size_of($standby), $size, 'and settles nothing');
  $node->stop;
  $standby->promote;
  value($standby, $note);
  is($types->($standby, $size), 'SERVER_CHANGED PROPOSAL_TALLIED NOTED', 'promoted, it first says where it is, and then settles');
  is(value($standby, "SELECT state FROM qfs_api.proposals WHERE seq = $proposal"), 'QUEUED', 'what was voted');
  is_sound($standby, 'after a promotion');
  $standby->{$_} = $node->{$_} for qw(clock ahead believes);
  $node = $standby;
};

# ---- restored ----

subtest 'a dump is restored with something due' => sub {
  my ($proposal) = map { value($node, "SELECT seq FROM qfs_api.proposals WHERE state = 'QUEUED'") } 1;
  my $enacts = proposal_row($node, $proposal)->{enacts};
  my $dump = scratch_file('governed.sql', '');
  my ($exit, $out, $err) = run_program($node, 'pg_dump', '-f', $dump, 'postgres');
  is($exit, 0, 'dumped') or diag($err);
  new_database($node, 'restored');
  ($exit, $out, $err) = run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'restored', '-f', $dump);
  is($exit, 0, 'restored') or diag($err);
  is(value($node, "SELECT content FROM qfs.proposal_text WHERE seq = $proposal", 'restored'), 'Why it is a good one.', 'with the description');
  wait_for_block($node, $enacts);
  my $size = size_of($node, 'restored');
  value($node, 'SELECT qfs.post_restore(); SELECT qfs.adopt(\'restored\')', 'restored');
  value($node, $note, 'restored');
  is(value($node, "SELECT string_agg(type, ' ' ORDER BY seq) FROM qfs.ledger WHERE seq >= $size AND type <> 'SERVER_CHANGED'", 'restored'), 'PROPOSAL_EXECUTED NOTED',
    'opened, it settles before anything else');
  is(verify_rows($node, 'replay', 'restored'), '', 'sound');
};

$node->stop;
done_testing();
