# 008_keys.pl - the key file: what is refused, what is never told, and what rotation and crashes leave behind.
use strict;
use warnings FATAL => 'all';
use File::Find qw(find);
use MIME::Base64 qw(encode_base64);
use POSIX qw(mkfifo);
use QfsTest;
use Test::More;

# Sessions log all they can.
my $node = new_node('main');
$node->safe_psql('postgres', 'ALTER ROLE ALL SET log_min_messages = debug5');
new_ledger($node);
append($node, 10);
$node->safe_psql('postgres', 'CREATE ROLE clerk LOGIN; GRANT qfs_operator TO clerk');

my $file  = $node->data_dir . '/qfs.key';
my $seeds = slurp($file);
like($seeds, qr/\A[0-9a-f]{64} [0-9a-f]{16} [0-9a-f]{8} [0-9a-f]{8} t[0-9a-f]{16}\n\z/, 'genesis makes a file of one seed, and says who made it');
is(mode_of($file), '600', 'that nobody else can read');

sub mode_of { my ($path) = @_; return sprintf '%o', (stat $path)[2] & 0777; }
sub seeds_in { my ($path) = @_; return scalar(() = slurp($path) =~ /\n/g); }

# A key file of this content and mode, in place of the ledger's, for one session.
sub with_file { my ($path, $sql) = @_; return "SET qfs.key_file = '$path'; $sql"; }

sub key_file {
  my ($content, $mode) = @_;
  my $path = scratch_file('other.key', $content);
  chmod $mode // 0600, $path;
  return $path;
}

# ---- files that cannot be used ----

my $fifo = scratch_file('place', '') . '.fifo';
mkfifo($fifo, 0600) or die "mkfifo: $!";

my $exposed = 'it can be read by others; its mode must be 0600';

# name, file, code, what the client is told, what only the log says
my @unusable = (
  [ 'missing', '/nowhere/qfs.key', 'QFS_KEY_FILE', 'it cannot be opened', 'No such file or directory' ],
  [ 'gone', "$fifo.gone", 'QFS_KEY_FILE', 'it cannot be opened', 'No such file or directory' ],
  [ 'empty name', '', 'QFS_KEY_FILE', 'it is not a regular file' ],
  [ 'readable by the group', key_file($seeds, 0640), 'QFS_KEY_FILE', $exposed ],
  [ 'readable by others', key_file($seeds, 0604), 'QFS_KEY_FILE', $exposed ],
  [ 'writable by others', key_file($seeds, 0602), 'QFS_KEY_FILE', $exposed ],
  [ 'a directory', $node->data_dir . '/base', 'QFS_KEY_FILE', 'it is not a regular file' ],
  [ 'a device', '/dev/null', 'QFS_KEY_FILE', 'it is not a regular file' ],
  [ 'a FIFO', $fifo, 'QFS_KEY_FILE', 'it is not a regular file' ],
  [ 'a line cut short', key_file(substr($seeds, 0, 40)), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'no line end', key_file($seeds =~ s/\n/0/r), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'capital digits', key_file(uc($seeds =~ s/^./a/r)), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'other characters', key_file('g' . substr($seeds, 1)), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'another kind of maker', key_file($seeds =~ s/ t/ x/r), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'a maker cut short', key_file($seeds =~ s/.\n/\n/r), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'more after the maker', key_file($seeds =~ s/\n/0\n/r), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'no maker after a space', key_file(substr($seeds, 0, 64) . " \n"), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'more lines than a file has', key_file($seeds x 1025), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'a line too many characters', key_file($seeds . "\n"), 'QFS_KEY_FILE', 'it is damaged' ],
  [ 'the seeds of another ledger', key_file(join '', map { $_ x 64 . "\n" } 0, 1),
    'QFS_KEY_MISSING', 'none of its 2 seeds fits' ],
  [ 'no seeds', key_file(''), 'QFS_KEY_MISSING', 'none of its 0 seeds fits' ],
);
push @unusable, [ "somebody else's", '/etc/passwd', 'QFS_KEY_FILE', "it does not belong to the server's user" ]
  if -e '/etc/passwd' && !-o '/etc/passwd';

# Whatever a client asks to see, it sees no path and nothing that looks like a key.
sub tells_nothing {
  my ($error, $path, $name) = @_;
  my $told = $error->{text};
  my $data = $node->data_dir;
  my @paths = map { quotemeta } grep { $_ ne '' } $path, $data;
  my $any   = join '|', @paths;
  unlike($told, qr/$any/, "$name: no path is told");
  unlike($told, qr/[0-9a-f]{40}/i, "$name: and no key");
}

