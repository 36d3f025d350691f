# 001_dump_restore.pl - dumps come back byte for byte, verified before they are opened.
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use MIME::Base64 qw(encode_base64 encode_base64url decode_base64url);
use QfsClient;
use QfsTest;
use QfsWallet;
use Test::More;

# The source: a ledger with a rotated key, a witness, a cosignature, and rows
# whose physical order, which is COPY's order, is not the chain's.
my $source = new_node('source');
$source->safe_psql('postgres', 'CREATE ROLE clerk LOGIN; CREATE ROLE reader LOGIN');
new_ledger($source, undef, policy => $POLICY);
$source->safe_psql('postgres', 'GRANT qfs_operator TO clerk; GRANT qfs_auditor TO reader');
append($source, 20);
$source->safe_psql('postgres', q{
  BEGIN;
  INSERT INTO qfs.ledger (type, payload)
    SELECT 'BLOB', jsonb_build_object('text', repeat('x', 500)) FROM generate_series(1, 100);
  ROLLBACK;
  SELECT qfs.rotate_keys();
});
append($source, 3);
$source->safe_psql('postgres', 'VACUUM qfs.ledger');
append($source, 30);
my $witness = note_key('witness.example', 4, unpack 'H*', decode_base64url(device_key_of(9)));
$source->safe_psql('postgres', "SELECT qfs.add_witness('$witness')");
{
  my $checkpoint = checkpoint_of($source);
  my ($note) = $checkpoint =~ /^(.*?\n)\n/s;
  my ($id)   = $witness =~ /\+(\w+)\+/;
  my $now    = time;
  my $sig    = decode_base64url(ask(do => 'event', device => 9, text => "cosignature/v1\ntime $now\n$note")->{sig});
  my $line   = "\xe2\x80\x94 witness.example " . encode_base64(pack('H* Q>', $id, $now) . $sig, '') . "\n";
  is($source->safe_psql('postgres', "SELECT qfs.add_cosignature('$checkpoint$line')"), 1, 'a witness has cosigned');
}

# Two accounts, and what is kept of them off the ledger: profiles, one of them
# erased, envelopes, one of them erased, and how far they have been read.
my $client = QfsClient->wait_for($source, database => 'postgres');
my @party  = map { sign_in($client, $_) } 0 .. 1;
my @key    = map { encode_base64url(chr($_ + 1) x 32) } 0 .. 1;

# What a function of qfs_api gives a party, or the code of its error.
sub call {
  my ($asked, $n, $sql) = @_;
  my $answer = $asked->query(as_account($party[$n]{token}, "SELECT $sql"));
  $asked->query('ROLLBACK') if $answer->{error};
  return $answer->{error} ? $answer->{error}{code} : $answer->{rows}[-1][0];
}

sub send_to {
  my ($asked, $n, $seq, $nonce) = @_;
  return call($asked, $n, 'qfs_api.send_message(' . join(', ', map { literal($_) } $party[ 1 - $n ]{user_id}, $seq,
      encode_base64url(sprintf '%012d', $nonce), encode_base64url("ciphertext $nonce" x 4), 'x25519-hkdf-aes256gcm',
      @key[ $n, 1 - $n ]) . ')');
}

for my $n (0 .. 1) {
  call($client, $n, "qfs_api.set_profile('Party $n', 'a bio of party $n')");
  call($client, $n, "qfs_api.publish_chat_key('$key[$n]')");
}
my $thread = $client->value("SELECT qfs.thread('$party[0]{user_id}', '$party[1]{user_id}')");
like(send_to($client, @$_), qr/^\d+$/, "message @$_") for [ 0, 1, 1 ], [ 0, 2, 2 ], [ 1, 1, 3 ];
is(call($client, 1, "qfs_api.mark_read('$thread', 1)"), 1, 'one was read');
like(call($client, 1, "qfs_api.erase_message('$thread', 1, '$party[0]{user_id}')"), qr/^\d+$/, 'one was erased');
call($client, 1, 'qfs_api.erase_profile()');

# The tables that are off the ledger, as text.
my $OFF_LEDGER = q{
  SELECT (SELECT string_agg(m::text, ';' ORDER BY m.entry) FROM qfs.message m) || (SELECT string_agg(p::text, ';' ORDER BY p.user_id) FROM qfs.profile_content p)
         || (SELECT string_agg(r::text, ';') FROM qfs.read_mark r)};
my $off_ledger = $source->safe_psql('postgres', $OFF_LEDGER);
like($off_ledger, qr/a bio of party 0/, 'there is a profile, and a profile that was erased');
unlike($off_ledger, qr/a bio of party 1/, 'of which nothing is left');

