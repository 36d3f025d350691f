# 030_living_copy.pl - one living copy: copies, restores to a target, promotions and another cluster, and who may go on appending and signing.
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use QfsTest;
use QfsClient;
use QfsWallet;
use Test::More;

my $json = JSON::PP->new->utf8->canonical;
my $node = new_node('first', streaming => 1, conf => "wal_keep_size = 256MB\n");
$node->append_conf('postgresql.conf', "archive_mode = on\narchive_command = 'cp \"%p\" \"" . $node->archive_dir . "/%f\"'\n");
$node->restart;
new_ledger($node, undef, policy => $POLICY);
$node->safe_psql('postgres', q{SELECT qfs.register_event_type('SAID', '{}', 'account'); CREATE ROLE clerk LOGIN; GRANT qfs_operator TO clerk});
my $client = QfsClient->wait_for($node);
my $alice  = sign_in($client, 1);
append($node, 10);

my $NOTE = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};

# An event of Alice's session, in a transaction of a superuser's.
sub said_by_session { return 'SELECT qfs.authenticate(' . literal($alice->{token}) . q{); INSERT INTO qfs.ledger (type, payload) VALUES ('SAID', '{}')} }

sub login_sql { return 'SELECT qfs_api.auth_login(' . join(', ', map { literal($_) } @_) . ')' }

# "changed reason" of the entries that record a server, genesis left out.
sub changes_of {
  my ($server, $database) = @_;
  return value($server, q{
    SELECT array_to_string(ARRAY(SELECT jsonb_array_elements_text(payload -> 'changed')), ' ') || ': ' || coalesce(payload ->> 'reason', '-')
    FROM qfs.ledger WHERE type = 'SERVER_CHANGED' ORDER BY seq}, $database);
}

sub identity_of { my ($server, $database) = @_; return value($server, q{SELECT status || ': ' || value FROM qfs.health() WHERE item = 'identity'}, $database) }

