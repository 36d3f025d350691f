# 037_privacy.pl - somebody who wants everything gone that can go: what goes is in no dump any more, and what stays is what docs/privacy.md says.
use strict;
use warnings FATAL => 'all';
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use QfsClient;
use QfsTest;
use QfsWallet;
use Test::More;
use Time::HiRes qw(usleep);

my $JSON = JSON::PP->new->utf8->canonical;
my $node = new_node('main');
new_ledger($node, 'people', policy => $POLICY);
my $client = QfsClient->wait_for($node, database => 'people');
$client->value("SELECT qfs.register_event_type('SAID', '{}', 'account')");

sub act { my ($who, $sql) = @_; my $answer = $client->query(as_account($who->{token}, $sql)); is($answer->{error}, undef, 'done') or diag(explain $answer->{error}); return $answer->{rows} }
sub bytes { return join '', map { chr 1 + int rand 255 } 1 .. $_[0] }
sub hex_of { return unpack 'H*', $_[0] }
my $words = 0;
sub word { return sprintf '%s%d%s', $_[0], ++$words, hex_of(bytes(8)) }

# ---- what Alice does, and every string of it that nobody guesses ----

my %said = map { ($_ => word($_)) } qw(name bio link event batch);
my $alice = sign_in($client, 1, device => 1);
my $bob   = sign_in($client, 2, device => 2);
my $mine  = { map { ($_ => $client->value("SELECT $_ FROM qfs.ledger WHERE type = 'LOGIN' AND actor::text = '$alice->{user_id}'")) } 'seq', 'sig', "payload ->> 'message'", "payload ->> 'nonce'" };
$said{'time of the sign-in'}     = ($mine->{"payload ->> 'message'"} =~ /^Issued At: (.*)$/m)[0];
$said{'signature of the wallet'} = $mine->{sig};

act($alice, set_profile($alice, 1, display_name => $said{name}, bio => $said{bio}, links => ["https://$said{link}.example/"]));
my ($salt) = $client->value(qq{SELECT encode(salt, 'hex') FROM qfs.profile_content WHERE user_id::text = '$alice->{user_id}'});
$said{'salt of the profile'} = $salt;
my %chat = map { ($_->{user_id} => encode_base64url(substr(bytes(32), 0, 31) . "\x01")) } $alice, $bob;
act($_, "SELECT qfs_api.publish_chat_key('$chat{$_->{user_id}}'" . auth_argument($_, 'CHAT_KEY', { key => $chat{ $_->{user_id} } }) . ')') for $alice, $bob;
my ($nonce, $body) = (bytes(12), bytes(40));
$said{ciphertext} = hex_of($body);
act($alice, send_message($alice, $bob->{user_id}, 1, $nonce, $body, map { literal($chat{ $_->{user_id} }) } $alice, $bob));
my @events = map { { payload => { text => $said{$_} }, type => 'SAID' } } qw(event batch);
$_->{auth} = $JSON->decode(event_of($alice, %$_)) for @events;
$said{'signature of the device'} = $events[0]{auth}{sig};
my @seqs = map { $_->{seq} } @{ $JSON->decode(act($alice, 'SELECT qfs_api.events_batch(' . literal($JSON->encode(\@events)) . ", 'one')")->[-1][0]) };

my %stays = (
  'wallet' => $alice->{wallet}, 'account' => $alice->{user_id}, 'device' => device_key_of(1),
  'nonce of the sign-in' => $mine->{"payload ->> 'nonce'"}, 'session' => $alice->{session},
  'nonce of the message' => hex_of($nonce), 'whom she wrote to' => $client->value(qq{SELECT payload ->> 'thread' FROM qfs.ledger WHERE type = 'MESSAGE'}),
  'commitment of the profile' => $client->value(qq{SELECT payload ->> 'commitment' FROM qfs.ledger WHERE type = 'PROFILE_UPDATE'}), 'id of the batch' => 'one');

