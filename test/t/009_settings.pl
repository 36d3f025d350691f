# 009_settings.pl - settings and who may change them, installing, dropping, installing again, several ledgers.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use Test::More;

my $node = new_node('main');
my $note = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};

# One statement of a session fails like this, and the session goes on.
sub fails {
  my ($session, $sql, $pattern, $name) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  $session->query($sql);
  like($session->{stderr}, $pattern, $name);
  $session->{stderr} = '';
}

# What a session answers; some releases of PostgreSQL::Test leave the last line end.
sub answer { my ($session, $sql) = @_; return $session->query_safe($sql) =~ s/\n\z//r }

# ---- installing ----

subtest 'an encoding that is not UTF8' => sub {
  for my $encoding (qw(LATIN1 SQL_ASCII)) {
    my $database = lc $encoding;
    $node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$encoding' TEMPLATE template0");
    my $error = refused($node, 'CREATE EXTENSION qfs', 'QFS_ENCODING', "$encoding: refused", $database);
    is($error->{sqlstate}, '55000', "$encoding: as a prerequisite that is not met");
    like($error->{detail}, qr/this database has $encoding/, "$encoding: and says what is wrong");
    like($error->{hint}, qr/ENCODING 'UTF8'/, "$encoding: and what to do");
    is($node->safe_psql($database, q{
        SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'qfs') +
               (SELECT count(*) FROM pg_roles WHERE rolname ~ '^qfs')}), 0, "$encoding: nothing is left behind");
  }
};

subtest 'roles that are there already' => sub {
  $node->safe_psql('postgres', q{
    CREATE ROLE qfs_auditor LOGIN CONNECTION LIMIT 7;
    COMMENT ON ROLE qfs_auditor IS 'ours';
    CREATE ROLE clerk LOGIN; CREATE ROLE reader LOGIN; GRANT qfs_auditor TO reader;
  });
  new_ledger($node);
  is($node->safe_psql('postgres', q{
      SELECT rolcanlogin, rolconnlimit, shobj_description(oid, 'pg_authid')
      FROM pg_roles WHERE rolname = 'qfs_auditor'}),
    't|7|ours', 'are left as they are');
  is($node->safe_psql('postgres', 'SET ROLE reader; SELECT count(*) FROM qfs.export()'), 3,
    'and get their privileges');
  is($node->safe_psql('postgres', q{
      SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname ~ '^(qfs|aegis)_' AND NOT rolcanlogin}),
    'aegis_advisor aegis_readonly qfs_anon qfs_bridge qfs_monitor qfs_operator qfs_owner qfs_user', 'the others are made');
  $node->safe_psql('postgres', 'GRANT qfs_operator TO clerk');
  is($node->safe_psql('postgres', 'SELECT * FROM qfs.self_check()'), 'QFS_ROLE|role qfs_auditor: login is "LOGIN", not "NOLOGIN"',
    'self_check says what is not as qfs makes it');
  $node->safe_psql('postgres', 'ALTER ROLE qfs_auditor NOLOGIN');
  is_sound($node, 'beside an old role');
};

