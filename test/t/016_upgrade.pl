# 016_upgrade.pl - from a version to the next: the same as a new installation; and in between, library and SQL objects of different versions refuse each other politely.
#
# The next version is made here, from this tree and test/upgrade/next.sql. It
# is installed into a copy of PostgreSQL, which finds its files beside its
# programs, so that the machine's own installation is left alone.
use strict;
use warnings FATAL => 'all';
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use QfsTest;
use QfsClient;
use Test::More;

my $tree = abs_path(dirname(__FILE__) . '/../..');
my ($now) = slurp("$tree/qfs.control") =~ /^default_version *= *'(.*)'/m or die 'qfs.control';
my $next = "$now.next";

sub sh {
  my ($command) = @_;
  my ($exit, $out, $err) = run_program('bash', '-euc', $command);
  die "$command\n$out$err" if $exit != 0;
  chomp $out;
  return $out;
}

# ---- a PostgreSQL of our own ----

my %dir  = map { $_ => sh("\"\$PG_CONFIG\" --$_") } qw(bindir sharedir pkglibdir);
my $root = PostgreSQL::Test::Utils::tempdir_short();
# Programs are copied, because a link would lead back; what they load is linked.
sh("mkdir -p $root$dir{bindir} $root$dir{sharedir} $root$dir{pkglibdir}
    cp -r $dir{bindir}/. $root$dir{bindir}
    cp -rs $dir{sharedir}/. $root$dir{sharedir}
    for file in $dir{pkglibdir}/*.so; do ln -s \$file $root$dir{pkglibdir}; done
    rm -f $root$dir{pkglibdir}/qfs.so $root$dir{sharedir}/extension/qfs*");

# Puts a library and a set of SQL files in place.
sub install {
  my ($library, $share) = @_;
  sh("cp $library $root$dir{pkglibdir}/qfs.so.new && mv $root$dir{pkglibdir}/qfs.so.new $root$dir{pkglibdir}/qfs.so
      cp -f $share/qfs.control $share/qfs--*.sql $root$dir{sharedir}/extension");
  return;
}
sub install_now  { install("$dir{pkglibdir}/qfs.so", "$dir{sharedir}/extension") }
my $made = PostgreSQL::Test::Utils::tempdir('next');
sub install_next { sh("cp $made/qfs.control $made/sql"); install("$made/qfs.so", "$made/sql") }

# What has no version is taken as it was built.
sh("cp -a $tree/Makefile $tree/qfs.control $tree/src $tree/sql $tree/scripts $tree/docs $made
    cd $made && rm -f sql/qfs--*.sql
    sed -i \"s/^default_version.*/default_version = '$next'/\" qfs.control
    mkdir -p sql/update && cp $tree/test/upgrade/next.sql sql/install/89_next.sql && cp $tree/test/upgrade/next.sql sql/update/$now--$next.sql
    make -s -j2 PG_CONFIG=\"\$PG_CONFIG\" qfs.so sql/qfs--$next.sql sql/qfs--$now--$next.sql > make.log 2>&1");

install_now();
my ($prefix) = $dir{bindir} =~ m{^(.*)/bin$};
my $node = PostgreSQL::Test::Cluster->new('upgrade', install_path => "$root$prefix");
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "autovacuum = off\n");
$node->start;

# The next version's list of what it installs is made as that of every version is.
install_next();
new_database($node, 'listed');
$node->safe_psql('listed', 'CREATE EXTENSION qfs');
{
  local %ENV = $node->_get_env();
  sh("cd $made && scripts/generate-manifest -d listed && make -s PG_CONFIG=\"\$PG_CONFIG\" qfs.so > make.log 2>&1");
}
$node->safe_psql('postgres', 'DROP DATABASE listed');
install_now();

# ---- what there is, object by object ----