my $size       = size_of($source);
my $wanted     = fingerprint($source);
my $checkpoint = checkpoint_of($source);
my $early      = checkpoint_of($source, 10);
isnt($source->safe_psql('postgres', 'SELECT string_agg(seq::text, $$,$$ ORDER BY ctid) FROM qfs.ledger'),
  join(',', 0 .. $size - 1), 'the physical order is not the order of the chain');

my $dir = PostgreSQL::Test::Utils::tempdir('dumps');

sub dump_source {
  my ($name, @options) = @_;
  my ($exit, $out, $err) = run_program($source, 'pg_dump', '-f', "$dir/$name", @options, 'postgres');
  is($exit, 0, "pg_dump @options") or diag($err);
  return "$dir/$name";
}

sub run_file {
  my ($node, $database, $file) = @_;
  return run_program($node, 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose',
    '-d', $database, '-f', $file);
}

# What was off the ledger is as it was, and goes on from there.
sub off_ledger_is {
  my ($node, $name, $database) = @_;
  is($node->safe_psql($database, $OFF_LEDGER), $off_ledger, "$name: envelopes, profiles and marks are the source's");
  my $restored = QfsClient->wait_for($node, database => $database);
  is(call($restored, 0, "qfs_api.profile() ->> 'bio'"), 'a bio of party 0', "$name: a profile");
  is(call($restored, 0, "qfs_api.profile('$party[1]{user_id}') -> 'erased'"), 'true', "$name: a profile stays erased");
  is(call($restored, 1, 'unread FROM qfs_api.inbox()'), 1, "$name: what was read stays so");
  is(send_to($restored, 0, 3, 2), 'QFS_MESSAGE_NONCE', "$name: a nonce stays used");
  like(send_to($restored, 0, 3, 4), qr/^\d+$/, "$name: and the next message is the third");
  is(call($restored, 1, "count(*) || ' ' || count(body) FROM qfs_api.messages('$thread')"), '4 3', "$name: all of them can be read but one");
  is($node->safe_psql($database, 'SET ROLE qfs_owner; SELECT count(*) FROM qfs.message'), 0, "$name: by nobody else");
}

# A dump becomes a database of this name.
sub restore {
  my ($node, $database, $dump, @options) = @_;
  new_database($node, $database);
  my $data_only = grep { $_ eq '--data-only' } @options;
  $node->safe_psql($database, 'CREATE EXTENSION qfs') if $data_only;
  my ($exit, $out, $err) = $dump =~ /\.sql$/ ? run_file($node, $database, $dump) :
    run_program($node, 'pg_restore', '--exit-on-error', @options, '-d', $database, $dump);
  is($exit, 0, "$database: restored") or diag($err);
}

# A restored ledger can be read and proved, and nothing else.
sub closed {
  my ($node, $name, $database) = @_;
  is(fingerprint($node, $database), $wanted, "$name: head, root, export and proofs are the source's");
  is(verify_rows($node, 'hashes', $database), '', "$name: hashes can be verified");
  for my $sql ('SELECT qfs.checkpoint()', 'SELECT qfs.vkey()', 'SELECT qfs.tlog_proof(3)',
    q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')},
    q{SELECT qfs.genesis('other.example')}, q{SELECT qfs.set_policy('{}')},
    'SELECT qfs.rotate_keys()', 'SELECT qfs.import(ARRAY(SELECT qfs.export()))',
    'SELECT qfs.rebuild()',
    # What is simulated of it would be told of a ledger without a policy.
    map { "SET ROLE qfs_anon; SELECT qfs_api.$_" } 'what_if()', q{consequence_map(changes => '{"ttl_blocks": 5}')}, q{explanation('what_if')},
      q{sandbox('fifty_proposals')}, q{sandbox('sybil_ring', '{"wallets": 1}')}) {
    my $error = refused($node, $sql, 'QFS_NOT_VERIFIED', "$name: closed to $sql", $database);
    like($error->{hint}, qr/qfs\.post_restore\(\)/, "$name: and the hint says what to do");
  }
}

# post_restore opens it, and it is the same ledger as before.
sub opens {
  my ($node, $name, $database, %options) = @_;
  is($node->safe_psql($database, 'SELECT qfs.post_restore()'), $size, "$name: post_restore verifies all");
  is_sound($node, $name, $database);
  is(fingerprint($node, $database, $size), $wanted, "$name: nothing was stamped anew");
  is($node->safe_psql($database, "SELECT seq, payload ->> 'reason' FROM qfs.ledger WHERE seq >= $size"), "$size|opened by qfs.post_restore()",
    "$name: an entry says that it lives here now");
  is(checkpoint_of($node, $size, $database), $checkpoint, "$name: the same checkpoint, cosignature included");
  is(checkpoint_of($node, 10, $database), $early, "$name: and that of the first key");
  append($node, 5, $database);
  append_singly($node, 2, $database);
  off_ledger_is($node, $name, $database) unless $options{entries_only};
  is_sound($node, "$name, appended", $database);
  is_sound_offline($node, "$name, appended", $database, $checkpoint, $early);
  refused($node, 'SELECT qfs.post_restore()', 'QFS_GENESIS_EXISTS', "$name: once is enough", $database);
}

