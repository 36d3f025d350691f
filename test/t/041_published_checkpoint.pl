# 041_published_checkpoint.pl - a standby gives what the primary has published, and health knows what is kept elsewhere.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use QfsClient;
use Test::More;
use Time::HiRes qw(time usleep);

my $INSERT = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};
my $UNSEEN = "SET synchronous_commit = off; $INSERT";

my $primary = new_node('primary', streaming => 1, conf => "qfs.sign_timeout = '300ms'\nwal_receiver_status_interval = 1s\nfsync = on\n");
new_ledger($primary);
append($primary, 20);
$primary->safe_psql('postgres', q{
  CREATE ROLE feeder LOGIN; GRANT qfs_bridge TO feeder; CREATE ROLE clerk LOGIN; GRANT qfs_operator TO clerk;
  CREATE ROLE reader LOGIN; GRANT qfs_auditor TO reader; CREATE ROLE watch LOGIN; GRANT qfs_monitor TO watch});
$primary->backup('base');
my %standby = map { $_ => new_standby($primary, $_, 'base') } qw(s1 s2);

sub sql { my ($text) = @_; return $primary->safe_psql('postgres', $text) }
sub there { my ($name, $text) = @_; return $standby{$name}->safe_psql('postgres', $text) }
sub catch_up { $primary->wait_for_catchup($_, 'replay', $primary->lsn('insert')) for @_ ? @_ : keys %standby; return }
sub publish { return sql('SELECT qfs.publish_checkpoint()') }
sub size_in { my ($note) = @_; return (split /\n/, $note)[1] }
sub stored { return sql('SELECT size FROM qfs.published_checkpoint') }

sub health_of {
  my ($node, $item) = @_;
  return $node->safe_psql('postgres', "SELECT status, value, remedy FROM qfs.health() WHERE item = '$item'");
}

subtest 'nothing is published' => sub {
  catch_up();
  for my $ask ('qfs.checkpoint()', 'qfs.checkpoint(1)', 'qfs.checkpoint(0)', 'qfs.tlog_proof(3)', 'qfs.explain(3)', 'qfs_api.checkpoint()') {
    my $error = refused($standby{s1}, "SELECT $ask", 'QFS_SIGN_STANDBY', $ask);
    like($error->{detail}, qr/nothing is published yet/, "$ask: why");
    like($error->{hint}, qr/Ask the primary.*SELECT qfs\.publish_checkpoint\(\) there.*qfs\.standby_signs/, "$ask: what to do");
  }
  is(there('s1', 'SELECT seq, hash, size FROM qfs.durable_head()'), '||0', 'no head is known to be durable');
  my $error = refused($standby{s1}, 'SELECT qfs.publish_checkpoint()', 'QFS_READ_ONLY', 'a standby publishes nothing');
  is($error->{sqlstate}, '25006', 'read-only');
  refused($standby{s1}, q{SELECT qfs.checkpoint_kept(1, 'x')}, 'QFS_READ_ONLY', 'nor does it remember');
};

subtest 'publishing' => sub {
  my $size = size_of($primary);
  my $note = publish();
  is($note, checkpoint_of($primary, $size), 'the checkpoint of the head');
  is(stored(), $size, 'is stored');
  my $row = sql('SELECT xmin, ctid, at FROM qfs.published_checkpoint');
  is(publish(), $note, 'again: the same') for 1 .. 3;
  is(sql('SELECT xmin, ctid, at FROM qfs.published_checkpoint'), $row, 'and nothing is written');
  refused($primary, "BEGIN READ ONLY; SELECT qfs.publish_checkpoint()", '25006', 'not in a read-only transaction');
  is(size_in(sql("SET ROLE $_; SELECT qfs.publish_checkpoint()")), $size, "$_ publishes") for qw(feeder clerk);
  refused($primary, "SET ROLE $_; SELECT qfs.publish_checkpoint()", '42501', "$_ does not") for qw(reader watch);

  is(size_in(sql("BEGIN; $INSERT; SELECT qfs.publish_checkpoint(); ROLLBACK")), $size, "the transaction's own entries are not published");
  append($primary, 3);
  like(sql('BEGIN; SELECT qfs.publish_checkpoint(); ROLLBACK'), qr/\n@{[$size + 3]}\n/, 'in a transaction that is rolled back');
  is(stored(), $size, 'the note is good, but not stored');
  my $old = QfsClient->wait_for($primary);
  $old->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
  append($primary, 2);
  publish();
  my $answer = $old->query('SELECT qfs.publish_checkpoint()');
  is(size_in($answer->{rows}[0][0]), $size + 5, 'an old snapshot takes nothing back');
  $old->close;
  is(stored(), $size + 5, 'nor in the table');
};

