# QfsObserver.pm - nobody in particular, who asks every public door again and again and guesses who did what.
#
# It speaks SQL as qfs_anon, which may call more than PostgREST lets it.  It is
# given more than such a visitor has: the user ids of all, which entries are
# messages and invitations, and for the first half of them who was who.  From
# that half it learns what gives people away - a member that changed in the
# second of the entry, or names its number, time or hash, or changed when the
# epoch ended, or who comes first in some order - and guesses the other half.
package QfsObserver;

use strict;
use warnings FATAL => 'all';

use JSON::PP;
use List::Util qw(max min sum0 uniq);
use QfsClient;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# ---- the doors ----

# How to ask: of an account a, of an entry e, or of neither (n entries, of which the first m were there before).
my %OF_ACCOUNT = (
  'qfs_api.profile'           => 'qfs_api.profile(a)',
  'qfs_api.coherence'         => 'qfs_api.coherence(a)',
  'qfs_api.chat_key'          => 'qfs_api.chat_key(a)',
  'qfs_api.account_statement' => 'qfs_api.account_statement(a)',
  'qfs_api.explain_coherence' => 'qfs_api.explain_coherence(a)',
  'qfs.find_last_act'         => 'qfs.find_last_act(a::qfs.user_id)',
  'qfs.find_own_touch'        => 'qfs.find_own_touch(a::qfs.user_id, NULL)',
  'qfs.find_account_to_explain' => 'qfs.find_account_to_explain(a)',
  'qfs_api.explain_vote'      => 'qfs_api.explain_vote(1, a)',
  'qfs.find_vote'             => 'qfs.find_vote(1, a)',
  'qfs.explain_own'           => q{qfs.explain_own(n - 1, 'reward', a::qfs.user_id, NULL, 0)},
  'qfs.explain_to_caller'     => q{qfs.explain_to_caller(n - 1, 'coherence', a::qfs.user_id)},
);
my @EVERY_TIME = qw(qfs_api.profile qfs_api.coherence qfs_api.chat_key qfs.find_last_act);

