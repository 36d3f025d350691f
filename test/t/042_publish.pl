# 042_publish.pl - qfs-bridge publish: checkpoints in a directory and in a git repository, what fails, and two histories.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use QfsTest;
use QfsBridge;
use Test::More;
use Time::HiRes qw(time usleep);

my $dir  = PostgreSQL::Test::Utils::tempdir('publish');
my $node = new_node('ledger', streaming => 1);
new_ledger($node);
append($node, 10);
# A role as docs/checkpoints.md makes it.
$node->safe_psql('postgres', 'CREATE ROLE publisher LOGIN; GRANT qfs_bridge TO publisher');
my $connection = $node->connstr('postgres') . ' user=publisher';

sub sql { my ($text) = @_; return $node->safe_psql('postgres', $text) }
sub make_dir { my ($name) = @_; mkdir "$dir/$name" or die $!; return "$dir/$name" }
sub name_of { my ($size) = @_; return sprintf '%020d.checkpoint', $size }
sub files_of { my ($path) = @_; opendir(my $d, $path) or die $!; return join ' ', sort grep { !/^\.\.?$/ && $_ ne '.git' } readdir $d }
sub kept_in { my ($place) = @_; return sql("SELECT size FROM qfs.kept_checkpoint WHERE place = '$place'") }
sub is_root { return $> == 0 }

sub settings { my (%more) = @_; return (database => $connection, %more) }
# Publishes once: exit code, output, log.
sub once { my (%more) = @_; return QfsBridge->run_once('publish', [], settings(every_seconds => 0, %more)) }
# Goes on until it is stopped.
sub start { my (%more) = @_; return QfsBridge->start('publish', settings(every_seconds => 1, %more)) }

subtest 'a directory' => sub {
  my $place = make_dir('a');
  my $size  = size_of($node);
  my ($exit, $out, $log) = once(directory => $place);
  is($exit, 0, 'published') or diag($log);
  is(files_of($place), name_of($size), 'a file');
  is(slurp("$place/" . name_of($size)), checkpoint_of($node, $size), 'which is the checkpoint');
  is(kept_in("directory $place"), $size, 'the ledger knows');
  is(sql('SELECT size FROM qfs.published_checkpoint'), $size, 'and has it for its standbys');
  like($log, qr/event=kept place="directory \Q$place\E" size=$size$/m, 'so says the log');
  ($exit, $out, $log) = once(directory => $place);
  is($exit, 0, 'again');
  unlike($log, qr/event=kept/, 'nothing is new');
  append($node, 5);
  once(directory => $place);
  is(files_of($place), name_of($size) . ' ' . name_of($size + 5), 'the ledger has grown: one more');
  ($exit, $out, $log) = qfs_verify('ledger', export_file($node), '--key', first_key_of($node),
    map { ('--checkpoint', "$place/$_") } split / /, files_of($place));
  is($exit, 0, 'both are checkpoints of the ledger') or diag($out);
  is((stat "$place/" . name_of($size))[2] & 0777, 0644, 'for everybody to read');
};

# The lines that README begins with.
subtest 'README' => sub {
  my $place = make_dir('readme');
  my ($line, $command) = slurp(dirname(__FILE__) . '/../../README.md') =~ /^echo '(directory = [^']*)' > publish\.conf\nqfs-bridge (publish --config) publish\.conf/m;
  is($command, 'publish --config', 'there are two lines');
  $line =~ s/\/srv\/checkpoints/$place/;
  local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres', PGUSER => 'publisher');
  my $bridge = QfsBridge->start('publish', split / = /, $line);
  ok(wait_until(sub { files_of($place) =~ /checkpoint/ }, 'a checkpoint'), 'which keep a checkpoint');
  is($bridge->stop, 0, 'stopped');
};