subtest 'a standby gives it' => sub {
  my $note = publish();
  my $size = size_in($note);
  append($primary, 4);
  catch_up();
  is(there('s1', "SELECT $_"), $note, "$_: as it was published") for 'qfs.checkpoint()', "qfs.checkpoint($size)", 'qfs_api.checkpoint()';
  is(there('s1', 'SELECT qfs.tlog_proof(3)'), sql("SELECT qfs.tlog_proof(3, $size)"), 'a proof against it');
  is(there('s1', 'SELECT qfs.explain(3)'), sql("SELECT qfs.explain(3, 'entry', NULL, $size)"), 'an explanation with it');
  is(there('s1', 'SELECT seq, hash, size FROM qfs.durable_head()'), sql("SELECT seq, hash, seq + 1 FROM qfs.ledger WHERE seq = $size - 1"), 'and its head is durable');
  is(there('s1', "SELECT qfs.checkpoint(7)"), checkpoint_of($primary, 7), 'an older size, too');
  is(there('s1', "SELECT qfs.vkey()"), vkey_of($primary), 'the key is known as ever');
  my %newer = ("qfs.checkpoint($size + 1)" => $size + 1, "qfs.tlog_proof(3, $size + 2)" => $size + 2, "qfs.tlog_proof($size)" => $size + 1,
    "qfs.tlog_proof($size + 1000)" => $size + 1001, "qfs.explain($size + 1)" => $size + 2, "qfs.checkpoint($size + 1000)" => $size + 1000);
  for my $ask (sort keys %newer) {
    my $error = refused($standby{s1}, "SELECT $ask", 'QFS_SIGN_STANDBY', "$ask: not signed");
    like($error->{detail}, qr/size $newer{$ask} is needed, $size is published/, 'how far it goes');
  }
  refused($standby{s1}, 'SELECT qfs.checkpoint(-1)', 'QFS_ARGUMENT', 'what is no size');
  is(there('s1', "SET ROLE reader; SELECT qfs.checkpoint()"), $note, 'to auditors');

  my $key = $standby{s1}->data_dir . '/qfs.key';
  my $kept = slurp($key);
  unlink $key;
  is(there('s1', 'SELECT qfs.checkpoint()'), $note, 'without a key file');
  is(there('s1', 'SELECT qfs.tlog_proof(3)'), sql("SELECT qfs.tlog_proof(3, $size)"), 'proofs, too');
  refused($standby{s1}, 'SELECT qfs.checkpoint(7)', 'QFS_KEY_FILE', 'which an older size needs');
  spit($key, $kept);
  chmod 0600, $key;
  my ($exit, $out) = qfs_verify('ledger', export_file($primary), '--key', first_key_of($primary), '--checkpoint', scratch_file('published', $note));
  is($exit, 0, 'it is a checkpoint of the ledger') or diag($out);
};