sub told { my ($text, $what) = @_; return [ sort grep { index($text, $what->{$_}) >= 0 } keys %$what ] }
sub dumped { my ($code, $out, $err) = run_program($node, 'pg_dump', 'people'); is($code, 0, 'dumped') or diag($err); return $out }

my $before = dumped();
is_deeply(told($before, \%said), [ sort keys %said ], 'a dump has all that she said');
is_deeply(told($before, \%stays), [ sort keys %stays ], 'and who she is');

# ---- what she erases, and what an operator does for her ----

act($alice, 'SELECT qfs_api.erase_profile()');
act($alice, "SELECT qfs_api.erase_message(qfs.thread('$alice->{user_id}', '$bob->{user_id}')::text, 1, '$alice->{user_id}')");
act($alice, revocation($alice, $alice->{session}));
$client->value(q{SELECT qfs.set_policy('{"nonce_ttl_ms": 1000}')});
usleep(1_100_000);
$client->value("SELECT qfs.erase_payload($_, 'ticket 17')") for $mine->{seq}, @seqs;
my $after = dumped();
is_deeply(told($after, \%said), [], 'nothing of what she said is in a dump any more');
is_deeply(told($after, \%stays), [ sort keys %stays ], 'who she is, and that she acted, is');
my $values = $client->value(q{SELECT coalesce(string_agg(concat_ws(' ', most_common_vals, histogram_bounds), ' '), '') FROM pg_stats WHERE schemaname = 'qfs'});
$client->value('ANALYZE');
is_deeply(told($values . $client->value(q{SELECT coalesce(string_agg(concat_ws(' ', most_common_vals, histogram_bounds), ' '), '') FROM pg_stats WHERE schemaname = 'qfs'}), \%said), [],
  'nor in statistics');
is_sound($node, 'the ledger', 'people');

# ---- who sees what stays ----

my $anon = sub { my ($sql) = @_; my $answer = $client->query("BEGIN; SET LOCAL ROLE qfs_anon; $sql; COMMIT"); $client->query('ROLLBACK') if $answer->{error}; return $answer->{error} ? '' : $JSON->encode($answer->{rows}) };
my $profile = $anon->("SELECT p FROM qfs_api.profile(wallet => '$alice->{wallet}') p");
is_deeply(told($profile, \%stays), [ 'account', 'wallet' ], 'a stranger who knows the wallet sees account and wallet');
like($profile, qr/\berased\b/, 'and that a profile was erased');
my $carol = sign_in($client, 3);
my $seen  = join "\n", map { $JSON->encode(act($carol, $_)) } 'SELECT * FROM qfs_api.ledger', 'SELECT * FROM qfs_api.history()', 'SELECT * FROM qfs_api.sessions()', 'SELECT * FROM qfs_api.inbox()';
is_deeply(told($seen, \%stays), [], 'somebody who is signed in sees nothing of it in his own lists');
my $bobs = join "\n", map { $JSON->encode(act($bob, $_)) } 'SELECT * FROM qfs_api.ledger', 'SELECT * FROM qfs_api.history()', 'SELECT * FROM qfs_api.inbox()';
is_deeply(told($bobs, \%stays), [ 'account', 'device', 'session', 'whom she wrote to' ], 'whom she wrote to sees that she did, in which session, by which device');
$alice = sign_in($client, 1, device => 1);
my $own = $JSON->encode(act($alice, 'SELECT * FROM qfs_api.sessions()'));
is_deeply([ grep { /^(session|device)$/ } @{ told($own, \%stays) } ], [ 'device', 'session' ], 'she sees her devices and sessions, those that are over too');

# ---- what is kept of how often and how far ----

is($client->value("SELECT count(*) FROM qfs.rate WHERE user_id::text = '$alice->{user_id}' AND what = 'sign-ins a minute'"), 1, 'of how often somebody signs in one count is kept, the last');
$client->close;

done_testing();