subtest 'what is there already' => sub {
  my $place = make_dir('b');
  my $size  = size_of($node);
  my $note  = checkpoint_of($node, $size);
  my $file  = "$place/" . name_of($size);
  # The same, with a cosignature that another program has put there.
  spit($file, $note . "\x{e2}\x{80}\x{94} somebody AAAA\n");
  my ($exit, $out, $log) = once(directory => $place);
  is($exit, 0, 'this very checkpoint') or diag($log);
  like(slurp($file), qr/somebody/, 'is left as it is');
  is(files_of($place), name_of($size), 'and nothing else is left there');
  sql(unguarded('DELETE FROM qfs.kept_checkpoint'));
  my %other = (
    'another root'      => $note =~ s/^(\d+\n)./$1\x23/mr,
    'another signature' => $note =~ s/(.)(.{30}\n)\z/($1 eq 'A' ? 'B' : 'A') . $2/er,
    'nothing'           => '',
    'no note'           => "hello\n\n\n",
    'half of it'        => substr($note, 0, length($note) - 5));
  for my $name (sort keys %other) {
    spit($file, $other{$name});
    ($exit, $out, $log) = once(directory => $place);
    is($exit, 1, "$name: not kept");
    like($log, qr/event=place_failed place="directory [^"]*" error="another checkpoint of this size is there"/, "$name: says the log");
    is(slurp($file), $other{$name}, "$name: is never overwritten");
    is(kept_in("directory $place"), '', "$name: the ledger is told nothing");
  }
};

subtest 'places that fail' => sub {
  my $good = make_dir('good');
  my $size = size_of($node);
  my ($exit, $out, $log) = once(directory => [ "$dir/none", $good ]);
  is($exit, 1, 'one is not there');
  like($log, qr/error="the directory cannot be opened" detail="No such file or directory"/, 'says why');
  is(files_of($good), name_of($size), 'the others have it');
  SKIP: {
    skip 'root may write everywhere', 1 if is_root();
    my $closed = make_dir('closed');
    chmod 0500, $closed;
    ($exit, $out, $log) = once(directory => $closed);
    like($log, qr/error="no file can be made there" detail="Permission denied"/, 'one that may not be written');
  }
  my $link = make_dir('link');
  symlink "$dir/elsewhere", "$link/.incoming" or die $!;
  ($exit, $out, $log) = once(directory => $link);
  is($exit, 1, 'a symbolic link is not followed');
  ok(!-e "$dir/elsewhere", 'anywhere');
};

