# QfsTest.pm - what the TAP tests of qfs share: servers, ledgers, errors, the offline verifier.
#
# Load it before PostgreSQL::Test::Cluster.  A database is named by the last
# argument, "postgres" by default; SQL runs as the superuser who made the
# server.
package QfsTest;

use strict;
use warnings FATAL => 'all';

# Servers live where scripts/check-tap wants them; PostgreSQL 15's module only
# knows the older variable.
BEGIN { $ENV{TESTDIR} //= $ENV{TESTDATADIR} if defined $ENV{TESTDATADIR}; }

use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use File::Basename qw(dirname);
use IPC::Run;
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

our @EXPORT = qw(
  new_node crash_and_start start_after_crash new_standby receiver_of are_synchronous configure new_database new_ledger append append_singly
  error_of refused run_program wait_until
  value is_public size_of root_of export_of export_file vkey_of first_key_of note_key checkpoint_of fingerprint
  verify_rows check_rows is_sound verifier qfs_verify run_javascript is_sound_offline
  unguarded guards_of_tables
  spit slurp scratch_file
);

our $ORIGIN = 'ledger.example.org/test';

# ---- past the guards ----

# SQL that disables the guards of all tables of qfs but the ledger, or enables them.
sub guards_of_tables {
  my ($what) = @_;
  return qq{
    DO \$tables\$ DECLARE t regclass; BEGIN
      FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'qfs'::regnamespace AND relkind = 'r' AND relname <> 'ledger' LOOP
        EXECUTE format('ALTER TABLE %s $what TRIGGER zzz_qfs_refuse_row, $what TRIGGER zzz_qfs_refuse_statement', t);
      END LOOP;
    END \$tables\$;};
}

# SQL that writes these tables as a superuser can who takes their guards away for a moment.
sub unguarded {
  my ($sql) = @_;
  return 'BEGIN; SET LOCAL qfs.ddl_guard = off;' . guards_of_tables('DISABLE') . "$sql;" . guards_of_tables('ENABLE ALWAYS') . 'COMMIT';
}

# ---- servers, databases, ledgers ----

# new_node(NAME, conf => 'lines', streaming => 1 | 'logical', start => 0):
# a server of its own, in UTF8 whatever the locale of the machine is.
sub new_node {
  my ($name, %options) = @_;
  my $node = PostgreSQL::Test::Cluster->new($name);
  $node->init(
    extra            => [ '--encoding=UTF8', '--locale=C' ],
    allows_streaming => $options{streaming} // 0);
  $node->append_conf('postgresql.conf', "autovacuum = off\n" . ($options{conf} // ''));
  $node->start if $options{start} // 1;
  return $node;
}

# kill -9 of the server and of these backends, then crash recovery.
sub crash_and_start {
  my ($node, @backends) = @_;
  my $postmaster = $node->{_pid};
  $node->kill9;
  kill 'KILL', @backends;
  # Its pid counts until somebody has reaped it, its memory until the last of
  # its processes is gone.
  wait_until(sub { !kill 0, $postmaster }, 'the end of the server');
  return start_after_crash($node);
}

# As often as it takes: what is left of the last one may be in the way.
sub start_after_crash {
  my ($node) = @_;
  return wait_until(sub {
      return 1 if $node->start(fail_ok => 1);
      $node->{_pid} = undef;
      return 0;
    }, 'the server after a crash');
}

# A standby that streams, from this backup of the primary or, without one, from a new one of its own name; a name, or a
# server that has been given its address and nothing else.
sub new_standby {
  my ($primary, $name, $backup) = @_;
  my $standby = ref $name ? $name : PostgreSQL::Test::Cluster->new($name);
  $primary->backup($standby->name) if !defined $backup;
  $standby->init_from_backup($primary, $backup // $standby->name, has_streaming => 1);
  # pg_basebackup takes the key file along, mode and all; the test module's copy of the backup forgets modes.
  chmod 0600, $standby->data_dir . '/qfs.key';
  $standby->start;
  return $standby;
}

# The process of a standby that takes in what the primary writes: who stops it has a standby that is behind.
sub receiver_of {
  my ($standby) = @_;
  return value($standby, q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'walreceiver'});
}

# Waits until so many standbys are those that commits wait for.
sub are_synchronous {
  my ($primary, $count) = @_;
  return $primary->poll_query_until('postgres',
    "SELECT count(*) = $count FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')");
}

# configure(NODE, name => value…): the server's own settings, which no session can change; whatever standbys are missing.
sub configure {
  my ($node, %settings) = @_;
  $node->safe_psql('postgres', "SET synchronous_commit = off; ALTER SYSTEM SET $_ = '$settings{$_}'") for sort keys %settings;
  $node->reload;
  for my $name (sort keys %settings) {
    wait_until(sub { value($node, "SHOW $name") eq $settings{$name} }, $name);
  }
  return;
}

sub new_database {
  my ($node, $database) = @_;
  $node->safe_psql('postgres', qq{CREATE DATABASE "$database"});
  return $database;
}

# An open ledger of three entries: genesis, and two types of custom events,
# NOTE and BLOB, that take any payload.  Makes the database if it is not
# "postgres"; further arguments: origin => ORIGIN, policy => what differs from the default, recovery => a recovery key.
sub new_ledger {
  my ($node, $database, %options) = @_;
  my $origin = $options{origin} // $ORIGIN;
  my $policy = $options{policy} // '{}';
  my $recovery = defined $options{recovery} ? "'$options{recovery}'" : 'NULL';
  $database //= 'postgres';
  new_database($node, $database) if $database ne 'postgres';
  $node->safe_psql($database, qq{
    CREATE EXTENSION qfs;
    SELECT qfs.genesis('$origin', '$policy', $recovery);
    SELECT qfs.register_event_type('NOTE', '{}');
    SELECT qfs.register_event_type('BLOB', '{}');
  });
  return $database;
}

# Appends N events in one transaction.
sub append {
  my ($node, $n, $database) = @_;
  return $node->safe_psql($database // 'postgres', qq{
    INSERT INTO qfs.ledger (type, payload)
    SELECT 'NOTE', jsonb_build_object('n', n, 'text', 'note ' || n) FROM generate_series(1, $n) n});
}

# Appends N events in a transaction each.
sub append_singly {
  my ($node, $n, $database) = @_;
  return $node->safe_psql($database // 'postgres', join '', map {
    qq{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"single": $_}');\n}
  } 1 .. $n);
}

# ---- errors ----

# Runs SQL that may fail.  Returns undef if it did not, else a hash of what the
# client was told: sqlstate, message, code (QFS_…, the first word of the
# detail), detail, hint, and text, which is all of it.
sub error_of {
  my ($node, $sql, $database) = @_;
  my ($exit, $out, $err) = $node->psql($database // 'postgres', "\\set VERBOSITY verbose\n$sql");
  return undef if $exit == 0;
  my %error = (text => $err, sqlstate => '', message => '', code => '', detail => '', hint => '');
  @error{qw(sqlstate message)} = ($1, $2) if $err =~ /(?:ERROR|FATAL):  (\w{5}): (.*)/;
  $error{detail} = $1 if $err =~ /^DETAIL:  (.*)/m;
  $error{hint}   = $1 if $err =~ /^HINT:  (.*)/m;
  $error{code}   = $1 if $error{detail} =~ /^(QFS_\w+)/;
  return \%error;
}

# One test: the SQL fails with this code, which is a QFS_ code or an SQLSTATE.
# Returns the error, for a closer look.
sub refused {
  my ($node, $sql, $code, $name, $database) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $error = error_of($node, $sql, $database);
  my $found = !$error ? 'no error' : $code =~ /^QFS_/ ? $error->{code} : $error->{sqlstate};
  is($found, $code, $name) or diag($error ? $error->{text} : $sql);
  return $error // {};
}

# run_program(PROGRAM, ARGUMENT...): exit code, standard output, standard error.
# With a node in front, the program connects to it.
sub run_program {
  my $node = ref $_[0] ? shift : undef;
  local %ENV = $node->_get_env() if $node;
  my ($out, $err) = ('', '');
  IPC::Run::run([@_], '<', \undef, '>', \$out, '2>', \$err);
  return ($? >> 8, $out, $err);
}

# Waits until the condition holds: a sub that returns true, or gives up after
# the time that tests may take.  Returns what the sub said last.
sub wait_until {
  my ($condition, $what) = @_;
  my $end = time() + $PostgreSQL::Test::Utils::timeout_default;
  while (1) {
    my $result = $condition->();
    return $result if $result;
    last if time() > $end;
    usleep(20_000);
  }
  diag('waited in vain for ' . ($what // 'a condition'));
  return 0;
}

# ---- what a ledger says ----

sub size_of { my ($node, $database) = @_; return value($node, 'SELECT size FROM qfs.head()', $database); }
sub vkey_of { my ($node, $database) = @_; return value($node, 'SELECT qfs.vkey()', $database); }

# The key of genesis: who trusts it can follow the ledger through rotations.
sub first_key_of {
  my ($node, $database) = @_;
  return value($node, 'SELECT qfs.vkey(1)', $database);
}

# A note verifier key: algorithm 1 is a log's, 4 a witness's; the key is in hexadecimal.
sub note_key {
  my ($name, $algorithm, $key) = @_;
  my $bytes = pack('C', $algorithm) . pack('H*', $key);
  return join '+', $name, substr(sha256_hex("$name\n$bytes"), 0, 8), encode_base64($bytes, '');
}

# Root of SIZE entries, of all if it is undef.
sub root_of {
  my ($node, $size, $database) = @_;
  $size //= '(SELECT size FROM qfs.head())';
  return value($node, "SELECT qfs.root($size)", $database);
}

# Checkpoint of SIZE entries, of all if it is undef, as the bytes of the note.
sub checkpoint_of {
  my ($node, $size, $database) = @_;
  return value($node, 'SELECT qfs.checkpoint(' . ($size // 'NULL') . ')', $database);
}

# All lines, or those of the first SIZE entries; ends with a line end.
sub export_of {
  my ($node, $size, $database) = @_;
  my $to = defined $size ? $size - 1 : 'NULL';
  return value($node, "SELECT * FROM qfs.export(0, $to)", $database) . "\n";
}

# Everything that must not change when a ledger is copied, as one text: head,
# root, export, and the proof of every tenth entry; of the first SIZE entries, or of all.
sub fingerprint {
  my ($node, $database, $size) = @_;
  $size //= size_of($node, $database);
  return join "\n", value($node, "SELECT seq, hash, at FROM qfs.ledger WHERE seq = $size - 1", $database),
    root_of($node, $size, $database), export_of($node, $size, $database), value($node, qq{
      SELECT g.n, qfs.inclusion_proof(g.n, $size) FROM generate_series(0, $size - 1, 10) AS g(n)}, $database);
}

# Types of entries that are everybody's to read, by docs/format.md; an entry as its line has it.
my %PUBLIC = map { ($_ => 1) } qw(GENESIS POLICY_CHANGED EVENT_TYPE KEY_ROTATED SERVER_CHANGED
  NOD_CHANGED PROPOSAL_CREATED PROPOSAL_CANCELLED VOTE_CAST PROPOSAL_TALLIED PROPOSAL_EXECUTED DORMANCY_CLAIMED DORMANCY_SETTLED);
sub is_public { my ($entry) = @_; return $PUBLIC{ $entry->{act}{type} } }

sub value {
  my ($node, $sql, $database) = @_;
  return $node->safe_psql($database // 'postgres', $sql);
}

# ---- verification ----

# Faults as lines "seq|code|detail"; '' means sound.
sub verify_rows {
  my ($node, $depth, $database) = @_;
  return value($node, "SELECT * FROM qfs.verify(depth => '$depth')", $database);
}

# Rows of qfs.self_check() as lines "code|detail".
sub check_rows {
  my ($node, $database) = @_;
  return value($node, 'SELECT * FROM qfs.self_check()', $database);
}

# One test: the ledger verifies at full depth and the guards are in place.
sub is_sound {
  my ($node, $name, $database) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  return is(verify_rows($node, 'replay', $database) . check_rows($node, $database), '', "$name: sound");
}

# The offline verifier: the program of this tree, or the installed one.
sub verifier {
  my $own = dirname(__FILE__) . '/../../qfs-verify';
  return -x $own ? $own : 'qfs-verify';
}

# qfs_verify(ARGUMENT...): exit code, standard output, standard error.
sub qfs_verify { return run_program(verifier(), @_) }

# run_javascript(NAME, ARGUMENT...): a program of test/node, which shares no code with qfs; as run_program.
sub run_javascript { my ($name, @arguments) = @_; return run_program('node', '--no-warnings', "test/node/$name.mjs", @arguments) }

# Writes the export to a file and returns its name.
sub export_file {
  my ($node, $database) = @_;
  return scratch_file('export.jsonl', export_of($node, undef, $database));
}

# One test: qfs-verify, which is told the key of genesis, finds export and
# checkpoints sound.  Further arguments are checkpoints beside the newest one.
sub is_sound_offline {
  my ($node, $name, $database, @checkpoints) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my @files = map { ('--checkpoint', scratch_file('checkpoint', $_)) }
    checkpoint_of($node, undef, $database), @checkpoints;
  my ($exit, $out, $err) = qfs_verify('ledger', export_file($node, $database),
    '--key', first_key_of($node, $database), @files);
  return is($exit, 0, "$name: sound offline") || diag($out . $err);
}

# ---- files ----

sub spit {
  my ($path, $content) = @_;
  open(my $file, '>:raw', $path) or die "$path: $!";
  print $file $content;
  close($file) or die "$path: $!";
  return $path;
}

sub slurp {
  my ($path) = @_;
  open(my $file, '<:raw', $path) or die "$path: $!";
  local $/;
  return scalar <$file>;
}

# A file of its own with this content, which goes away with the test.
sub scratch_file {
  my ($name, $content) = @_;
  return spit(PostgreSQL::Test::Utils::tempdir('scratch') . "/$name", $content);
}

1;