my $catalog = q{
  WITH extension AS (SELECT oid, extnamespace, extversion FROM pg_extension WHERE extname = 'qfs'),
  members AS (SELECT d.classid, d.objid FROM pg_depend d, extension e
              WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
              UNION SELECT 'pg_namespace'::regclass, e.extnamespace FROM extension e),
  facts (object, fact) AS (
    SELECT pg_describe_object(classid, objid, 0), 'comment ' || obj_description(objid, classid::regclass::name) FROM members
    UNION ALL SELECT pg_describe_object(m.classid, m.objid, 0),
      concat_ws(' ', pg_get_functiondef(p.oid), 'owner', p.proowner::regrole, 'acl', (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(p.proacl) a))
      FROM members m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid AND p.prokind = 'f'
    UNION ALL SELECT pg_describe_object(m.classid, m.objid, 0),
      concat_ws(' ', c.relkind, c.relowner::regrole, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(c.relacl) a), c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
        CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END)
      FROM members m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    UNION ALL SELECT pg_describe_object(m.classid, m.objid, a.attnum),
      concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attcollation::regcollation, a.attacl, a.attisdropped,
        pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum))
      FROM members m JOIN pg_attribute a ON m.classid = 'pg_class'::regclass AND a.attrelid = m.objid AND a.attnum > 0
      LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    UNION ALL SELECT 'index ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid) FROM members m JOIN pg_index i ON m.classid = 'pg_class'::regclass AND i.indrelid = m.objid
    UNION ALL SELECT pg_describe_object('pg_constraint'::regclass, c.oid, 0), pg_get_constraintdef(c.oid) || coalesce(obj_description(c.oid, 'pg_constraint'), '')
      FROM pg_constraint c JOIN extension e ON c.connamespace = e.extnamespace
    UNION ALL SELECT pg_describe_object('pg_trigger'::regclass, t.oid, 0), pg_get_triggerdef(t.oid) || t.tgenabled::text
      FROM members m JOIN pg_trigger t ON m.classid = 'pg_class'::regclass AND t.tgrelid = m.objid
    UNION ALL SELECT 'policy ' || p.polname, concat_ws(' ', p.polrelid::regclass, p.polcmd, p.polroles, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_policy p
    UNION ALL SELECT 'event trigger ' || t.evtname, concat_ws(' ', t.evtevent, t.evtenabled, t.evtfoid::regproc, t.evttags) FROM pg_event_trigger t
    UNION ALL SELECT pg_describe_object(m.classid, m.objid, 0), concat_ws(' ', t.typtype, t.typlen, t.typalign, t.typstorage, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(t.typacl) a))
      FROM members m JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
    UNION ALL SELECT pg_describe_object(i.classoid, i.objoid, i.objsubid), 'installed with ' || (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(i.initprivs) a)::text
      FROM pg_init_privs i JOIN members m ON (m.classid, m.objid) = (i.classoid, i.objoid)
    UNION ALL SELECT 'schema ' || n.nspname, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(n.nspacl) a)::text FROM pg_namespace n WHERE n.nspname IN ('qfs', 'qfs_api')
    UNION ALL SELECT 'extension', concat_ws(' ', x.extversion, x.extrelocatable, x.extcondition, (SELECT array_agg(c::regclass::text ORDER BY 1) FROM unnest(x.extconfig) c(c)))
      FROM pg_extension x WHERE x.extname = 'qfs')
  SELECT object || ': ' || fact FROM facts ORDER BY (object || ': ' || fact) COLLATE "C"
};
sub catalog_of { my ($database) = @_; return $node->safe_psql($database, $catalog) }

# Facts that one has and the other has not.
sub difference {
  my %count;
  $count{$_}++ for split /\n/, $_[0];
  $count{$_}-- for split /\n/, $_[1];
  return join "\n", map { ($count{$_} > 0 ? '- ' : '+ ') . $_ } sort grep { $count{$_} != 0 } keys %count;
}