subtest 'qfs.standby_signs' => sub {
  append($primary, 2);
  catch_up();
  my $size = size_of($primary);
  is(there('s1', 'SET qfs.standby_signs = on; SELECT qfs.checkpoint()'), checkpoint_of($primary, $size), 'what was replayed');
  is(there('s1', 'SET qfs.standby_signs = on; SELECT size FROM qfs.durable_head()'), $size, 'is its head');
  refused($standby{s1}, 'SET ROLE clerk; SELECT qfs.head(); SET qfs.standby_signs = on', '42501', 'a superuser says so');
  $standby{s2}->append_conf('postgresql.conf', 'qfs.standby_signs = on');
  $standby{s2}->reload;
  ok($standby{s2}->poll_query_until('postgres', "SELECT qfs.tlog_proof(3) IS NOT NULL AND (SELECT size FROM qfs.durable_head()) = $size"), 'in the configuration');
  refused($standby{s2}, "SELECT qfs.checkpoint($size + 1)", 'QFS_SIZE_UNKNOWN', 'and no further');
  $standby{s2}->append_conf('postgresql.conf', 'qfs.standby_signs = off');
  $standby{s2}->reload;
};

subtest 'a forged note' => sub {
  my $note = publish();
  my $forged = $note =~ s/\n\n.*/\n\nforged\n/sr;
  my $other  = $note =~ s/\n(\d+)\n/"\n" . ($1 - 1) . "\n"/er;
  for my $text ($forged, $other, '') {
    sql(unguarded(qq{UPDATE qfs.published_checkpoint SET note = \$\$$text\$\$}));
    like(verify_rows($primary, 'replay'), qr/QFS_CONTENT_MISMATCH\|.*published_checkpoint/, 'found by qfs.verify()');
  }
  catch_up();
  refused($standby{s1}, 'SELECT qfs.checkpoint()', 'QFS_CONTENT_MISMATCH', 'a standby does not give another size out for it');
  sql(unguarded('UPDATE qfs.published_checkpoint SET size = 100000'));
  like(verify_rows($primary, 'replay'), qr/QFS_CONTENT_MISMATCH\|.*published_checkpoint/, 'nor a size that is not there');
  sql(unguarded('DELETE FROM qfs.published_checkpoint'));
  is(publish(), $note, 'published again');
  is(verify_rows($primary, 'replay'), '', 'sound');
  refused($primary, "UPDATE qfs.$_ SET size = 1", 'QFS_TABLE_GUARDED', "$_ is qfs's alone") for qw(published_checkpoint kept_checkpoint);
};

subtest 'standbys that are missing' => sub {
  configure($primary, synchronous_standby_names => 's1');
  are_synchronous($primary, 1);
  my $size = size_in(publish());
  my $receiver = receiver_of($standby{s1});
  kill 'STOP', $receiver;
  sql($UNSEEN) for 1 .. 3;
  is(size_in(sql('SET synchronous_commit = off; SELECT qfs.publish_checkpoint()')), $size, 'no more than they have is published');
  catch_up('s2');
  is(size_in(there('s2', 'SELECT qfs.checkpoint()')), $size, 'whatever another standby has replayed');
  sql('SET synchronous_commit = off;' . unguarded('DELETE FROM qfs.published_checkpoint'));
  refused($primary, 'SET synchronous_commit = off; SELECT qfs.publish_checkpoint()', 'QFS_SIGN_WAIT', 'and nothing, where nothing is known');
  kill 'CONT', $receiver;
  ok(wait_until(sub { sql('SELECT size FROM qfs.durable_head(1000)') == $size + 3 }, 'the standby'), 'it is back');
  is(size_in(publish()), $size + 3, 'then all');
};

# ---- kept elsewhere ----

