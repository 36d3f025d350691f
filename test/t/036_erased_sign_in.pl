# 036_erased_sign_in.pl - the text that a wallet signed goes when nothing rests on it any more, and who it was stays.
use strict;
use warnings FATAL => 'all';
use JSON::PP ();
use QfsClient;
use QfsForge;
use QfsTest;
use QfsWallet;
use Test::More;
use Time::HiRes qw(usleep);

my $node = new_node('main', streaming => 'logical', conf => "wal_level = logical\nmax_wal_senders = 8");
my $JSON = JSON::PP->new->utf8->canonical;
new_ledger($node, 'people', policy => $POLICY);
my $client = QfsClient->wait_for($node, database => 'people');
$client->value("SELECT qfs.register_event_type('SAID', '{}', 'account')");

sub erased { my ($seq) = @_; return $client->query("SELECT qfs.erase_payload($seq, 'asked for')") }

# One test: an erasure is refused for this reason, and nothing happens.
sub kept {
  my ($seq, $what, $name) = @_;
  my $size  = $client->value('SELECT size FROM qfs.head()');
  my $error = erased($seq)->{error};
  like("$error->{detail}", $what, $name);
  is($client->value("SELECT h.size || ' ' || (l.payload IS NULL) FROM qfs.head() h, qfs.ledger l WHERE l.seq = $seq"), "$size false", "$name: nothing happened");
}

sub act { my ($who, $sql) = @_; my $answer = $client->query(as_account($who->{token}, $sql)); is($answer->{error}, undef, 'done') or diag(explain $answer->{error}); return $answer->{rows} }
sub said { my ($who, $text) = @_; my $event = { payload => { text => $text }, type => 'SAID' };
  $event->{auth} = $JSON->decode(event_of($who, %$event)) if $who->{device};
  return $JSON->decode(act($who, 'SELECT qfs_api.events_batch(' . literal($JSON->encode([$event])) . ')')->[-1][0])->[0]{seq} }
sub login_of { my ($who) = @_; return $client->value("SELECT seq FROM qfs.session WHERE session::text = '$who->{session}'") }

# ---- what a session rests on is not erased ----

my $alice = sign_in($client, 1, device => 1);
my $bob   = sign_in($client, 2, device => 1);    # with Alice's device
my $login = login_of($alice);
my $text  = $client->value("SELECT payload ->> 'message' FROM qfs.ledger WHERE seq = $login");
my ($request) = $text =~ /^(Issued At: .*)$/m;
my $signature = $client->value("SELECT sig FROM qfs.ledger WHERE seq = $login");
my $spoke = said($alice, 'first');
kept($login, qr/^QFS_LOGIN_OPEN: entry $login: its session $alice->{session} is active until \d+\.$/, 'while its session acts');
my $rotated = act($alice, rotation($alice))->[-1][0];
$alice->{$_} = $JSON->decode($rotated)->{$_} for qw(token session);
kept($login, qr/^QFS_LOGIN_OPEN: entry $login: its session $alice->{session} is active until \d+\.$/, 'while one that follows it acts');
kept(login_of($alice), qr/^QFS_PAYLOAD_KEPT: entry \d+ is a SESSION_ROTATED\.$/, 'what follows is not erased');
act($alice, revocation($alice, $alice->{session}));
kept($login, qr/^QFS_LOGIN_OPEN: entry $login: its nonce is good until \d+\.$/, 'while its nonce is good');
$client->value(q{SELECT qfs.set_policy('{"nonce_ttl_ms": 1000}')});
usleep(1_100_000);
$client->query('CREATE ROLE nobody_erases');
like($client->query("BEGIN; SET ROLE nobody_erases; SELECT qfs.erase_payload($login, 'x')")->{error}{message}, qr/permission denied/, 'not by everybody');
$client->query('ROLLBACK');

# ---- copies from before ----

new_database($node, 'copy');
$client->value(q{CREATE PUBLICATION people FOR TABLE qfs.ledger WITH (publish = 'insert')});
my $subscriber = new_node('subscriber', conf => 'max_logical_replication_workers = 4');
new_database($subscriber, 'people');
my $connection = $node->connstr('people') =~ s/'/''/gr;
$subscriber->safe_psql('people', qq{CREATE EXTENSION qfs; CREATE SUBSCRIPTION people CONNECTION '$connection' PUBLICATION people WITH (disable_on_error = true)});
$subscriber->wait_for_subscription_sync($node, 'people', 'people');
$subscriber->safe_psql('people', 'SELECT qfs.post_restore()');