# A server from a backup of another one; %$options are those of init_from_backup.
sub from_backup {
  my ($name, $from, $backup, $options, $conf) = @_;
  my $server = PostgreSQL::Test::Cluster->new($name);
  $server->init_from_backup($from, $backup, %$options);
  # What the other one had to do is done.
  $server->append_conf('postgresql.conf', "archive_mode = off\nrecovery_target_name = ''\n" . ($conf // ''));
  chmod 0600, $server->data_dir . '/qfs.key';
  $server->start;
  return $server;
}

sub standby_of { my ($from, $name) = @_; $from->backup("of_$name"); return from_backup($name, $from, "of_$name", { has_streaming => 1 }) }

sub promote { my ($server) = @_; $server->promote; return $server->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') }

# Everything that a copy nobody has decided on must not do, and all that it still does.
sub is_not_adopted {
  my ($server, $name, $changed, $database) = @_;
  $database //= 'postgres';
  my $size = size_of($server, $database);
  my $file = slurp($server->data_dir . '/qfs.key');
  my ($message, $signature) = signed_message($client, 9);
  my %refused = (
    'an event'              => $NOTE,
    'an event of a role'    => "SET ROLE clerk; $NOTE",
    'an event of a session' => 'BEGIN; ' . said_by_session(),
    'a batch'               => as_account($alice->{token}, q{SELECT qfs_api.events_batch('[{"type": "SAID", "payload": {}}]')}),
    'a type'                => q{SELECT qfs.register_event_type('NEW', '{}')},
    'a policy'              => q{SELECT qfs.set_policy('{}')},
    'keys'                  => 'SELECT qfs.rotate_keys()',
    'keys to come'          => 'SELECT qfs.prepare_keys()',
    'a checkpoint'          => 'SELECT qfs.checkpoint()',
    'an old checkpoint'     => 'SELECT qfs.checkpoint(3)',
    'a proof file'          => 'SELECT qfs.tlog_proof(2)',
    'an explanation'        => 'SELECT qfs.explain(2)',
    'a nonce'               => 'SELECT qfs_api.auth_nonce()',
    'a challenge'           => q{SELECT qfs_api.auth_challenge('} . address_of(1) . q{')},
    'a new session'         => as_account($alice->{token}, 'SELECT qfs_api.session_rotate()'));
  for my $what (sort keys %refused) {
    my $error = refused($server, $refused{$what}, 'QFS_NOT_ADOPTED', "$name: not $what", $database);
    is($error->{sqlstate}, 'PT503', "$name: $what: HTTP 503");
    like($error->{detail}, qr/changed since entry \d+: \Q$changed\E(?:\.| \()/, "$name: $what: says what changed");
    like($error->{hint}, qr/qfs\.adopt\(/, "$name: $what: and what to do");
  }
  # The copy has the key, and not the nonce.
  my $error = error_of($server, login_sql($message, $signature), $database);
  ok($error && $error->{code} =~ /^QFS_(?:NOT_ADOPTED|NONCE_UNKNOWN)$/, "$name: nobody signs in") or diag($error ? $error->{text} : 'no error');
  is(slurp($server->data_dir . '/qfs.key'), $file, "$name: the key file is as before");
  is(size_of($server, $database), $size, "$name: and the ledger");
  is_sound($server, "$name, read", $database);
  is(value($server, 'SELECT qfs.verify_inclusion(qfs.leaf_hash(qfs.entry_head(2)), 2, size, qfs.inclusion_proof(2, size), qfs.root(size)) FROM qfs.head()', $database),
    't', "$name: proofs are given");
  like(identity_of($server, $database), qr/^error: not adopted: \Q$changed\E changed since entry \d+$/, "$name: health says so");
  is(value($server, q{SELECT samples FROM qfs.metric_families() WHERE name = 'qfs_adopted'}, $database), 'qfs_adopted 0', "$name: metrics, too");
  return;
}

# adopt() puts it in force, in an entry of its own.
sub is_adopted {
  my ($server, $name, $changed, $database) = @_;
  my $size = size_of($server, $database);
  refused($server, 'SET ROLE clerk; SELECT qfs.adopt($$mine$$)', '42501', "$name: an operator does not adopt it", $database);
  value($server, 'BEGIN; SELECT qfs.adopt($$not yet$$); ROLLBACK', $database);
  refused($server, $NOTE, 'QFS_NOT_ADOPTED', "$name: a decision that was rolled back is none", $database);
  refused($server, qq{SELECT qfs.adopt('$_')}, 'QFS_ARGUMENT', "$name: no reason: " . length, $database) for '', 'x' x 501;
  is(value($server, "SELECT qfs.adopt('why: $name')", $database), $size, "$name: adopted");
  is((split /\n/, changes_of($server, $database))[-1], "$changed: why: $name", "$name: what changed, and the reason");
  my ($exit, $out, $notice) = $server->psql($database // 'postgres', q{SELECT qfs.adopt('again') IS NULL});
  is($out, 't', "$name: once is enough");
  like($notice, qr/NOTICE:  there is nothing to adopt/, "$name: says adopt");
  append($server, 2, $database);
  is(size_of($server, $database), $size + 3, "$name: goes on, and says it once");
  like(identity_of($server, $database), qr/^ok: .* changed in entry $size, \d+ s ago: why: \Q$name\E$/, "$name: health tells");
  is_sound($server, $name, $database);
  is_sound_offline($server, $name, $database);
  return;
}

# ---- nothing changed ----

subtest 'the same server' => sub {
  my $size = size_of($node);
  $node->restart;
  append_singly($node, 2);
  crash_and_start($node);
  append($node, 1);
  $client = QfsClient->wait_for($node);
  is(size_of($node), $size + 3, 'neither a restart nor a crash is an entry');
  is(identity_of($node), 'ok: as genesis has recorded it', 'health knows');
  is(value($node, q{SELECT samples FROM qfs.metric_families() WHERE name = 'qfs_adopted'}), 'qfs_adopted 1', 'so do metrics');
  $client->close;
  value($node, 'ALTER DATABASE postgres RENAME TO other', 'template1');
  append($node, 1, 'other');
  value($node, 'ALTER DATABASE other RENAME TO postgres', 'template1');
  is(changes_of($node), '', 'nor is another name of the database');
  $client = QfsClient->wait_for($node);
};

# ---- a copy in the same cluster ----

subtest 'createdb -T' => sub {
  my ($message, $signature) = signed_message($client, 5);
  $client->close;
  my $published = checkpoint_of($node);
  value($node, 'CREATE DATABASE copy TEMPLATE postgres', 'template1');
  $client = QfsClient->wait_for($node);
  append($node, 1);
  is(changes_of($node), '', 'the original goes on, and does not notice');
  is_not_adopted($node, 'copy', 'database', 'copy');
  refused($node, login_sql($message, $signature), 'QFS_NONCE_UNKNOWN', 'a message for the original', 'copy');
  is_adopted($node, 'copy', 'database', 'copy');
  refused($node, login_sql($message, $signature), 'QFS_NONCE_UNKNOWN', 'a message for the original, still', 'copy');
  my $there = QfsClient->wait_for($node, database => 'copy');
  my @other = signed_message($there, 6);
  refused($node, login_sql(@other), 'QFS_NONCE_UNKNOWN', 'a message for the copy at the original');
  is(error_of($node, login_sql(@other), 'copy'), undef, 'and at the copy');
  is(error_of($node, login_sql($message, $signature)), undef, 'that for the original at the original');
  $there->close;
  is_sound_offline($node, 'the copy has the past of the original', 'copy', $published);
  is_sound_offline($node, 'so has the original', undef, $published);
  # A branch of a branch.
  value($node, 'CREATE DATABASE again TEMPLATE copy', 'template1');
  refused($node, $NOTE, 'QFS_NOT_ADOPTED', 'a copy of the copy', 'again');
  value($node, 'DROP DATABASE again', 'template1');
};

# ---- a promotion, and an append inside an append ----

subtest 'promotion' => sub {
  my $standby = standby_of($node, 'promoted');
  my @message = signed_message($client, 7);
  is(identity_of($standby), 'ok: as genesis has recorded it', 'health on a standby');
  $node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
  promote($standby);
  like(identity_of($standby), qr/^ok: timeline changed since entry 0, which the next event records$/, 'health after it');
  ok(checkpoint_of($standby), 'it signs without an event');
  my $size = size_of($standby);

  # Whatever appends first: SERVER_CHANGED comes before it, alone.  Each is rolled back.
  value($standby, q{
    CREATE TABLE public.mirror (n integer);
    CREATE FUNCTION public.more() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.payload ? 'more' THEN
          INSERT INTO qfs.ledger (type, payload) VALUES ('BLOB', jsonb_build_object('for', NEW.payload -> 'n'));
        END IF;
        RETURN NEW;
      END $$;
    CREATE FUNCTION public.front() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO qfs.ledger (type, payload) VALUES ('BLOB', '{}'); RETURN NEW; END $$});
  my $more = 'SET LOCAL qfs.ddl_guard = off; CREATE TRIGGER a_more BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.more();';
  my $seen = q{INSERT INTO public.mirror VALUES (1);
    CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE public.mirror SET n = n + 1; RETURN NULL; END';
    CREATE TRIGGER z_see AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.see();};
  my $three = q{INSERT INTO qfs.ledger (type, payload) SELECT 'NOTE', jsonb_build_object('n', n, 'more', true) FROM generate_series(1, 3) n};
  my $unique = 'CREATE UNIQUE INDEX own ON qfs.ledger ((payload ->> $$n$$)) WHERE type = $$BLOB$$;';
  my $C = 'SERVER_CHANGED';
  my @cases = (
    [ 'one row', '', $NOTE, "$C NOTE" ],
    [ 'three rows', '', $three, "$C NOTE NOTE NOTE" ],
    [ 'three rows, each with one in front of it', $more, $three, "$C BLOB NOTE BLOB NOTE BLOB NOTE" ],
    [ 'the same, seen by a trigger', $more . $seen, $three, "$C BLOB NOTE BLOB NOTE BLOB NOTE" ],
    [ 'one in front of the ledger\'s own', $more =~ s/FOR EACH ROW/FOR EACH ROW WHEN (NEW.type = 'SERVER_CHANGED')/r =~ s/public\.more/public.front/r, $NOTE, "BLOB $C NOTE" ],
    [ 'the same, with an index', $more . $unique, $three, "$C BLOB NOTE BLOB NOTE BLOB NOTE" ],
    [ 'ON CONFLICT', '', "$NOTE ON CONFLICT DO NOTHING", "$C NOTE" ],
    [ 'ON CONFLICT, with an index', $unique, "$NOTE ON CONFLICT DO NOTHING", "$C NOTE" ],
    [ 'a CTE', '', "WITH a AS ($NOTE RETURNING seq) SELECT * FROM a", "$C NOTE" ],
    [ 'COPY', $more, "COPY qfs.ledger (type, payload) FROM STDIN;\nNOTE\t{}\nNOTE\t{\"more\": 1}\n\\.\nSELECT 0", "$C NOTE BLOB NOTE" ],
    [ 'a savepoint that stays', '', "SAVEPOINT a; $NOTE; RELEASE a; $NOTE", "$C NOTE NOTE" ],
    [ 'a savepoint that is rolled back', '', "SAVEPOINT a; $NOTE; ROLLBACK TO a; $NOTE", "$C NOTE" ],
    [ 'one that is rolled back after the first', '', "$NOTE; SAVEPOINT a; $NOTE; ROLLBACK TO a; $NOTE", "$C NOTE NOTE" ],
    [ 'an error that is caught', '', qq{DO \$\$ BEGIN INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '[]'); EXCEPTION WHEN OTHERS THEN NULL; END \$\$; $NOTE}, "$C NOTE" ],
    [ 'a subtransaction inside', '', qq{DO \$\$ BEGIN BEGIN $NOTE; RAISE EXCEPTION 'x'; EXCEPTION WHEN OTHERS THEN $NOTE; END; $NOTE; END \$\$}, "$C NOTE NOTE" ],
    [ 'a session', '', said_by_session(), "$C SAID" ],
    [ 'an operator', '', "SET LOCAL ROLE clerk; $NOTE; RESET ROLE", "$C NOTE" ],
    [ 'an operator, seen by a trigger', 'GRANT ALL ON public.mirror TO clerk;' . $seen, "SET LOCAL ROLE clerk; $NOTE; RESET ROLE", "$C NOTE" ],
    [ 'keys', '', 'SELECT qfs.rotate_keys()', "$C KEY_ROTATED" ],
  );
  for my $case (@cases) {
    my ($name, $before, $sql, $types) = @$case;
    my ($exit, $out, $err) = $standby->psql('postgres', qq{BEGIN; $before $sql;
      SELECT 'types ' || string_agg(type, ' ' ORDER BY seq) FROM qfs.ledger WHERE seq >= $size;
      SELECT 'faults ' || count(*) FROM qfs.verify();
      SELECT 'seen ' || n - 1 || ' of ' || (SELECT count(*) FROM qfs.ledger WHERE seq >= $size) FROM public.mirror;
      ROLLBACK});
    my ($found)  = $out =~ /^types (.*)$/m;
    my ($faults) = $out =~ /^faults (.*)$/m;
    is($found, $types, "$name: types") or diag($out . $err);
    is($faults, '0', "$name: sound");
    is($1, $2, "$name: a trigger saw every row") if $out =~ /^seen (\d+) of (\d+)$/m;
  }
  # A trigger that keeps the ledger's own entry back keeps the event back.
  my $swallow = q{SET LOCAL qfs.ddl_guard = off; CREATE FUNCTION public.none() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN CASE WHEN NEW.type <> 'SERVER_CHANGED' THEN NEW END; END$$;
    CREATE TRIGGER a_none BEFORE INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.none();};
  refused($standby, "BEGIN; $swallow $NOTE; COMMIT", 'QFS_ENTRY_LOST', 'a trigger that swallows it');
  my $other = $swallow =~ s/RETURN CASE.*?END;/IF NEW.type = 'SERVER_CHANGED' THEN NEW.payload := NEW.payload || '{"reason": "mine"}'; END IF; RETURN NEW;/r;
  refused($standby, "BEGIN; $other $NOTE; COMMIT", 'QFS_TYPE_FUNCTION', 'a trigger that changes it');

  is(error_of($standby, login_sql(@message)), undef, 'a message for the primary is good after the failover');
  is(value($standby, "SELECT string_agg(type || ' ' || auth::text, ', ' ORDER BY seq) FROM qfs.ledger WHERE seq >= $size"),
    'SERVER_CHANGED {"via": "operator"}, LOGIN {"via": "wallet"}', 'the first event says so');
  append($standby, 1);
  is(changes_of($standby), 'timeline: -', 'once');
  is(value($standby, q{SELECT qfs.adopt('x') IS NULL}), 't', 'there is nothing to decide');
  is_sound($standby, 'promoted');
  is_sound_offline($standby, 'promoted');

  # The next ones: a standby of the standby, and one from the archive of the first timeline.
  my $second = standby_of($standby, 'second');
  promote($second);
  append($second, 1);
  is(changes_of($second), "timeline: -\ntimeline: -", 'and again');
  is(value($second, 'SELECT timeline FROM qfs.server'), 3, 'the timeline is the third');
  is_sound($second, 'promoted twice');

  # The file that tells how the timeline came about is gone, or tells something else.
  my $third = standby_of($second, 'third');
  promote($third);
  my ($file) = glob($third->data_dir . '/pg_wal/00000004.history');
  my $history = slurp($file);
  for my $spoilt (undef, '', "x\n", $history =~ s/^3\t.*//mr, $history =~ s/no recovery target specified(?!.*no recovery)/before 2026-11-30 00:00:00+00\n/sr,
    $history =~ s/(.*)no recovery target specified/$1at restore point "x\n3\t0\/1\tno recovery target specified"/sr, $history . "3\t0/1\tother\n", $history . "y\n") {
    defined $spoilt ? spit($file, $spoilt) : unlink $file;
    my $error = refused($third, $NOTE, 'QFS_NOT_ADOPTED', 'no history: ' . ($spoilt // 'none') =~ s/\n/ /gr);
    like($error->{detail}, qr/recovery, timeline/, 'says what it is');
  }
  spit($file, "# a comment\n\n$history");
  is(error_of($third, $NOTE), undef, 'as it was');
  is(changes_of($third), "timeline: -\ntimeline: -\ntimeline: -", 'it was a promotion');
  $_->stop for $third, $second, $standby;
};

# ---- a restore to a target ----

subtest 'recovery to a target' => sub {
  $node->backup('base');
  append($node, 5);
  value($node, q{SELECT pg_create_restore_point('before')});
  my $time = value($node, 'SELECT clock_timestamp()');
  my $size = size_of($node);
  append($node, 5);
  my $published = checkpoint_of($node);
  append($node, 1);
  value($node, 'SELECT pg_switch_wal()');
  my %targets = (
    name      => q{recovery_target_name = 'before'},
    time      => "recovery_target_time = '$time'",
    immediate => q{recovery_target = 'immediate'});
  for my $target (sort keys %targets) {
    my $restored = from_backup("to_$target", $node, 'base', { has_restoring => 1, standby => 0 }, "$targets{$target}\nrecovery_target_action = 'promote'\n");
    ok($restored->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()'), "$target: restored");
    cmp_ok(size_of($restored), '<=', $size, "$target: to before the checkpoint");
    is_not_adopted($restored, $target, 'recovery, timeline');
    is_adopted($restored, $target, 'recovery timeline');
    append($restored, 20);
    my ($exit, $out) = qfs_verify('ledger', export_file($restored), '--key', first_key_of($restored), '--checkpoint', scratch_file('published', $published));
    is($exit, 1, "$target: the published checkpoint is none of this history");
    if ($target eq 'name') {
      # What comes after the decision is decided: a standby of it is promoted as ever.
      my $after = standby_of($restored, 'after_restore');
      promote($after);
      is(error_of($after, $NOTE), undef, "$target: a promotion afterwards");
      is((split /\n/, changes_of($after))[-1], 'timeline: -', "$target: is one");
      is_sound($after, "$target, promoted");
      $after->stop;
    }
    $restored->stop;
  }
  # One that was promoted after its restore, without an event between, is still not adopted.
  my $restored = from_backup('to_name_again', $node, 'base', { has_restoring => 1, standby => 0 }, "$targets{name}\nrecovery_target_action = 'promote'\n");
  $restored->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
  my $after = standby_of($restored, 'after_no_event');
  $after->safe_psql('postgres', 'SELECT 1');
  promote($after);
  refused($after, $NOTE, 'QFS_NOT_ADOPTED', 'a promotion does not hide it');
  $_->stop for $after, $restored;

  # To the end of the archive is what a promotion is, too: docs/operations.md.
  my $end = from_backup('to_the_end', $node, 'base', { has_restoring => 1, standby => 0 });
  $end->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
  append($end, 1);
  is(changes_of($end), 'timeline: -', 'the end of the archive is no target');
  is_sound_offline($end, 'to the end', undef, $published);
  $end->stop;
};

# ---- another cluster ----

# CRC-32C, reflected.
sub crc32c {
  my ($bytes) = @_;
  my $crc = 0xffffffff;
  for my $byte (unpack 'C*', $bytes) {
    $crc ^= $byte;
    $crc = $crc & 1 ? ($crc >> 1) ^ 0x82f63b78 : $crc >> 1 for 1 .. 8;
  }
  return $crc ^ 0xffffffff;
}

# Another system identifier in pg_control, which begins with it; its checksum is where it fits.
sub change_system {
  my ($server) = @_;
  my $file    = $server->data_dir . '/global/pg_control';
  my $control = slurp($file);
  my ($at) = grep { unpack('L', substr $control, $_, 4) == crc32c(substr $control, 0, $_) } map { 4 * $_ } 50 .. 100;
  die 'pg_control has no checksum' if !defined $at;
  substr($control, 0, 8) = pack 'Q', 1 + unpack 'Q', $control;
  substr($control, $at, 4) = pack 'L', crc32c(substr $control, 0, $at);
  spit($file, $control);
  my ($exit, $out, $err) = run_program('pg_resetwal', '-f', '-D', $server->data_dir);
  return is($exit, 0, 'pg_resetwal') || diag($out . $err);
}

subtest 'another system' => sub {
  my @message = signed_message($client, 8);
  $node->backup('moved');
  my $moved = from_backup('moved', $node, 'moved', { standby => 0 });
  $moved->stop;
  change_system($moved);
  $moved->start;
  is_not_adopted($moved, 'moved', 'database, system');
  refused($moved, login_sql(@message), 'QFS_NONCE_UNKNOWN', 'a message for the other cluster');
  is_adopted($moved, 'moved', 'database system');
  refused($moved, login_sql(@message), 'QFS_NONCE_UNKNOWN', 'a message for the other cluster, still');
  is(error_of($node, login_sql(@message)), undef, 'is good there');
  $moved->stop;

  # The same cluster, copied file by file, is the same to itself: what finds it is a checkpoint elsewhere.
  my $twin = from_backup('twin', $node, 'moved', { standby => 0 });
  is(error_of($twin, $NOTE), undef, 'a copy of the files goes on');
  is(changes_of($twin), '', 'and has nothing to say');
  append($twin, 30);
  append($node, 30);
  my ($exit, $out) = qfs_verify('ledger', export_file($twin), '--key', first_key_of($twin), '--checkpoint', scratch_file('other', checkpoint_of($node)));
  is($exit, 1, 'found by a checkpoint of the other one');
  $twin->stop;
};

# WAL on another timeline, without a history: pg_resetwal says which.
subtest 'another timeline by hand' => sub {
  $node->backup('reset');
  my $reset = from_backup('reset', $node, 'reset', { standby => 0 });
  $reset->stop;
  my ($exit, $out, $err) = run_program('pg_resetwal', '-f', '-l', '000000070000000000000070', '-D', $reset->data_dir);
  is($exit, 0, 'pg_resetwal') or diag($out . $err);
  $reset->start;
  is_not_adopted($reset, 'reset', 'recovery, timeline');
  is_adopted($reset, 'reset', 'recovery timeline');
  $reset->stop;
};

$client->close;
is(changes_of($node), '', 'the first server was never another');
is_sound($node, 'the first server');
$node->stop;
done_testing();