subtest 'who installs it, and where' => sub {
  new_database($node, 'other');
  $node->safe_psql('other', 'GRANT CREATE ON DATABASE other TO clerk');
  refused($node, 'SET ROLE clerk; CREATE EXTENSION qfs', '42501', 'not everybody', 'other');
  refused($node, 'CREATE EXTENSION qfs SCHEMA public', '0A000', 'not in another schema', 'other');
  $node->safe_psql('other', 'CREATE EXTENSION qfs');
  refused($node, 'ALTER EXTENSION qfs SET SCHEMA public', '0A000', 'nor moved to one', 'other');
  refused($node, $note, 'QFS_NO_GENESIS', 'no append before genesis', 'other');
  like(refused($node, 'SELECT qfs.set_policy($${}$$)', 'QFS_NO_GENESIS', 'no policy', 'other')->{hint},
    qr/qfs\.genesis\(/, 'the hint says what to do');
};

# ---- settings ----

# Runs SQL as a role that is no superuser, who may bring options along.
sub as_clerk {
  my ($sql, $options) = @_;
  local $ENV{PGOPTIONS} = $options // '';
  my ($exit, $out, $err) = $node->psql('postgres', $sql, extra_params => [ '-U', 'clerk' ]);
  return ($exit, $out, $err);
}

subtest 'who sets what' => sub {
  for my $name (qw(key_file early_lock_release ddl_guard)) {
    refused($node, "SET ROLE clerk; SELECT qfs.head(); SET qfs.$name = 'off'", '42501',
      "qfs.$name is the superuser's");
    refused($node, "SET ROLE clerk; ALTER ROLE clerk SET qfs.$name = 'off'", '42501',
      "qfs.$name: nor for later sessions");
  }
  # Until the library is loaded, any name can be given any value; that must not
  # count once it is.
  for my $name (qw(early_lock_release ddl_guard)) {
    my ($exit, $out, $err) = as_clerk("SET qfs.$name = off; SELECT size > 0 FROM qfs.head(); SHOW qfs.$name");
    is($out, "t\non", "qfs.$name: set before the library is loaded");
    like($err, qr/WARNING:  permission denied to set parameter "qfs\.$name"/, 'the session is told');
    ($exit, $out, $err) = as_clerk("SELECT size > 0 FROM qfs.head(); SHOW qfs.$name", "-c qfs.$name=off");
    is($out, "t\non", "qfs.$name: brought along by the client");
  }
  is($node->safe_psql('postgres', q{
      LOAD 'qfs'; SHOW qfs.ddl_guard; SHOW qfs.early_lock_release; SHOW qfs.key_file}),
    "on\non\nqfs.key", 'defaults');
  $node->safe_psql('postgres', 'GRANT SET ON PARAMETER qfs.early_lock_release TO clerk');
  my ($exit, $out) = as_clerk(q{
    SET qfs.early_lock_release = off; SELECT size > 0 FROM qfs.head(); SHOW qfs.early_lock_release});
  is($out, "t\noff", 'a grant of the parameter is a grant');
};

subtest 'no other setting' => sub {
  my $error = refused($node, 'SELECT qfs.head(); SET qfs.earley_lock_release = off', '42602',
    'a misspelt name is refused');
  like($error->{detail}, qr/"qfs" is a reserved prefix/, 'because the prefix is reserved');
  my ($exit, $out, $err) = $node->psql('postgres', q{
    SET qfs.ddl_gard = off; SELECT size > 0 FROM qfs.head(); SHOW qfs.ddl_gard});
  like($err, qr/WARNING:  invalid configuration parameter name "qfs\.ddl_gard", removing it/,
    'also one that was set before');
  like($err, qr/ERROR:  unrecognized configuration parameter "qfs\.ddl_gard"/, 'and is gone');
};

subtest 'early lock release' => sub {
  for my $value (qw(off on)) {
    my $set = "SET qfs.early_lock_release = $value;";
    $node->safe_psql('postgres', "$set $note; BEGIN; $note; $note; COMMIT; BEGIN; $note; ROLLBACK; $note");
    is_sound($node, "early_lock_release = $value");
    is($node->safe_psql('postgres', "$set SET synchronous_commit = local; $note; SHOW synchronous_commit"),
      'local', "$value: synchronous_commit is the session's own again");
    is($node->safe_psql('postgres', "$set BEGIN; SET LOCAL synchronous_commit = off; $note; COMMIT;
      SHOW synchronous_commit"), 'on', "$value: and ends with the transaction");
  }
};

# The setting was lowered for the commit record when the commit fails.
subtest 'a commit that fails' => sub {
  my $session = $node->background_psql('postgres', on_error_stop => 0);
  my $once = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"once": 1}')};
  $session->query_safe("SET synchronous_commit = remote_write;
    CREATE UNIQUE INDEX own ON qfs.ledger ((payload->>'once')) WHERE type = 'NOTE';
    BEGIN; $once; $once ON CONFLICT DO NOTHING");
  fails($session, 'COMMIT', qr/QFS_ENTRY_LOST/, 'an entry was swallowed');
  is(answer($session, 'SHOW synchronous_commit'), 'remote_write', 'changes no setting');
  $session->query_safe("DROP INDEX qfs.own; $note");
  $session->quit;
  is_sound($node, 'after a commit that failed');
};

subtest 'the guard of the objects' => sub {
  my $ddl = 'ALTER TABLE qfs.ledger SET (fillfactor = 90)';
  refused($node, $ddl, 'QFS_GUARDED', 'on: refused');
  is(check_rows($node), '', 'on: self_check finds nothing');
  is($node->safe_psql('postgres', "SET qfs.ddl_guard = off; $ddl; SELECT code FROM qfs.self_check()"),
    'QFS_GUARD_OFF', 'off: allowed, and self_check says so');
  is($node->safe_psql('postgres', "SET qfs.ddl_guard = off; SELECT code FROM qfs.self_check()"),
    'QFS_GUARD_OFF', 'off: also where nothing has loaded the library yet');
  $node->append_conf('postgresql.conf', 'qfs.ddl_guard = off');
  $node->reload;
  is(check_rows($node), 'QFS_GUARD_OFF|qfs.ddl_guard is off in this session',
    'off for everybody: self_check says so');
  $node->append_conf('postgresql.conf', 'qfs.ddl_guard = on');
  $node->reload;
  is_sound($node, 'afterwards');
};

# ---- dropping, and installing again ----

subtest 'dropping' => sub {
  is(error_of($node, 'DROP EXTENSION qfs', 'other'), undef, 'before genesis: dropped');
  is($node->safe_psql('other', q{SELECT count(*) FROM pg_event_trigger}), 0, 'with its guards');
  $node->safe_psql('other', q{CREATE EXTENSION qfs; SELECT qfs.genesis('other.example')});
  is_sound($node, 'installed again', 'other');
  isnt(error_of($node, $_, 'other'), undef, "$_: refused")
    for 'DROP OWNED BY qfs_owner', 'DROP EVENT TRIGGER qfs_guard_drop', 'DROP TABLE qfs.ledger CASCADE';
  refused($node, $_, 'QFS_GUARDED', "$_: refused by the guard", 'other')
    for 'DROP EXTENSION qfs', 'DROP EXTENSION IF EXISTS qfs CASCADE', 'DROP SCHEMA qfs CASCADE',
    'DROP SCHEMA public, qfs CASCADE', 'ALTER EXTENSION qfs DROP TABLE qfs.ledger';
  is_sound($node, 'after all that', 'other');
  $node->safe_psql('other', 'BEGIN; SET LOCAL qfs.ddl_guard = off; DROP EXTENSION qfs; ROLLBACK');
  append_type($node, 'other');
  is_sound($node, 'after a drop that was rolled back', 'other');
  is(error_of($node, 'SET qfs.ddl_guard = off; DROP EXTENSION qfs', 'other'), undef, 'with the guard off: dropped');
  $node->safe_psql('other', 'DROP SCHEMA IF EXISTS qfs');
};

# A ledger that knows no types learns one and gets an entry.
sub append_type {
  my ($node, $database) = @_;
  $node->safe_psql($database, "SELECT qfs.register_event_type('NOTE', '{}'); $note");
}

# The session has policy, types, table and head of the old ledger in memory;
# the new one is shorter and knows other types.
subtest 'a session that outlives the ledger' => sub {
  new_ledger($node, 'reborn');
  append($node, 300, 'reborn');
  my $session = $node->background_psql('reborn', on_error_stop => 0);
  $session->query_safe("$note; SELECT qfs.set_policy('{\"nonce_ttl_ms\": 2000}'); $note");
  $session->query_safe("PREPARE p AS $note; EXECUTE p; SELECT qfs.checkpoint()");
  $node->safe_psql('reborn', q{
    SET qfs.ddl_guard = off; DROP EXTENSION qfs; CREATE EXTENSION qfs;
    SELECT qfs.genesis('reborn.example');
    SELECT qfs.register_event_type('BLOB',
      '{"properties": {"n": {"type": "integer"}}, "required": ["n"], "type": "object"}');
  });
  is(answer($session, 'SELECT size FROM qfs.head()'), 2, 'it sees the new ledger');
  fails($session, $note, qr/QFS_TYPE_UNKNOWN/, 'it has forgotten the old types');
  fails($session, q{INSERT INTO qfs.ledger (type, payload) VALUES ('BLOB', '{}')}, qr/QFS_PAYLOAD_INVALID/,
    'and the old schemas');
  fails($session, 'EXECUTE p', qr/QFS_TYPE_UNKNOWN/, 'also where a plan was prepared');
  $session->query_safe(q{INSERT INTO qfs.ledger (type, payload) VALUES ('BLOB', '{"n": 1}')});
  $session->query_safe(q{SELECT qfs.register_event_type('NOTE', '{}')});
  $session->query_safe('EXECUTE p');
  is(answer($session, q{
      SELECT p.policy::jsonb->>'nonce_ttl_ms' FROM qfs.policy p JOIN qfs.ledger_state ON seq = policy_seq}), 300000,
    'the policy is the new one');
  like($session->query_safe('SELECT qfs.checkpoint()'), qr/^reborn\.example\n5\n/, 'it signs for the new one');
  $session->quit;
  is_sound($node, 'reborn', 'reborn');
  is_sound_offline($node, 'reborn', 'reborn');
};

subtest 'drop and install in one session' => sub {
  new_ledger($node, 'single');
  $node->safe_psql('single', qq{
    SET qfs.ddl_guard = off;
    $note; $note;
    BEGIN; DROP EXTENSION qfs; CREATE EXTENSION qfs; SELECT qfs.genesis('single.example'); COMMIT;
    SELECT qfs.register_event_type('NOTE', '{}'); $note});
  is(size_of($node, 'single'), 3, 'the new ledger has its own entries');
  is_sound($node, 'in one session', 'single');
  # A transaction that has appended belongs to the ledger it appended to.
  refused($node, qq{SET qfs.ddl_guard = off; BEGIN; $note;
    DROP EXTENSION qfs; CREATE EXTENSION qfs; SELECT qfs.genesis('next.example'); COMMIT}, 'QFS_NOT_VERIFIED',
    'not in a transaction that has appended to the old one', 'single');
  is(size_of($node, 'single'), 3, 'which leaves the old one');
  is_sound($node, 'as it was', 'single');
};

# ---- several ledgers, and ways to load the library ----

subtest 'two ledgers do not wait for each other' => sub {
  my $impatient = "SET lock_timeout = '300ms'; $note";
  new_ledger($node, 'second');
  my $session = $node->background_psql('postgres');
  $session->query_safe("BEGIN; $note");
  is(error_of($node, $impatient, 'second'), undef, 'a writer of the one, an append to the other');
  refused($node, $impatient, '55P03', 'a second writer of the one waits');
  $session->query_safe('COMMIT');
  $session->quit;
  is(error_of($node, $impatient), undef, 'until the first has committed');
  is_sound($node, $_, $_) for qw(postgres second);
};

subtest 'loading the library' => sub {
  for my $setting (qw(session_preload_libraries shared_preload_libraries)) {
    $node->append_conf('postgresql.conf', "$setting = 'qfs'\nqfs.early_lock_release = off\n");
    $node->restart;
    is($node->safe_psql('template1', 'SHOW qfs.early_lock_release'), 'off',
      "$setting: loaded, with the settings of the file");
    append($node, 5);
    append_singly($node, 2);
    is_sound($node, $setting);
    $node->append_conf('postgresql.conf', "$setting = ''\nqfs.early_lock_release = on\n");
  }
  $node->restart;
  is($node->safe_psql('postgres', "LOAD 'qfs'; SHOW qfs.early_lock_release; $note"), 'on', 'LOAD');
  is_sound($node, 'loaded by hand');
};

done_testing();