my %OF_ENTRY = (
  'qfs_api.entry'           => 'qfs_api.entry(e)',
  'qfs_api.entry_head'      => 'qfs_api.entry_head(e)',
  'qfs_api.explain_entry'   => 'qfs_api.explain_entry(e)',
  'qfs_api.explain_session' => 'qfs_api.explain_session(e)',
  'qfs_api.explain_reward'  => 'qfs_api.explain_reward(e::text)',
  'qfs_api.tlog_proof'      => 'qfs_api.tlog_proof(e)',
  'qfs_api.ledger'          => '(SELECT to_jsonb(l) FROM qfs_api.ledger l WHERE l.seq = e)',
  'qfs.readable_entry'      => 'qfs.readable_entry(e)',
  'qfs.find_tx'             => 'qfs.find_tx(e::text)',
  'qfs.sees'                => '(SELECT qfs.sees(l.type, l.actor::qfs.user_id, l.payload, l.accounts) FROM qfs_api.ledger l WHERE l.seq = e)',
  'qfs.seen_accounts'       => '(SELECT qfs.seen_accounts(l.type, l.actor::qfs.user_id, l.payload, l.accounts) FROM qfs_api.ledger l WHERE l.seq = e)',
);
my %OF_ALL = (
  'qfs_api.head'              => 'qfs_api.head()',
  'qfs_api.policy'            => 'qfs_api.policy()',
  'qfs_api.event_types'       => '(SELECT jsonb_agg(t) FROM qfs_api.event_types() t)',
  'qfs_api.vkey'              => 'qfs_api.vkey()',
  'qfs_api.checkpoint'        => 'qfs_api.checkpoint()',
  'qfs_api.consistency_proof' => 'qfs_api.consistency_proof(m, n)',
  'qfs_api.tile'              => q{encode(qfs_api.tile(0, (n - 1) / 256, ((n - 1) % 256 + 1)::integer), 'hex')},
  'qfs_api.entry_bundle'      => q{convert_from(regexp_replace(encode(qfs_api.entry_bundle((n - 1) / 256, ((n - 1) % 256 + 1)::integer), 'escape'), '\\\\\d{3}', '', 'g')::bytea, 'UTF8')},
  'qfs_api.auth_nonce'        => 'qfs_api.auth_nonce()',
  # The block is the clock's.
  'qfs_api.governance'        => q{(qfs_api.governance() - 'block')},
  'qfs_api.token_guard_map'   => 'qfs_api.token_guard_map()',
  'qfs_api.principles'        => 'qfs_api.principles()',
  'qfs_api.guard_history'     => q{(qfs_api.guard_history('REFERRAL_CAP') - ARRAY['size', 'next'])},
  'qfs.catalogue'             => 'qfs.catalogue()',
  'qfs_api.explain_tally'     => 'qfs_api.explain_tally(1)',
  'qfs_api.vote_chain'        => 'qfs_api.vote_chain(1)',
  'qfs.find_tally'            => 'qfs.find_tally(1)',
  'qfs.block_time'            => 'qfs.block_time(1)',
  'qfs.policy_key_list'       => '(SELECT jsonb_agg(k) FROM qfs.policy_key_list() k)',
  (map { ("qfs_api.$_" => "(SELECT jsonb_agg(v) FROM qfs_api.$_ v)") } qw(policy_keys proposals seats tallies votes)),
  'qfs_api.advice'            => q{qfs_api.advice('entry:1')},
  'qfs_api.advice_models'     => '(SELECT jsonb_agg(m) FROM qfs_api.advice_models() m)',
  'qfs_api.what_if'           => q{qfs_api.what_if('{"referral": {"cap": 1}}')},
  'qfs_api.consequence_map'   => q{qfs_api.consequence_map(changes => '{"referral": {"cap": 1}}')},
  'qfs_api.sandbox'           => q{qfs_api.sandbox('limits', '{"factor": "0.1"}')},
  'qfs_api.sandbox_templates' => 'qfs_api.sandbox_templates()',
  'qfs_api.explanation'       => q{qfs_api.explanation('parameter', 'key:referral.cap')},
  'qfs_api.explanation_with_advice' => q{qfs_api.explanation_with_advice('parameter', 'key:referral.cap')},
  'qfs.is_public'             => 'qfs.is_public()',
  'qfs.version'               => 'qfs.version()',
  'qfs.current_session'       => 'qfs.current_session()',
  'qfs.current_user_id'       => 'qfs.current_user_id()',
);

# They execute entries again.
my %DEAR = map { ($_ => 1) } qw(qfs_api.what_if qfs_api.consequence_map qfs_api.sandbox);

# Of a pair, and what says nothing of anybody but to whom has a token or signs in.
my %OF_PAIR = (
  'qfs_api.explain_message' => 'qfs_api.explain_message(qfs.thread(a::qfs.user_id, b::qfs.user_id)::text, 1, a)',
  'qfs.find_message'        => 'qfs.find_message(qfs.thread(a::qfs.user_id, b::qfs.user_id)::text, 1, a)',
);
my %SILENT = map { ($_ => 1) } qw(qfs_api.pre_request qfs_api.auth_challenge qfs_api.auth_login qfs_api.deliver qfs_api.wallet_text
  qfs_api.propose qfs_api.vote qfs_api.cancel_proposal qfs_api.hold_fewer qfs_api.settle qfs_api.app qfs_api.page_module qfs_api.page_error qfs.authenticate qfs.authenticate_request);

# What qfs_anon may ask that gives another answer tomorrow.
sub open_doors {
  my ($client) = @_;
  return map { $_->[0] } @{ $client->query(q{
    SELECT DISTINCT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('qfs', 'qfs_api') AND p.provolatile <> 'i' AND has_function_privilege('qfs_anon', p.oid, 'EXECUTE')
    UNION ALL SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('qfs', 'qfs_api') AND c.relkind IN ('r', 'v', 'm', 'p') AND has_any_column_privilege('qfs_anon', c.oid, 'SELECT') ORDER BY 1})->{rows} };
}