my $custom    = dump_source('custom.dump', '-Fc');
my $inserts   = dump_source('inserts.sql', '--column-inserts', '--on-conflict-do-nothing');
# An auditor dumps the ledger, and not what only the parties read.
my @private = map { "--exclude-table-data=qfs.$_" } qw(message profile_content read_mark);
my $as_reader = dump_source('reader.sql', '-U', 'reader', @private);
for my $n (0 .. $#private) {
  my ($exit, $out, $err) = run_program($source, 'pg_dump', '-U', 'reader', @private[ grep { $_ != $n } 0 .. $#private ], 'postgres');
  my ($table) = $private[$n] =~ /(\w+)$/;
  like("$exit $err", qr/^[1-9].*permission denied for table $table/s, "an auditor does not dump $table");
}
# A parallel restore does not know that a foreign key of a user's to the ledger
# needs the ledger's rows (no dump says so for tables of extensions), so here
# there is none.
my $jobs = dump_source('jobs.dir', '-Fd', '--jobs=2');
my $bare = slurp(dump_source('bare.sql'));
unlike($bare, qr/^(GRANT|REVOKE)\b/m, 'privileges as installed are not dumped');

# What users add: an index and an AFTER trigger on the ledger, and a table that
# refers to it.  pg_dump leaves out the first two, because the table belongs to
# an extension; after a restore they are made again.
my $own_objects = q{
  CREATE INDEX own_index ON qfs.ledger (at);
  CREATE TRIGGER own_trigger AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.count_entry();
};
$source->safe_psql('postgres', qq{
  CREATE TABLE public.counter (n bigint);
  INSERT INTO public.counter VALUES (0);
  CREATE FUNCTION public.count_entry() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN UPDATE public.counter SET n = n + 1; RETURN NULL; END';
  CREATE TABLE public.bookmark (seq bigint REFERENCES qfs.ledger);
  INSERT INTO public.bookmark VALUES (7), (55);
  $own_objects
});

my $plain = dump_source('plain.sql');
my $text  = slurp($plain);
unlike($text, qr/^COPY qfs\.(?!ledger |witness |cosignature |batch |message |profile_content |proposal_text |read_mark |stream_position )/m, 'state is derived, not dumped');
unlike($text, qr/^CREATE (INDEX own_index|TRIGGER own_trigger)/m,
  "a user's index and trigger on the ledger are not dumped");

subtest 'plain, into a fresh cluster' => sub {
  my $fresh = new_node('fresh');
  $fresh->safe_psql('postgres', 'CREATE DATABASE plain');
  my ($exit, $out, $err) = run_file($fresh, 'plain', $plain);
  is($exit, 0, 'restored') or diag($err);
  is($fresh->safe_psql('postgres', q{
      SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles
      WHERE rolname ~ '^(qfs|aegis)_' AND NOT rolcanlogin AND NOT rolsuper}),
    'aegis_advisor aegis_readonly qfs_anon qfs_auditor qfs_bridge qfs_monitor qfs_operator qfs_owner qfs_user', 'the roles are there');
  closed($fresh, 'fresh', 'plain');
  is($fresh->safe_psql('plain', 'SELECT qfs.post_restore()'), $size, 'verified without the key file');
  refused($fresh, 'SELECT qfs.checkpoint()', 'QFS_KEY_FILE', 'but nothing is signed without it', 'plain');
  my $file = spit($fresh->data_dir . '/qfs.key', slurp($source->data_dir . '/qfs.key'));
  chmod 0600, $file;
  is(checkpoint_of($fresh, $size, 'plain'), $checkpoint, 'the copied key file signs as before');
  is_sound_offline($fresh, 'fresh', 'plain', $early);
  is($fresh->safe_psql('plain', 'SELECT seq FROM public.bookmark ORDER BY 1'), "7\n55",
    'what refers to the ledger is there');

  $fresh->safe_psql('plain', $own_objects);
  append($fresh, 3, 'plain');
  is($fresh->safe_psql('plain', 'SELECT n FROM public.counter'), 3, "a user's trigger is made again");
  is_sound($fresh, 'fresh, with an index and a trigger of a user', 'plain');
  $fresh->stop;
};

subtest 'custom, into a cluster with the roles' => sub {
  my $other = new_node('other');
  my ($exit, $globals) = run_program($source, 'pg_dumpall', '--globals-only');
  # The superuser is there already.
  $globals =~ s/^(CREATE|ALTER) ROLE \w*(postgres|root)\b.*\n//mg;
  my $user = $source->safe_psql('postgres', 'SELECT current_user');
  $globals =~ s/^CREATE ROLE "?\Q$user\E"?;\n//m;
  ($exit, my $out, my $err) = run_file($other, 'postgres', scratch_file('globals.sql', $globals));
  is($exit, 0, 'roles restored') or diag($err);
  restore($other, 'custom', $custom);
  spit($other->data_dir . '/qfs.key', slurp($source->data_dir . '/qfs.key'));
  chmod 0600, $other->data_dir . '/qfs.key';
  opens($other, 'custom', 'custom');
  my $as_clerk = q{SET ROLE clerk; INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};
  is(error_of($other, $as_clerk, 'custom'), undef, 'an operator of the source is one here');
  refused($other, "SET ROLE reader; $as_clerk" =~ s/SET ROLE clerk; //r, '42501',
    'and an auditor only reads', 'custom');
  $other->stop;
};

subtest 'other ways to dump' => sub {
  restore($source, 'data_only', $custom, '--data-only');
  closed($source, 'data only', 'data_only');
  is(check_rows($source, 'data_only'), '', 'data only: the guards stayed armed');
  refused($source, 'SET ROLE clerk; SELECT qfs.post_restore()', '42501',
    'an operator cannot open it', 'data_only');
  opens($source, 'data only', 'data_only');

  restore($source, 'jobs', $jobs, '--jobs=2');
  opens($source, 'jobs', 'jobs');

  restore($source, 'inserts', $inserts);
  opens($source, 'inserts', 'inserts');

  restore($source, 'reader', $as_reader);
  opens($source, 'dumped by an auditor', 'reader', entries_only => 1);
};

# The data is loaded with no trigger at all, and the triggers that come back
# are those of ordinary tables.
subtest '--disable-triggers' => sub {
  restore($source, 'disabled', $custom, '--data-only', '--disable-triggers');
  is($source->safe_psql('disabled', q{
      SELECT string_agg(DISTINCT tgenabled::text, '') FROM pg_trigger
      WHERE tgrelid = 'qfs.ledger'::regclass AND NOT tgisinternal}), 'O', 'the triggers are ORIGIN');
  my @found = split /\n/, check_rows($source, 'disabled');
  is(scalar(grep { /^QFS_TRIGGER\|trigger zzz_qfs_\w+ on qfs.ledger is not enabled ALWAYS$/ } @found),
    3, 'self_check says so');
  is(scalar(grep { !/^QFS_TRIGGER\|trigger zzz_qfs_\w+ on qfs\.\w+ is not enabled ALWAYS$/ } @found), 0,
    'and of those of other tables, and nothing else');
  closed($source, 'disabled triggers', 'disabled');
  opens($source, 'disabled triggers', 'disabled');
  refused($source, 'SET session_replication_role = replica; UPDATE qfs.ledger SET at = at',
    'QFS_APPEND_ONLY', 'armed against replica mode again', 'disabled');
  refused($source, q{SET session_replication_role = replica; TRUNCATE qfs.ledger CASCADE},
    'QFS_APPEND_ONLY', 'and against TRUNCATE', 'disabled');
};

subtest 'over a ledger that is open' => sub {
  my $before = fingerprint($source);
  my ($exit, $out, $err) = run_program($source, 'pg_restore', '--data-only', '--table=ledger',
    '--exit-on-error', '-d', 'postgres', $custom);
  isnt($exit, 0, 'a second copy is refused');
  like($err, qr/QFS_LEDGER_OPEN/, 'it takes no recorded entries');
  ($exit, $out, $err) = run_program($source, 'pg_restore', '--clean', '--if-exists', '--exit-on-error',
    '-d', 'postgres', $custom);
  isnt($exit, 0, 'pg_restore --clean is refused');
  like($err, qr/QFS_GUARDED/, 'by the guard');
  ($exit, $out, $err) = run_program($source, 'pg_restore', '--data-only', '--table=ledger',
    '--disable-triggers', '--exit-on-error', '-d', 'postgres', $custom);
  isnt($exit, 0, '--disable-triggers is refused');
  like($err, qr/QFS_GUARDED/, 'by the guard too');
  is(fingerprint($source), $before, 'the ledger is as it was');
  is_sound($source, 'after all that');
};

done_testing();
