# 048_guard_history.pl - what a guard has said: to each reader the entries that they read, and to everybody counts of epochs that are over.
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use QfsClient;
use QfsTest;
use QfsHistory;
use QfsWallet;
use Test::More;
use Time::HiRes qw(sleep);

my $SIZE = $ENV{QFS_GUARD_EVENTS} // 600;
my $seed = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

# Epochs of three seconds, so that in some of them few are judged and in others many.
my $json = JSON::PP->new->utf8->canonical;
$QfsHistory::POLICY = $json->encode({ %{ $json->decode($QfsHistory::POLICY) }, epoch_blocks => 3 });
my $node    = new_node('guard_history');
my $history = QfsHistory->new($node, 'past', accounts => 12, clients => 2, holders => 4);
$history->run($SIZE);
my $client  = QfsClient->wait_for($node, database => 'past');
my @ENTRIES = map { $json->decode($_) } split /\n/, export_of($node, undef, 'past');
my $GENESIS = $ENTRIES[0]{at};
my %GUARDS  = map { ($_->{id} => $_) } @{ $json->decode($client->value('SELECT qfs.catalogue()'))->{guards} };
my %PUBLIC  = map { @$_ } @{ $client->query("SELECT guard, CASE WHEN is_public THEN 1 ELSE 0 END FROM qfs.guard_readers()")->{rows} };
is(join(' ', sort keys %PUBLIC), join(' ', sort keys %GUARDS), 'of every guard it is known whether everybody reads what it judges');

