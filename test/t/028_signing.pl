# 028_signing.pl - signed is what no crash, no rollback and no failover can take back.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use Test::More;

# The waits that are to fail are short.
my $primary = new_node('primary', streaming => 1, conf => "qfs.sign_timeout = '300ms'\nwal_receiver_status_interval = 1s\n");
new_ledger($primary);
append($primary, 20);
$primary->safe_psql('postgres', 'CREATE ROLE clerk LOGIN; GRANT qfs_operator TO clerk');
$primary->backup('base');

my %standby = map { $_ => new_standby($primary, $_, 'base') } qw(s1 s2);

# Runs code while these standbys take nothing in.
sub while_stopped {
  my ($names, $code) = @_;
  my @receivers = map { receiver_of($standby{$_}) } @$names;
  kill 'STOP', @receivers;
  # None of it waits for anybody: it is the signing that has to.
  $primary->safe_psql('postgres', q{SET synchronous_commit = off; INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')});
  $code->();
  kill 'CONT', @receivers;
}

sub signs {
  my ($name, $sql, %options) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my ($exit, $out, $err) = $primary->psql('postgres', $sql // 'SELECT qfs.checkpoint()', %options);
  return is($exit, 0, "$name: signed") || diag($err);
}

sub signs_not {
  my ($name, $sql) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return refused($primary, $sql // 'SELECT qfs.checkpoint()', 'QFS_SIGN_WAIT', "$name: not signed");
}

my @signing = map { "SELECT $_" } 'qfs.checkpoint()', 'qfs.checkpoint(1)', 'qfs.tlog_proof(3)', 'qfs.tlog_proof(3, 5)',
  'qfs.explain(3)', 'qfs_api.checkpoint()', 'qfs_api.tlog_proof(3)';

subtest 'nobody has to have it' => sub {
  while_stopped([qw(s1 s2)], sub { signs($_, $_) for @signing });
};

subtest 'one standby' => sub {
  configure($primary, synchronous_standby_names => 's1');
  are_synchronous($primary, 1);
  signs("running: $_", $_) for @signing;
  while_stopped(['s2'], sub { signs('another one is stopped') });
  while_stopped(['s1'], sub {
    signs_not("stopped: $_", $_) for @signing;
    my $error = signs_not('what is told');
    is($error->{sqlstate}, 'PT503', 'HTTP 503');
    like($error->{detail}, qr/timeout was over while 1 of 1 synchronous standbys did not have it/, 'how many were missing');
    like($error->{hint}, qr/pg_stat_replication/, 'where to look');
    is($primary->safe_psql('postgres', q{SELECT status FROM qfs.health() WHERE item = 'key_file'}), 'ok', 'the key is not to blame');
  });
  signs('goes on');
  $standby{s1}->stop;
  signs_not('shut down');
  $standby{s1}->start;
  are_synchronous($primary, 1);
  signs('started again');
};

# What the caller has set makes nothing signed that the server's settings would not, nor the other way round.
subtest 'whose settings' => sub {
  while_stopped(['s1'], sub {
    for my $value (qw(off local remote_write)) {
      signs_not("SET $value", "SET synchronous_commit = $value; SELECT qfs.checkpoint()");
      signs_not("SET LOCAL $value", "BEGIN; SET LOCAL synchronous_commit = $value; SELECT qfs.checkpoint()");
      {
        local $ENV{PGOPTIONS} = "-c synchronous_commit=$value";
        signs_not("the client: $value");
      }
      for my $scope ('ROLE ALL', 'DATABASE postgres', 'ROLE CURRENT_USER') {
        $primary->safe_psql('postgres', "SET synchronous_commit = off; ALTER $scope SET synchronous_commit = $value");
        signs_not("$scope: $value");
        $primary->safe_psql('postgres', "SET synchronous_commit = off; ALTER $scope RESET synchronous_commit");
      }
    }
    refused($primary, q{SET ROLE clerk; SELECT qfs.head(); SET qfs.sign_timeout = 0}, '42501', 'who signs does not choose how long it waits');
  });
  for my $server (qw(local off)) {
    configure($primary, synchronous_commit => $server);
    while_stopped(['s1'], sub {
      signs("the server's $server", "SET synchronous_commit = remote_apply; SELECT qfs.checkpoint()");
      local $ENV{PGOPTIONS} = '-c synchronous_commit=on';
      signs("the server's $server, the client's on");
    });
  }
  configure($primary, synchronous_commit => 'remote_apply');
  are_synchronous($primary, 1);
  $standby{s1}->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
  append_unseen();
  signs_not('remote_apply: not replayed');
  {
    local $ENV{PGOPTIONS} = '-c synchronous_commit=on';
    signs_not('remote_apply, the client does not care');
  }
  for my $enough (qw(on remote_write)) {
    configure($primary, synchronous_commit => $enough);
    signs("$enough: not replayed");
  }
  $standby{s1}->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
  configure($primary, synchronous_commit => 'on');
};

sub append_unseen {
  return $primary->safe_psql('postgres', q{SET synchronous_commit = off; INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')});
}

subtest 'lists' => sub {
  # names, how many are synchronous, who is stopped, whether it is signed
  my @cases = (
    [ 'FIRST 1 (s1, s2)', 1, ['s1'], 0 ],
    [ 'FIRST 1 (s1, s2)', 1, ['s2'], 1 ],
    [ 'FIRST 2 (s1, s2)', 2, ['s2'], 0 ],
    [ 'ANY 1 (s1, s2)', 2, ['s1'], 1 ],
    [ 'ANY 1 (s1, s2)', 2, [ 's1', 's2' ], 0 ],
    [ 'ANY 2 (s1, s2)', 2, ['s1'], 0 ],
    [ 'ANY 2 (s1, s2)', 2, [], 1 ],
    [ 'ANY 3 (s1, s2, s3)', 2, [], 0 ],
    [ 'FIRST 3 (s1, s2, s3)', 2, [], 0 ],
    [ 'ANY 1 (*)', 2, ['s2'], 1 ],
    [ 'nobody', 0, [], 0 ],
  );
  for my $case (@cases) {
    my ($names, $count, $stopped, $signed) = @$case;
    configure($primary, synchronous_standby_names => $names);
    are_synchronous($primary, $count);
    my $name = "$names without " . (join(' ', @$stopped) || 'loss');
    while_stopped($stopped, sub { $signed ? signs($name) : signs_not($name) });
  }
  configure($primary, synchronous_standby_names => 'FIRST 1 (s1, s2)');
  $standby{s1}->stop;
  are_synchronous($primary, 1);
  signs('the next of the list takes over');
  $standby{s1}->start;
  configure($primary, synchronous_standby_names => '');
  while_stopped([qw(s1 s2)], sub { signs('no longer asked for') });
};

subtest 'the wait ends' => sub {
  configure($primary, synchronous_standby_names => 's1');
  are_synchronous($primary, 1);
  while_stopped(['s1'], sub {
    my $error = signs_not('statement_timeout', q{SET qfs.sign_timeout = '1h'; SET statement_timeout = '200ms'; SELECT qfs.checkpoint()});
    like($error->{detail}, qr/the wait was cancelled/, 'and why');
    signs_not('0 looks once', 'SET qfs.sign_timeout = 0; SELECT qfs.checkpoint()');
    for my $how (qw(cancel terminate)) {
      my $client = QfsClient->wait_for($primary);
      $client->value(q{SET qfs.sign_timeout = '1h'});
      $client->start('SELECT qfs.checkpoint()');
      $primary->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = \'Extension\' AND pid = ' . $client->pid);
      $primary->safe_psql('postgres', "SELECT pg_${how}_backend(" . $client->pid . ')');
      my $answer = $client->receive;
      is(scalar @{ $answer->{rows} }, 0, "$how: nothing comes out");
      is($answer->{error}{code}, 'QFS_SIGN_WAIT', "$how: and it says so") if $how eq 'cancel';
      is($answer->{error}{sqlstate}, '57P01', "$how: the session ends") if $how eq 'terminate';
      ok($client->query('SELECT 1')->{status} eq 'I', "$how: the session goes on") if $how eq 'cancel';
      $client->close;
    }
    my $client = QfsClient->wait_for($primary);
    $client->value(q{SET qfs.sign_timeout = '1h'});
    $client->start('SELECT qfs.checkpoint()');
    $primary->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = \'Extension\' AND pid = ' . $client->pid);
    kill 'CONT', receiver_of($standby{s1});
    my $answer = $client->receive;
    like($answer->{rows}[0][0], qr/\Aledger\.example\.org/, 'or the standby comes back, and it is signed');
    $client->close;
  });
};

subtest 'entries of an open transaction' => sub {
  configure($primary, synchronous_standby_names => '');
  my $insert = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};
  my $size = size_of($primary);
  my $newest = $size + 1;
  for my $sql (@signing[0, 2, 4, 5, 6], "SELECT qfs.checkpoint($newest)", "SELECT qfs.tlog_proof(3, $newest)", "SELECT qfs.explain($size)") {
    my $error = refused($primary, "BEGIN; $insert; $sql", 'QFS_SIGN_OWN', "$sql: not signed");
    like($error->{hint}, qr/Commit first/, 'and what to do');
  }
  signs('what was there before', "BEGIN; $insert; SELECT qfs.checkpoint($size); SELECT qfs.tlog_proof(3, $size); COMMIT");
  signs('a savepoint that was rolled back', "BEGIN; SAVEPOINT s; $insert; ROLLBACK TO s; SELECT qfs.checkpoint(); COMMIT");
  refused($primary, "BEGIN; SAVEPOINT s; $insert; RELEASE s; SELECT qfs.checkpoint()", 'QFS_SIGN_OWN', 'a savepoint that was released');
  refused($primary, "BEGIN; $insert; SAVEPOINT s; SELECT qfs.checkpoint()", 'QFS_SIGN_OWN', 'a savepoint after it');
  refused($primary, 'BEGIN; SELECT qfs.rotate_keys(); SELECT qfs.checkpoint()', 'QFS_SIGN_OWN', 'a key that is not in force yet');
  refused($primary, "DO \$\$ BEGIN $insert; PERFORM qfs.checkpoint(); END \$\$", 'QFS_SIGN_OWN', 'a function');
  signs('after the commit', "BEGIN; $insert; COMMIT; SELECT qfs.checkpoint()");
  new_database($primary, 'young');
  $primary->safe_psql('young', 'CREATE EXTENSION qfs');
  refused($primary, "BEGIN; SELECT qfs.genesis('young.example'); SELECT qfs.checkpoint($_)", 'QFS_SIGN_OWN', "a ledger that is not there yet: size $_", 'young')
    for 0, 1;
};

subtest 'a standby' => sub {
  $primary->wait_for_catchup('s1', 'replay', $primary->lsn('insert'));
  for my $sql (@signing) {
    my $error = refused($standby{s1}, $sql, 'QFS_SIGN_STANDBY', "$sql: not signed");
    is($error->{sqlstate}, 'PT503', 'HTTP 503');
    like($error->{hint}, qr/Ask the primary/, 'whom to ask');
  }
  my $key = sub { return $standby{s1}->safe_psql('postgres', q{SELECT status, value, remedy FROM qfs.health() WHERE item = 'key_file'}) };
  like($key->(), qr/^ok\|/, 'but says that it could sign');
  $primary->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
  $primary->wait_for_catchup('s1', 'replay', $primary->lsn('insert'));
  like($key->(), qr/^warning\|QFS_KEY_MISSING.*\|.*copy the primary's key file/i, 'and before a failover, that it could not');
};

subtest 'failover' => sub {
  configure($primary, synchronous_standby_names => 's1');
  are_synchronous($primary, 1);
  spit($standby{s1}->data_dir . '/qfs.key', slurp($primary->data_dir . '/qfs.key'));
  my $signed = checkpoint_of($primary);
  my $receiver = receiver_of($standby{s1});
  kill 'STOP', $receiver;
  append_unseen() for 1 .. 2;
  my $size = size_of($primary);
  signs_not("size $_", "SET synchronous_commit = off; SELECT qfs.checkpoint($_)") for $size - 1, $size;
  $primary->kill9;
  kill 'CONT', $receiver;
  $standby{s1}->append_conf('postgresql.conf', "synchronous_standby_names = ''");
  $standby{s1}->append_conf('postgresql.auto.conf', "synchronous_standby_names = ''");
  $standby{s1}->reload;
  $standby{s1}->promote;
  append($standby{s1}, 5);
  ok(checkpoint_of($standby{s1}, $size), "the one checkpoint of size $size");
  is_sound_offline($standby{s1}, 'with what the dead primary signed', undef, $signed);
};

done_testing();
