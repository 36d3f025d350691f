# 012_session_servers.pl - sessions in a race, in a dump, on a standby and after kill -9.
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use QfsTest;
use QfsClient;
use QfsWallet;
use Test::More;
use Time::HiRes qw(usleep);

my $node = new_node('primary', streaming => 1);
my $json = JSON::PP->new->utf8->canonical;
new_ledger($node, undef, policy => $POLICY);
$node->safe_psql('postgres', q{SELECT qfs.register_event_type('SAID', '{}', 'account')});
my $client = QfsClient->wait_for($node);

sub login_sql { return 'SELECT qfs_api.auth_login(' . join(', ', map { literal($_) } @_) . ')' }

# The whole table: what a copy must have, too.
sub table_of {
  my ($server, $database) = @_;
  return join "\n", map { $server->safe_psql($database // 'postgres', "SELECT * FROM qfs.$_ ORDER BY 1, 2") }
    qw(account session login login_nonce rate);
}

# One test: the token speaks for its account there.
sub is_signed_in {
  my ($server, $given, $name, $database) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my ($user) = $server->safe_psql($database // 'postgres', as_account($given->{token}, 'SELECT qfs.current_user_id()')) =~ /(\S+)\z/;
  return is($user, $given->{user_id}, $name);
}

my $kept    = sign_in($client, 1, device => 1);
my $rotated = sign_in($client, 2);
my $next    = $json->decode($client->query(as_account($rotated->{token}, 'SELECT qfs_api.session_rotate()'))->{rows}[1][0]);
my $revoked = sign_in($client, 3);
$client->query(as_account($revoked->{token}, "SELECT qfs_api.session_revoke('$revoked->{session}')"));
is(size_of($node), 9, 'entries are there');

# ---- one login, sent many times at once ----

# The answers to statements that are under way at the same time.
sub at_once {
  my @statements = @_;
  my @clients = map { QfsClient->wait_for($node) } @statements;
  # Nobody gets on before all have come: the ledger is held for a moment.
  $client->value('BEGIN; LOCK TABLE qfs.ledger IN ACCESS EXCLUSIVE MODE');
  $clients[$_]->start($statements[$_]) for 0 .. $#clients;
  usleep(200_000);
  $client->value('COMMIT');
  my @answers = map { $_->receive } @clients;
  $_->close for @clients;
  return map { $_->{error} ? $_->{error}{code} : 'in' } @answers;
}

subtest 'races' => sub {
  for my $round (1 .. 3) {
    my ($message, $signature) = signed_message($client, 10 + $round);
    is(join(' ', sort(at_once((login_sql($message, $signature)) x 8))), join(' ', ('QFS_NONCE_USED') x 7, 'in'),
      'of eight copies of a login one wins');
  }
  # Two wallets, one nonce.
  my $nonce = $client->value('SELECT qfs_api.auth_nonce()');
  is(join(' ', sort(at_once(map { login_sql(signed_message($client, $_, nonce => $nonce)) } 20, 21))), 'QFS_NONCE_USED in',
    'of two wallets with one nonce one wins');

  my $racing = sign_in($client, 30);
  is(join(' ', sort(at_once((as_account($racing->{token}, 'SELECT qfs_api.session_rotate()')) x 6))),
    join(' ', ('QFS_SESSION_ENDED') x 5, 'in'), 'of six rotations one wins');
  $racing = sign_in($client, 30);
  is(join(' ', sort(at_once(as_account($racing->{token}, "SELECT qfs_api.session_revoke('$racing->{session}')"),
      as_account($racing->{token}, 'SELECT qfs_api.session_rotate()')))), 'QFS_SESSION_ENDED in', 'of a revocation and a rotation, too');
  is($node->safe_psql('postgres', 'SELECT count(*) FROM qfs.login_nonce'),
    $node->safe_psql('postgres', q{SELECT count(*) FROM qfs.ledger WHERE type = 'LOGIN'}), 'a nonce a login');
  is_sound($node, 'after the races');
};

# ---- copies ----

subtest 'dump and restore' => sub {
  my $before = table_of($node);
  my $dump = PostgreSQL::Test::Utils::tempdir('dump') . '/dump';
  my ($exit, $out, $err) = run_program($node, 'pg_dump', '-Fc', '-f', $dump, 'postgres');
  is($exit, 0, 'dumped') or diag($err);
  new_database($node, 'restored');
  ($exit, $out, $err) = run_program($node, 'pg_restore', '--exit-on-error', '-d', 'restored', $dump);
  is($exit, 0, 'restored') or diag($err);

  my ($message, $signature) = signed_message($client, 40);
  refused($node, $_, 'QFS_NOT_VERIFIED', 'before it is verified: no ' . substr($_, 0, 30), 'restored')
    for login_sql($message, $signature), as_account($kept->{token}, 'SELECT 1'), 'SELECT qfs_api.auth_nonce()';
  is($node->safe_psql('restored', 'SELECT qfs.post_restore()'), size_of($node), 'verified');
  is(table_of($node, 'restored'), $before, 'accounts, sessions, nonces and counts are those of the source');
  is_signed_in($node, $kept, 'a session goes on', 'restored');
  is_signed_in($node, $next, 'so does a rotated one', 'restored');
  refused($node, as_account($_->{token}, 'SELECT 1'), 'QFS_SESSION_ENDED', 'what was ended stays so', 'restored')
    for $rotated, $revoked;
  refused($node, login_sql(@$_), 'QFS_NONCE_UNKNOWN', 'a nonce of the source is none of the copy', 'restored')
    for [ @$kept{qw(message signature)} ], [ $message, $signature ];
  my $there = QfsClient->wait_for($node, database => 'restored');
  is(error_of($node, login_sql(signed_message($there, 40)), 'restored'), undef, 'one of the copy is good');
  $there->close;
  is_sound($node, 'restored', 'restored');

  $node->safe_psql('restored', unguarded('DELETE FROM qfs.session'));
  like(verify_rows($node, 'replay', 'restored'), qr/QFS_STATE_MISMATCH\|qfs\.session has 0 rows/, 'lost sessions are missed');
  $node->safe_psql('restored', 'SELECT qfs.rebuild()');
  is_signed_in($node, $kept, 'rebuild() brings them back', 'restored');
  is_sound($node, 'rebuilt', 'restored');
};

subtest 'standby' => sub {
  my $standby = new_standby($node, 'standby');
  my $catch_up = sub { $node->wait_for_catchup('standby', 'replay', $node->lsn('insert')) };
  my $fresh = sign_in($client, 41);
  $catch_up->();
  is(table_of($standby), table_of($node), 'the same tables');
  is_signed_in($standby, $_, 'a token of the primary is good on the standby') for $kept, $fresh;
  is($standby->safe_psql('postgres', as_account($fresh->{token}, 'SELECT count(*) FROM qfs_api.sessions() WHERE current')) =~ /^1$/m, 1,
    'and reads what is its own');
  is($standby->safe_psql('postgres', 'SELECT * FROM qfs.session_replay(8) ORDER BY 1'),
    $node->safe_psql('postgres', 'SELECT * FROM qfs.session_replay(8) ORDER BY 1'), 'the same replay');
  refused($standby, q{SELECT qfs.explain(8, 'session')}, 'QFS_SIGN_STANDBY', 'but explains nothing, since it signs nothing');
  my ($message, $signature) = signed_message(QfsClient->wait_for($standby), 42);
  refused($standby, login_sql($message, $signature), '25006', 'nobody signs in there');
  refused($standby, as_account($fresh->{token}, 'SELECT qfs_api.session_rotate()'), '25006', 'nor rotates');
  is(error_of($node, login_sql($message, $signature)), undef, 'but a nonce of the standby is good on the primary');

  $client->query(as_account($fresh->{token}, "SELECT qfs_api.session_revoke('$fresh->{session}', 'device_lost')"));
  $catch_up->();
  refused($standby, as_account($fresh->{token}, 'SELECT 1'), 'QFS_SESSION_ENDED', 'what the primary ends is ended there once it is replayed');
  $standby->promote;
  is_signed_in($standby, $kept, 'a session outlives a promotion');
  my $there = QfsClient->wait_for($standby);
  is_signed_in($standby, sign_in($there, 43), 'and others begin');
  is_sound($standby, 'promoted');
  $there->close;
  $standby->stop;
};

# ---- kill -9 ----

subtest 'crash' => sub {
  my $log = PostgreSQL::Test::Utils::tempdir('crash') . '/acknowledged';
  spit($log, '');
  for my $round (1 .. 2) {
    my @logins = map { [ signed_message($client, 50 + $_) ] } 1 .. 40;
    my $before = $client->value('SELECT count(*) FROM qfs.session');
    my $writer = QfsClient::in_background(sub {
      my $sender = QfsClient->wait_for($node);
      for my $login (@logins) {
        my $answer = $sender->query(login_sql(@$login));
        return if $answer->{lost} || $answer->{error};
        open(my $file, '>>', $log) or die "$log: $!";
        print {$file} "$answer->{rows}[0][0]\n";
        close $file;
        usleep(5_000);
      }
    });
    my $lines = sub { return [ split /\n/, slurp($log) ] };
    my $old = @{ $lines->() };
    wait_until(sub { @{ $lines->() } >= $old + 10 }, 'ten logins');
    crash_and_start($node);
    is(QfsClient::join_background($writer), 0, 'the writer ended');
    $client = QfsClient->wait_for($node);
    my @given = map { $json->decode($_) } @{ $lines->() };
    my $there = $client->value('SELECT count(*) FROM qfs.session WHERE session::text IN (' . join(', ', map { "'$_->{session}'" } @given) . ')');
    is($there, scalar @given, 'every session that was acknowledged is there');
    my $more = $client->value('SELECT count(*) FROM qfs.session') - $before - (@given - $old);
    ok($more == 0 || $more == 1, 'and at most the one besides that was under way');
    is_signed_in($node, $given[-1], 'the last one is active');
    is_sound($node, 'after the crash');
  }
};

is_sound_offline($node, 'at the end');
done_testing();