subtest 'going on' => sub {
  my ($place, $later) = (make_dir('c'), "$dir/later");
  my $metrics = "$dir/publish.prom";
  my $bridge = start(directory => [ $place, $later ], metrics_file => $metrics);
  my $size = size_of($node);
  ok(wait_until(sub { -e "$place/" . name_of($size) }, 'the first'), 'at once');
  append($node, 3);
  ok(wait_until(sub { -e "$place/" . name_of($size + 3) }, 'the second'), 'and when it has grown');
  like($bridge->log_text, qr/event=place_failed place="directory \Q$later\E"/, 'a place that fails holds nobody up');
  my $count = () = files_of($place) =~ /checkpoint/g;
  usleep(2_500_000);
  is(scalar(() = files_of($place) =~ /checkpoint/g), $count, 'as long as it does not grow, nothing is written');
  mkdir $later;
  ok(wait_until(sub { -e "$later/" . name_of($size + 3) }, 'the place'), 'one that comes back is served');
  ok(wait_until(sub { kept_in("directory $later") eq $size + 3 }, 'the ledger'), 'the ledger knows');
  $node->restart;
  append($node, 2);
  ok(wait_until(sub { -e "$place/" . name_of($size + 5) }, 'after a restart'), 'after a restart of the server');
  ok(wait_until(sub { -e $metrics && slurp($metrics) =~ /qfs_bridge_kept_entries\{[^}]*directory \Q$place\E"\} @{[$size + 5]}$/m }, 'metrics'), 'metrics');
  like(slurp($metrics), qr/^qfs_bridge_place_failures_total\{[^}]*later"\} [1-9]/m, 'count failures');
  is($bridge->stop, 0, 'a signal ends it cleanly');
  like($node->safe_psql('postgres', q{SELECT status FROM qfs.health() WHERE item = 'kept'}), qr/ok/, 'health');
};

# ---- git ----

sub git { my (@arguments) = @_; my ($exit, $out, $err) = run_program('git', '-c', 'user.name=x', '-c', 'user.email=x@example.org', @arguments); die "git @arguments: $err" if $exit; return $out }

subtest 'a git remote' => sub {
  git('init', '--quiet', '--bare', '--initial-branch=main', "$dir/remote.git");
  git('clone', '--quiet', "$dir/remote.git", "$dir/clone");
  my $listed = sub { return join ' ', split /\n/, git('-C', "$dir/remote.git", 'ls-tree', '--name-only', 'main') };
  my $size = size_of($node);
  my ($exit, $out, $log) = once(git => "$dir/clone");
  is($exit, 0, 'pushed') or diag($log);
  is($listed->(), name_of($size), 'a file');
  is(git('-C', "$dir/remote.git", 'show', 'main:' . name_of($size)), checkpoint_of($node, $size), 'which is the checkpoint');
  is(git('-C', "$dir/remote.git", 'log', '--format=%an: %s', 'main'), "qfs-bridge: Checkpoint of $size entries\n", 'a commit');
  is(kept_in("git $dir/clone"), $size, 'the ledger knows');

  # Somebody else pushes.
  git('clone', '--quiet', "$dir/remote.git", "$dir/other");
  spit("$dir/other/README", "checkpoints\n");
  git('-C', "$dir/other", 'add', 'README');
  git('-C', "$dir/other", 'commit', '--quiet', '-m', 'What this is');
  git('-C', "$dir/other", 'push', '--quiet');
  append($node, 1);
  ($exit, $out, $log) = once(git => "$dir/clone");
  is($exit, 0, "on top of another's") or diag($log);
  is($listed->(), join(' ', name_of($size), name_of($size + 1), 'README'), 'both are there');

  # The remote is away.
  rename "$dir/remote.git", "$dir/away.git" or die $!;
  append($node, 1);
  my $place = make_dir('beside');
  ($exit, $out, $log) = once(git => "$dir/clone", directory => $place);
  is($exit, 1, 'not pushed');
  like($log, qr/event=place_failed place="git [^"]*" error="git push failed" detail="[^"]*does not (?:appear to be a git repository|exist)/, 'says git');
  is(kept_in("git $dir/clone"), $size + 1, 'nor does the ledger think so');
  is(files_of($place), name_of($size + 2), 'the directory has it');
  rename "$dir/away.git", "$dir/remote.git" or die $!;
  ($exit, $out, $log) = once(git => "$dir/clone");
  is($exit, 0, 'and when it is back') or diag($log);
  like($listed->(), qr/@{[name_of($size + 2)]}/, 'it has it');

  # A remote that hangs: git is ended, with what it has started.
  spit("$dir/hang", "#!/bin/sh\necho \$\$ > $dir/hang.pid\nexec sleep 1000\n");
  chmod 0755, "$dir/hang";
  git('clone', '--quiet', "$dir/remote.git", "$dir/hanging");
  git('-C', "$dir/hanging", 'remote', 'set-url', 'origin', 'ssh://nowhere.invalid/x');
  {
    local $ENV{GIT_SSH_COMMAND} = "$dir/hang";
    my $start = time;
    ($exit, $out, $log) = once(git => "$dir/hanging", git_seconds => 1);
    is($exit, 1, 'a remote that hangs');
    like($log, qr/error="git push failed" detail="it took longer than 1 s"/, 'is given up');
    cmp_ok(time - $start, '<', 30, 'in time');
    ok(wait_until(sub { !kill 0, slurp("$dir/hang.pid") + 0 }, 'its end'), 'and nothing of it runs on');
  }
  ($exit, $out, $log) = once(git => "$dir/no_clone");
  like($log, qr/error="the directory cannot be opened"/, 'where no clone is');
  append($node, 1);
  make_dir('plain');
  ($exit, $out, $log) = once(git => "$dir/plain");
  like($log, qr/error="git add failed" detail="[^"]*not a git repository/, 'what is no clone');
};

# ---- who ----

subtest 'configurations' => sub {
  # lines, what is said
  my $key = spit("$dir/key", "AKID:secret\n");
  chmod 0600, $key;
  my $open = spit("$dir/open", "AKID:secret\n");
  chmod 0644, $open;
  my $bad = spit("$dir/bad", "AKID\n");
  chmod 0600, $bad;
  my @cases = (
    [ [], qr/no place is configured/ ],
    [ [ 'directory = /x', 'directory = /x' ], qr/configured twice/ ],
    [ ['directory = /x"'], qr/named in printable ASCII/ ],
    [ [ 'directory = ' . '/x' x 101 ], qr/up to 200 characters/ ],
    [ ['witness = name'], qr/witness is its name, a space, and the URL/ ],
    [ ['witness = name ftp://x'], qr/witness is its name, a space, and the URL/ ],
    [ ['bucket = https://x/y/'], qr/bucket is an URL/ ],
    [ ['bucket = https://user:secret@x/y'], qr/bucket is an URL/ ],
    [ ['bucket = https://x/y'], qr/bucket needs bucket_key_file: a file of mode 0600/ ],
    [ [ 'bucket = https://x/y', 'bucket_key_file = /nowhere' ], qr{bucket_key_file /nowhere cannot be read} ],
    [ [ 'bucket = https://x/y', "bucket_key_file = $open" ], qr/mode must be 0600/ ],
    [ [ 'bucket = https://x/y', "bucket_key_file = $bad" ], qr/no line KEY:SECRET/ ],
    [ [ 'bucket = https://x/y', "bucket_key_file = $key", 'bucket_lock_mode = FOREVER' ], qr/COMPLIANCE or GOVERNANCE/ ],
    [ [ 'directory = /x', 'every_seconds = 86401' ], qr/every_seconds is a number/ ]);
  for my $case (@cases) {
    my ($lines, $message) = @$case;
    my ($exit, $out, $err) = run_program(QfsBridge->program, 'publish', '--config', scratch_file('bad.conf', join "\n", "database = $connection", @$lines, ''));
    is($exit, 2, "refused: @$lines");
    like($err, $message, 'and why');
    unlike($err, qr/secret/, 'without a secret');
  }
  my ($exit, $out, $err) = QfsBridge->run_once('publish', ['--check'], settings(directory => "$dir/a"));
  is($exit, 0, '--check') or diag($err);
  like($out, qr/^directory \Q$dir\E\/a: \d+ entries are under the newest checkpoint there$/, 'says what it knows');
};

subtest 'two at once' => sub {
  my $place = make_dir('two');
  my @bridges = map { start(directory => $place) } 1 .. 2;
  for (1 .. 4) { append($node, 1); usleep(700_000) }
  my $size = size_of($node);
  ok(wait_until(sub { -e "$place/" . name_of($size) }, 'the newest'), 'they do not hinder each other');
  is($_->stop, 0, 'stopped') for @bridges;
  unlike($_->log_text, qr/another checkpoint/, 'and agree') for @bridges;
  unlike(files_of($place), qr/incoming/, 'nothing is left behind');
};

subtest 'killed' => sub {
  my $place = make_dir('killed');
  for (1 .. 6) {
    my $bridge = start(directory => $place);
    append($node, 1);
    usleep(rand 400_000);
    $bridge->stop('KILL');
  }
  my ($exit, $out, $log) = once(directory => $place);
  is($exit, 0, 'then it goes on') or diag($log);
  my @files = grep { /checkpoint/ } split / /, files_of($place);
  cmp_ok(scalar @files, '>=', 1, @files . ' checkpoints');
  my ($verified, $said) = qfs_verify('ledger', export_file($node), '--key', first_key_of($node), map { ('--checkpoint', "$place/$_") } @files);
  is($verified, 0, 'each is whole') or diag($said);
};

# What git had locked when its machine went stays locked; nobody else is there to unlock it.
subtest 'a clone after a crash' => sub {
  my $clone = "$dir/crashed";
  git('init', '--quiet', '--bare', '--initial-branch=main', "$dir/crashed.git");
  git('clone', '--quiet', "$dir/crashed.git", $clone);
  my $listed = sub { return join ' ', split /\n/, git('-C', "$dir/crashed.git", 'ls-tree', '--name-only', 'main') };
  is((once(git => $clone))[0], 0, 'one that was used');
  my @locks = map {"$clone/.git/$_.lock"} qw(index HEAD refs/heads/main);
  for my $lock (@locks) {
    append($node, 1);
    my $size = size_of($node);
    spit($lock, '');
    # As a git has it that is at work.
    my ($exit, $out, $log) = once(git => $clone, git_seconds => 5);
    ok(-e $lock, "$lock is left to who has it");
    is($exit, 1, 'and holds us up');
    # None of ours takes so long.
    utime time - 60, time - 60, $lock or die $!;
    my $bridge = start(git => $clone, git_seconds => 5);
    append($node, 1);
    ok(wait_until(sub { $listed->() =~ /@{[name_of($size + 1)]}/ }, 'the checkpoint'), 'but not for ever') or diag($bridge->log_text);
    $bridge->stop;
    ok(!-e $lock, 'it is gone');
  }
  # The other end of a push is on another machine.
  my $is_remote = sub { my ($pid) = @_; return (eval { slurp("/proc/$pid/cmdline") } // '') =~ /receive-pack|upload-pack/ };
  my $bridge = start(git => $clone, git_seconds => 1);
  my $crashes = 20;
  for (1 .. $crashes) {
    append($node, 1);
    usleep(rand 1_300_000);
    $bridge->crash($is_remote);
    $bridge->again;
  }
  my $size = size_of($node);
  ok(wait_until(sub { $listed->() =~ /@{[name_of($size)]}/ }, 'the newest'), "after $crashes crashes it goes on") or diag($bridge->log_text =~ s/.*(?=(\n.*){20})//sr);
  is($bridge->stop, 0, 'stopped');
  git('clone', '--quiet', "$dir/crashed.git", "$dir/fetched");
  my ($verified, $said) = qfs_verify('ledger', export_file($node), '--key', first_key_of($node), map { ('--checkpoint', "$dir/fetched/$_") } split / /, $listed->());
  is($verified, 0, 'what is there is whole') or diag($said);
  note('locks removed: ' . (() = $bridge->log_text =~ /event=lock_removed/g));
};

# A ledger that was rewritten: the checkpoints outside are what finds it.
subtest 'two histories' => sub {
  my $place = make_dir('histories');
  $node->stop;
  $node->backup_fs_cold("before");
  $node->start;
  append($node, 2);
  my $size = size_of($node);
  is((once(directory => $place))[0], 0, 'one history is kept');
  my $twin = PostgreSQL::Test::Cluster->new('twin');
  $twin->init_from_backup($node, 'before');
  chmod 0600, $twin->data_dir . '/qfs.key';
  $twin->start;
  $twin->safe_psql('postgres', q{INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', '{"other": true}' FROM generate_series(1, 2)});
  is(size_of($twin), $size, 'another one of the same size');
  $connection = $twin->connstr('postgres') . ' user=publisher';
  my ($exit, $out, $log) = once(directory => $place);
  is($exit, 1, 'is not kept');
  like($log, qr/another checkpoint of this size is there.*the ledger was rewritten/, 'and somebody hears of it');
  $twin->stop;
};

$node->stop;
done_testing();