# Whatever is called, the answer is the same, and a sentence.
sub refuses_all {
  my ($name, $hint) = @_;
  for my $sql (q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')}, 'SELECT * FROM qfs.head()', 'SELECT * FROM qfs.verify()',
    'SELECT qfs.checkpoint()', 'SELECT qfs.entry(0)', 'SELECT qfs.rotate_keys()', 'SELECT qfs.rebuild()', 'SELECT qfs.post_restore()',
    q{SELECT qfs.genesis('other.example')}, 'SELECT qfs_api.auth_nonce()', 'SELECT qfs.export()',
    'SELECT qfs_api.metrics()', 'SELECT * FROM qfs.session_replay(0)', 'SELECT * FROM qfs.self_check()', 'SELECT * FROM qfs.rearm()') {
    my $error = refused($node, $sql, 'QFS_VERSION_MISMATCH', "$name: $sql", 'ledger');
    like($error->{hint}, $hint, 'with what to do');
  }
  refused($node, 'ALTER TABLE qfs.ledger ADD COLUMN x int', 'QFS_GUARDED', "$name: guards go on guarding", 'ledger');
  refused($node, 'DROP EXTENSION qfs', 'QFS_GUARDED', "$name: against dropping, too", 'ledger');
  refused($node, 'UPDATE qfs.ledger SET at = 0', 'QFS_APPEND_ONLY', "$name: and it is append-only", 'ledger');
  like($node->safe_psql('ledger', 'SELECT item, status, remedy FROM qfs.health()'), qr/^version\|error\|.*ALTER EXTENSION qfs UPDATE[^\n]*$/, "$name: health says so");
  is($node->safe_psql('ledger', q{SELECT qfs.keccak256('')}), 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470', "$name: arithmetic goes on");
}

# ---- the test ----

new_ledger($node, 'ledger');
append($node, 50, 'ledger');
new_database($node, 'empty');
$node->safe_psql('empty', 'CREATE EXTENSION qfs');
my $before = fingerprint($node, 'ledger');
my $old_session = QfsClient->wait_for($node, database => 'ledger');
my $append = q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{}')};
$old_session->value($append) for 1 .. 2;

install_next();
is($node->safe_psql('ledger', 'SELECT qfs.version()'), $next, 'another library is there');
refuses_all('old SQL objects, new library', qr/^As a superuser run ALTER EXTENSION qfs UPDATE\./);
is($old_session->value('SELECT qfs.version()'), $now, 'a session from before has the old library');
$old_session->value($append);
is($old_session->value('SELECT size FROM qfs.head()'), 56, 'and goes on appending');

$node->safe_psql('ledger', 'CREATE ROLE clerk LOGIN; GRANT qfs_operator TO clerk');
refused($node, 'SET ROLE clerk; ALTER EXTENSION qfs UPDATE', '42501', 'an operator cannot update', 'ledger');
$node->safe_psql($_, 'ALTER EXTENSION qfs UPDATE') for qw(ledger empty);
append($node, 5, 'ledger');
is($node->safe_psql('ledger', q{SELECT qfs_api.head() ->> 'next'}), 'true', 'what is new is there');
is_sound($node, 'updated', 'ledger');
is_sound_offline($node, 'updated', 'ledger');
is(substr(fingerprint($node, 'ledger') =~ s/.*?(?=\{)//sr, 0, 2000), substr($before =~ s/.*?(?=\{)//sr, 0, 2000), 'entries are as they were');

my $answer = $old_session->query($append);
is($answer->{error}{code}, 'QFS_VERSION_MISMATCH', 'the session from before is told at its next append');
$old_session->close;

new_database($node, 'fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION qfs');
like(catalog_of('fresh'), qr/^function qfs\.next\(bigint\): comment a new function$/m, 'the list has what is new');
cmp_ok(scalar(() = catalog_of('fresh') =~ /\n/g), '>', 500, 'and much more');
is(difference(catalog_of('fresh'), catalog_of($_)), '', "$_, updated, is what a new installation is") for qw(ledger empty);

# The comparison would notice.
for my $case ([ 'a privilege', 'REVOKE EXECUTE ON FUNCTION qfs.next(bigint) FROM qfs_operator' ], [ 'an owner', 'ALTER TABLE qfs.next OWNER TO CURRENT_USER' ],
  [ 'a comment', 'COMMENT ON COLUMN qfs.verification.note IS NULL' ], [ 'a default', 'ALTER TABLE qfs.next ALTER text SET DEFAULT 1' ],
  [ 'a setting', 'ALTER FUNCTION qfs.next(bigint) RESET search_path' ], [ 'a key', 'ALTER TABLE qfs.next DROP CONSTRAINT next_pkey' ]) {
  my ($name, $sql) = @$case;
  my $changed = $node->safe_psql('empty', "SET qfs.ddl_guard = off; BEGIN; $sql; $catalog; ROLLBACK");
  isnt(difference(catalog_of('fresh'), $changed), '', "the comparison sees $name");
}

install("$dir{pkglibdir}/qfs.so", "$made/sql");
is($node->safe_psql('ledger', 'SELECT qfs.version()'), $now, 'the old library again');
refuses_all('new SQL objects, old library', qr/If the library is the older one, install the newer one/);
install_next();
append($node, 1, 'ledger');
is_sound($node, 'with the right library', 'ledger');

$node->stop;
done_testing();
