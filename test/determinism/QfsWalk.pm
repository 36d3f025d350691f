# QfsWalk.pm - what a function of SQL reaches: bodies as the server has parsed them, and the machine code of C.
#
# A finding is [FUNCTION, KIND, WHAT].  Kinds: volatile, clock, float, time
# (TimeZone, DateStyle or the forms of dates), collation, unordered, unseen
# (SQL that is put together at run time), stable (reached by what is declared IMMUTABLE).
package QfsWalk;

use strict;
use warnings FATAL => 'all';

use JSON::PP;

# QfsWalk->new(sub { one value of SQL }, OBJECT FILES): reads the catalogue and the objects.
sub new {
  my ($class, $value, @objects) = @_;
  my $read = sub { return JSON::PP->new->decode($value->("SELECT coalesce(json_agg(r), '[]') FROM ($_[0]) r")) };
  my $self = bless { code => {}, proc => {}, view => {}, type => {} }, $class;
  # Bodies of PostgreSQL's own views are of interest where one of ours reads them.
  $self->{proc}{ $_->{oid} } = $_ for @{ $read->(q{
    SELECT p.oid::int AS oid, p.oid::regprocedure::text AS name, p.proname, n.nspname AS schema, l.lanname AS language, provolatile AS volatility, prosrc,
      prosqlbody::text AS body, array_to_json((prorettype || proargtypes || coalesce(proallargtypes, '{}'))::int[]) AS types
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace JOIN pg_language l ON l.oid = prolang}) };
  $self->{view}{ $_->{oid} } = $_ for @{ $read->(q{
    SELECT c.oid::int AS oid, c.oid::regclass::text AS name, r.ev_action::text AS body FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE r.rulename = '_RETURN'}) };
  # Base types: of domains and of arrays, as far as that leads.
  $self->{type}{ $_->{oid} } = $_->{base} for @{ $read->(q{
    SELECT t.oid::int AS oid, format_type(coalesce(nullif(t.typbasetype, 0), nullif(t.typelem, 0), t.oid), NULL) AS base FROM pg_type t}) };
  $self->{operator}{ $_->{oid} } = $_->{proc} for @{ $read->('SELECT oid::int AS oid, oprcode::oid::int AS proc FROM pg_operator') };
  $self->{fixed} = { map { ($_->{oid} => 1) } @{ $read->(q{SELECT oid::int AS oid FROM pg_collation WHERE collname IN ('C', 'POSIX', 'ucs_basic')}) } };
  $self->read_object($_) for @objects;
  return $self;
}

# Functions of these schemas that promise to be IMMUTABLE or STABLE.
sub promising {
  my ($self, @schemas) = @_;
  my %wanted = map { ($_ => 1) } @schemas;
  return sort { $a->{name} cmp $b->{name} } grep { $wanted{ $_->{schema} } && $_->{volatility} ne 'v' } values %{ $self->{proc} };
}

