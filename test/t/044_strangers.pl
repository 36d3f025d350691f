# 044_strangers.pl - what a stranger sees of an account is what was so when the last epoch ended, whenever anybody asks, as a walk through all entries says.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/../observer';
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use QfsClient;
use QfsTest;
use QfsWallet;
use QfsWorld;
use Test::More;

my $STEPS = $ENV{QFS_STRANGER_STEPS} // 300;
my $EPOCH = 5;
my $seed  = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $json   = JSON::PP->new->utf8->canonical;
my $LIMITS = { map { ($_ => 1_000_000) } qw(logins_per_minute messages_per_minute threads_per_day events_per_minute) };
my ($node, $clock) = QfsWorld->server('strangers');
QfsWorld::set_clock($clock, 0);
new_ledger($node, 'strangers', policy => $json->encode({ %{ $json->decode($QfsWallet::POLICY) }, limits => $LIMITS,
  block_ms => 1000, epoch_blocks => $EPOCH, ttl_blocks => 1_000_000 }));
my $client = QfsClient->wait_for($node, database => 'strangers');

# What the answer has to be: of all entries that touched the standing before the epoch in which the question is asked the last one.
# The functions are a superuser's; who asks is a stranger.
$client->query(qq{
  CREATE SCHEMA test;
  CREATE FUNCTION test.walked(account text) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER AS \$\$
    WITH parts AS (SELECT l.seq, (l.at - g.genesis_at) / ($EPOCH * 1000) AS epoch, p -> 'state' AS state
      FROM qfs.ledger_state g, qfs.ledger l, jsonb_array_elements(l.accounts) p WHERE p ->> 'account' = account AND p ->> 'kind' = 'standing')
    SELECT (SELECT p.state FROM parts p, qfs.ledger_state g
            WHERE p.epoch < ((extract(epoch FROM statement_timestamp()) * 1000)::bigint - g.genesis_at) / ($EPOCH * 1000) ORDER BY p.seq DESC LIMIT 1) \$\$;
  CREATE FUNCTION test.seen(account text) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER AS \$\$ SELECT qfs.seen_standing(account::qfs.user_id) \$\$;
  CREATE FUNCTION test.shown(account text) RETURNS jsonb LANGUAGE sql STABLE AS \$\$
    SELECT jsonb_build_object('coherence', p -> 'coherence', 'created_at', p -> 'joined', 'flx', p #> '{balances,FLX}', 'points', p -> 'genesis_points',
      'referrals', p -> 'referral_count', 'again', qfs_api.coherence(account) -> 'score') FROM qfs_api.profile(account) p \$\$;
  GRANT USAGE ON SCHEMA test TO qfs_anon});

my $NOTHING = { coherence => '0.000000000000000000', created_at => undef, flx => '0.000000000000000000', points => 0, referrals => 0 };
my (@accounts, %met);
my $wrong = '';

sub compare {
  my ($step) = @_;
  my $list   = join ', ', map { "'$_->{user_id}'" } @accounts;
  my $answer = $client->query("BEGIN; SET LOCAL ROLE qfs_anon; SELECT jsonb_agg(jsonb_build_array(a, test.walked(a), test.seen(a), test.shown(a))) FROM unnest(ARRAY[$list]) a; COMMIT");
  die "$answer->{error}{message}" if $answer->{error};
  for my $row (@{ $json->decode($answer->{rows}[-1][0]) }) {
    my ($account, $walked, $seen, $shown) = @$row;
    my $profile = { map { ($_ => ($walked // $NOTHING)->{$_}) } keys %$NOTHING };
    $profile->{again} = $profile->{coherence};
    my ($want, $got) = map { $json->encode($_) } [ $walked // $NOTHING, $profile ], [ $seen, $shown ];
    $wrong .= "step $step: $account: $want, seen $got\n" if $want ne $got;
  }
  my $met = $client->value(q{SELECT jsonb_object_agg(how, n) FROM (SELECT CASE WHEN epoch < qfs.current_epoch() THEN 'over' WHEN before_epoch IS NULL THEN 'nothing yet' ELSE 'before' END AS how,
    count(*) AS n FROM qfs.standing GROUP BY 1) x});
  my %now = %{ $json->decode($met) };
  $met{$_} += $now{$_} for keys %now;
  return;
}

sub touch {
  my ($account) = @_;
  my $key = encode_base64url(QfsWorld::random_bytes(31) . chr rand 127);
  my $sql = rand() < 0.3 ? set_profile($account, ++$account->{version}, display_name => "Number $account->{version}") : "SELECT qfs_api.publish_chat_key('$key')";
  my $answer = $client->query(as_account($account->{token}, $sql));
  die "$sql: $answer->{error}{message} $answer->{error}{detail}" if $answer->{error};
  return;
}

# ---- lived through ----

my $second = 0;
for my $step (1 .. $STEPS) {
  # Often nothing happens for a while, and sometimes for epochs.
  $second += int rand 3       if rand() < 0.5;
  $second += int rand 3 * $EPOCH if rand() < 0.1;
  QfsWorld::set_clock($clock, $second);
  push @accounts, { %{ sign_in($client, scalar @accounts) }, version => 0 } if !@accounts || (@accounts < 8 && rand() < 0.1);
  touch($accounts[ rand @accounts ]) for 1 .. rand 4;
  compare($step);
}
is($wrong, '', 'a stranger is shown what a walk through all entries finds');
note(join ', ', map { "$_: $met{$_}" } sort keys %met);
cmp_ok($met{$_} // 0, '>=', 20, "often: $_") for 'over', 'before', 'nothing yet';
cmp_ok($client->value(q{SELECT max(epoch) FROM qfs.standing}), '>', 20, 'many epochs have ended');

# ---- the same for whoever computes it ----

my $state = $client->value('SELECT qfs.state_hash()');
is($client->value(q{SELECT count(*) FROM qfs.verify()}), 0, 'qfs.verify() finds it sound');
cmp_ok($client->value('SELECT qfs.rebuild()'), '>', 0, 'rebuilt');
is($client->value('SELECT qfs.state_hash()'), $state, 'as it was');
my $file = export_file($node, 'strangers');
for my $depth (qw(signatures replay)) {
  my ($exit, $out) = qfs_verify('ledger', $file, '--depth', $depth, '--state');
  is("$exit " . ($out =~ /^state: (\w+)$/m)[0], "0 $state", "qfs-verify at depth $depth has the same state");
}
my ($exit, $out, $err) = run_program($node, 'node', '--no-warnings', 'test/node/replay.mjs', $file);
is("$exit $err" . (split ' ', $out)[3], "0 $state", 'the rules in JavaScript, too') or diag($out);

# ---- does it bite? ----

for my $spoil ('before_epoch = coalesce(before_epoch, 0) + 1', 'before_epoch = NULL', 'epoch = epoch + 1') {
  $node->safe_psql('strangers', unguarded("UPDATE qfs.standing SET $spoil"));
  like(verify_rows($node, 'replay', 'strangers'), qr/STATE_MISMATCH/, "$spoil: qfs.verify() sees it");
  isnt($client->value('SELECT qfs.state_hash()'), $state, "$spoil: another state");
  $client->value('SELECT qfs.rebuild()');
}
touch($accounts[0]);
$node->safe_psql('strangers', unguarded('UPDATE qfs.standing SET before_epoch = NULL, epoch = epoch + 1'));
$wrong = '';
compare('spoilt');
isnt($wrong, '', 'another answer than that of the walk is seen');
is($client->value('SELECT qfs.rebuild() > 0'), 't', 'rebuilt again');

$client->close;
$node->stop;
done_testing();