for my $case (@unusable) {
  my ($name, $path, $code, $told, $logged) = @$case;
  my $offset = -s $node->logfile;
  for my $sql ('SELECT qfs.checkpoint()', 'SELECT qfs.tlog_proof(3)', 'SELECT qfs.rotate_keys()') {
    my $error = refused($node, with_file($path, "SET client_min_messages = log; $sql"), $code, "$name: $sql");
    like($error->{detail}, qr/\Q$told\E/, "$name: the client is told why");
    tells_nothing($error, $path, $name);
  }
  next if $code eq 'QFS_KEY_MISSING';
  my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile, $offset);
  my $full = $path =~ m{^/} ? $path : $node->data_dir . "/$path";
  $logged //= '';
  like($log, qr/LOG:  qfs key file "\Q$full\E" .*$logged/, "$name: the log has the path");
}
is(slurp($file), $seeds, "the ledger's own file was not touched");
is(join(' ', map { seeds_in($_->[1]) } grep { $_->[2] eq 'QFS_KEY_MISSING' } @unusable), '2 0',
  "another ledger's file was not given a seed");
ok(!-e "$fifo.gone", 'a missing file was not made');

subtest 'genesis beside an unusable file' => sub {
  new_database($node, 'other');
  $node->safe_psql('other', 'CREATE EXTENSION qfs');
  my $damaged = key_file('x');
  my $genesis = q{SELECT qfs.genesis('other.example')};
  refused($node, with_file($damaged, $genesis), 'QFS_KEY_FILE', 'a damaged file is not overwritten', 'other');
  is(slurp($damaged), 'x', 'it is as it was');
  refused($node, with_file('/nowhere/qfs.key', $genesis), 'QFS_KEY_FILE', 'a directory is not made', 'other');
  my $full = key_file(join '', ('0' x 64 . "\n") x 1024);
  my $error = refused($node, with_file($full, $genesis), 'QFS_KEY_FILE', 'a full file takes no more', 'other');
  like($error->{detail}, qr/it is full/, 'and says so');
  is($node->safe_psql('other', 'SELECT size FROM qfs.head()'), 0, 'there is no ledger without its key');
};

# ---- who chooses the file ----

subtest 'who chooses the file' => sub {
  my $set = "SET qfs.key_file = '/tmp/mine'";
  refused($node, "SET ROLE clerk; SELECT qfs.head(); $set", '42501', 'an operator cannot set it');
  refused($node, 'SET ROLE clerk; SELECT qfs.head(); SHOW qfs.key_file', '42501', 'nor see it');
  # Before the library is loaded any name can be set; when it is, that does not count.
  is($node->safe_psql('postgres', qq{SET ROLE clerk; $set; SELECT length(qfs.checkpoint()) > 0}), 't',
    'what was set before the library was loaded does not count');
  refused($node, 'SET ROLE clerk; ALTER SYSTEM SET qfs.key_file = \'x\'', '42501', 'nor can it be set for good');

  my $path = scratch_file('place', '') . '.key';
  $node->safe_psql('other', with_file($path, q{SELECT qfs.genesis('other.example')}));
  is(seeds_in($path), 1, 'an absolute path');
  is(mode_of($path), '600', 'for the server alone');
  is($node->safe_psql('other', with_file($path, q{SELECT qfs.checkpoint() LIKE 'other.example%'})), 't', 'signs');
  refused($node, 'SELECT qfs.checkpoint()', 'QFS_KEY_MISSING', 'the other file does not', 'other');
  $node->safe_psql('postgres', q{CREATE DATABASE relative});
  mkdir $node->data_dir . '/keys' or die $!;
  $node->safe_psql('relative', q{
    CREATE EXTENSION qfs; SET qfs.key_file = 'keys/main'; SELECT qfs.genesis('relative.example')});
  is(seeds_in($node->data_dir . '/keys/main'), 1, 'a relative one starts in the data directory');
};

# ---- rotation ----

# The start of a note's signature is the id of the key that made it.
sub signer { my ($note) = @_; return $note =~ /^\xe2\x80\x94 \S+ (\S{5})/m ? $1 : ''; }

subtest 'rotation' => sub {
  my @old = map { checkpoint_of($node, $_) } 1 .. size_of($node);
  my $old = vkey_of($node);
  my $seq = $node->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
  isnt(vkey_of($node), $old, 'another key is in force');
  is(seeds_in($file), 2, 'the file has one seed more');
  is(slurp($file) =~ s/^(.*\n).*\n/$1/r, $seeds, 'after the old one');
  append($node, 3);
  is(checkpoint_of($node, $_), $old[ $_ - 1 ], "checkpoint of $_ comes out again") for 1, $seq - 1, $seq;
  my ($before, $after) = map { signer(checkpoint_of($node, $_)) } $seq, $seq + 1;
  isnt($before, $after, 'the new key signs from its own entry on');
  is(signer(checkpoint_of($node, $seq + 3)), $after, 'and goes on');
  is_sound($node, 'rotated');
  is_sound_offline($node, 'rotated', 'postgres', @old[ 0, -1 ], checkpoint_of($node, $seq + 1));
};

