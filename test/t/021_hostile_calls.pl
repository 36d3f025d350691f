# 021_hostile_calls.pl - every function of qfs, called with random, null, huge and hostile values by every role:
# no crash, no internal error, and nothing of somebody else's in a message.
#
# QFS_HOSTILE_CALLS is how often each function is called with random values (60, by all roles in turn).
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use QfsTest;
use QfsClient;
use QfsWallet;
use Test::More;

my $CALLS = $ENV{QFS_HOSTILE_CALLS} // 60;
my $seed  = $ENV{QFS_SEED} // time() % 1_000_000_000;
note("QFS_SEED=$seed");
srand($seed);

my $node = new_node('hostile', conf => "log_min_messages = error\n");
new_ledger($node, 'hostile', policy => $QfsWallet::POLICY);
my $helper = QfsClient->wait_for($node, database => 'hostile');

# ---- two accounts with something to hide, and one that looks for it ----

my $SECRET = 'hush' . join '', map { ('a' .. 'z')[ rand 26 ] } 1 .. 12;
my ($alice, $bob, $mallory) = map { sign_in($helper, $_) } 1 .. 3;
sub act { my ($who, $sql) = @_; $helper->query(as_account($who->{token}, $sql)); return }
sub key { return encode_base64url(chr($_[0]) x 31 . chr 9) }
act($alice, "SELECT qfs_api.set_profile('Alice', 'bio $SECRET')");
act($_->[0], 'SELECT qfs_api.publish_chat_key(' . literal(key($_->[1])) . ')') for [ $alice, 1 ], [ $bob, 2 ], [ $mallory, 3 ];
my $body = encode_base64url("$SECRET and more of it");
act($alice, "SELECT qfs_api.send_message('$bob->{user_id}', 1, '" . encode_base64url('n' x 12) . "', '$body', 'x25519-hkdf-aes256gcm', '"
    . key(1) . "', '" . key(2) . q{')});
is($helper->value('SELECT count(*) FROM qfs.message'), 1, 'a message was sent');
# What must not be said: tokens, ciphertexts, keys, paths.  The profile is there for everybody to see.
my $seed_line = slurp($node->data_dir . '/qfs.key') =~ s/\s+\z//r;
my %hidden = ("the ciphertext" => $body, "a token" => $alice->{token}, "another token" => $bob->{token}, "the key file" => substr($seed_line, 0, 32),
  "a path" => $node->data_dir);

# ---- values ----

my $thread = $helper->value("SELECT qfs.thread('$alice->{user_id}', '$bob->{user_id}')");
my $deep = '[' x 4000 . ']' x 4000;
sub pick { return $_[ rand @_ ] }
sub noise { return join '', map { pick('a', 'Z', '0', ' ', "\n", '"', '\\', '{', '}', '%s', '%n', "'", ';', '--', '$1', "\x{e9}", "\x{1F600}", "\x{202e}", '$(id)') } 1 .. rand 40 }

my %rows = map { my $table = $_; ($table => [ map { $_->[0] } @{ $helper->query("SELECT t::text FROM $table t")->{rows} } ]) } 'qfs.ledger', 'qfs.policy';

my %values = (
  (map { my $table = $_; ($table => sub { return pick(@{ $rows{$table} }, '', '()', '(' . noise() . ')', '(' . ',' x 5 . ')', '(' . ',' x 12 . ')') }) } sort keys %rows),
  text => sub {
    return pick('', ' ', noise(), noise(), 'x' x 100_000, "\x{1F4A9}" x 5000, $alice->{user_id}, $bob->{user_id}, $alice->{wallet}, $thread, $alice->{session},
      $bob->{token}, $alice->{message}, $alice->{signature}, "'; DROP TABLE qfs.ledger; --", '0x' . 'f' x 40, 'f' x 64, '../../etc/passwd', key(1), 'hashes',
      'replay', 'user_logout', 'NOTE', 'GENESIS', '{}', $deep, '%s%s%n', '-1', '1e999', 'NaN', '1' x 22);
  },
  bigint  => sub { return pick(0, 1, 2, -1, int rand 12, int rand 12, 255, 256, 2**31, '9007199254740991', '9223372036854775807', '-9223372036854775808') },
  integer => sub { return pick(0, 1, 7, -1, 255, 256, 257, 2147483647, -2147483648) },
  boolean => sub { return pick('t', 'f') },
  jsonb   => sub {
    return pick('{}', '[]', 'null', '1', '1.5', '1e400', '"x"', '{"type": "NOTE"}', '[{"type": "NOTE", "payload": {}}]', '[{}]', '[[[[]]]]', '{"a": {"b": [1, 2, {"c": null}]}}',
      '{"logic": "0.5", "topic": "1"}', '{"auth": {"domains": []}}', '{"block_ms": -1}', '{"limits": {"messages_per_minute": 0}}', '[' x 40 . ']' x 40,
      '{"x": "' . 'y' x 70_000 . '"}', '{"type": "object", "properties": {}}', JSON::PP->new->encode([ ({ type => 'NOTE', payload => {} }) x 20 ]));
  },
  bytea        => sub { return '\x' . join '', map { sprintf '%02x', rand 256 } 1 .. pick(0, 1, 12, 32, 64, 65, 1000) },
  'qfs.hash'   => sub { return pick('0' x 64, 'f' x 64, $thread, $alice->{session}, 'a' x 63, 'xyz') },
  'qfs.user_id' => sub { return pick($alice->{user_id}, $bob->{user_id}, 'user_' . '0' x 64, 'user_', 'nobody') },
  'qfs.address' => sub { return pick($alice->{wallet}, '0x' . '0' x 40, '0x' . 'F' x 40, '0x', 'x' x 100) },
  'qfs.amount'  => sub { return pick('0', '1', '0.5', '-1', '340282366920938463463.374607431768211455', '340282366920938463464', '1e30', 'NaN', '0.0000000000000000001') },
  'bigint[]'   => sub { return pick('{}', '{NULL}', '{0}', '{-1,9223372036854775807}', '{{1},{2}}', '{' . join(',', 1 .. 5000) . '}') },
  'bytea[]'    => sub { return pick('{}', '{NULL}', '{"\\\\x00"}', '{"\\\\x' . '7b' x 10_000 . '"}', '{"\\\\x7b7d","\\\\xff"}') },
  'qfs.hash[]' => sub { return pick('{}', '{' . '0' x 64 . '}', '{' . join(',', ('f' x 64) x 100) . '}', '{NULL}', '{{' . '0' x 64 . '}}') },
  'text[]'     => sub { return pick('{}', '{NULL}', '{a,b}', '{{a},{b}}', '{"' . 'x' x 10_000 . '"}', '{https://example.org/}', '{' . join(',', ('{}') x 3) . '}') },
);

# A value of a type as an SQL literal, or NULL.
sub value_of {
  my ($type) = @_;
  return 'NULL' if rand() < 0.12;
  my $make = $values{$type} or die "this test has no values of type $type";
  my $text = $make->();
  utf8::encode($text) if utf8::is_utf8($text);
  return literal($text) . "::$type";
}

# ---- functions ----

my @functions = map { my ($name, $types) = split /\|/, $_, -1; { name => $name, types => [ split /;/, $types ] } }
  split /\n/, $node->safe_psql('hostile', q{
    SELECT format('%I.%I', n.nspname, p.proname),
      (SELECT coalesce(string_agg(CASE WHEN tn.nspname = 'pg_catalog' THEN format_type(t.oid, NULL)
         ELSE tn.nspname || '.' || coalesce(e.typname || '[]', t.typname) END, ';' ORDER BY a.n), '')
       FROM unnest(p.proargtypes) WITH ORDINALITY a(type, n) JOIN pg_type t ON t.oid = a.type
       LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typlen = -1 JOIN pg_namespace tn ON tn.oid = t.typnamespace)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('qfs', 'qfs_api') AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
    -- what only the server itself can give
      AND NOT ('internal'::regtype = ANY (p.proargtypes) OR 'cstring'::regtype = ANY (p.proargtypes))
    ORDER BY 1, 2});
cmp_ok(scalar @functions, '>', 110, 'there are functions to call');

sub call_of { my ($function) = @_; return "SELECT * FROM $function->{name}(" . join(', ', map { value_of($_) } @{ $function->{types} }) . ') LIMIT 50' }

# ---- calls ----

# What goes before a call, and what must not be in the answer.
my %roles = (
  anon      => { before => 'SET LOCAL ROLE qfs_anon' },
  user      => { before => 'SET LOCAL ROLE qfs_user' },
  mallory   => { before => 'SET LOCAL ROLE qfs_user; SELECT qfs.authenticate(' . literal($mallory->{token}) . ')', token => $mallory->{token} },
  operator  => { before => 'SET LOCAL ROLE qfs_operator' },
  auditor   => { before => 'SET LOCAL ROLE qfs_auditor' },
  superuser => { before => 'SET LOCAL statement_timeout = 20000' },
);
my @roles = sort keys %roles;

my (%seen, @wrong);
my $client = QfsClient->wait_for($node, database => 'hostile');
my $head = $helper->value('SELECT hash FROM qfs.head()');

sub look_for_leaks {
  my ($role, $sql, @texts) = @_;
  for my $text (grep { defined } @texts) {
    for my $what (grep { $_ ne 'a path' || $role ne 'superuser' } keys %hidden) {
      # What was sent may come back.
      push @wrong, "$role was told $what by $sql: $text" if index($text, $hidden{$what}) >= 0 && index($sql, $hidden{$what}) < 0;
    }
  }
  return;
}

for my $function (@functions) {
  for my $n (1 .. $CALLS) {
    my $role = $roles[ $n % @roles ];
    my $sql = call_of($function);
    my $answer = $client->query("BEGIN; $roles{$role}{before}; $sql");
    my $short = substr $sql, 0, 300;
    if ($answer->{lost}) {
      push @wrong, "the server was lost: $role: $short";
      $client = QfsClient->wait_for($node, database => 'hostile');
      next;
    }
    my $error = $answer->{error};
    $client->query('ROLLBACK');
    $seen{ $error ? $error->{sqlstate} : 'ok' }++;
    if ($error) {
      push @wrong, "$role: $short: $error->{sqlstate} $error->{message}" if $error->{sqlstate} =~ /^(XX|58|53)/ || $error->{code} eq 'QFS_INTERNAL';
      look_for_leaks($role, $sql, $error->{message}, $error->{detail});
    }
    elsif ($role ne 'superuser' && $role ne 'auditor') {
      look_for_leaks($role, $sql, map { @$_ } @{ $answer->{rows} });
    }
  }
}
is(join("\n", @wrong[ 0 .. ($#wrong < 20 ? $#wrong : 20) ]), '', 'no crash, no internal error, nothing hidden was told');
diag(sprintf '%d functions, %d calls: %d were answered, %d refused', scalar @functions, @functions * $CALLS, $seen{ok} // 0, @functions * $CALLS - ($seen{ok} // 0));
note(join ', ', map { "$_: $seen{$_}" } sort keys %seen);
cmp_ok($seen{ok}, '>', @functions * $CALLS / 20, 'some calls were good');
cmp_ok($seen{42501}, '>', @functions * $CALLS / 20, 'some were not permitted');
is($helper->value('SELECT hash FROM qfs.head()'), $head, 'what was rolled back left nothing');
is_sound($node, 'after all of it', 'hostile');
is($node->safe_psql('hostile', 'SELECT count(*) FROM qfs.message'), 1, 'the message is still there');

# The test sees what it looks for.
@wrong = ();
look_for_leaks('mallory', 'SELECT 1', "it says $body here");
is(scalar @wrong, 1, 'a leak would be seen');

$client->close;
$helper->close;
$node->stop;
done_testing();
