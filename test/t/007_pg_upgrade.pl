# 007_pg_upgrade.pl - pg_upgrade keeps the ledger, its state, its guards and its privileges.
use strict;
use warnings FATAL => 'all';
use Cwd qw(getcwd);
use QfsTest;
use Test::More;

# ---- which majors ----

# Installations beside the one under test: Debian's layout, one directory a
# major.  Only those that have the extension count.
sub installations {
  my ($prefix) = `$ENV{PG_CONFIG} --bindir` =~ m{^(.*)/bin$}m or die 'PG_CONFIG is not usable';
  my ($parent) = $prefix =~ m{^(.*)/\d+$} or return ($prefix);
  my @found = grep { has_extension($_) } glob("$parent/*");
  return sort { ($a =~ /(\d+)$/)[0] <=> ($b =~ /(\d+)$/)[0] } @found;
}

sub has_extension {
  my ($prefix) = @_;
  return 0 unless -x "$prefix/bin/pg_upgrade";
  my ($shared) = `$prefix/bin/pg_config --sharedir` =~ /(.*)/;
  return -e "$shared/extension/qfs.control";
}

# Each to the next, or the only one to itself.
sub pairs {
  my @all = installations();
  return @all > 1 ? map { [ @all[ $_ - 1, $_ ] ] } 1 .. $#all : [ @all[ 0, 0 ] ];
}

# ---- what must stay ----

my $guards = q{
  SELECT tgname, tgenabled, tgtype, tgfoid::regproc FROM pg_trigger
  WHERE tgrelid = 'qfs.ledger'::regclass AND NOT tgisinternal ORDER BY 1;
  SELECT evtname, evtevent, evtenabled, evtfoid::regproc, evttags FROM pg_event_trigger ORDER BY 1;
  SELECT relname, relforcerowsecurity FROM pg_class WHERE relrowsecurity ORDER BY 1;
  SELECT polrelid::regclass, polname, polcmd, polpermissive, polroles, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
  FROM pg_policy ORDER BY polname;
};
my $privileges = q{
  -- what others have: the owner's own may be written down or not, and 17 has one more of them
  SELECT relname, relowner::regrole, (SELECT array_agg(a.grantee::regrole || ' ' || a.privilege_type ORDER BY 1) FROM aclexplode(relacl) a WHERE a.grantee <> relowner)
  FROM pg_class WHERE relnamespace = 'qfs'::regnamespace ORDER BY 1;
  SELECT attrelid::regclass, attname, attacl FROM pg_attribute WHERE attacl IS NOT NULL
    AND attrelid = 'qfs.ledger'::regclass ORDER BY 1, 2;
  SELECT p.oid::regprocedure::text, proowner::regrole, proacl, proconfig, prosecdef, provolatile, proparallel
  FROM pg_proc p WHERE pronamespace = 'qfs'::regnamespace ORDER BY 1;
  SELECT nspacl FROM pg_namespace WHERE nspname = 'qfs';
};
# Members of the extension; an upgrade must not lose one.
my $members = q{
  SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend
  WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'qfs')
    -- since 17, types that come with a table or another type are members, too
    AND NOT EXISTS (SELECT FROM pg_type t WHERE classid = 'pg_type'::regclass AND t.oid = objid AND (t.typrelid <> 0 OR t.typcategory = 'A'))
  ORDER BY 1;
  SELECT extversion, extrelocatable, extcondition,
    (SELECT array_agg(c::regclass::text ORDER BY c::regclass::text) FROM unnest(extconfig) c)
  FROM pg_extension WHERE extname = 'qfs';
};
my $state = q{
  SELECT * FROM qfs.ledger_state;
  SELECT * FROM qfs.policy ORDER BY 1;
  SELECT * FROM qfs.signing_key ORDER BY 1;
  SELECT * FROM qfs.server;
  SELECT * FROM qfs.event_type ORDER BY 1;
  SELECT * FROM qfs.witness; SELECT * FROM qfs.cosignature;
};

sub snapshot {
  my ($node, $database) = @_;
  return {
    ledger     => fingerprint($node, $database),
    rows       => $node->safe_psql($database, 'SELECT * FROM qfs.ledger ORDER BY seq'),
    guards     => $node->safe_psql($database, $guards),
    privileges => $node->safe_psql($database, $privileges),
    members    => $node->safe_psql($database, $members),
    state      => $node->safe_psql($database, $state),
  };
}

# ---- an old cluster ----

# Ledgers in two databases, one that was restored and not verified, and one
# database with the extension alone.  The library is preloaded, so that it
# starts with the servers that pg_upgrade runs.
sub make_old {
  my ($prefix) = @_;
  my $old = cluster('old', $prefix);
  $old->start;
  new_ledger($old, 'main');
  append($old, 300, 'main');
  $old->safe_psql('main', q{
    SELECT qfs.rotate_keys();
    SELECT qfs.set_policy('{"visibility": "public"}');
    CREATE ROLE clerk LOGIN; GRANT qfs_operator TO clerk;
    CREATE INDEX own_index ON qfs.ledger (at);
    CREATE TABLE public.seen (seq bigint REFERENCES qfs.ledger);
    CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO public.seen VALUES (NEW.seq); RETURN NULL; END';
    CREATE TRIGGER own_trigger AFTER INSERT ON qfs.ledger FOR EACH ROW EXECUTE FUNCTION public.see();
    GRANT SELECT ON public.seen TO qfs_operator; GRANT INSERT ON public.seen TO qfs_operator;
  });
  my $witness = $old->safe_psql('main', 'SELECT token FROM qfs.signing_key WHERE number = 0');
  $old->safe_psql('main', "SELECT qfs.add_witness('" . note_key('witness.example', 4, $witness) . "')");
  append($old, 20, 'main');
  new_ledger($old, 'second', origin => 'ledger.example.org/second');
  for my $database (qw(closed unopened)) {
    new_database($old, $database);
    $old->safe_psql($database, 'CREATE EXTENSION qfs');
  }
  $old->safe_psql('closed', "COPY qfs.ledger FROM STDIN;\n" .
      $old->safe_psql('main', 'COPY qfs.ledger TO STDOUT') . "\n\\.\n");
  return $old;
}