subtest 'rolled back' => sub {
  my $checkpoint = checkpoint_of($node);
  my $count      = seeds_in($file);
  $node->safe_psql('postgres', 'BEGIN; SELECT qfs.rotate_keys(); ROLLBACK');
  $node->safe_psql('postgres', q{
    BEGIN; SAVEPOINT s; SELECT qfs.rotate_keys(); ROLLBACK TO s; SELECT qfs.rotate_keys(); ROLLBACK});
  isnt(error_of($node, 'BEGIN READ ONLY; SELECT qfs.rotate_keys()'), undef, 'refused when read-only');
  is(seeds_in($file), $count + 1, 'of all these the last seed alone is still in the file');
  is(checkpoint_of($node), $checkpoint, 'the ledger signs as before');
  $node->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
  is(seeds_in($file), $count + 1, 'until its database writes again');
  is_sound_offline($node, 'after a rotation that held', 'postgres', $checkpoint);

  new_database($node, 'again');
  $node->safe_psql('again', q{CREATE EXTENSION qfs;
    BEGIN; SELECT qfs.genesis('again.example'); ROLLBACK;
    SELECT qfs.genesis('again.example')});
  is_sound($node, 'genesis after one that was rolled back', 'again');
  is_sound_offline($node, 'genesis after one that was rolled back', 'again');
};

subtest 'who drops a seed' => sub {
  my $roll_back = 'BEGIN; SELECT qfs.rotate_keys(); ROLLBACK;';
  my $rotate    = sub { $node->safe_psql($_[0], 'SELECT qfs.rotate_keys()') };
  my $last      = sub { return (split /^/, slurp($file))[-1] };
  my $contains  = sub { my ($line) = @_; return index(slurp($file), $line) >= 0 };
  $rotate->('postgres');
  my $count = seeds_in($file);
  $node->safe_psql('postgres', $roll_back x 1_100);
  is(seeds_in($file), $count + 1, '1,100 rotations that were rolled back do not fill the file');
  $node->safe_psql('postgres', q{DO $$ BEGIN FOR i IN 1 .. 50 LOOP
    BEGIN PERFORM qfs.rotate_keys(); RAISE 'x'; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$});
  is(seeds_in($file), $count + 1, 'nor do those of one transaction');
  new_database($node, 'vain');
  $node->safe_psql('vain', 'CREATE EXTENSION qfs;' . q{BEGIN; SELECT qfs.genesis('vain.example'); ROLLBACK;} x 50);
  is(seeds_in($file), $count + 2, 'nor do geneses');

  my $vain = $last->();
  $rotate->('postgres');
  ok($contains->($vain), "another database's seed is not dropped");
  $node->safe_psql('vain', q{SELECT qfs.genesis('vain.example')});
  ok(!$contains->($vain), 'its own database drops it');

  # A savepoint that is released, and all that commits, stays.
  $node->safe_psql('postgres', 'BEGIN; SAVEPOINT s; SELECT qfs.rotate_keys(); RELEASE s; COMMIT');
  my $kept = $last->();
  $rotate->('postgres');
  ok($contains->($kept), 'what was committed in a savepoint stays');
  append($node, 1);
  is_sound_offline($node, 'and signs');

  # Lines that were made elsewhere, though their transaction was rolled back here.
  $node->safe_psql('postgres', $roll_back);
  my $void = $last->();
  my @field = split / /, $void =~ s/\n//r;
  my $later = sprintf 't%016x', 1 << 40;
  my %elsewhere = ('another system' => [1, '0' x 16], 'another timeline' => [2, '00000009'], 'another database' => [3, '00000001'],
    'a transaction to come' => [4, $later], 'nobody' => [1]);
  for my $name (sort keys %elsewhere) {
    my ($index, $value) = @{ $elsewhere{$name} };
    my @changed = @field;
    $value ? ($changed[$index] = $value) : (@changed = $field[0]);
    my $line = join(' ', @changed) . "\n";
    spit($file, slurp($file) =~ s/\Q$void\E/$line/r);
    chmod 0600, $file;
    $node->safe_psql('postgres', $roll_back);
    ok($contains->($line), "$name: not dropped");
    spit($file, slurp($file) =~ s/\Q$line\E/$void/r);
    chmod 0600, $file;
    $node->safe_psql('postgres', $roll_back);
    ok(!$contains->($void), "$name: the same line as it was is dropped");
    spit($file, slurp($file) . $void);
    chmod 0600, $file;
  }
  $rotate->('postgres');
  is_sound_offline($node, 'after all that');
};