# A function for each, which gives the error where there is one.
sub open_each {
  my ($client, $prefix, $arguments, $doors, @names) = @_;
  my @functions;
  for my $i (0 .. $#names) {
    $client->value(qq{CREATE FUNCTION observer.$prefix$i($arguments) RETURNS text LANGUAGE plpgsql AS \$body\$
      DECLARE said text; BEGIN RETURN ($doors->{ $names[$i] })::text;
      EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS said = PG_EXCEPTION_DETAIL; RETURN SQLSTATE || ' ' || SQLERRM || ' ' || said; END \$body\$});
    push @functions, "observer.$prefix$i";
  }
  return @functions;
}

# QfsObserver->new(NODE, DATABASE, accounts => [user ids], seldom => N): every N-th look is at all accounts through all doors.
sub new {
  my ($class, $node, $database, %options) = @_;
  my $client = QfsClient->wait_for($node, database => $database);
  my $self = bless { client => $client, accounts => $options{accounts}, seldom => $options{seldom} // 1, polls => 0, size => 0, epoch => 0, epochs => [0],
    changed => [], equal => {}, named => {}, said => {}, known => {}, seen => {}, length => {} }, $class;
  my @open = open_doors($client);
  my %watched = (%OF_ACCOUNT, %OF_ENTRY, %OF_ALL, %OF_PAIR, %SILENT);
  $self->{unwatched} = [ grep { !$watched{$_} } @open ];
  my %open = map { ($_ => 1) } @open;
  $client->value('CREATE SCHEMA observer');
  $client->value('CREATE TABLE observer.account (n int PRIMARY KEY, a text)');
  $client->value("INSERT INTO observer.account VALUES ($_, '$self->{accounts}[$_]')") for 0 .. $#{ $self->{accounts} };
  for my $kind ([ 'account', 'a text, n bigint', \%OF_ACCOUNT ], [ 'entry', 'e bigint', \%OF_ENTRY ], [ 'all', 'n bigint, m bigint', \%OF_ALL ], [ 'pair', 'a text, b text', \%OF_PAIR ]) {
    my ($name, $arguments, $doors) = @$kind;
    my @names = grep { $open{$_} } sort keys %$doors;
    $self->{doors}{$name} = \@names;
    my @functions = open_each($client, $name, $arguments, $doors, @names);
    @{ $self->{ask} }{@names} = @functions;
  }
  my $grant = 'GRANT USAGE ON SCHEMA observer TO qfs_anon; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA observer TO qfs_anon; GRANT SELECT ON observer.account TO qfs_anon';
  my $answer = $client->query("$grant; SET SESSION AUTHORIZATION qfs_anon");
  die $answer->{error}{message} if $answer->{error};
  # Public, too.
  my ($first) = map { $_->[0] } @{ $client->query('SELECT qfs_api.entry(0)')->{rows} };
  my $policy  = $first && $json->decode($first)->{payload}{policy};
  $self->{epoch_ms} = $policy ? $policy->{block_ms} * $policy->{epoch_blocks} : 17_000 * 512;
  $self->{genesis}  = $client->value('SELECT at FROM qfs_api.ledger WHERE seq = 0');
  return $self;
}

# ---- watching ----