sub epoch_of { my ($entry) = @_; return int(($entry->{at} - $GENESIS) / 3000) }
sub said_by  { my ($entry, $guard) = @_; return grep { $_->{guard} eq $guard } @{ $entry->{outcome}{guards} // [] } }

# As a role, or as an account.
sub rows_as {
  my ($reader, $sql) = @_;
  my $begin = 'BEGIN; SET LOCAL ROLE ' . ($reader->{role} // 'qfs_user') . ($reader->{token} ? '; SELECT qfs.authenticate(' . literal($reader->{token}) . ')' : '');
  $client->value($begin);
  my $answer = $client->query($sql);
  $client->value('ROLLBACK');
  return $answer;
}

sub asked { my ($reader, $arguments) = @_; my $answer = rows_as($reader, "SELECT qfs_api.guard_history($arguments)"); return $answer->{error} // $json->decode($answer->{rows}[0][0]) }

# Every page of it, back to the first entry.
sub all_of {
  my ($reader, $guard, $max) = @_;
  my ($from, @entries) = ('NULL');
  for (1 .. 1000) {
    my $page = asked($reader, "'$guard', $from, $max");
    push @entries, @{ $page->{entries} };
    return @entries if !defined $page->{next};
    $from = $page->{next};
  }
  die 'there is no end';
}

my @readers = ({ name => 'nobody', role => 'qfs_anon' }, { name => 'an auditor', role => 'qfs_auditor' }, map { { name => "account $_->{number}", token => $_->{token} } } grep { $_->{token} } @{ $history->{accounts} });
cmp_ok(scalar(@readers), '>', 4, 'several accounts have a session');

subtest 'each reader has what qfs_api.ledger shows of it, the last first, page by page' => sub {
  for my $reader (@readers) {
    my %sees = map { ($_->[0] => 1) } @{ rows_as($reader, 'SELECT seq FROM qfs_api.ledger WHERE outcome IS NOT NULL')->{rows} };
    for my $guard (sort keys %GUARDS) {
      my @want = map { { at => $_->{at}, seq => $_->{seq}, type => $_->{act}{type}, verdicts => [ said_by($_, $guard) ] } } grep { $sees{ $_->{seq} } && said_by($_, $guard) } reverse @ENTRIES;
      is($json->encode([ all_of($reader, $guard, 1 + int rand 60) ]), $json->encode(\@want), "$reader->{name}: $guard");
    }
  }
  my %all = map { ($_ => scalar all_of($readers[1], $_, 200)) } sort keys %GUARDS;
  cmp_ok($all{REFERRAL_CAP}, '>', scalar all_of($readers[0], 'REFERRAL_CAP', 200), 'some of which not everybody reads');
  cmp_ok(scalar(all_of($readers[0], 'PROPOSER_POWER', 200)), '>', 0, 'and some of which everybody does');
};

subtest 'what it is, and where to go on' => sub {
  my $answer = asked($readers[1], "'REFERRAL_CAP', NULL, 3");
  is($json->encode($answer->{guard}), $json->encode($GUARDS{REFERRAL_CAP}), 'the guard as the catalogue tells it, with its unit');
  is($answer->{size}, scalar @ENTRIES, 'of which size');
  is($answer->{next}, $answer->{entries}[2]{seq} - 1, 'the entry before the last one that is told');
  is(asked($readers[1], "'REFERRAL_CAP', $answer->{entries}[1]{seq}, 1")->{entries}[0]{seq}, $answer->{entries}[1]{seq}, 'from: that entry and those before it');
  is($json->encode(asked($readers[1], "'REFERRAL_CAP', 9007199254740991, 3")), $json->encode($answer), 'behind the end it begins at the end');
  is(asked($readers[1], q{'REFERRAL_CAP', 0})->{next}, undef, 'before entry 0 there is none');
  is(scalar @{ asked($readers[1], "'REFERRAL_CAP', NULL, $_->[0]")->{entries} }, $_->[1], "max $_->[0]: $_->[1]") for [ -1, 1 ], [ 0, 1 ], [ 2, 2 ];
  for my $case ([ q{'REFERRAL_CUP'}, qr/QFS_GUARD_UNKNOWN/ ], [ 'NULL', qr/QFS_GUARD_UNKNOWN/ ], [ q{''}, qr/QFS_GUARD_UNKNOWN/ ], [ q{repeat('x', 100000)}, qr/QFS_GUARD_UNKNOWN/ ],
    [ q{'REFERRAL_CAP', -1}, qr/QFS_ARGUMENT/ ],
    [ q{'REFERRAL_CAP', -9223372036854775808}, qr/QFS_ARGUMENT/ ]) {
    my ($arguments, $what) = @$case;
    my $error = asked($readers[0], $arguments);
    like(join(' ', map { $error->{$_} // '' } qw(message detail)), $what, "$arguments: refused");
    cmp_ok(length($error->{detail} // ''), '<', 200, "$arguments: in few words");
  }
};

# {guard}{epoch}: passed, blocked, and of how many accounts.
sub counts_of {
  my %counts;
  for my $entry (@_) {
    for my $said (@{ $entry->{outcome}{guards} // [] }) {
      my $of = $counts{ $said->{guard} }{ epoch_of($entry) } //= { passed => 0, blocked => 0, actors => {} };
      $of->{ $said->{result} eq 'PASS' ? 'passed' : 'blocked' }++;
      $of->{actors}{ $entry->{act}{actor} } = 1 if $entry->{act}{actor} ne 'system';
    }
  }
  return \%counts;
}

sub wait_for_the_end { my ($epoch) = @_; sleep 0.1 while $client->value('SELECT qfs.current_epoch()') <= $epoch; return }

subtest 'by epoch, for everybody' => sub {
  wait_for_the_end(epoch_of($ENTRIES[-1]));
  my $counts = counts_of(@ENTRIES);
  my ($told, $kept) = (0, 0);
  for my $reader (@readers[ 0 .. 2 ]) {
    for my $guard (sort keys %GUARDS) {
      my $tells_all = $PUBLIC{$guard} || $reader->{name} eq 'an auditor';
      my %of        = %{ $counts->{$guard} // {} };
      my @epochs    = grep { $tells_all || keys %{ $of{$_}{actors} } >= 5 } sort { $b <=> $a } keys %of;
      is($json->encode(asked($reader, "'$guard'")->{epochs}), $json->encode([ map { { blocked => $of{$_}{blocked}, epoch => $_ + 0, passed => $of{$_}{passed} } } @epochs ]), "$reader->{name}: $guard");
      next if $tells_all;
      $told += @epochs;
      $kept += keys(%of) - @epochs;
    }
  }
  cmp_ok($told, '>', 0, 'some epochs in which five or more were judged');
  cmp_ok($kept, '>', 0, 'and some in which fewer were, of which nothing is told');
  # From the middle of an epoch back: of that one nothing is told, since the next page has the rest of it.
  my ($guard) = grep { keys %{ $counts->{$_} // {} } > 2 } qw(REFERRAL_CAP SELF_REFERRAL);
  my ($middle) = grep { $_ > 0 && epoch_of($ENTRIES[$_]) == epoch_of($ENTRIES[ $_ + 1 ]) } reverse 0 .. $#ENTRIES - 1;
  my @later = grep { $_->{epoch} >= epoch_of($ENTRIES[$middle]) } @{ asked($readers[1], "'$guard', $middle")->{epochs} };
  is($json->encode(\@later), '[]', 'an epoch of which not all entries are looked at is not counted');
};

# The epoch that it is, is nobody's to watch, an auditor's neither.
subtest 'not before it is over' => sub {
  my ($account) = grep { $_->{token} } @{ $history->{accounts} };
  $client->value(q{SELECT qfs.set_policy('{"signed": "none"}')});
  my $seen;
  for (1 .. 20) {
    my $epoch = $client->value('SELECT qfs.current_epoch()');
    $client->value(as_account($account->{token}, 'SELECT qfs_api.use_referral(' . literal($account->{code}) . ')'));
    my $answer = asked($readers[1], q{'SELF_REFERRAL', NULL, 1});
    next if $client->value('SELECT qfs.current_epoch()') != $epoch;
    $seen = 1;
    cmp_ok($answer->{entries}[0]{at}, '>=', $GENESIS + $epoch * 3000, 'the entry is there');
    is(scalar(grep { $_->{epoch} >= $epoch } @{ $answer->{epochs} }), 0, 'and is not counted');
    wait_for_the_end($epoch);
    is(asked($readers[1], q{'SELF_REFERRAL'})->{epochs}[0]{epoch}, $epoch, 'until its epoch is over');
    last;
  }
  ok($seen, 'it was asked within the epoch');
};
$history->close;

# An answer looks through 10,000 entries.
subtest 'a long ledger' => sub {
  $client->value(q{SELECT qfs.register_event_type('FILL', '{}')});
  my $before = $client->value('SELECT size FROM qfs.head()');
  for (1 .. 11) { my $answer = $client->query(q{INSERT INTO qfs.ledger (type, payload) SELECT 'FILL', '{}' FROM generate_series(1, 1000)}); die $answer->{error}{message} if $answer->{error} }
  my $answer = asked($readers[1], q{'SELF_REFERRAL'});
  is($json->encode($answer->{entries}), '[]', 'there is nothing in the last 10,000');
  is($answer->{next}, $before + 1000 - 1, 'and it says where to go on');
  my $first = asked($readers[1], "'SELF_REFERRAL', " . ($before + 1000 - 1));
  cmp_ok(scalar @{ $first->{entries} }, '>', 0, 'there it is');
  my ($cut)   = @{ $first->{epochs} };
  my ($inner) = grep { $_->{at} >= $GENESIS + $cut->{epoch} * 3000 && $_->{at} < $GENESIS + ($cut->{epoch} + 1) * 3000 } map { $json->decode($_) } split /\n/, export_of($node, $before, 'past');
  # So that the window begins within that epoch.
  my $inside = asked($readers[1], "'SELF_REFERRAL', " . ($inner->{seq} + 1 + 9999));
  is(scalar(grep { $_->{epoch} == $cut->{epoch} } @{ $inside->{epochs} }), 0, 'an epoch that begins before them is not counted');
};

$node->stop;
done_testing();