# Everything that a function should not reach.
sub findings {
  my ($self, $proc) = @_;
  my (%seen, @found);
  my $report = sub { my ($kind, $what) = @_; push @found, [ $proc->{name}, $kind, $what ] unless $seen{"$kind $what"}++ };
  my @todo = ($proc);
  while (my $next = shift @todo) {
    next if $seen{ ($next->{body} ? 'body ' : 'function ') . ($next->{name} // '') }++;
    $self->visit($next, $proc, $report, sub { push @todo, @_ });
  }
  return @found;
}

sub visit {
  my ($self, $thing, $start, $report, $more) = @_;
  if ($thing != $start && exists $thing->{volatility}) {
    $report->('volatile', $thing->{name}) if $thing->{volatility} eq 'v';
    $report->('stable', $thing->{name}) if $thing->{volatility} eq 's' && $start->{volatility} eq 'i';
    $report->('clock', $thing->{name}) if $thing->{proname} =~ /^(now|(transaction|statement|clock)_timestamp|timeofday|pg_\w*(age|uptime|time))$/;
  }
  $self->judge_type($_, $thing->{name}, $report) for @{ $thing->{types} // [] };
  if (defined $thing->{body}) {
    my @trees = parse($thing->{body});
    $self->walk(\@trees, $report, $more);
  }
  elsif (($thing->{language} // '') eq 'plpgsql') { $self->read_text($thing, $report, $more) }
  elsif (($thing->{language} // '') eq 'c')       { $self->reach($thing->{prosrc}, $report) }
  elsif (($thing->{language} // '') eq 'sql' && $thing->{schema} !~ /^pg_/) { $report->('unseen', "$thing->{name} has a body that is text") }
  return;
}

sub judge_type {
  my ($self, $type, $where, $report) = @_;
  my $base = $self->{type}{$type} // return;
  $report->('float', "$base in $where") if $base =~ /^(real|double precision)\b/;
  $report->('time',  "$base in $where") if $base =~ /^(date|time|timestamp|interval)\b/;
  return;
}

# ---- bodies of SQL: node trees ----

# {NAME :field value …} becomes {_ => NAME, field => value}, (…) a list, anything else a word.
sub parse {
  my ($text) = @_;
  my @tokens = $text =~ /((?:\\.|[^\s(){}\\])+|[(){}])/gs;
  my ($list, $node);
  $list = sub {
    my @items;
    while (@tokens && $tokens[0] ne ')') { push @items, $node->() }
    shift @tokens;
    return \@items;
  };
  $node = sub {
    my $token = shift @tokens;
    return $list->() if $token eq '(';
    return $token if $token ne '{';
    my %fields = (_ => shift @tokens);
    my $name = '';
    while (@tokens && $tokens[0] ne '}') {
      if ($tokens[0] =~ /^:(.+)/s) { $name = $1; shift @tokens; next }
      my $value = $node->();
      # The bytes of a constant are several words.
      $fields{$name} //= $value;
    }
    shift @tokens;
    return \%fields;
  };
  my @trees;
  push @trees, $node->() while @tokens;
  return @trees;
}

# Functions whose result depends on the collation that they are given, unless that is C.
my $COLLATED = qr/^(?:(?:text|bpchar|varchar|name)?_?(?:lt|le|gt|ge|larger|smaller)(?:text|name)?|text_(?:lt|le|gt|ge|larger|smaller)|bt(?:text|name)\w*cmp|lower|upper|initcap|max|min
  |(?:text|name|bpchar)ic?(?:regexeq|regexne|like|nlike|nlike)|(?:text|name|bpchar)regex(?:eq|ne)|regexp_\w+|to_char|to_number|to_date|to_timestamp|similar_\w+)$/x;

# Aggregates whose result depends on the order of rows.
my $ORDERED = qr/^(?:array_agg|string_agg|jsonb?_agg\w*|jsonb?_object_agg\w*|xmlagg)$/;

sub collation_of {
  my ($expression) = @_;
  return 0 unless ref $expression eq 'HASH';
  return collation_of($expression->{expr}) if $expression->{_} eq 'TARGETENTRY';
  return $expression->{collOid} if exists $expression->{collOid};
  my ($field) = grep { /collid$/ && $_ ne 'inputcollid' } sort keys %$expression;
  return $field ? $expression->{$field} : 0;
}

sub walk {
  my ($self, $tree, $report, $more) = @_;
  if (ref $tree eq 'ARRAY') { $self->walk($_, $report, $more) for @$tree; return }
  return unless ref $tree eq 'HASH';
  my $kind = $tree->{_};
  for my $field (qw(funcid opfuncid aggfnoid winfnoid)) {
    my $proc = $self->{proc}{ $tree->{$field} // 0 } // next;
    $more->($proc);
    my $collation = $tree->{inputcollid} // 0;
    $report->('collation', $proc->{name}) if $collation && !$self->{fixed}{$collation} && $proc->{proname} =~ $COLLATED;
    $report->('unordered', $proc->{name}) if $field eq 'aggfnoid' && $proc->{proname} =~ $ORDERED && !ref $tree->{aggorder};
  }
  # CURRENT_DATE to LOCALTIMESTAMP(n); those after them name roles and schemas.
  $report->('clock', 'CURRENT_TIMESTAMP and the like') if $kind eq 'SQLVALUEFUNCTION' && $tree->{op} < 9;
  $self->judge_type($tree->{$_}, lc $kind, $report) for grep { /type$/ && $tree->{$_} =~ /^\d+$/ } keys %$tree;
  my $view = $kind =~ /^(RTE|RANGETBLENTRY)$/ && $self->{view}{ $tree->{relid} // 0 };
  $more->($view) if $view;
  $self->judge_order($tree->{sortClause}, $tree->{targetList}, $report) if ref $tree->{sortClause};
  $self->judge_order($tree->{aggorder}, $tree->{args}, $report) if ref $tree->{aggorder};
  $report->('unordered', 'LIMIT without ORDER BY')
    if $kind eq 'QUERY' && (ref $tree->{limitCount} || ref $tree->{limitOffset}) && !ref $tree->{sortClause};
  # A join's aliases list every column of its tables, also those that nobody asks for.
  $self->walk($tree->{$_}, $report, $more) for grep { $_ ne 'joinaliasvars' } sort keys %$tree;
  return;
}

sub judge_order {
  my ($self, $clauses, $targets, $report) = @_;
  for my $clause (@$clauses) {
    my ($target) = grep { ref && ($_->{ressortgroupref} // 0) == $clause->{tleSortGroupRef} } @$targets;
    my $collation = collation_of($target);
    $report->('collation', 'ORDER BY') if $collation && !$self->{fixed}{$collation};
  }
  return;
}

# ---- bodies of PL/pgSQL: text, so every function of a name that is called is taken to be reached ----

sub read_text {
  my ($self, $thing, $report, $more) = @_;
  my $text = $thing->{prosrc} =~ s/--[^\n]*|\/\*.*?\*\/|'(?:''|[^'])*'/ /grs;
  $report->('unseen', 'EXECUTE') if $text =~ /\bEXECUTE\b/i;
  $report->('clock', uc $1) if $text =~ /\b((?:current|local)_?(?:date|time(?:stamp)?))\b/i;
  $report->('float', $1) if $text =~ /\b(real|float\d?|double precision)\b/i;
  $report->('time',  $1) if $text =~ /\b(timestamptz|timestamp|date|interval)\b/i;
  $report->('collation', 'ORDER BY or a comparison in text') if $text =~ /\bORDER\s+BY\b/i && $text !~ /\bCOLLATE\b/i;
  my %named = map { (lc $_ => 1) } $text =~ /(\w+)\s*\(/g;
  # Which of several functions of a name is meant the text does not say, so their types tell nothing.
  $more->({ %$_, types => [] }) for grep { $named{ $_->{proname} } && $_->{schema} =~ /^(pg_catalog|qfs|qfs_api|planted)$/ } values %{ $self->{proc} };
  return;
}

# ---- functions of C: what their machine code mentions ----

# Core is not looked at here: check-purity has looked at all of it.
my %FORBIDDEN = (
  clock     => qr/^(?:Get\w*Timestamp|time|gettimeofday|clock_gettime|clock|timeofday|now|clock_timestamp)$/,
  volatile  => qr/^(?:s?random|[dlm]rand48|rand|pg_strong_random|pg_prng_\w+|pg_global_prng_state|randombytes\w*|getrandom)$/,
  time      => qr/^(?:session_timezone|log_timezone|DateStyle|DateOrder|IntervalStyle|pg_localtime|localtime\w*|timestamp\w*_(?:in|out)|date_(?:in|out)|EncodeDate\w+)$/,
  float     => qr/^(?:float[48]\w*|d[a-z]+pow|strtod|pg_strtod|sqrt|pow|exp|log|floor|ceil|numeric_float\w+)$/,
  collation => qr/^(?:strcoll\w*|varstr_cmp|bttextcmp|text_[lg][te]|str_(?:tolower|toupper|initcap)|pg_newlocale_from_collation|tolower|toupper|isalpha|localeconv|setlocale)$/,
  unseen    => qr/^SPI_(?:exec\w*|prepare\w*|cursor_open\w*)$/,
  unordered => qr/^hash_seq_search$/,
);

sub read_object {
  my ($self, $object) = @_;
  my ($name, %start);
  open my $lines, '-|', 'objdump', '-dr', '--no-show-raw-insn', $object or die "objdump: $!";
  my @mentions;
  while (<$lines>) {
    if    (/^([0-9a-f]+) <(.+)>:$/) { $name = $2; $start{ hex $1 } = $name; $self->{code}{$name} = { refs => {}, float => '' } }
    elsif (/R_X86_64_\w+\s+\.text(?:\+0x([0-9a-f]+))?/) { push @mentions, [ $name, hex($1 // 0) + 4 ] }
    elsif (/R_X86_64_\w+\s+([A-Za-z_]\w*)/) { $self->{code}{$name}{refs}{$1} = 1 }
    elsif (/\t(?:call|jmp)\s+[0-9a-f]+ <(\w+)>/ || /# [0-9a-f]+ <(\w+)>$/) { $self->{code}{$name}{refs}{$1} = 1 }
    elsif (/\t((?:add|sub|mul|div|sqrt|u?comi|cvt\w*2?)s[sd]|f(?:ld|st|add|mul|div|sub)\w*)\s/) { $self->{code}{$name}{float} = $1 }
  }
  # Addresses of functions of the same file, which are called through a pointer.
  for (@mentions) { my ($from, $to) = @$_; $self->{code}{$from}{refs}{ $start{$to} } = 1 if $start{$to} }
  close $lines or die "objdump $object failed";
  return;
}

sub reach {
  my ($self, $symbol, $report) = @_;
  my %seen;
  my @todo = ($symbol);
  $report->('unseen', "there is no code of $symbol") unless $self->{code}{$symbol};
  while (defined(my $name = shift @todo)) {
    next if $seen{$name}++;
    for my $kind (sort keys %FORBIDDEN) { $report->($kind, "$name, in C") if $name =~ $FORBIDDEN{$kind} }
    my $code = $self->{code}{$name} // next;
    $report->('float', "$code->{float} in $name") if $code->{float};
    push @todo, sort keys %{ $code->{refs} };
  }
  return;
}

1;
