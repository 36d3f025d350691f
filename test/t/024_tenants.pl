# 024_tenants.pl - two ledgers in one cluster: what a tenant can do to the other's, what health says of it, and what docs/operations.md does about it.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use QfsTest;
use Test::More;

my $node = new_node('tenants', conf => "fsync = off\n");

# The statements of the manual, for a database.
my $manual = PostgreSQL::Test::Utils::slurp_file(dirname(__FILE__) . '/../../docs/operations.md');
my ($statements) = $manual =~ /^## Several ledgers in one cluster\n.*?^```sql\n(.*?)^```/ms or die 'the manual has no statements';
sub keep_apart { (my $sql = $statements) =~ s/\bledger\b/$_[0]/g; $sql =~ s/\bledger_/$_[0]_/g; return $sql }

sub tenants { $node->safe_psql($_[0], q{SELECT status, value, remedy FROM qfs.health() WHERE item = 'tenants'}) }
# A command of a role in a database: what it gives, or the end of its error.
sub try {
  my ($role, $database, $sql) = @_;
  my ($out, $err);
  my $status = $node->psql($database, $sql, stdout => \$out, stderr => \$err, connstr => $node->connstr($database) . " user=$role");
  return $status == 0 ? $out : $err =~ /DETAIL:  (.*)/ ? $1 : (split /\n/, $err)[-1];
}

$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(acme umbrella);
$node->safe_psql($_, "CREATE EXTENSION qfs; SELECT qfs.genesis('ledger.example.org/$_')") for qw(acme);
like(tenants('acme'), qr/^ok\|no other database of the cluster has qfs\|$/, 'alone');
$node->safe_psql('umbrella', "CREATE EXTENSION qfs");
like(tenants('umbrella'), qr/^warning\|1 other databases of the cluster have qfs; PUBLIC may connect to this one\|/, 'before genesis, too');
$node->safe_psql('umbrella', "SELECT qfs.genesis('ledger.example.org/umbrella')");
like(tenants('acme'), qr/^warning\|1 other databases of the cluster have qfs; PUBLIC may connect to this one\|.*REVOKE CONNECT ON DATABASE acme FROM PUBLIC,.*operations\.md/, 'the neighbour is seen from the first');

# What health warns of.
$node->safe_psql('postgres', 'CREATE ROLE acme_old LOGIN; GRANT qfs_operator TO acme_old; CREATE ROLE watch LOGIN; GRANT qfs_monitor TO watch');
is(try('acme_old', 'umbrella', 'SELECT qfs.rotate_keys()'), 1, 'an operator of one ledger rotates the keys of the other');
is(try('watch', 'umbrella', q{SELECT status FROM qfs.health() WHERE item = 'tenants'}), 'warning', 'a monitor sees it');

# As the manual says.
$node->safe_psql('postgres', keep_apart($_)) for qw(acme umbrella);
like(tenants($_), qr/^ok\|1 other databases of the cluster have qfs; who may connect to this one is listed\|$/, "$_ is kept apart") for qw(acme umbrella);
like(try('acme_operator', 'umbrella', 'SELECT qfs.rotate_keys()'), qr/does not have CONNECT privilege/i, 'no connection to the other one');
is(try('acme_operator', 'acme', 'SELECT qfs.rotate_keys()'), 1, 'one\'s own ledger is there');
is($node->safe_psql('umbrella', 'SELECT count(*) FROM qfs.signing_key'), 2, 'the other\'s keys are as they were');

# Ways to undo it that are easily overlooked.
for my $role (qw(qfs_operator qfs_user qfs_monitor qfs_bridge)) {
  $node->safe_psql('postgres', "GRANT CONNECT ON DATABASE umbrella TO $role");
  like(tenants('umbrella'), qr/^warning\|.*; $role may connect to this one\|.*FROM $role,/, "CONNECT for $role, which every tenant has");
  $node->safe_psql('postgres', "REVOKE CONNECT ON DATABASE umbrella FROM $role");
}
$node->safe_psql('postgres', 'GRANT ALL ON DATABASE umbrella TO PUBLIC');
like(tenants('umbrella'), qr/^warning\|.*; PUBLIC may connect/, 'PUBLIC again');
like(tenants('acme'), qr/^ok/, 'which is not what the other is warned of');
$node->safe_psql('umbrella', 'SET qfs.ddl_guard = off; DROP EXTENSION qfs');
like(tenants('acme'), qr/^ok\|no other database/, 'gone with the extension');
$node->stop;
done_testing();