# Members of an answer and their values, as path => value.
sub leaves {
  my ($value, $path) = @_;
  return ref $value eq 'HASH' ? (map { leaves($value->{$_}, "$path.$_") } keys %$value)
    : ref $value eq 'ARRAY' ? (map { leaves($value->[$_], "$path.$_") } 0 .. $#$value) : ($path => $value);
}
sub read_answer {
  my ($door, $text) = @_;
  my $value = defined $text && $text =~ /^[\[{]/ ? eval { $json->decode($text) } : undef;
  return { leaves($value // $text, $door) };
}

# One second's look.  Most are at @whom, those after whom something may have changed, and at a few others: the rest is as
# it was, so whoever asks everybody sees no more, and has more to mistake for something.
sub poll {
  my ($self, @whom) = @_;
  my $poll   = $self->{polls}++;
  my $client = $self->{client};
  my ($now, $size) = @{ $client->query(q{SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, (qfs_api.head() ->> 'size')::bigint})->{rows}[0] };
  my $epoch = int(($now - $self->{genesis}) / $self->{epoch_ms});
  $self->{ended}[$poll] = $epoch != $self->{epoch};
  push @{ $self->{epochs} }, $poll if $self->{ended}[$poll];
  $self->{epoch} = $epoch;
  my @new = $self->look_at_entries($poll, $self->{size}, $size);
  my $all_of_it = !$poll || $poll % $self->{seldom} == 0 || $self->{ended}[$poll];
  my @of_all = grep { $all_of_it || !$DEAR{$_} } @{ $self->{doors}{all} };
  my $all = $client->query('SELECT ' . join(', ', map { "$self->{ask}{$_}($size, $self->{size})" } @of_all))->{rows}[0];
  $self->note_names("second $poll", $of_all[$_], $all->[$_]) for 0 .. $#$all;
  $self->{size} = $size;
  my @doors = grep { my $door = $_; $all_of_it || grep { $_ eq $door } @EVERY_TIME } @{ $self->{doors}{account} };
  my $of = $all_of_it ? '' : ' WHERE n IN (' . join(',', @whom, map { int rand @{ $self->{accounts} } } 1 .. 5) . ')';
  my $rows = $client->query('SELECT n, ' . join(', ', map { "$self->{ask}{$_}(a, $size)" } @doors) . " FROM observer.account$of")->{rows};
  for my $i (0 .. $#doors) {
    $self->compare($poll, $doors[$i], $_->[0], $_->[ $i + 1 ], \@new) for @$rows;
    # To be asked at all is no answer.
    $self->note_minority($poll, $doors[$i], map { [ $_->[0], $_->[ $i + 1 ] ] } @$rows) if $all_of_it;
  }
  return;
}

# What the doors of entries say that are new, and whom they name.
sub look_at_entries {
  my ($self, $poll, $from, $size) = @_;
  my @doors = @{ $self->{doors}{entry} };
  my $rows = $self->{client}->query('SELECT l.seq, l.at, l.hash, ' . join(', ', map { "$self->{ask}{$_}(l.seq)" } @doors)
    . " FROM qfs_api.ledger l WHERE l.seq >= $from AND l.seq < $size ORDER BY l.seq")->{rows};
  for my $row (@$rows) {
    my ($seq, $at, $hash, @said) = @$row;
    $self->{poll_of}[$seq] = $poll;
    $self->note_names($seq, $doors[$_], $said[$_]) for 0 .. $#doors;
    my %said; @said{@doors} = @said;
    # Numbers and times are as long as they are; all else of a head has one length, whatever the entry is.
    $self->{length}{ length($said{'qfs_api.entry_head'}) - length $seq } = 1 if defined $said{'qfs_api.entry_head'};
  }
  return map { { seq => $_->[0], at => $_->[1], hash => $_->[2] } } @$rows;
}

# Whose id, wallet, key or code is in an answer: found by what profiles of accounts have said.
sub note_names {
  my ($self, $what, $door, $text) = @_;
  return unless defined $text;
  $self->{named}{$what}{$door}{ $self->{known}{$_} } = 1 for grep { defined $self->{known}{$_} } $text =~ /((?:user_|0x)?[A-Za-z0-9-]{22,})/g;
  return;
}

sub compare {
  my ($self, $poll, $door, $account, $text, $new) = @_;
  my $before = \$self->{seen}{$door}[$account];
  return if $poll && ($$before // '') eq ($text // '');
  my $was = read_answer($door, $$before);
  my $is  = read_answer($door, $text);
  $$before = $text;
  for my $path (uniq keys %$was, keys %$is) {
    my ($old, $value) = ($was->{$path}, $is->{$path});
    next if ($old // '') eq ($value // '');
    $self->{known}{$value} //= $account if defined $value && $value =~ /^(?:user_|0x)?[A-Za-z0-9_-]{22,}$/;
    $self->{changed}[$poll]{$account}{$path} = [ $old, $value ];
    for my $entry (defined $value ? @$new : ()) {
      $self->{equal}{ $entry->{seq} }{$account}{"$path is its $_"} = 1 for grep { $value eq $entry->{$_} || $value =~ /(?<![0-9a-f])$entry->{$_}(?![0-9a-f])/ } keys %$entry;
    }
  }
  return;
}

# Who is answered otherwise than the most, numbers and ids aside.
sub note_minority {
  my ($self, $poll, $door, @answers) = @_;
  my (%who, %count);
  for my $answer (@answers) {
    my ($account, $text) = @$answer;
    next if defined $text && $text =~ /^[\[{]/;
    my $kind = ($text // '') =~ s/user_[0-9a-f]+|[0-9]+/#/gr;
    push @{ $who{$kind} }, $account;
  }
  my ($most) = sort { @{ $who{$b} } <=> @{ $who{$a} } } sort keys %who;
  for my $kind (grep { $_ ne $most } keys %who) {
    $self->{said}{$poll}{$_}{"$door: $kind"} = 1 for @{ $who{$kind} };
  }
  return;
}

# Pairs: is one answered otherwise than others?  Gives the kinds of answers to two lists of pairs.
sub ask_of_pairs {
  my ($self, @pairs) = @_;
  my %kinds;
  for my $door (@{ $self->{doors}{pair} }) {
    for my $pair (@pairs) {
      my $text = $self->{client}->value("SELECT $self->{ask}{$door}('$pair->[0]', '$pair->[1]')");
      $kinds{ "$door " . (($text // '') =~ s/user_[0-9a-f]+|[0-9a-f]{64}|[0-9]+/#/gr) }++;
    }
  }
  return sort keys %kinds;
}

# ---- what speaks for an account ----

# What there is on an account when an entry is looked at from afterwards.  when: live, what was to be seen before the
# epoch ended; epochs, what its end showed; whole, both.
sub signals {
  my ($self, $target, $account, $when) = @_;
  my $poll    = $self->{poll_of}[ $target->{seq} ];
  my @signals = $self->orders($account);
  push @signals, $self->live_signals($target->{seq}, $account, $poll) unless $when eq 'epochs';
  push @signals, $self->epoch_signals($account, $poll) unless $when eq 'live';
  push @signals, $self->signals_of_two($target->{referee}, $account, $poll, $when) if defined $target->{referee};
  return @signals;
}

sub orders { my ($self, $account) = @_; return ("id $self->{order_of_id}[$account]", "joined $self->{order_of_joining}[$account]") }

sub live_signals {
  my ($self, $seq, $account, $poll) = @_;
  my @signals;
  push @signals, keys %{ $self->{equal}{$seq}{$account} // {} };
  push @signals, map { "$_ names it" } grep { $self->{named}{$seq}{$_}{$account} } keys %{ $self->{named}{$seq} // {} };
  push @signals, map { "$_ names it then" } grep { $self->{named}{"second $poll"}{$_}{$account} } keys %{ $self->{named}{"second $poll"} // {} };
  for my $lag (-1, 0, 1) {
    next if $poll + $lag < 0 || $self->{ended}[ $poll + $lag ];
    push @signals, map { "$_ changed, $lag" } keys %{ $self->{changed}[ $poll + $lag ]{$account} // {} };
  }
  push @signals, keys %{ $self->{said}{$poll}{$account} // {} };
  return @signals;
}

sub amount { return defined $_[0] && $_[0] =~ /^-?[0-9.]+$/ ? $_[0] : 0 }

# What the next end of an epoch showed, and by how much it was.
sub epoch_signals {
  my ($self, $account, $poll) = @_;
  my ($end) = grep { $_ > $poll } @{ $self->{epochs} };
  return unless defined $end;
  return map { ("$_ changed in the epoch", "$_ changed in the epoch by $self->{step}{$end}{$_}{$account}") } keys %{ $self->{changed}[$end]{$account} // {} };
}

# What changed at once for who was invited and for another, whenever that was.
sub signals_of_two {
  my ($self, $referee, $account, $poll, $when) = @_;
  my @signals;
  for my $later (grep { $_ > $poll && $self->{changed}[$_]{$account} } @{ $self->{changes_of}[$referee] }) {
    my $ended = $self->{ended}[$later];
    next if $when eq ($ended ? 'live' : 'epochs');
    my ($theirs, $its) = @{ $self->{changed}[$later] }{ $referee, $account };
    push @signals, map { my $path = $_; map { "$_ with $path of the invited" . ($ended ? ' in an epoch' : '') } keys %$its } keys %$theirs;
  }
  return uniq @signals;
}

# By how much, in four sizes; and the orders.
sub prepare {
  my ($self) = @_;
  for my $end (@{ $self->{epochs} }) {
    my %by;
    for my $account (keys %{ $self->{changed}[$end] // {} }) {
      my $changes = $self->{changed}[$end]{$account};
      push @{ $by{$_} }, [ amount($changes->{$_}[1]) - amount($changes->{$_}[0]), $account ] for keys %$changes;
    }
    for my $path (keys %by) {
      my @sorted = sort { $a->[0] <=> $b->[0] } @{ $by{$path} };
      $self->{step}{$end}{$path}{ $sorted[$_][1] } = int 4 * $_ / @sorted for 0 .. $#sorted;
    }
  }
  for my $poll (0 .. $self->{polls} - 1) {
    push @{ $self->{changes_of}[$_] }, $poll for keys %{ $self->{changed}[$poll] // {} };
  }
  my $n = @{ $self->{accounts} };
  my @by_id = sort { $self->{accounts}[$a] cmp $self->{accounts}[$b] } 0 .. $n - 1;
  $self->{order_of_id}[ $by_id[$_] ] = int 10 * $_ / $n for 0 .. $n - 1;
  # Who is there, and who has a key, since which second.
  for my $account (0 .. $n - 1) {
    my $first = sub { my ($path) = @_; return (grep { my $change = $self->{changed}[$_]{$account}{$path}; $change && defined $change->[1] } @{ $self->{changes_of}[$account] })[0] // $self->{polls} };
    $self->{there}[$account] = $first->('qfs_api.profile.user_id');
    $self->{keyed}[$account] = $first->('qfs_api.chat_key.key');
  }
  my @by_time = sort { $self->{there}[$a] <=> $self->{there}[$b] || $a <=> $b } 0 .. $n - 1;
  $self->{order_of_joining}[ $by_time[$_] ] = int 10 * $_ / $n for 0 .. $n - 1;
  return;
}

# ---- guessing ----

# Weights of signals, learned from targets { seq, who, referee? }: only of those that tell, far beyond chance.
sub learn {
  my ($self, $when, $since, @targets) = @_;
  my (%with, %without, $others);
  for my $target (@targets) {
    my @candidates = $self->candidates($target, $since) or die "no account is seen that could have done entry $target->{seq}";
    $with{$_}++ for $self->signals($target, $target->{who}, $when);
    for (1 .. 40) {
      $others++;
      $without{$_}++ for $self->signals($target, $candidates[ rand @candidates ], $when);
    }
  }
  my %weight;
  for my $signal (keys %with, keys %without) {
    my ($of, $n) = ($with{$signal} // 0, scalar @targets);
    my $rate     = (($without{$signal} // 0) + 0.1) / ($others + 0.2);
    my $expected = $rate * $n;
    next if abs($of - $expected) < 4 * sqrt($expected * (1 - $rate)) + 2;
    my $seen = ($of + 0.5) / ($n + 1);
    $weight{$signal} = log($seen / $rate) - log((1 - $seen) / (1 - $rate));
  }
  return \%weight;
}

sub candidates {
  my ($self, $target, $since) = @_;
  my $poll = $self->{poll_of}[ $target->{seq} ];
  return grep { $self->{$since}[$_] <= $poll && $_ != ($target->{referee} // -1) } 0 .. $#{ $self->{accounts} };
}

# What speaks for an account; what does not depend on the second is worked out once.
sub score {
  my ($self, $weight, $target, $account, $when, $often) = @_;
  my $sum = sub { return sum0(map { $weight->{$_} // 0 } @_) };
  return $sum->($self->signals($target, $account, $when)) if defined $target->{referee};
  my $poll  = $self->{poll_of}[ $target->{seq} ];
  my $epoch = grep { $_ <= $poll } @{ $self->{epochs} };
  my $score = $often->{$epoch}{$account} //= $sum->($self->orders($account), $when eq 'live' ? () : $self->epoch_signals($account, $poll));
  return $score + ($when eq 'epochs' ? 0 : $sum->($self->live_signals($target->{seq}, $account, $poll)));
}

# The best guesses: how often right (shared between equals), how often by chance, of how many.
sub guess {
  my ($self, $weight, $when, $since, @targets) = @_;
  my ($right, $chance) = (0, 0);
  my %often;
  for my $target (@targets) {
    my @candidates = $self->candidates($target, $since);
    $chance += 1 / @candidates;
    my ($best, $equal, $hit) = (undef, 0, 0);
    for my $account (@candidates) {
      my $score = %$weight ? $self->score($weight, $target, $account, $when, \%often) : 0;
      ($best, $equal, $hit) = ($score, 0, 0) if !defined $best || $score > $best + 1e-9;
      next if $score < $best - 1e-9;
      $equal++;
      $hit ||= $account == $target->{who};
    }
    $right += 1 / $equal if $hit;
  }
  return ($right, $chance, scalar @targets);
}

# name(WORLD): for sender, peer and inviter, and for live, epochs and whole, { right, chance, of, ratio, low, high, tells }.
sub name {
  my ($self, $world) = @_;
  $self->prepare;
  my %number; $number{ $self->{accounts}[$_] } = $_ for 0 .. $#{ $self->{accounts} };
  my %role = (
    sender  => [ 'keyed', map { { seq => $_->{seq}, who => $number{ $_->{sender} } } } @{ $world->{messages} } ],
    peer    => [ 'keyed', map { { seq => $_->{seq}, who => $number{ $_->{peer} } } } @{ $world->{messages} } ],
    inviter => [ 'there', map { { seq => $_->{seq}, who => $number{ $_->{inviter} }, referee => $number{ $_->{referee} } } } @{ $world->{invitations} } ],
  );
  my %result;
  for my $role (sort keys %role) {
    my ($since, @targets) = @{ $role{$role} };
    # Every other one, so that both halves are of all times.
    my @halves = map { my $half = $_; [ map { $targets[$_] } grep { $_ % 2 == $half } 0 .. $#targets ] } 0, 1;
    for my $when (qw(live epochs whole)) {
      my $weight = $self->learn($when, $since, @{ $halves[0] });
      my ($right, $chance, $of) = $self->guess($weight, $when, $since, @{ $halves[1] });
      my $error = 1.96 * sqrt(max($right, $chance)) / $chance;
      my $ratio = $right / $chance;
      $result{$role}{$when} = { right => $right, chance => $chance, of => $of, ratio => $ratio, low => max(0, $ratio - $error), high => $ratio + $error,
        tells => [ sort { $weight->{$b} <=> $weight->{$a} } keys %$weight ] };
    }
  }
  return \%result;
}

1;
