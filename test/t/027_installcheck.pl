# 027_installcheck.pl - make installcheck as a DBA runs it: in a tree that he cannot write to, as a user without a role.
use strict;
use warnings FATAL => 'all';
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use QfsTest;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'root can write everywhere' if $> == 0;

my $node = new_node('installcheck');
$node->safe_psql('postgres', 'CREATE ROLE builder LOGIN');

# A copy that cannot be written to, of what make reads.
my $tree = PostgreSQL::Test::Utils::tempdir();
run_program('cp', '-R', (map { abs_path(dirname(__FILE__) . "/../../$_") } qw(Makefile qfs.control expected sql)), $tree);
mkdir "$tree/test" or die $!;
run_program('cp', '-R', (map { abs_path(dirname(__FILE__) . "/../$_") } qw(sql specs)), "$tree/test");
run_program('chmod', '-R', 'a-w', $tree);
END { system 'chmod', '-R', 'u+w', $tree if defined $tree }

# make installcheck of one test of each kind; with a role, or as whoever made the server.
sub installcheck {
  my ($role, @arguments) = @_;
  local %ENV = %ENV;
  delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL PGUSER)};
  $ENV{PGUSER} = $role if defined $role;
  return run_program($node, 'make', '-C', $tree, "PG_CONFIG=$ENV{PG_CONFIG}", 'REGRESS=types', 'ISOLATION=lock_order', @arguments, 'installcheck');
}

my ($exit, $out, $err) = installcheck();
isnt($exit, 0, 'where nothing can be written it fails');
like($err, qr{^test/output cannot be written to by \w+: make installcheck QFS_OUTPUT=}m, 'and says what to do');

my $elsewhere = PostgreSQL::Test::Utils::tempdir();
($exit, $out, $err) = installcheck(undef, "QFS_OUTPUT=$elsewhere");
is($exit, 0, 'which works') or diag($out, $err);
is(() = $out =~ /All 1 tests passed/g, 2, 'both kinds of tests ran');
ok(-s "$elsewhere/results/$_.out", "what $_ printed is there") for qw(types lock_order);
ok(!-e "$tree/test/output", 'nothing is where it was not to be');

for my $role ('nobody_has_this_role', 'builder') {
  ($exit, $out, $err) = installcheck($role, "QFS_OUTPUT=$elsewhere");
  isnt($exit, 0, "as $role it fails");
  like($err, qr/^installcheck connects as psql does, and needs a superuser of the server: /m, 'and says so');
  unlike($out, qr/tests passed|not ok|FAILED/, 'before anything is tried');
}

$node->stop;
done_testing();