sub cluster {
  my ($name, $prefix) = @_;
  my ($major) = $prefix =~ m{(\d*)$};
  my $node = PostgreSQL::Test::Cluster->new("$name$major", install_path => $prefix);
  # Checksums on both sides: 18 has them unless told otherwise.
  $node->init(extra => [ '--encoding=UTF8', '--locale=C', '--data-checksums' ]);
  $node->append_conf('postgresql.conf', "autovacuum = off\nshared_preload_libraries = 'qfs'\n");
  return $node;
}

sub upgrade {
  my ($old, $new, @prefixes) = @_;
  local $ENV{PATH} = "$prefixes[1]/bin:$ENV{PATH}";
  # It leaves its scripts where it runs.
  my $start = getcwd();
  chdir PostgreSQL::Test::Utils::tempdir('upgrade') or die $!;
  my ($exit, $out, $err) = run_program('pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir,
    '-b', "$prefixes[0]/bin", '-B', "$prefixes[1]/bin", '-s', $new->host, '-p', $old->port, '-P', $new->port);
  chdir $start or die $!;
  is($exit, 0, 'pg_upgrade') or diag($out . $err);
}

# ---- the test ----

sub upgrades {
  my @prefixes = @_;
  my $old      = make_old($prefixes[0]);
  my %before   = map { $_ => snapshot($old, $_) } qw(main second);
  my %size     = map { $_ => size_of($old, $_) } qw(main second closed);
  my @notes    = (checkpoint_of($old, undef, 'main'), checkpoint_of($old, 10, 'main'));
  my $closed   = fingerprint($old, 'closed');
  is_sound($old, 'before', 'main');
  $old->stop;

  my $new = cluster('new', $prefixes[1]);
  upgrade($old, $new, @prefixes);
  $new->start;
  for my $database (qw(main second)) {
    my $after = snapshot($new, $database);
    is($after->{$_}, $before{$database}{$_}, "$database: $_ as before")
      for qw(ledger rows guards privileges members state);
    is_sound($new, $database, $database);
  }

  # The key file is the operator's to copy.
  # pg_upgrade makes another cluster: that the old one is not started again, somebody has to decide.
  my @refused = ('SELECT qfs.checkpoint()', q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')});
  refused($new, $_, 'QFS_NOT_ADOPTED', "not yet: $_", 'main') for @refused;
  is($new->safe_psql($_, q{SELECT qfs.adopt('upgraded')}), $size{$_}, "$_: adopted") for qw(main second);
  is($new->safe_psql('main', "SELECT (payload -> 'changed') - 'version' - 'timeline', payload ->> 'reason' FROM qfs.ledger WHERE seq = $size{main}"),
    '["database", "system"]|upgraded', 'an entry says so');
  $size{$_}++ for qw(main second);
  refused($new, 'SELECT qfs.checkpoint()', 'QFS_KEY_FILE', 'nothing is signed without the key file', 'main');
  append($new, 1, 'main');
  chmod 0600, spit($new->data_dir . '/qfs.key', slurp($old->data_dir . '/qfs.key'));
  is(checkpoint_of($new, $size{main} - 1, 'main'), $notes[0], 'with the file, the old checkpoint comes out again');

  append($new, 10, 'main');
  append_singly($new, 2, 'second');
  is($new->safe_psql('main', q{
      SET ROLE clerk; INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}') RETURNING seq}),
    $size{main} + 11, 'an operator goes on appending');
  is($new->safe_psql('main', "SELECT count(*) FROM public.seen WHERE seq >= $size{main}"), 12,
    "a user's trigger fires");
  $new->safe_psql($_, 'SELECT qfs.rotate_keys()') for qw(main second);
  is_sound_offline($new, 'main', 'main', @notes);
  is_sound($new, "$_, appended", $_) for qw(main second);
  refused($new, 'UPDATE qfs.ledger SET at = at', 'QFS_APPEND_ONLY', 'append-only as before', 'main');
  refused($new, 'ALTER TABLE qfs.ledger ADD COLUMN x int', 'QFS_GUARDED', 'guarded as before', 'main');

  is(fingerprint($new, 'closed'), $closed, 'a ledger that was not verified is there');
  refused($new, q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')}, 'QFS_NOT_VERIFIED',
    'and still closed', 'closed');
  is($new->safe_psql('closed', 'SELECT qfs.post_restore()'), $size{closed}, 'until it is verified');
  is($new->safe_psql('unopened', q{SELECT qfs.genesis('other.example') IS NOT NULL}), 't',
    'a database without a ledger gets one');
  is_sound($new, 'new ledger', 'unopened');

  # It can be dumped like one that was never upgraded.
  my ($exit, $dump) = run_program($new, 'pg_dump', 'second');
  unlike($dump, qr/^(GRANT|REVOKE)\b/m, 'a dump afterwards has no privileges of the installation');
  $new->stop;
}

for my $pair (pairs()) {
  my ($from, $to) = map { m{(\d+)$} ? $1 : 'this' } @$pair;
  subtest "PostgreSQL $from to $to" => sub { upgrades(@$pair) };
}

done_testing();