subtest 'kept elsewhere' => sub {
  my $size = size_of($primary);
  like(health_of($primary, 'kept'), qr/^warning\|no checkpoint is kept.*\|.*qfs-bridge publish/, 'no place: health warns');
  my $metrics = sub { return sql('SELECT qfs_api.metrics()') };
  like($metrics->(), qr/^qfs_kept_places 0$/m, 'and metrics say none');
  unlike($metrics->(), qr/qfs_kept_entries/, 'nothing of their age');
  sql("SET ROLE feeder; SELECT qfs.checkpoint_kept($size, 'directory /srv/a')");
  like(health_of($primary, 'kept'), qr/^ok\|$size of $size entries, \d+ s ago, in directory \/srv\/a\|$/, 'one');
  sql("SET ROLE clerk; SELECT qfs.checkpoint_kept($size - 2, 'git b')");
  like(health_of($primary, 'kept'), qr/^ok\|$size of $size .* in directory \/srv\/a and 1 more places\|$/, 'the newest counts');
  like($metrics->(), qr/^qfs_kept_places 2$/m, 'two');
  like($metrics->(), qr/^qfs_kept_entries\{place="directory \/srv\/a"\} $size\nqfs_kept_entries\{place="git b"\} @{[$size - 2]}$/m, 'how far each goes');
  like($metrics->(), qr/^qfs_kept_timestamp_seconds\{place="git b"\} \d+\.\d{3}$/m, 'and since when');
  my $row = sub { return sql("SELECT size, at FROM qfs.kept_checkpoint WHERE place = 'directory /srv/a'") };
  my $before = $row->();
  sql("SELECT qfs.checkpoint_kept($_, 'directory /srv/a')") for $size, $size - 1, 0;
  is($row->(), $before, 'it is as old as it is, and never goes back');

  sql(unguarded('UPDATE qfs.kept_checkpoint SET at = at - 660000'));
  like(health_of($primary, 'kept'), qr/^ok\|$size of $size/, 'eleven minutes: nothing has come since');
  append($primary, 1);
  like(health_of($primary, 'kept'), qr/^warning\|$size of @{[$size + 1]} entries, 66\d s ago.*\|qfs-bridge publish does not run/, 'the ledger has grown: health warns');
  sql("SELECT qfs.checkpoint_kept($size + 1, 'git b')");
  like(health_of($primary, 'kept'), qr/^ok\|@{[$size + 1]} of .* in git b and 1 more/, 'another place has it');
  sql(unguarded('UPDATE qfs.kept_checkpoint SET at = at - 540000 WHERE size = (SELECT max(size) FROM qfs.kept_checkpoint)'));
  append($primary, 1);
  like(health_of($primary, 'kept'), qr/^ok\|/, 'nine minutes are none too many');
  is(sql(q{SET ROLE watch; SELECT count(*) FROM qfs.health() WHERE item = 'kept'}), 1, 'a monitor sees it');
  catch_up();
  is(health_of($standby{s1}, 'kept') =~ s/\d+ s ago//r, health_of($primary, 'kept') =~ s/\d+ s ago//r, 'and a standby says the same');

  refused($primary, "SELECT qfs.checkpoint_kept($size + 100, 'x')", 'QFS_SIZE_UNKNOWN', 'a size that was not reached');
  refused($primary, "SELECT qfs.checkpoint_kept(-1, 'x')", 'QFS_ARGUMENT', 'none at all');
  refused($primary, "SELECT qfs.checkpoint_kept(1, $_)", 'QFS_ARGUMENT', "a place $_")
    for q{''}, q{E'a\nb'}, q{'"'}, q{E'\\\\'}, q{repeat('x', 201)}, q{'ü'}, q{E'\x7f'};
  refused($primary, "SET ROLE $_; SELECT qfs.checkpoint_kept(1, 'x')", '42501', "$_ says nothing") for qw(reader watch);
  refused($primary, "BEGIN READ ONLY; SELECT qfs.checkpoint_kept(1, 'x')", '25006', 'not in a read-only transaction');
  sql(unguarded('UPDATE qfs.kept_checkpoint SET size = 1000000'));
  like(verify_rows($primary, 'replay'), qr/QFS_CONTENT_MISMATCH\|.*kept_checkpoint/, 'a size beyond the ledger is found');
  sql(unguarded('DELETE FROM qfs.kept_checkpoint'));
};

# ---- copies ----

subtest 'copies' => sub {
  publish();
  sql(q{SELECT qfs.checkpoint_kept(3, 'somewhere')});
  my ($exit, $dump) = run_program($primary, 'pg_dump', '-d', 'postgres');
  is($exit, 0, 'dumped');
  unlike($dump, qr/COPY qfs\.(?:published|kept)_checkpoint/, 'without them');
  new_database($primary, 'copied');
  $primary->psql('copied', $dump, on_error_stop => 0);
  $primary->safe_psql('copied', 'SELECT qfs.post_restore()');
  is($primary->safe_psql('copied', 'SELECT count(*) FROM qfs.published_checkpoint'), 0, 'restored: nothing is published');
  is(size_in($primary->safe_psql('copied', 'SELECT qfs.publish_checkpoint()')), size_of($primary, 'copied'), 'until it is');
  sql('CREATE DATABASE twin TEMPLATE copied');
  refused($primary, 'SELECT qfs.publish_checkpoint()', 'QFS_NOT_ADOPTED', 'a copy that nobody has decided on publishes nothing', 'twin');
  $primary->safe_psql('postgres', 'CREATE DATABASE none');
  $primary->safe_psql('none', 'CREATE EXTENSION qfs');
  refused($primary, 'SELECT qfs.publish_checkpoint()', 'QFS_NO_GENESIS', 'nor does a ledger that is none', 'none');
};

# ---- failover ----

subtest 'failover' => sub {
  my $log = scratch_file('notes', '');
  my @clients = (
    QfsClient::in_background(sub {
      my $client = QfsClient->wait_for($primary);
      $client->query('SET synchronous_commit = off');
      until (QfsClient::is_over() || $client->lost) { $client->query($INSERT) }
    }),
    QfsClient::in_background(sub {
      open(my $out, '>>', $log) or die $!;
      $out->autoflush(1);
      my $client = QfsClient->wait_for($primary);
      $client->query(q{SET synchronous_commit = off; SET qfs.sign_timeout = '10ms'});
      until (QfsClient::is_over() || $client->lost) {
        print $out "$_->[0]\0" for @{ $client->query('SELECT qfs.publish_checkpoint()')->{rows} };
      }
    }));
  wait_until(sub { (() = slurp($log) =~ /\0/g) > 50 }, 'published notes');
  my $receiver = receiver_of($standby{s1});
  kill 'STOP', $receiver;
  usleep(300_000);
  $primary->kill9;
  kill 'KILL', $receiver;
  is(QfsClient::stop_background(@clients), 0, 'nobody failed');
  wait_until(sub { !kill 0, $standby{s1}{_pid} }, 'the end of the standby');
  $standby{s1}{_pid} = undef;
  start_after_crash($standby{s1});
  $standby{s1}->append_conf('postgresql.auto.conf', "synchronous_standby_names = ''");
  $standby{s1}->promote;
  $standby{s1}->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
  my %note = map { (size_in($_) => $_) } split /\0/, slurp($log);
  my @sizes = sort { $a <=> $b } keys %note;
  cmp_ok($sizes[-1], '<=', size_of($standby{s1}), 'what was published is there');
  is(scalar(grep { checkpoint_of($standby{s1}, $_) ne $note{$_} } @sizes), 0, @sizes . ' notes that were published are checkpoints of the promoted ledger');
  append($standby{s1}, 3);
  is(size_in($standby{s1}->safe_psql('postgres', 'SELECT qfs.publish_checkpoint()')), size_of($standby{s1}), 'and it publishes');
  is_sound_offline($standby{s1}, 'promoted', undef, $note{ $sizes[-1] });
  $_->stop for values %standby;
};

done_testing();
