# 026_removal.pl - DROP EXTENSION: what it takes, what stays, and that docs/operations.md removes the rest; a dump brings the ledger back.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use QfsTest;
use Test::More;

my $node = new_node('removal');
my $key_file = $node->data_dir . '/qfs.key';

# The blocks of SQL in a section of docs/operations.md.
my ($section) = slurp(dirname(__FILE__) . '/../../docs/operations.md') =~ /^## Removing qfs\n(.*?)(?:^## |\z)/ms;
my @steps = $section =~ /^```sql\n(.*?)^```$/msg;
is(scalar @steps, 2, 'the document has two steps');

# What belongs to qfs, or is named like it: kind and name.
sub left {
  my ($database) = @_;
  return $node->safe_psql($database, q{
    SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname ~ '^(qfs|aegis)'
    UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
    UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE extname = 'qfs'
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE proname LIKE '%qfs%'
    UNION ALL SELECT 'default privileges' FROM pg_default_acl
    UNION ALL SELECT 'settings' FROM pg_db_role_setting
    UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE rolname ~ '^(qfs|aegis)_'
    ORDER BY 1});
}
my @roles = map { "role $_" } qw(aegis_advisor aegis_readonly qfs_anon qfs_auditor qfs_bridge qfs_monitor qfs_operator qfs_owner qfs_user);

new_ledger($node, 'other');
new_ledger($node);
$node->safe_psql('postgres', 'CREATE ROLE app LOGIN; GRANT qfs_operator TO app');
append($node, 5);
my $checkpoint = checkpoint_of($node);
my $keys = slurp($key_file);
my ($dumped, $dump) = run_program($node, 'pg_dump', '-d', 'postgres');
is($dumped, 0, 'dumped');

# By itself it is refused.
for my $sql ('DROP EXTENSION qfs', 'DROP EXTENSION qfs CASCADE', 'DROP SCHEMA qfs CASCADE') {
  my $error = refused($node, $sql, 'QFS_GUARDED', $sql);
  like($error->{hint}, qr/qfs\.ddl_guard = off/, 'the hint says how');
}
is_sound($node, 'nothing is lost');

# A table that refers to it keeps it.
$node->safe_psql('postgres', 'CREATE TABLE mine (seq bigint REFERENCES qfs.ledger)');
refused($node, $steps[0], '2BP01', 'a table that refers to the ledger keeps it');
$node->safe_psql('postgres', 'DROP TABLE mine');
is_sound($node, 'and all of it');

$node->safe_psql('postgres', $steps[0]);
is(left('postgres'), join("\n", @roles), 'after the first step the roles stay, and nothing else');
is(slurp($key_file), $keys, 'and the lines of the key file');
refused($node, $steps[1], '2BP01', 'another database still needs the roles');
is(left('postgres'), join("\n", @roles), 'so all of them stay');
is_sound($node, 'the other ledger', 'other');
append($node, 1, 'other');

# A dump and the key line bring the ledger back, and it signs the same.
$node->safe_psql('postgres', $dump);
$node->safe_psql('postgres', 'SELECT qfs.post_restore()');
is(checkpoint_of($node), $checkpoint, 'a dump brings it back, and its key is still there');
is_sound($node, 'brought back');

$node->safe_psql($_, $steps[0]) for 'postgres', 'other';
$node->safe_psql('postgres', $steps[1]);
is(left($_), '', "nothing is left in $_") for 'postgres', 'other';
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE rolname = 'app'}), 0, 'nor a membership');

new_ledger($node, 'again');
append($node, 2, 'again');
is_sound($node, 'a new ledger where one was', 'again');

$node->stop;
done_testing();