# ---- several ledgers, one file ----

# A session that runs this in a transaction and leaves that open.
sub start_transaction {
  my ($database, $sql) = @_;
  my $session = $node->background_psql($database);
  $session->{stdin} .= "BEGIN;\n$sql;\n\\echo done\n";
  $session->{run}->pump_nb;
  return $session;
}

sub wait_for { my ($session) = @_; return $session->query_until(qr/done/, ''); }

sub commit {
  my ($session) = @_;
  $session->query_safe('COMMIT');
  $session->quit;
}

subtest 'two geneses at once' => sub {
  for my $database (qw(one two)) {
    new_database($node, $database);
    $node->safe_psql($database, 'CREATE EXTENSION qfs');
  }
  my $count = seeds_in($file);
  my $one = start_transaction('one', q{SELECT qfs.genesis('one.example')});
  wait_for($one);
  my $two = start_transaction('two', q{SELECT qfs.genesis('two.example')});
  ok($node->poll_query_until('postgres', q{
      SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = 'two' AND wait_event_type = 'Lock'}),
    'the second waits for the file');
  commit($one);
  wait_for($two);
  commit($two);
  is(seeds_in($file), $count + 2, 'neither seed is lost');
  for my $database (qw(one two)) {
    is_sound($node, $database, $database);
    is_sound_offline($node, $database, $database);
  }
  my $checkpoint = checkpoint_of($node, undef, 'two');
  $node->safe_psql('one', 'SELECT qfs.rotate_keys()');
  is(checkpoint_of($node, undef, 'two'), $checkpoint, 'a rotation of one is none of the other');
  refused($node, q{SELECT qfs.genesis('two.example')}, 'QFS_GENESIS_EXISTS', 'one ledger a database', 'two');
};

# ---- crashes ----

subtest 'kill -9 between the file and the commit' => sub {
  my $checkpoint = checkpoint_of($node);
  my $count      = seeds_in($file);
  $node->safe_psql('postgres', 'CREATE DATABASE late');
  $node->safe_psql('late', 'CREATE EXTENSION qfs');
  # One after the other: each holds the file until it ends.
  for my $case ([ 'postgres', 'SELECT qfs.rotate_keys()' ],
    [ 'late', q{SELECT qfs.genesis('late.example')} ]) {
    my $session = start_transaction(@$case);
    wait_for($session);
    my $backend = $session->query_safe('SELECT pg_backend_pid()');
    # What a crash in the middle of writing leaves behind.
    spit("$file.new", substr($seeds, 0, 10));
    crash_and_start($node, $backend);
    $session->{run}->kill_kill;
  }
  is(seeds_in($file), $count + 2, 'both seeds are in the file');
  is(checkpoint_of($node), $checkpoint, 'the ledger signs as before');
  $node->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
  is(seeds_in($file), $count + 2, 'the next rotation drops the one that its database left behind');
  ok(!-e "$file.new", 'what was half written is gone');
  is(mode_of($file), '600', 'and the file is for the server alone');
  $node->safe_psql('late', q{SELECT qfs.genesis('late.example')});
  for my $database (qw(postgres late)) {
    is_sound($node, $database, $database);
    is_sound_offline($node, $database, $database);
  }
};

# ---- what is never told ----

# Each seed, in every spelling that somebody might have stored by mistake.
sub spellings {
  my ($hex) = $_[0] =~ /^(\S+)/;
  my $bytes = pack('H*', $hex);
  return ($hex, uc $hex, $bytes, substr(encode_base64($bytes, ''), 0, 42), reverse($bytes) . '');
}

subtest 'secrets are in the file and nowhere else' => sub {
  my $pattern = join '|', map { quotemeta } map { spellings($_) } split /\n/, slurp($file);
  my $secret  = qr/$pattern/;
  like(slurp($file), $secret, 'the pattern finds them where they are');
  my ($exit, $dump) = run_program($node, 'pg_dumpall');
  unlike($dump, $secret, 'not in pg_dumpall');
  is(scalar(grep { $_ =~ $secret } slurp($node->logfile)), 0, 'not in the server log, at debug5');
  $node->safe_psql('postgres', 'CHECKPOINT');
  $node->stop;
  my @holders;
  find({ no_chdir => 1, wanted => sub {
      push @holders, $_ if -f $_ && $_ ne $file && slurp($_) =~ $secret } }, $node->data_dir);
  is("@holders", '', 'in no other file of the data directory, WAL included');
};

done_testing();