# ---- erased ----

sub dump_of { my ($database, $where) = @_; my ($code, $out, $err) = run_program($where // $node, 'pg_dump', $database); is($code, 0, "$database: dumped") or diag($err); return $out }
like(dump_of('people'), qr/\Q$request\E/, 'a dump has the text');
my $before = $JSON->encode($client->query('SELECT * FROM qfs.account, qfs.device, qfs.session, qfs.login, qfs.login_nonce')->{rows});
my $wallet = address_of(1);
my $profile = $client->value("SELECT jsonb_agg(p) FROM qfs_api.profile(wallet => '$wallet') p");
like($profile, qr/\Q$wallet\E/, 'a profile shows the wallet');
is(erased($login)->{error}, undef, 'when all of it is over, it goes');
unlike(dump_of('people'), qr/\Q$request\E|\Q$signature\E/, 'a dump has neither text nor signature any more');
is($client->value(q{SELECT count(*) FROM pg_stats WHERE schemaname = 'qfs' AND (most_common_vals::text || histogram_bounds::text) LIKE '%wants you to sign in%'}), 0, 'nor do statistics');
is($JSON->encode($client->query('SELECT * FROM qfs.account, qfs.device, qfs.session, qfs.login, qfs.login_nonce')->{rows}), $before, 'who it was, with what device and in which session, stays');
is($client->value("SELECT jsonb_agg(p) FROM qfs_api.profile(wallet => '$wallet') p"), $profile, 'so does the profile');
like(erased($login)->{error}{detail}, qr/^QFS_PAYLOAD_ERASED: entry $login, by entry \d+\.$/, 'once');
is_sound($node, 'it', 'people');
is_sound_offline($node, 'it', 'people');
my ($code, $out, $err) = qfs_verify('ledger', export_file($node, 'people'));
like($out, qr/^note:  payloads erased, as entries say: 1;/m, 'and qfs-verify says how many it took as recorded');
($code, $out, $err) = run_javascript('replay', export_file($node, 'people'));
is($code, 0, 'in JavaScript, too') or diag($err);
like($err, qr/^payloads erased, as entries say: 1$/m, 'which says so as well');

# ---- what rested on it is explained by what is left ----

sub explained {
  my ($who, $what, $seq) = @_;
  my $bundle = act($who, "SELECT qfs_api.explain_$what($seq)")->[-1][0];
  my $file = scratch_file('bundle.json', $bundle);
  my $key = first_key_of($node, 'people');
  my ($code, $out, $err) = qfs_verify('bundle', $file, '--key', $key);
  is($code, 0, "$what of entry $seq: sound") or diag("$out$err");
  ($code, my $said, $err) = run_javascript('verify_bundle', $key, $file);
  like($said, qr{^sound: (derived|executed)$}, "$what of entry $seq: in JavaScript, too") or diag($err);
  unlike($bundle, qr/\Q$request\E|\Q$signature\E/, "$what of entry $seq: without what was erased");
  return ($JSON->decode($bundle), $out);
}
$alice = sign_in($client, 1, device => 1);
my ($of_login, $told) = explained($alice, 'entry', $login);
is($of_login->{result}{by}, 'server', 'the sign-in is the server\'s word, since nobody sees the wallet\'s signature');
unlike($of_login->{narrative}, qr/signed by the wallet/, 'and no sentence claims it');
like($of_login->{narrative}, qr/on the server's word that the wallet signed what was erased/, 'but what it is');
is_deeply([ grep { /signature|conditions/ } @{ $of_login->{recorded} } ], [qw(conditions signature)], 'what is taken as recorded is named');
my ($of_act) = explained($alice, 'session', $spoke);
is($of_act->{result}{by}, 'device', 'what the device signed it signed');
unlike($JSON->encode($of_act), qr/signed by the wallet|"by":"wallet"/, 'and no word of a wallet\'s signature');
explained($alice, 'entry', login_of($alice));
is($JSON->decode(act($alice, "SELECT qfs_api.explain_entry(" . login_of($alice) . ")")->[-1][0])->{result}{by}, 'wallet', 'a sign-in that is there is the wallet\'s');
is(scalar(@{ act($alice, 'SELECT * FROM qfs_api.sessions()') }) - 1, 3, 'the account sees all of its sessions');

# ---- nothing that was spent can be spent again ----

my $again = $client->query('SELECT qfs_api.auth_login(' . literal($text) . ', ' . literal($signature) . ')');
like($again->{error}{detail}, qr/^QFS_NONCE_EXPIRED/, 'who kept text and signature does not get in');
$client->value(q{SELECT qfs.set_policy('{"nonce_ttl_ms": 86400000}')});
$again = $client->query('SELECT qfs_api.auth_login(' . literal($text) . ', ' . literal($signature) . ')');
like($again->{error}{detail}, qr/^QFS_NONCE_USED/, 'nor when nonces are good for longer than they were');
$bob = sign_in($client, 2, device => 1);
my $code_of = act($alice, 'SELECT qfs_api.referral_code()')->[-1][0];
act($bob, "SELECT qfs_api.use_referral('$code_of'" . auth_argument($bob, 'REFERRAL_USE', { code => $code_of }) . ')');
is($client->value("SELECT guard FROM qfs.referral_block WHERE referee::text = '$bob->{user_id}'"), 'DUPLICATE_DEVICE', 'whose device it was is known');
is_sound($node, 'it', 'people');

# ---- copies ----

$node->wait_for_catchup('people');
is($subscriber->safe_psql('people', "SELECT payload IS NULL FROM qfs.ledger WHERE seq = $login"), 't', 'a subscriber erases, too');
unlike(dump_of('people', $subscriber), qr/\Q$request\E|\Q$signature\E/, 'everywhere');
is_sound($subscriber, 'the subscriber', 'people');
is($subscriber->safe_psql('people', 'SELECT qfs.state_hash()'), $client->value('SELECT qfs.state_hash()'), 'with the same state');

my $dump = scratch_file('people.sql', dump_of('people'));
new_database($node, 'restored');
($code, $out, $err) = run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'restored', '-f', $dump);
is($code, 0, 'a backup from after is restored') or diag($err);
$node->safe_psql('restored', 'SELECT qfs.post_restore()');
is_sound($node, 'the restored copy', 'restored');

my @lines = split /\n/, export_of($node, undef, 'people');
($code, $out, $err) = import_lines($node, 'imported', @lines);
is($code, 0, 'its export is imported') or diag($err);
$node->safe_psql('imported', 'SELECT qfs.post_restore()');
is_sound($node, 'the imported copy', 'imported');
my $OF_ACCOUNTS = join ' UNION ALL ', map { "SELECT to_jsonb(t)::text FROM qfs.$_ t" } qw(account access device login login_nonce session);
$OF_ACCOUNTS = "SELECT string_agg(x.r, E'\n' ORDER BY x.r) FROM ($OF_ACCOUNTS) x(r)";
is($node->safe_psql($_, $OF_ACCOUNTS), $client->value($OF_ACCOUNTS), "$_: with all that there was of accounts") for qw(restored imported);
$node->safe_psql('restored', 'SELECT qfs.rebuild()');
is_sound($node, 'a state that was made anew', 'restored');

# ---- forged: who erases too early, and does not ask the rule ----

new_ledger($node, 'forge', policy => $POLICY);
my $other = QfsClient->wait_for($node, database => 'forge');
$other->value(q{SELECT qfs.register_event_type('ORDER', '{}')});
my $carol = sign_in($other, 3, device => 3);
my $hers  = $other->value("SELECT seq FROM qfs.session WHERE session::text = '$carol->{session}'");
my $order = $other->value(q{INSERT INTO qfs.ledger (type, payload) VALUES ('ORDER', '{}') RETURNING seq});
my @whole = read_entries($other);
my $erasing = $other->value("SELECT qfs.erase_payload($order, 'x')");
push @whole, read_line($other->value("SELECT qfs.entry($erasing)"));
$whole[$erasing]{payload}{seq} = $hers + 0;
for my $gone (0, 1) {
  my @entries = rehash(map { { %$_ } } @whole);
  my $content = join '', map { ($gone && $_->{seq} == $hers ? erased_line_of($_) : line_of($_)) . "\n" } @entries;
  is_found(faults_in_file($content), ["signatures $erasing LOGIN_OPEN"], 'a sign-in erased while its session acts is a fault' . ($gone ? ', also where it is gone' : ''));
  ($code, $out, $err) = run_javascript('replay', scratch_file('forged.jsonl', $content));
  like("$out$err", qr/\b$erasing\b.*QFS_LOGIN_OPEN/, 'in JavaScript, too') or diag("$out$err");
  ($code, $out, $err) = import_lines($node, "forged_$gone", split /\n/, $content);
  like($err, qr/QFS_LOGIN_OPEN/, 'an import refuses it') or diag("$code $out");
}
$other->close;
$client->close;

done_testing();
