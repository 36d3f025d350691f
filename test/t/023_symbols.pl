# 023_symbols.pl - a library that was loaded before and has functions and variables of our names changes nothing.
#
# PostgreSQL loads libraries with RTLD_GLOBAL: a name that a library exports
# is looked up in those that were loaded before it.
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use File::Find qw(find);
use QfsTest;
use Test::More;

# Names that a library of anybody's may have; ours had some of them once.
my @COMMON = qw(text_of bytea_of hashes_of hash_of hash_datum bytes_datum varlena_arg count_arg
  ledger_open ledger_close ledger_row ledger_head ledger_hash ledger_line sha256 keccak256 merkle_root json_write);

# ---- the names in our objects: name → size of a variable, 0 for a function ----

sub our_symbols {
  my $src = dirname(__FILE__) . '/../../src';
  my @objects;
  find(sub { push @objects, $File::Find::name if /\.o\z/ }, "$src/core", "$src/pg");
  my ($exit, $out, $err) = run_program('nm', '-S', '-g', '--defined-only', @objects);
  is($exit, 0, 'the objects are there') or diag($err);
  my %size;
  $size{$3} = $2 eq 'T' ? 0 : hex $1 while $out =~ /^\S+ (\S+) (\w) (\w+)$/mg;
  return \%size;
}

# C of a library that has all these names.  Functions refuse, whoever calls
# them; variables are zeros.  What PostgreSQL itself asks a library for, this
# one has as each does.
sub impostor {
  my ($size) = @_;
  my $c = qq{#include "postgres.h"\n#include "fmgr.h"\nPG_MODULE_MAGIC;\n} .
    q{#define REFUSE(name) ereport(ERROR, (errmsg("%s of another library was called", name)))} . "\n";
  for my $name (sort keys %$size) {
    next if $name =~ /^(?:Pg_magic_func|_PG_init|pg_finfo_.*)$/;
    $c .= $size->{$name} ? "extern char $name\[$size->{$name}];\nchar $name\[$size->{$name}];\n"
      : $name =~ /^qfs_sql_/ ? "PG_FUNCTION_INFO_V1($name);\nDatum $name(PG_FUNCTION_ARGS) { REFUSE(\"$name\"); }\n"
      : "extern int $name(void);\nint $name(void) { REFUSE(\"$name\"); }\n";
  }
  return $c;
}

sub compile {
  my ($c) = @_;
  my ($exit, $include) = run_program($ENV{PG_CONFIG} // 'pg_config', '--includedir-server');
  chomp $include;
  my $source = scratch_file('impostor.c', $c);
  my $library = $source =~ s/\.c\z/.so/r;
  ($exit, undef, my $err) = run_program('gcc', '-shared', '-fPIC', '-w', "-I$include", '-o', $library, $source);
  is($exit, 0, 'the library that has our names') or diag($err);
  return $library;
}

my $size = our_symbols();
cmp_ok(scalar keys %$size, '>', 400, 'names of functions and variables');
cmp_ok(scalar(grep { $_ } values %$size), '>', 20, 'and variables among them');
$size->{$_} //= 0 for @COMMON;
my $library = compile(impostor($size));

# ---- what we answer without it ----

my $node = new_node('symbols');
new_ledger($node);
append($node, 20);

my $EXPECTED;
my $QUESTIONS = q{
  SELECT qfs.entry(0);
  SELECT qfs.checkpoint();
  SELECT * FROM qfs.head();
  SELECT qfs.root(7), qfs.inclusion_proof(3, 9), qfs.consistency_proof(5, 20), qfs.state_hash();
  SELECT qfs.export();
  SELECT qfs.vkey(), qfs.tlog_proof(4, 11), qfs.tile(0, 0, 20), qfs.entry_bundle(0, 20);
  SELECT qfs.canonical('{"b": [1, "ä"], "a": null}'), qfs.sha256_jcs('{}'), qfs.keccak256('x'), qfs.sha3_256('x');
  SELECT qfs.explain(4), qfs.default_policy(), qfs.version();
  SELECT count(*) FROM qfs.verify(depth => 'replay');
  SELECT * FROM qfs.self_check();
};

# What a session answers that runs this first; an error instead, if there is one.
sub answers {
  my ($first) = @_;
  my ($exit, $out, $err) = $node->psql('postgres', $first . $QUESTIONS, on_error_stop => 1);
  return $exit == 0 ? $out : "exit code $exit: $err";
}

# One test: the same answers; shows the first line that is another.
sub same_answers {
  my ($first, $name) = @_;
  my @got = split /\n/, answers($first);
  my @expected = split /\n/, $EXPECTED;
  my $line = 0;
  $line++ while $line < @expected && ($got[$line] // '') eq $expected[$line];
  is($got[$line], $expected[$line], "$name: the same answers");
}

$EXPECTED = answers('');
like($EXPECTED, qr/^\Q$QfsTest::ORIGIN\E$/m, 'a ledger that answers');

# ---- and with it ----

same_answers("LOAD '$library';", 'loaded before, by the session');

# Does it do what it is for?  By its own name a function of it is reached.
{
  $node->safe_psql('postgres', "CREATE FUNCTION impostor() RETURNS bigint AS '$library', 'qfs_sql_head' LANGUAGE C");
  my ($exit, $out, $err) = $node->psql('postgres', 'SELECT impostor()');
  like($err, qr/qfs_sql_head of another library was called/, 'it has functions of our names');
}

$node->append_conf('postgresql.conf', "shared_preload_libraries = '$library'");
$node->restart;
same_answers('', 'loaded before, by the server');
append($node, 10);
is(size_of($node), 33, 'it appends as ever');
is_sound($node, 'and what it appended');
is_sound_offline($node, 'and offline');
new_ledger($node, 'another');
append($node, 5, 'another');
is_sound($node, 'a ledger that began beside it', 'another');
$node->stop;
done_testing();
