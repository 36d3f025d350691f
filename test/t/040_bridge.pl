# 040_bridge.pl - qfs-bridge: streams of Redis into the ledger and out of it, each event once, and what is refused.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsBridge;
use QfsRedis;
use QfsClient;
use QfsWallet;
use JSON::PP ();
use Test::More;

my $node = new_node('main');
new_ledger($node, undef, policy => $POLICY);
$node->safe_psql('postgres', q{
  SELECT qfs.register_event_type('ORDER', '{"properties":{"n":{"type":"integer"}},"required":["n"]}');
  SELECT qfs.register_event_type('SAID', '{}', 'account');
  CREATE ROLE bridge LOGIN IN ROLE qfs_bridge;
  CREATE ROLE reader LOGIN IN ROLE qfs_bridge, qfs_auditor;
  CREATE ROLE nobody LOGIN});
my $redis = QfsRedis->new;

sub dsn { my ($user) = @_; return sprintf 'host=%s port=%d dbname=postgres user=%s', $node->host, $node->port, $user // 'bridge' }
sub settings { my (%more) = @_; return (database => dsn(), redis => $redis->path, %more) }
sub sql { my ($query) = @_; return $node->safe_psql('postgres', $query) }
sub seen { my ($bridge, $pattern, $what) = @_; return wait_until(sub { $bridge->log_text =~ $pattern }, $what // $pattern) }

# ---- the command line and the configuration ----

sub usage {
  my ($pattern, $name, @arguments) = @_;
  my ($exit, $out, $err) = run_program(QfsBridge->program, @arguments);
  is($exit, 2, "$name: exit code") or diag($err);
  like($err, $pattern, $name);
}
usage(qr/which command/, 'no command');
usage(qr/unknown command inn/, 'an unknown command', 'inn', '--config', 'x');
usage(qr/which configuration/, 'no configuration', 'in');
usage(qr/one command/, 'two commands', 'in', 'out', '--config', 'x');
usage(qr/unknown option --foo/, 'an unknown option', 'in', '--foo');
usage(qr/--config needs a value/, 'an option without a value', 'in', '--config');
usage(qr/--check takes no value/, 'a value too many', 'in', '--check=1');
usage(qr/No such file/, 'a file that is not there', 'in', '--config', '/nonexistent');
usage(qr/option of in/, 'dead letters of out', 'out', '--config', '/nonexistent', '--retry-dead');
for my $bad (
  [ "stream = x\nfoo = 1", qr/:2: this command has no setting foo/, 'an unknown setting' ],
  [ "stream", qr/:1: expected name = value/, 'a line that is none' ],
  [ "stream =", qr/:1: stream has no value/, 'no value' ],
  [ "# only this", qr/the setting stream is missing/, 'a missing setting' ],
  [ "stream = x\nbatch = 0", qr/:2: batch is a number from 1 to 1000/, 'a number that is too small' ],
  [ "stream = x\nbatch = 5x", qr/:2: batch is a number/, 'a number that is none' ],
  [ "stream = x\nbatch = 99999999999999999999", qr/:2: batch is a number/, 'a number that is too large' ],
  [ "stream = x\nbatch = 5\nbatch = 5", qr/:3: batch was given before/, 'a setting twice' ],
  [ "stream = x\nstream = x", qr/names x twice/, 'a stream twice' ],
  [ "stream = a b", qr/without space/, 'a name with a space' ],
  [ "stream = " . 'x' x 196, qr/up to 195 bytes/, 'a name that is too long' ],
  [ "stream = x\nredis = localhost", qr/host:port/, 'an address without a port' ],
  [ "stream = x\nredis = localhost:99999", qr/port from 1 to 65535/, 'a port that is none' ],
  [ "stream = x\ndatabase = password=geheim foo", qr/^(?!.*geheim).*no connection string/s, 'a connection string that is none, without its password' ],
  [ "stream = x\0y", qr/:1: there is a NUL byte/, 'a NUL byte' ]) {
  my ($text, $pattern, $name) = @$bad;
  usage($pattern, $name, 'in', '--config', scratch_file('bad.conf', $text));
}
usage(qr/publisher is too long/, 'a publisher that is too long', 'push', '--config', scratch_file('bad.conf', 'publisher = http://' . 'x' x 1000));
my ($exit, $out) = run_program(QfsBridge->program, '--version');
like($out, qr/^qfs-bridge \d+\.\d+$/, 'its version');

# ---- in: fields and objects, in order ----

my $S = 'qfs:ledger.example.org:in:0';
my $before = size_of($node);
$redis->ask('XADD', $S, "$_-0", 'type', 'ORDER', 'payload', qq({"n": $_})) for 1 .. 3;
$redis->ask('XADD', $S, '4-0', 'event', '{"payload": {"n": 4}, "type": "ORDER"}');
my ($code, $told) = QfsBridge->run_once('in', ['--check'], settings(stream => $S));
is($code, 0, 'a look');
is($told, "$S: would go on after 0-0; the stream's top is 4-0\n", 'says what would be done');
is(size_of($node), $before, 'and does nothing');
is(sql('SELECT count(*) FROM qfs.stream_position'), '0', 'nor does it remember a stream of that name');

# Whoever sets it up has the wrong role, or the wrong database, and is told what to do.
$node->safe_psql('postgres', 'CREATE DATABASE another');
for my $command (qw(in out push publish)) {
  my %what = ($command eq 'push' ? () : $command eq 'publish' ? (directory => $node->basedir) : (redis => $redis->path, stream => $S));
  my (undef, undef, $err) = QfsBridge->run_once($command, ['--check'], database => dsn('nobody'), %what);
  like($err, qr/sqlstate=42501 .*hint="GRANT qfs_bridge to the role that connects/, "$command: a role without rights");
  (undef, undef, $err) = QfsBridge->run_once($command, ['--check'], database => dsn() =~ s/dbname=postgres/dbname=another/r, %what);
  like($err, qr/event=database_refused .*hint="the setting `database` has to lead to the database of the ledger/, "$command: a database without a ledger");
}

my $in = QfsBridge->start('in', settings(stream => [ $S, "$S:b" ], metrics_file => my $metrics = scratch_file('metrics', '')));
ok(wait_until(sub { size_of($node) == $before + 4 }, 'four entries'), 'four events are four entries');
is(sql("SELECT string_agg(payload ->> 'n', ',' ORDER BY seq) FROM qfs.ledger WHERE type = 'ORDER'"), '1,2,3,4', 'in their order');
is(sql("SELECT auth FROM qfs.ledger WHERE seq = $before"), qq({"via": "operator", "source": {"id": "1-0", "stream": "$S"}}), 'each says where it came from');
is(sql("SELECT id FROM qfs.stream_position WHERE stream = '$S'"), '4-0', 'the position');
is(sql("SELECT actor IS NULL FROM qfs.ledger WHERE seq = $before"), 't', 'an act of the system');

# ---- what is refused: to the dead letters, and the order of the rest holds ----

my $user = 'user_' . 'ab' x 32;
my @poison = (
  [ 'QFS_STREAM_EVENT', 'a field is missing', [ 'type', 'ORDER' ] ],
  [ 'QFS_STREAM_EVENT', 'the type is missing', [ 'payload', '{"n":1}' ] ],
  [ 'QFS_STREAM_EVENT', 'other fields', [ 'foo', 'bar' ] ],
  [ 'QFS_STREAM_EVENT', 'a field too many', [ 'type', 'ORDER', 'payload', '{"n":1}', 'x', 'y' ] ],
  [ 'QFS_STREAM_EVENT', 'a field twice', [ 'type', 'ORDER', 'payload', '{"n":1}', 'payload', '{"n":2}' ] ],
  [ 'QFS_STREAM_EVENT', 'an object and fields', [ 'event', '{"type":"ORDER","payload":{"n":1}}', 'type', 'ORDER' ] ],
  [ 'QFS_STREAM_EVENT', 'an object that is an array', [ 'event', '[1]' ] ],
  [ 'QFS_STREAM_EVENT', 'an object with more', [ 'event', '{"type":"ORDER","payload":{"n":1},"seq":7}' ] ],
  [ 'QFS_STREAM_EVENT', 'a type that is a number', [ 'event', '{"type":1,"payload":{"n":1}}' ] ],
  [ '22P02', 'JSON that is none', [ 'type', 'ORDER', 'payload', '{"n":' ] ],
  [ '22P02', 'an object that is no JSON', [ 'event', 'hello' ] ],
  [ '22021', 'bytes that are no UTF-8', [ 'type', 'ORDER', 'payload', "{\"n\":\"\xff\"}" ] ],
  [ '22P05', 'a NUL', [ 'type', 'ORDER', 'payload', "{\"n\":1}\0" ] ],
  [ '22P02', 'a number that is no integer', [ 'type', 'ORDER', 'payload', '{"n":1.5}' ], 'QFS_JSON_NUMBER' ],
  [ 'QFS_JSON_DEPTH', 'JSON that is too deep', [ 'type', 'NOTE', 'payload', '{"a":' . '[' x 40 . ']' x 40 . '}' ] ],
  [ '54001', 'JSON that is far too deep', [ 'type', 'NOTE', 'payload', '[' x 100_000 . ']' x 100_000 ] ],
  [ 'QFS_TYPE_UNKNOWN', 'a type that does not exist', [ 'type', 'GHOST', 'payload', '{}' ] ],
  [ 'QFS_TYPE_SYNTAX', 'a type that is none', [ 'type', 'or der', 'payload', '{}' ] ],
  [ 'QFS_PAYLOAD_INVALID', 'a payload against its schema', [ 'type', 'ORDER', 'payload', '{}' ] ],
  [ 'QFS_PAYLOAD_INVALID', 'a payload that is no object', [ 'type', 'ORDER', 'payload', '[]' ] ],
  [ 'QFS_ENTRY_TOO_LARGE', '70 kB', [ 'type', 'NOTE', 'payload', '{"a":"' . 'x' x 70_000 . '"}' ] ],
  [ 'QFS_ENTRY_TOO_LARGE', '2 MB', [ 'type', 'NOTE', 'payload', '{"a":"' . 'x' x 2_000_000 . '"}' ] ],
  [ 'QFS_FORBIDDEN', 'a policy', [ 'type', 'POLICY_CHANGED', 'payload', sql("SELECT jsonb_build_object('policy', policy::jsonb) FROM qfs.policy") ] ],
  [ 'QFS_FORBIDDEN', 'an event type', [ 'type', 'EVENT_TYPE', 'payload', '{"by":"operator","schema":{},"type":"MINE"}' ] ],
  [ 'QFS_FORBIDDEN', 'the end of a session', [ 'type', 'SESSION_REVOKED', 'payload', '{"reason":"admin","session":"' . 'ab' x 32 . '"}' ] ],
  [ 'QFS_TYPE_FUNCTION', 'an erasure', [ 'type', 'PAYLOAD_ERASED', 'payload', '{"reason":"x","seq":3}' ] ],
  [ 'QFS_TYPE_FUNCTION', 'a server', [ 'type', 'SERVER_CHANGED', 'payload', '{}' ] ],
  [ 'QFS_TYPE_FUNCTION', 'a message', [ 'type', 'MESSAGE', 'payload', '{}', 'actor', $user ] ],
  [ 'QFS_NO_SESSION', 'an act of accounts', [ 'type', 'SAID', 'payload', '{}', 'actor', $user ] ],
  [ 'QFS_GENESIS_EXISTS', 'a genesis', [ 'type', 'GENESIS', 'payload', '{}' ] ],
  [ 'QFS_USER_ID_SYNTAX', 'an actor that is none', [ 'type', 'ORDER', 'payload', '{"n":1}', 'actor', 'bob' ] ],
  [ 'QFS_STREAM_EVENT', 'a signature of nobody', [ 'type', 'ORDER', 'payload', '{"n":1}', 'auth', '{}' ] ],
  [ 'QFS_AUTH_INVALID', 'a signature that is none', [ 'type', 'ORDER', 'payload', '{"n":1}', 'actor', $user, 'auth', '{}' ] ],
  [ 'QFS_SESSION_ENDED', 'a signature without a session', [ 'type', 'SAID', 'payload', '{}', 'actor', $user,
      'auth', '{"key":"' . 'A' x 43 . '","nonce":1,"sig":"' . 'A' x 86 . '"}' ] ],
  [ '22P02', 'a signature that is no JSON', [ 'type', 'ORDER', 'payload', '{"n":1}', 'actor', $user, 'auth', 'x' ] ],
);
$before = size_of($node);
my @sent;
my $ms = 100;
for my $poison (@poison) {
  $redis->ask('XADD', $S, ++$ms . '-0', 'type', 'ORDER', 'payload', qq({"n":$ms}));
  push @sent, $ms;
  $redis->ask('XADD', $S, ++$ms . '-0', @{ $poison->[2] });
  $poison->[4] = "$ms-0";
}
$redis->ask('XADD', $S, '1000-0', 'type', 'ORDER', 'payload', '{"n":1000}', 'actor', $user);
push @sent, 1000;
ok(wait_until(sub { sql("SELECT id FROM qfs.stream_position WHERE stream = '$S'") eq '1000-0' }, 'the last event'), 'the last event was dealt with')
  or diag($in->log_text);
is(sql("SELECT string_agg(payload ->> 'n', ',' ORDER BY seq) FROM qfs.ledger WHERE seq >= $before"), join(',', @sent), 'all others are there, in their order');
is(sql("SELECT actor FROM qfs.ledger ORDER BY seq DESC LIMIT 1"), $user, 'an operator\'s event may name an account');
my %dead = map { ($_->[0] => $_->[1]) } $redis->entries("$S:dead");
is(scalar keys %dead, scalar @poison, 'as many dead letters as refused events');
for my $poison (@poison) {
  my ($expected, $name, $fields, $better, $id) = @$poison;
  my $letter = $dead{$id} // {};
  is($letter->{qfs_code}, $better // $expected, "dead letter: $name") or diag(explain($letter->{qfs_text}));
  my %given = @$fields;
  is_deeply({ map { ($_ => $letter->{$_}) } keys %given }, \%given, "$name: whole") if @$fields == 2 * keys %given;
}
is(sql("SELECT dead FROM qfs.stream_position WHERE stream = '$S'"), scalar @poison, 'the database counts them');

# ---- each once, by one at a time ----

my $second = QfsBridge->start('in', settings(stream => $S));
ok(seen($second, qr/event=stream_is_taken/), 'a second one says that it waits');
is($in->stop, 0, 'a signal stops it cleanly');
like(slurp($metrics), qr/^qfs_bridge_taken_total\{command="in",stream="\Q$S\E"\} \d+$/m, 'metrics: what it took');
like(slurp($metrics), qr/^qfs_bridge_dead_letters_total\{command="in",stream="\Q$S\E"\} ${\ scalar @poison}$/m, 'metrics: what was refused');
$redis->ask('XADD', $S, '1001-0', 'type', 'ORDER', 'payload', '{"n":1001}');
ok(wait_until(sub { sql("SELECT id FROM qfs.stream_position WHERE stream = '$S'") eq '1001-0' }, 'the second one'), 'then it takes over');
is($second->stop, 0, 'and stops');

# ---- SQL: an id that was seen, a lock that another session has, who may ----

sub as_bridge { return "SET ROLE bridge; $_[0]" }
sub bytes { return q('\x) . unpack('H*', $_[0]) . q(') }
my $event = bytes('{"type":"ORDER","payload":"{\"n\":5}"}');
my $no_event = bytes('{"type":"GHOST","payload":"{}"}');
sub take { my ($ids, $events, $stream) = @_; $stream //= $S; return "SELECT * FROM qfs.take('$stream', '{$ids}', ARRAY[$events]::bytea[])" }
refused($node, as_bridge(take('1001-0', $event)), 'QFS_STREAM_SEEN', 'an id that was taken');
refused($node, as_bridge(take('500-0', $event)), 'QFS_STREAM_SEEN', 'an older one');
refused($node, as_bridge(take('2001-0,2001-0', "$event,$event")), 'QFS_STREAM_SEEN', 'an id twice');
refused($node, as_bridge(take('x', $event)), 'QFS_ARGUMENT', 'an id that is none');
refused($node, as_bridge(take('2001-0', "$event,$event")), 'QFS_ARGUMENT', 'more events than ids');
refused($node, as_bridge("SELECT * FROM qfs.take('$S', '{}', '{}')"), 'QFS_ARGUMENT', 'nothing');
refused($node, as_bridge(take('2001-0', $event, 'a b')), 'QFS_ARGUMENT', 'a name that is none');
refused($node, "SET ROLE nobody; " . take('2001-0', $event), '42501', 'who is not the bridge takes nothing');
refused($node, as_bridge(q{INSERT INTO qfs.ledger (type, payload) VALUES ('ORDER', '{"n":1}')}), '42501', 'the bridge appends nothing by itself');
refused($node, as_bridge("UPDATE qfs.stream_position SET id = '0-0'"), '42501', 'nor moves a position');
refused($node, "UPDATE qfs.stream_position SET id = '0-0'", 'QFS_TABLE_GUARDED', 'nor does a superuser by a statement');
refused($node, as_bridge("SELECT qfs.rebuild_positions()"), '42501', 'nor rebuilds it');
my $other = $node->background_psql('postgres');
$other->query_safe("SELECT qfs.lock_stream('$S')");
refused($node, as_bridge(take('2001-0', $event)), 'QFS_STREAM_BUSY', 'a stream that another session has');
is(sql("SELECT qfs.lock_stream('$S')"), 'f', 'its lock is not to be had');
is(sql("SELECT qfs.lock_stream('$S.')"), 't', 'another one\'s is');
$other->quit;
$before = size_of($node);
is(sql(as_bridge(take('2001-0,2002-0', "$no_event,$event"))), '2001-0||QFS_TYPE_UNKNOWN|the event type is unknown (GHOST)', 'a refused one is told');
is(size_of($node), $before, 'and nothing is appended');
is(sql("SELECT qfs.position_of('$S')"), '1001-0', 'nor moves the position');

# ---- what an account's device has signed, whoever brings it ----

my $client = QfsClient->wait_for($node);
my $alice = sign_in($client, 1, device => 4);
sub said { my ($payload, %more) = @_; return ('type', 'SAID', 'payload', JSON::PP->new->canonical->encode($payload), 'actor', $alice->{user_id}, %more) }
my $signed = event_of($alice, type => 'SAID', payload => { text => 'hello' });
my $object = event_of($alice, type => 'SAID', payload => { text => 'again' });
my $V = 'signed';
my $ends = qq({"reason":"user_logout","session":"$alice->{session}"});
$redis->ask('XADD', $V, '1-0', said({ text => 'hello' }, auth => $signed));
$redis->ask('XADD', $V, '2-0', 'event', qq({"actor":"$alice->{user_id}","auth":$object,"payload":{"text":"again"},"type":"SAID"}));
$redis->ask('XADD', $V, '3-0', said({ text => 'hello' }, auth => $signed));
$redis->ask('XADD', $V, '4-0', said({ text => 'forged' }, auth => event_of($alice, type => 'SAID', payload => { text => 'other' })));
$redis->ask('XADD', $V, '5-0', said({ text => 'x' }, auth => event_signature(5, actor => $alice->{user_id}, ledger => $alice->{ledger}, nonce => 99, type => 'SAID', payload => { text => 'x' })));
$redis->ask('XADD', $V, '6-0', 'type', 'SESSION_REVOKED', 'actor', $alice->{user_id}, 'payload', $ends,
  'auth', event_of($alice, type => 'SESSION_REVOKED', payload => JSON::PP::decode_json($ends)));
$redis->ask('XADD', $V, '7-0', said({ text => 'late' }, auth => event_of($alice, type => 'SAID', payload => { text => 'late' })));
$redis->ask('XADD', $V, '8-0', 'type', 'ORDER', 'payload', '{"n": 8}');
my $own = QfsBridge->start('in', settings(stream => $V));
ok(wait_until(sub { sql("SELECT qfs.position_of('$V')") eq '8-0' }, 'what was signed'), 'what devices signed was dealt with') or diag($own->log_text);
is($own->stop, 0, 'and it stops');
is(sql("SELECT string_agg(concat_ws(' ', type, payload ->> 'text', auth ->> 'via', auth #>> '{source,id}', actor::text = '$alice->{user_id}'), ',' ORDER BY seq) FROM qfs.ledger WHERE auth #>> '{source,stream}' = '$V'"),
  'SAID hello session 1-0 t,SAID again session 2-0 t,SESSION_REVOKED session 6-0 t,ORDER operator 8-0', 'as the account\'s acts, and the next one is nobody\'s');
is(join(' ', map {"$_->[0] $_->[1]{qfs_code}"} $redis->entries("$V:dead")),
  '3-0 QFS_EVENT_NONCE 4-0 QFS_SIGNATURE_MISMATCH 5-0 QFS_SESSION_ENDED 7-0 QFS_SESSION_ENDED', 'sent again, changed, of another device, after the end: dead letters');

# ---- positions from the ledger ----

sql(unguarded("UPDATE qfs.stream_position SET id = '3-0' WHERE stream = '$S'; DELETE FROM qfs.stream_position WHERE stream = '$S:b'"));
is(sql('SELECT qfs.rebuild_positions()'), 2, 'two streams are named by entries');
is(sql("SELECT id FROM qfs.stream_position WHERE stream = '$S'"), '1001-0', 'its position is what the ledger says');
sql(unguarded("DELETE FROM qfs.stream_position"));
is(sql("SELECT qfs.position_of('$S')"), '1001-0', 'without a row too');
is(sql("SELECT qfs.position_of('never')"), '0-0', 'of a stream that never was');

# ---- dead letters once more ----

sql(q{SELECT qfs.register_event_type('GHOST', '{}')});
$before = size_of($node);
my ($ghost) = map { $_->[4] } grep { $_->[0] eq 'QFS_TYPE_UNKNOWN' } @poison;
($code, $told) = QfsBridge->run_once('in', ['--retry-dead'], settings(stream => $S));
is($code, 0, 'dead letters once more');
is($told, "$S:dead: 1 taken, 0 were in the ledger, ${\ (@poison - 1)} stay\n", 'what became of them');
is(size_of($node), $before + 1, 'one entry');
is(sql("SELECT auth #>> '{source,id}' FROM qfs.ledger ORDER BY seq DESC LIMIT 1"), $ghost, 'under its own id');
ok(!grep({ $_->[0] eq $ghost } $redis->entries("$S:dead")), 'and the letter is gone');
$redis->ask('XADD', "$S:dead", '5000-0', 'type', 'ORDER', 'payload', '{"n":9}', 'qfs_id', '5000-0', 'qfs_code', 'X', 'qfs_text', 'y');
($code) = QfsBridge->run_once('in', ['--retry-dead'], settings(stream => $S));
is($code, 1, 'a letter that the reader has not come to yet');
$redis->ask('XDEL', "$S:dead", '5000-0');
is(sql(as_bridge("SELECT entry IS NOT NULL, code FROM qfs.take_dead('$S', '{$ghost}', ARRAY[$no_event]::bytea[])")), 't|QFS_STREAM_SEEN',
  'what an entry names is not appended again');

# What a trigger of the application appends behind an event is not what became of it.
sql(q{CREATE FUNCTION public.follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF new.type = 'ORDER' THEN INSERT INTO qfs.ledger (type, payload) VALUES ('GHOST', '{}'); END IF;
      RETURN NULL;
    END $$;
  SET qfs.ddl_guard = off;
  CREATE TRIGGER follow AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.follow()});
$before = size_of($node);
is(sql(as_bridge("SELECT entry FROM qfs.take_dead('$S', '{0-1,0-1}', ARRAY[$event,$event]::bytea[])")), "$before\n$before", 'an event that another one follows');
is(size_of($node), $before + 2, 'is one of two');
sql('SET qfs.ddl_guard = off; DROP TRIGGER follow ON qfs.ledger; DROP FUNCTION public.follow()');

# ---- a poison event in the middle of many ----

my $T = 'many';
my @commands = map { [ 'XADD', $T, "$_-0", 'type', 'ORDER', 'payload', $_ == 5000 ? '{' : qq({"n":$_}) ] } 1 .. 10_000;
$redis->ask_all(splice @commands, 0, 500) while @commands;
$before = size_of($node);
$in = QfsBridge->start('in', settings(stream => $T));
ok(wait_until(sub { sql("SELECT count(*) FROM qfs.stream_position WHERE stream = '$T' AND id = '10000-0'") }, '10,000 events'), 'ten thousand are dealt with');
is(size_of($node), $before + 9999, 'one is missing');
is(sql("SELECT bool_and(n = e) FROM (SELECT (payload ->> 'n')::int AS n, row_number() OVER (ORDER BY seq) AS k, "
    . "row_number() OVER (ORDER BY seq) + (row_number() OVER (ORDER BY seq) >= 5000)::int AS e FROM qfs.ledger WHERE seq >= $before) x"), 't', 'the order of the rest holds');
is(scalar(my @one = $redis->entries("$T:dead")), 1, 'one dead letter');

# ---- Redis: full, read-only, another kind of key, restarted without its tail ----

$redis->ask('CONFIG', 'SET', 'maxmemory', '1');
my $had = size_of($node);
eval { $redis->ask('XADD', $T, '10001-0', 'type', 'ORDER', 'payload', '{') };
like($@, qr/OOM/, 'Redis is full');
$redis->ask('CONFIG', 'SET', 'maxmemory', '0');
$redis->ask('XADD', $T, '10001-0', 'type', 'ORDER', 'payload', '{');
$redis->ask('XADD', $T, '10002-0', 'type', 'ORDER', 'payload', '{"n":10002}');
ok(wait_until(sub { size_of($node) == $had + 1 }, 'the next one'), 'it goes on');
$in->stop;
$redis->ask_all([ 'MULTI' ], [ 'XADD', $T, '10003-0', 'type', 'ORDER', 'payload', '{' ], [ 'XADD', $T, '10004-0', 'type', 'ORDER', 'payload', '{"n":1}' ],
  [ 'CONFIG', 'SET', 'maxmemory', '1' ], ['EXEC']);
$in->again;
ok(seen($in, qr/event=redis_refused command=XADD .*OOM/), 'a full Redis keeps no dead letter: that is said');
is(sql("SELECT id FROM qfs.stream_position WHERE stream = '$T'"), '10002-0', 'and the position stays');
$redis->ask('CONFIG', 'SET', 'maxmemory', '0');
ok(wait_until(sub { sql("SELECT id FROM qfs.stream_position WHERE stream = '$T'") eq '10004-0' }, 'room again'), 'with room it goes on');
$redis->ask('REPLICAOF', '127.0.0.1', '1');
$in->stop('KILL');
$in->again;
ok(seen($in, qr/event=redis_is_no_primary/), 'a replica is no primary');
ok($in->lives, 'it waits for one');
$redis->ask('REPLICAOF', 'NO', 'ONE');
$redis->ask('XADD', $T, '10005-0', 'type', 'ORDER', 'payload', '{"n":10005}');
ok(wait_until(sub { sql("SELECT id FROM qfs.stream_position WHERE stream = '$T'") eq '10005-0' }, 'a primary'), 'and goes on then');

$redis->ask('DEL', $T);
is($in->wait_end, 1, 'a stream that lost what was taken: it must not go on');
like($in->log_text, qr/event=redis_lost_its_tail stream=many position=10005-0 top=0-0 hint=".*XSETID many 10005-0/, 'says where, and what to do');
$redis->ask('XGROUP', 'CREATE', $T, 'x', '$', 'MKSTREAM');
$redis->ask('XADD', $T, '7-0', 'a', 'b');
$in->again;
is($in->wait_end, 1, 'one that begins anew as well');
$redis->ask('XSETID', $T, '10005-0');
$redis->ask('XADD', $T, '10006-0', 'type', 'ORDER', 'payload', '{"n":10006}');
$in->again;
ok(wait_until(sub { sql("SELECT id FROM qfs.stream_position WHERE stream = '$T'") eq '10006-0' }, 'what the hint said'), 'what the hint says mends it') or diag($in->log_text);
$in->stop;
$redis->ask('SET', 'text', 'x');
$in = QfsBridge->start('in', settings(stream => 'text'));
is($in->wait_end, 1, 'a key that is no stream');
like($in->log_text, qr/event=key_is_no_stream/, 'is said to be none');

# ---- PostgreSQL: restarted, cut off, closed ----

$in = QfsBridge->start('in', settings(stream => $T));
ok(seen($in, qr/event=taking/), 'it takes');
$node->restart;
$redis->ask('XADD', $T, '10007-0', 'type', 'ORDER', 'payload', '{"n":10007}');
ok(wait_until(sub { sql("SELECT id FROM qfs.stream_position WHERE stream = '$T'") eq '10007-0' }, 'the server again'), 'a restart of the server passes');
sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'qfs-bridge in'});
$redis->ask('XADD', $T, '10008-0', 'type', 'ORDER', 'payload', '{"n":10008}');
ok(wait_until(sub { sql("SELECT id FROM qfs.stream_position WHERE stream = '$T'") eq '10008-0' }, 'the connection again'), 'a lost connection, too');
is($in->stop, 0, 'it stops');

# ---- out ----

my $O = 'qfs:ledger.example.org:out';
my $heads = QfsBridge->start('out', settings(stream => $O));
my $lines = QfsBridge->start('out', settings(stream => "$O:all", database => dsn('reader')));
sub is_copied { my ($stream) = @_; return wait_until(sub { eval { $redis->ask('XLEN', $stream) } == size_of($node) }, "all in $stream") }
ok(is_copied($O), 'every entry is in the stream') or diag($heads->log_text);
ok(is_copied("$O:all"), 'and in the auditor\'s') or diag($lines->log_text);
my @copy = $redis->entries($O);
is_deeply([ map { $_->[0] } @copy ], [ map {"$_-0"} 1 .. size_of($node) ], 'their ids are their numbers plus one');
is(join("\n", map { $_->[1]{hash} } @copy), sql('SELECT hash FROM qfs.ledger ORDER BY seq'), 'their hashes');
is($copy[5][1]{entry}, sql('SELECT qfs.entry_head(5)'), 'to a bridge that reads nothing: heads');
is(join("\n", map { $_->[1]{entry} } $redis->entries("$O:all")) . "\n", export_of($node), 'to an auditor\'s: whole lines');
append($node, 1);
ok(is_copied($O), 'the next one follows');
my $twin = QfsBridge->start('out', settings(stream => $O));
ok(seen($twin, qr/event=stream_is_taken/), 'a second one waits');
is($twin->stop, 0, 'and can be stopped');
($code, $told) = QfsBridge->run_once('out', ['--check'], settings(stream => "$O:new"));
like($told, qr/would go on with entry 0/, 'a look at a new one');
my $held = size_of($node);
($code, $told) = run_program('timeout', 30, QfsBridge->program, 'out', '--check', '--config', QfsBridge->config(settings(stream => $O)));
is("$code $told", "0 $O: would go on with entry $held; $held entries are durable\n", 'a look beside the one that writes waits for nothing');

# Erased: what is sent then has no payload.
my $seq = size_of($node) - 1;
sql("SELECT qfs.erase_payload($seq, 'asked for')");
$lines->stop;
my $later = QfsBridge->start('out', settings(stream => "$O:later", database => dsn('reader')));
ok(is_copied("$O:later"), 'a stream that begins later');
my @later = $redis->entries("$O:later");
unlike($later[$seq][1]{entry}, qr/"payload":\{"part"|note 1"/, 'has no payload that was erased');
is($later[$seq][1]{entry}, sql("SELECT qfs.entry($seq)"), 'but the line that is left');
$later->stop;

# Redis in the middle of it: full, restarted empty.
$heads->stop;
$redis->ask('CONFIG', 'SET', 'maxmemory', '1');
append($node, 3);
$heads->again;
ok(seen($heads, qr/event=batch_refused .*(OOM|EXECABORT)/), 'a full Redis is said to be');
$redis->ask('CONFIG', 'SET', 'maxmemory', '0');
ok(is_copied($O), 'and then it goes on, without a gap');
is_deeply([ map { $_->[0] } $redis->entries($O) ], [ map {"$_-0"} 1 .. size_of($node) ], 'all of them');
$heads->stop;

# Streams that are not this ledger's.
sub stops {
  my ($pattern, $name, $stream) = @_;
  my $out = QfsBridge->start('out', settings(stream => $stream));
  is($out->wait_end, 1, "$name: it stops") or diag($out->log_text);
  like($out->log_text, $pattern, $name);
}
$redis->ask('XADD', 'foreign', '3-0', 'seq', 2, 'hash', 'ab' x 32, 'entry', '{}');
stops(qr/event=stream_of_another_history stream=foreign entry=2/, 'a stream of another ledger', 'foreign');
$redis->ask('XADD', 'ahead', (size_of($node) + 5) . '-0', 'seq', 1, 'hash', 'ab' x 32);
stops(qr/event=stream_of_another_history/, 'a stream that has more than the ledger', 'ahead');
$redis->ask('XADD', 'odd', '3-1', 'a', 'b');
stops(qr/event=stream_is_not_ours/, 'a stream with other ids', 'odd');
$redis->ask('XADD', 'nothing', '3-0', 'a', 'b');
stops(qr/event=stream_of_another_history/, 'a stream without hashes', 'nothing');
$redis->ask('XADD', 'emptied', '3-0', 'a', 'b');
$redis->ask('XDEL', 'emptied', '3-0');
stops(qr/event=stream_was_emptied/, 'a stream that was emptied', 'emptied');
stops(qr/event=key_is_no_stream/, 'a key that is no stream', 'text');

# ---- restored: what was taken is not taken again ----

my $dump = scratch_file('dump.sql', '');
is((run_program($node, 'pg_dump', '-f', $dump, 'postgres'))[0], 0, 'a dump');
# A position of an older dump, and one that is missing.
spit($dump, slurp($dump) =~ s/^\Q$S\E\t\S+/$S\t3-0/mr =~ s/^many\t.*\n//mr);
new_database($node, 'restored');
is((run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'restored', '-f', $dump))[0], 0, 'restored');
is($node->safe_psql('restored', "SELECT id FROM qfs.stream_position WHERE stream = '$S'"), '3-0', 'with a position that is too low');
$node->safe_psql('restored', 'SET client_min_messages = warning; SELECT qfs.post_restore()');
is($node->safe_psql('restored', "SELECT stream, id FROM qfs.stream_position WHERE stream IN ('$S', 'many') ORDER BY 1 DESC"),
  sql("SELECT stream, id FROM qfs.stream_position WHERE stream IN ('$S', 'many') ORDER BY 1 DESC"), 'opened, it is where the entries are');
is_sound($node, 'the ledger');
is_sound_offline($node, 'the ledger');

done_testing();
