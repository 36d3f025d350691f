# Governance on a real server: the settlement comes before whoever appends next, and nothing can leave it out.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::Bin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use JSON::PP;
use Test::More;

use QfsGovernance;
use QfsTest;
use QfsWallet;

# ---- from a proposal to what it changes ----

my $node = clocked_node('governed', conf => 'max_prepared_transactions = 2');
govern($node, [ 25, 25, 25, 25 ]);
value($node, q{SELECT qfs.register_event_type('NOTED', '{}')});
my $note = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTED', '{}') RETURNING seq};
my $types = sub { value($node, "SELECT string_agg(type, ' ' ORDER BY seq) FROM qfs.ledger WHERE seq >= $_[0]") };

subtest 'a proposal comes into force in the middle of somebody else\'s append' => sub {
  my $proposal = propose($node, 1);
  is(proposal_row($node, $proposal)->{state}, 'OPEN', 'it is open');
  is(proposal_row($node, $proposal)->{description}, 'Why it is a good one.', 'with its description');
  wait_for_block($node, proposal_row($node, $proposal)->{opens});
  vote($node, $_->[0], $proposal, $_->[1]) for [ 1, 'yes' ], [ 2, 'yes' ], [ 3, 'no' ];
  my $row = proposal_row($node, $proposal);
  is("@$row{qw(yes no abstain veto voters total)}", '50 25 0 0 3 100', 'three have voted');
  wait_for_block($node, $row->{ends});
  my $before = size_of($node);
  is(value($node, $note), $before + 1, 'an event appended when the tally is due comes behind it');
  is($types->($before), 'PROPOSAL_TALLIED NOTED', 'in one transaction');
  is(value($node, "SELECT count(DISTINCT l.xmin::text) FROM qfs.ledger l WHERE seq >= $before"), 1, 'of one number');
  $row = proposal_row($node, $proposal);
  is($row->{state}, 'QUEUED', 'it passed');
  wait_for_block($node, $row->{enacts});
  $before = size_of($node);
  is(value($node, 'SET ROLE qfs_anon; SELECT qfs_api.settle()'), 1, 'on an idle ledger somebody asks it to settle');
  is(value($node, 'SET ROLE qfs_anon; SELECT qfs_api.settle()'), 0, 'once');
  is($types->($before), 'PROPOSAL_EXECUTED', 'which executes');
  is(value($node, q{SELECT policy #>> '{policy,referral,cap}' FROM qfs_api.policy() policy}), 50, 'what was proposed');
  is(proposal_row($node, $proposal)->{state}, 'EXECUTED', 'and is done');
  is_sound($node, 'after a settlement');
  is_sound_offline($node, 'after a settlement');
};

# ---- nobody gives, forges or withholds it ----

# A proposal that three of four have voted for, whose tally is due.
sub due {
  my (%options) = @_;
  my $proposal = propose($node, $options{by} // 2, action => $options{action} // '{"policy": {"referral": {"points": 7}}}');
  wait_for_block($node, proposal_row($node, $proposal)->{opens});
  vote($node, $_, $proposal, 'yes') for 1 .. 3;
  wait_for_block($node, proposal_row($node, $proposal)->{ends});
  return $proposal;
}

subtest 'a settlement by hand' => sub {
  my $proposal = due();
  for my $type (qw(PROPOSAL_TALLIED PROPOSAL_EXECUTED)) {
    my $error = error_of($node, qq{INSERT INTO qfs.ledger (type, payload) VALUES ('$type', '{"proposal": $proposal}')});
    is($error->{code}, 'QFS_FORBIDDEN', "$type is not an operator's to append");
  }
  is(value($node, "SELECT count(*) FROM qfs.ledger WHERE type = 'PROPOSAL_TALLIED'"), 1, 'and an append that fails takes its settlement along');
  value($node, $note);
  is(value($node, "SELECT count(*) FROM qfs.ledger WHERE type = 'PROPOSAL_TALLIED'"), 2, 'the next one brings it');
};

subtest 'savepoints and rollbacks' => sub {
  my ($queued) = map { $_->{seq} } @{ JSON::PP->new->decode(value($node, q{SELECT coalesce(jsonb_agg(p), '[]') FROM qfs_api.proposals p WHERE state = 'QUEUED'})) };
  wait_for_block($node, proposal_row($node, $queued)->{enacts});
  my $before = size_of($node);
  value($node, "BEGIN; SAVEPOINT a; $note; ROLLBACK TO a; COMMIT");
  is(size_of($node), $before, 'rolled back to a savepoint, nothing is left');
  value($node, "BEGIN; $note; ROLLBACK");
  is(size_of($node), $before, 'rolled back, nothing is left');
  value($node, "BEGIN; SAVEPOINT a; $note; ROLLBACK TO a; $note; RELEASE a; COMMIT");
  is($types->($before), 'PROPOSAL_EXECUTED NOTED', 'once, behind the savepoint');
  is(value($node, q{SELECT policy #>> '{policy,referral,points}' FROM qfs_api.policy() policy}), 7, 'in force');
  is_sound($node, 'after savepoints');
};

subtest 'a batch, and several that are due' => sub {
  my $first = due(by => 3, action => '{"policy": {"limits": {"events_per_minute": 10}}}');
  my $before = size_of($node);
  value($node, "INSERT INTO qfs.ledger (type, payload) SELECT 'NOTED', '{}' FROM generate_series(1, 5)");
  is($types->($before), 'PROPOSAL_TALLIED NOTED NOTED NOTED NOTED NOTED', 'before the first of a statement');
  wait_for_block($node, proposal_row($node, $first)->{enacts});
  $before = size_of($node);
  value($node, q{SELECT qfs.set_policy('{"nonce_ttl_ms": 60000}')});
  is($types->($before), 'PROPOSAL_EXECUTED POLICY_CHANGED', 'a new policy is made upon what was due before');
  is(value($node, q{SELECT policy #>> '{policy,limits,events_per_minute}' || ' ' || (policy #>> '{policy,nonce_ttl_ms}') FROM qfs_api.policy() policy}), '10 60000',
    'and has both changes');
  is_sound($node, 'after a batch');
};

subtest 'a crash' => sub {
  my $proposal = due(by => 4, action => '{"policy": {"referral": {"points": 8}}}');
  value($node, $note);
  my $before = size_of($node);
  $node->stop('immediate');
  QfsGovernance::start_clocked($node);
  is(size_of($node), $before, 'keeps it');
  is(proposal_row($node, $proposal)->{state}, 'QUEUED', 'as it was');
  wait_for_block($node, proposal_row($node, $proposal)->{enacts});
  is(value($node, $note), $before + 1, 'and the ledger goes on to settle');
  is_sound($node, 'after a crash');
};

subtest 'an export is imported, and its settlements are judged' => sub {
  my $lines = export_of($node);
  new_database($node, 'copy');
  $node->safe_psql('copy', 'CREATE EXTENSION qfs');
  my @lines = split /\n/, $lines;
  is(value($node, 'SELECT qfs.import(ARRAY[' . join(', ', map { literal($_) } @lines) . '])', 'copy'), scalar @lines, 'all of it');
  is(verify_rows($node, 'replay', 'copy'), '', 'sound');
  is(value($node, 'SELECT qfs.state_hash()', 'copy'), value($node, 'SELECT qfs.state_hash()'), 'the same records');
};

# ---- silence, and a clock that jumps ----

subtest 'a clock that is put forward over all of it' => sub {
  my $proposal = propose($node, 1, action => '{"policy": {"referral": {"points": 9}}}');
  wait_for_block($node, proposal_row($node, $proposal)->{opens});
  vote($node, $_, $proposal, 'yes') for 1 .. 4;
  my $ends = proposal_row($node, $proposal)->{ends};
  wait_for_block($node, $ends + 20_000);
  my $before = size_of($node);
  value($node, $note);
  is($types->($before), 'PROPOSAL_TALLIED NOTED', 'one entry');
  my $row = proposal_row($node, $proposal);
  is($row->{state}, 'OPEN', 'which leaves it open');
  cmp_ok($row->{ends}, '>=', $ends + 20_240, 'and moves the end: whoever was kept from voting still can');
  is($row->{extensions}, 1, 'once');
  is_sound($node, 'after a silence');
};

# ---- nobody governs ----

subtest 'a board that sleeps, wakes once, and sleeps on' => sub {
  is(error_of($node, 'SELECT qfs.claim_dormancy()')->{code}, 'QFS_DORMANCY_VOID', 'in trial there is nothing to claim');
  value($node, q(SELECT qfs.set_policy('{"governance": {"dormant_epochs": 2}}')));
  my $proposal = propose($node, 2, track => 'constitution', action => '{"policy": {"governance": {"mode": "on"}}}');
  wait_for_block($node, proposal_row($node, $proposal)->{opens});
  vote($node, $_, $proposal, 'yes') for 1 .. 4;
  wait_for_block($node, proposal_row($node, $proposal)->{ends});
  value($node, $note);
  wait_for_block($node, proposal_row($node, $proposal)->{enacts} + 3 * 512);
  value($node, $note);
  my $mode = q(SELECT policy #>> '{policy,governance,mode}' FROM qfs_api.policy() policy);
  is(value($node, $mode), 'on', 'governance is on');
  my $claim = value($node, 'SELECT qfs.claim_dormancy()');
  like(agenda_of($node), qr/,$claim,"dormancy"\]/, 'the claim is on the agenda');
  my $woken = propose($node, 3, track => 'text', action => '{}');
  is(value($node, "SELECT outcome::jsonb #>> '{result,claim}' FROM qfs.ledger WHERE seq = $woken"), $claim, 'a wallet\'s act, without a session, ends it');
  unlike(agenda_of($node), qr/dormancy/, 'and it is off the agenda');
  $claim = value($node, 'SELECT qfs.claim_dormancy()');
  my ($due) = agenda_of($node) =~ /\[(\d+),$claim,"dormancy"\]/;
  while (agenda_of($node) =~ /^\[\[(\d+),\d+,"(?:tally|execute)"/) { wait_for_block($node, $1); value($node, $note) }
  wait_for_block($node, $due);
  my $before = size_of($node);
  value($node, $note);
  is($types->($before), 'DORMANCY_SETTLED NOTED', 'then nobody acts, and the ledger settles it');
  is(value($node, $mode), 'trial', 'governance is in trial');
  is_sound($node, 'after a claim');
};

is_sound_offline($node, 'at the end');

# ---- the rules a second time ----

subtest 'by the rules in JavaScript' => sub {
  my ($exit, $out, $err) = run_javascript('replay', export_file($node));
  is($exit, 0, 'the whole ledger is sound') or diag($err);
  is((split ' ', $out)[3], value($node, 'SELECT qfs.state_hash()'), 'and has the state that the server has');
  my @governed = split /\n/, value($node, q{SELECT seq FROM qfs.ledger WHERE type ~ '^(DORMANCY|NOD|PROPOSAL|VOTE)_' ORDER BY seq});
  cmp_ok(scalar @governed, '>', 30, 'entries of governance');
  my @files = map { scratch_file("why-$_.json", value($node, "SELECT qfs.explain($_)")) } @governed;
  ($exit, $out, $err) = run_javascript('verify_bundle', first_key_of($node), @files);
  my @verdicts = split /\n/, $out;
  is(scalar @verdicts, scalar @files, 'of each explanation there is a verdict') or diag($err);
  is(join("\n", map { "$governed[$_]: $verdicts[$_]" } grep { $verdicts[$_] ne 'sound: executed' } 0 .. $#verdicts), '', 'each is sound, its rule executed again');
};
$node->stop;

done_testing();
