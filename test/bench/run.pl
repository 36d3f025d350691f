#!/usr/bin/env perl
# The benchmarks: everything is a ratio of measurements that alternate in one run.
#
#   run.pl OUTPUT-DIRECTORY [commits|delayed|bulk|verify|proof|size|api|messages|replay|explain|temp|live|governance|what_if]...
#
# Expects a server (PGHOST …) with the databases "bench" of setup.sql and
# "social" and "mixed" of social.sql, and the programs replay, wallet and votes in the directory
# QFS_WORK; "delayed" is run by scripts/bench on a second server whose flushes
# are slow; "api" expects the database "api" of setup_api.sql, and PostgREST in
# front of it at API_URL.
use strict;
use warnings;
use FindBin qw($Bin);
use JSON::PP;
use List::Util qw(min max sum);
use Time::HiRes qw(time);

my ($out, @sections) = @ARGV;
die "usage: run.pl DIRECTORY SECTION...\n" unless defined $out && @sections;

our $seconds = $ENV{BENCH_SECONDS} // 5;
my $rounds  = $ENV{BENCH_ROUNDS} // 3;
my $database = 'bench';
my %table   = (plain => 'plain', qfs => 'qfs.ledger', recipe => 'recipe');

# What queries answer in one session, a transaction each.
sub answers {
  my ($in, @queries) = @_;
  open my $psql, '-|', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $in, map { ('-c', $_) } @queries
    or die "psql: $!\n";
  my $answers = do { local $/; <$psql> };
  close $psql or die "failed: @queries\n";
  chomp $answers;
  return $answers;
}

sub sql {
  my ($query, $in) = @_;
  return answers($in // $database, $query);
}

# Milliseconds that each of the queries takes inside the server, in one session.
sub server_ms {
  my @queries = @_;
  my $plans = answers($database, map { "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) $_" } @queries);
  my @ms = $plans =~ /"Execution Time": ([\d.]+)/g;
  die "no time in $plans\n" if @ms != @queries;
  return @ms;
}

sub median {
  my @sorted = sort { $a <=> $b } @_;
  return $sorted[@sorted / 2];
}

my $note = 'a payload of ordinary size, say a hundred bytes or so, as events are';

# pgbench's script for an engine; a table's name cannot be a variable of pgbench's.
sub append_script {
  my ($engine) = @_;
  my $file = "$out/append-$engine.sql";
  open my $script, '>', $file or die "$file: $!\n";
  print {$script} "\\set n random(1, 1000000)\n",
    "INSERT INTO $table{$engine} (type, payload) VALUES ('BENCH', jsonb_build_object('n', :n::int, 'note', '$note'));\n";
  close $script;
  return $file;
}

# Transactions a second of a pgbench script.
sub transactions {
  my ($name, $clients, $script, @until) = @_;
  my $file = "$out/$name.sql";
  open my $handle, '>', $file or die "$file: $!\n";
  print {$handle} $script;
  close $handle;
  @until = (-T => $seconds) unless @until;
  my $report = `pgbench -n -M prepared -c $clients -j 2 @until -f $file $database 2>&1`;
  my ($tps) = $report =~ /^tps = ([\d.]+)/m or die "pgbench failed:\n$report\n";
  die "pgbench failed:\n$report\n" if $report =~ /aborted|ERROR/;
  return $tps;
}

# What the signing program answers to these requests.
sub signed {
  my $json = JSON::PP->new->utf8;
  my $file = "$out/requests.jsonl";
  open my $requests, '>', $file or die "$file: $!\n";
  print {$requests} $json->encode($_), "\n" for @_;
  close $requests;
  open my $answers, '-|', "node $Bin/../node/signer.mjs < $file" or die "node: $!\n";
  my @answers = map { $json->decode($_) } <$answers>;
  close $answers or die "the signing program failed\n";
  unlink $file;
  return @answers;
}

# Fills the table of logins with N messages that wallets have signed.
sub prepare_logins {
  my ($n) = @_;
  my @wallet = map { $_ % 100 } 1 .. $n;
  my @nonce = split /\n/, sql("SELECT qfs.nonce() FROM generate_series(1, $n)");
  my @message = map { $_->{message} } signed(map { { do => 'message', wallet => $wallet[$_], nonce => $nonce[$_],
    domain => 'app.example.org', uri => 'https://app.example.org/' } } 0 .. $n - 1);
  my @signature = map { $_->{signature} } signed(map { { do => 'sign', wallet => $wallet[$_], message => $message[$_] } } 0 .. $n - 1);
  open my $psql, '|-', 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $database or die "psql: $!\n";
  print {$psql} "COPY signed FROM STDIN;\n",
    (map { ($message[$_] =~ s/\n/\\n/gr) . "\t$signature[$_]\n" } 0 .. $n - 1), "\\.\n",
    "INSERT INTO login (message, signature) SELECT * FROM signed; TRUNCATE signed;\n";
  close $psql or die "COPY failed\n";
}

# One pgbench run: commits a second, 99th percentile of the latency in ms, and
# the fewest transactions that any client got through.
sub pgbench {
  my ($engine, $clients) = @_;
  my $prefix = "$out/log";
  unlink glob "$prefix.*";
  my $script = append_script($engine);
  my $report = `pgbench -n -M prepared -c $clients -j 2 -T $seconds -l --log-prefix=$prefix -f $script bench 2>&1`;
  my ($tps) = $report =~ /^tps = ([\d.]+)/m or die "pgbench failed:\n$report\n";

  my (@latency, %count);
  for my $file (glob "$prefix.*") {
    open my $log, '<', $file or die "$file: $!\n";
    while (my $line = <$log>) {
      my ($client, undef, $us) = split ' ', $line;
      $count{$client}++;
      push @latency, $us;
    }
    unlink $file;
  }
  @latency = sort { $a <=> $b } @latency;
  my $least = keys %count < $clients ? 0 : min values %count;
  return {tps => $tps, p99 => $latency[0.99 * @latency] / 1000, least => $least,
    fair => $least / (@latency / $clients)};
}

# commits a second of the three engines, in turns
sub commits {
  my ($title, $file, $bars, @clients) = @_;
  print "\n$title\n";
  printf "%7s | %9s %9s %9s | %9s %9s | %8s %8s | %s\n", 'clients', 'plain/s', 'qfs/s', 'recipe/s',
    'qfs:plain', 'qfs:recipe', 'p99 ms', 'plain p99', 'least busy client : average';
  open my $data, '>', "$out/$file" or die "$out/$file: $!\n";
  for my $clients (@clients) {
    my %runs;
    for (1 .. $rounds) {
      for my $engine (qw(plain qfs recipe)) {
        push @{$runs{$engine}}, pgbench($engine, $clients);
      }
    }
    my %tps = map { my $e = $_; $e => median(map { $_->{tps} } @{$runs{$e}}) } keys %runs;
    my $to_plain  = median(map { $runs{qfs}[$_]{tps} / $runs{plain}[$_]{tps} } 0 .. $rounds - 1);
    my $to_recipe = median(map { $runs{qfs}[$_]{tps} / $runs{recipe}[$_]{tps} } 0 .. $rounds - 1);
    printf "%7d | %9.0f %9.0f %9.0f | %9.2f %10.2f | %8.2f %9.2f | %.2f   %s\n", $clients,
      @tps{qw(plain qfs recipe)}, $to_plain, $to_recipe,
      median(map { $_->{p99} } @{$runs{qfs}}), median(map { $_->{p99} } @{$runs{plain}}),
      min(map { $_->{fair} } @{$runs{qfs}}), $bars->($clients, $to_plain, $to_recipe);
    print {$data} join("\t", $clients, @tps{qw(plain qfs recipe)}), "\n";
  }
  close $data;
}

# ---- accounts, messages, replay ----

sub literal { return "'" . $_[0] =~ s/'/''/gr . "'" }

# What a program of ours prints.
sub output_of {
  my ($program, @arguments) = @_;
  open my $pipe, '-|', "$ENV{QFS_WORK}/$program", @arguments or die "$program: $!\n";
  my $answer = do { local $/; <$pipe> };
  close $pipe or die "failed: $program\n";
  chomp $answer;
  return $answer;
}

# 24 accounts that sign in and publish chat keys; half of them were invited, all may score contents.
sub sign_in {
  my ($database) = @_;
  my $run = sub { return sql($_[0], $database) };
  for my $n (0 .. 23) {
    my $address   = output_of('wallet', 'address', $n + 1);
    my $message   = $run->('SELECT qfs_api.auth_challenge(' . literal($address) . ')');
    my @signed    = map { literal($_) } $message, output_of('wallet', 'sign', $n + 1, $message);
    my @code      = $n < 12 ? () : literal($run->('SELECT qfs.referral_code(user_id::qfs.user_id) FROM account WHERE client = ' . ($n - 12)));
    my $session   = decode_json($run->('SELECT qfs_api.auth_login(' . join(', ', @signed, @code) . ')'));
    my $key       = literal('A' x 36 . (10_000 + $n) . 'AA');
    my $token     = literal($session->{token});
    $run->("INSERT INTO account VALUES ($n, $token, '$session->{user_id}', $key)");
    $run->("SELECT qfs_api.publish_chat_key($key) FROM qfs.authenticate($token)");
  }
  $run->(q{SELECT qfs.set_policy(jsonb_build_object('evaluators', (SELECT jsonb_agg(user_id) FROM account)))});
}

# Messages a second of 8 clients, each in a thread of its own that this round began.
sub messages {
  my ($engine, $statement) = @_;
  my $file = "$out/messages-$engine.sql";
  open my $script, '>', $file or die "$file: $!\n";
  print {$script} "\\set seq :seq + 1\n$statement;\n";
  close $script;
  my $report = `pgbench -n -M prepared -D seq=0 -c 8 -j 2 -T $seconds -f $file social 2>&1`;
  my ($tps) = $report =~ /^tps = ([\d.]+)/m or die "pgbench failed:\n$report\n";
  die "pgbench: $report\n" if $report =~ /aborted/;
  return $tps;
}

# Events a second of an export's replay; the median of some.
sub replay_speed {
  my ($file) = @_;
  my $events;
  my @speeds = map { ($events, my $time) = split ' ', output_of('replay', $file); $events / $time } 1 .. $rounds;
  return ($events, median(@speeds));
}

sub export {
  my ($database, $query) = @_;
  my $file = "$out/$database.jsonl";
  sql("\\copy ($query) TO '$file' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')", $database);
  return $file;
}

sub bar { my ($value, $bar) = @_; return ($value >= $bar ? 'reaches' : 'MISSES') . " $bar" }

my %section = (
  commits => sub {
    my %bar = (1 => 0.9, 4 => 0.9, 16 => 0.75, 64 => 0.5);
    commits('single-row commits, flush as the disk gives it', 'commits.dat', sub {
      my ($clients, $plain, $recipe) = @_;
      my $text = bar($plain, $bar{$clients});
      $text .= ', ' . bar($recipe, 4) . ' x recipe' if $clients == 16;
      return $text;
    }, 1, 4, 16, 64);
  },
  delayed => sub {
    commits('single-row commits, every flush delayed by 2 ms', 'delayed.dat',
      sub { bar($_[1], 0.9) . ', ' . bar($_[2], 8) . ' x recipe' }, 16, 64);
  },
  bulk => sub {
    my (@plain, @qfs);
    for (1 .. $rounds) {
      my $rows = "SELECT 'BENCH', jsonb_build_object('n', i, 'note', '$note') FROM generate_series(1, 300000) i";
      push @plain, server_ms("INSERT INTO plain (type, payload) $rows");
      push @qfs,   server_ms("INSERT INTO qfs.ledger (type, payload) $rows");
    }
    my $ratio = median(map { $plain[$_] / $qfs[$_] } 0 .. $rounds - 1);
    printf "\nINSERT … SELECT of 300,000 rows: plain %.0f ms, qfs %.0f ms, speed ratio %.2f   %s\n",
      median(@plain), median(@qfs), $ratio, bar($ratio, 0.6);
  },
  verify => sub {
    my (@ours, @theirs);
    my $size = sql('SELECT size FROM qfs.head()');
    for (1 .. $rounds) {
      push @ours, server_ms("SELECT * FROM qfs.verify(depth => 'hashes')");
      # The chain alone, each entry's parts and head built and hashed in SQL: less than qfs.verify does.
      my %part = (act => q{'{"actor":"' || coalesce(l.actor::text, 'system') || '","auth":' || l.auth::text || ',"type":"' || l.type || '"}'},
        outcome => 'l.outcome::text', payload => 'l.payload::text', sig => q{coalesce(to_json(l.sig)::text, 'null')});
      my %commitment = map { ($_ => "encode(digest('\\x02'::bytea || substr(digest('\\x03'::bytea || l.salt || '$_', 'sha256'), 1, 16) || convert_to($part{$_}, 'UTF8'), 'sha256'), 'hex')") } keys %part;
      push @theirs, server_ms(qq{
        SELECT count(*) FROM (
          SELECT l.hash::bytea AS stored, digest('\\x00'::bytea || convert_to(
            '{"accounts":"' || encode(digest('', 'sha256'), 'hex') || '","act":"' || $commitment{act} || '","at":' || l.at || ',"outcome":"' || $commitment{outcome} ||
            '","payload":"' || $commitment{payload} || '","prev":"' || l.prev::text || '","seq":' || l.seq || ',"sig":"' || $commitment{sig} || '","v":2}', 'UTF8'), 'sha256') AS computed,
            lag(l.hash::bytea) OVER (ORDER BY l.seq) = l.prev::bytea AS linked
          FROM qfs.ledger l) x WHERE computed = stored AND linked});
    }
    my $ratio = median(map { $theirs[$_] / $ours[$_] } 0 .. $rounds - 1);
    printf "\nqfs.verify, depth hashes, %d entries: %.0f ms; re-hashing in SQL with pgcrypto: %.0f ms; %.1f x   %s\n",
      $size, median(@ours), median(@theirs), $ratio, bar($ratio, 3);
    my ($replay) = server_ms('SELECT * FROM qfs.verify()');
    printf "qfs.verify, depth replay: %.0f ms, %.0f entries a second\n", $replay, $size / $replay * 1000;
  },
  proof => sub {
    my $size = 1_000_000;
    my $missing = $size - sql('SELECT size FROM qfs.head()');
    sql("INSERT INTO qfs.ledger (type, payload) SELECT 'BENCH', jsonb_build_object('n', i, 'note', '$note') FROM generate_series(1, $missing) i")
      if $missing > 0;
    sql('VACUUM ANALYZE qfs.ledger');
    my $n = 20_000;
    my $seqs = "(SELECT (i * 7919::bigint) % $size AS seq FROM generate_series(1, $n) i OFFSET 0) s";
    my $levels = sql("SELECT avg(cardinality(qfs.inclusion_proof(seq, $size))) FROM $seqs");
    my (@proof, @lookup);
    for (1 .. $rounds) {
      push @proof, server_ms("SELECT max(cardinality(qfs.inclusion_proof(s.seq, $size))) FROM $seqs");
      push @lookup, server_ms("SELECT max((SELECT l.hash::text FROM qfs.ledger l WHERE l.seq = s.seq)) FROM $seqs");
    }
    my $ratio = median(map { $proof[$_] / ($lookup[$_] * $levels) } 0 .. $rounds - 1);
    printf "\ninclusion proof among %d entries: %.1f us, %.1f levels; lookup by primary key: %.1f us; %.2f lookups a level   %s\n",
      $size, median(@proof) / $n * 1000, $levels, median(@lookup) / $n * 1000, $ratio,
      $ratio <= 3 ? 'reaches 3' : 'MISSES 3';
  },
  size => sub {
    my ($total, $payload) = split /\|/, sql(
      "SELECT pg_table_size('qfs.ledger')::float8 / count(*), avg(pg_column_size(payload)) FROM qfs.ledger");
    my $index = sql("SELECT pg_indexes_size('qfs.ledger')::float8 / count(*) FROM qfs.ledger");
    printf "\nsize: %.0f bytes an entry in the table, of which %.0f are payload: %.0f beyond it   %s; index %.0f bytes an entry\n",
      $total, $payload, $total - $payload, $total - $payload <= 200 ? 'reaches 200' : 'MISSES 200', $index;
  },
  messages => sub {
    sign_in('social');
    my (@plain, @qfs);
    for my $round (1 .. $rounds) {
      sql("SELECT pair($round)", 'social');
      push @plain, messages('plain', q{INSERT INTO plain_message (thread, sender, recipient, seq, alg, nonce, body, sender_key, recipient_key)
        SELECT thread, sender, recipient, (:seq)::bigint, alg, lpad(((:seq)::bigint)::text, 12, 'A')::bytea, body, sender_key, recipient_key
        FROM plain_envelope WHERE client = :client_id} =~ s/\n\s*/ /gr);
      push @qfs, messages('qfs', q{SELECT qfs_api.send_message(recipient, (:seq)::bigint, lpad(((:seq)::bigint)::text, 16, 'A'), body,
        'x25519-hkdf-aes256gcm', sender_key, recipient_key)
        FROM qfs_envelope WHERE client = :client_id AND qfs.authenticate(token) IS NOT NULL} =~ s/\n\s*/ /gr);
    }
    my $ratio = median(map { $qfs[$_] / $plain[$_] } 0 .. $rounds - 1);
    printf "\nmessages, 8 clients, token checked, envelope stored, commitment on the ledger: %.0f a second; plain insert of the envelope: %.0f; ratio %.2f   %s\n",
      median(@qfs), median(@plain), $ratio, bar($ratio, 0.35);
    my $sent = sql('SELECT count(*) FROM qfs.message', 'social');
    my $faults = sql('SELECT count(*) FROM qfs.verify()', 'social');
    die "$sent messages, $faults faults\n" if $faults || !$sent;
  },
  explain => sub {
    sign_in('explained');
    sql(q{SELECT qfs.set_policy('{"referral": {"activation": ["profile"]}}')}, 'explained');
    sql(q{SELECT qfs_api.set_profile('Invited') FROM account a, LATERAL qfs.authenticate(a.token) WHERE a.client = 12}, 'explained');
    my ($reward, $referrer) = split /\|/, sql(q{SELECT l.seq, p ->> 'account' FROM qfs.ledger l, jsonb_array_elements(accounts) p
      WHERE p ->> 'kind' = 'standing' AND p -> 'rules' ? 'REFERRAL_TIER_1' AND p -> 'was' ? 'referrals'}, 'explained');
    my (%ms, %n);
    my @sizes = (1_000, 1_000_000);
    for my $size (@sizes) {
      my $missing = $size - sql('SELECT size FROM qfs.head()', 'explained');
      sql("INSERT INTO qfs.ledger (type, payload) SELECT 'BENCH', jsonb_build_object('n', i, 'note', '$note') FROM generate_series(1, $missing) i", 'explained');
      sql('VACUUM ANALYZE qfs.ledger', 'explained');
      my $bundle = "qfs.explain($reward, 'reward', '$referrer'::qfs.user_id, $size - i % 7)";
      $n{$size} = sql("SELECT jsonb_array_length(qfs.explain($reward, 'reward', '$referrer') -> 'entries')", 'explained');
      $ms{$size} = median(map {
        my $plan = sql("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT length($bundle\::text) FROM generate_series(1, 100) i", 'explained');
        $plan =~ /"Execution Time": ([\d.]+)/ ? $1 / 100 : die "no time in $plan\n" } 1 .. $rounds);
    }
    my $ratio = $ms{1_000_000} / $ms{1_000};
    printf "\nexplanation of a reward, executed and signed: %.2f ms (%d entries) in a ledger of 1,000 entries, %.2f ms (%d) in one of 1,000,000: ratio %.2f   %s\n",
      (map { $ms{$_}, $n{$_} } @sizes), $ratio, $ratio <= 2.5 ? 'reaches 2.5' : 'MISSES 2.5';
  },
  replay => sub {
    sign_in('mixed');
    my $missing = 300_000 - sql('SELECT size FROM qfs.head()');
    sql("INSERT INTO qfs.ledger (type, payload) SELECT 'BENCH', jsonb_build_object('n', i, 'note', '$note') FROM generate_series(1, $missing) i")
      if $missing > 0;
    my ($events, $speed) = replay_speed(export('bench', 'SELECT qfs.export(0, 299999)'));
    printf "\nreplay over memory, reading, hashing and comparing included: custom events: %.0f a second (%d)   %s\n",
      $speed, $events, bar($speed, 200_000);
    sql('CALL live(20000)', 'mixed');
    ($events, $speed) = replay_speed(export('mixed', 'SELECT qfs.export()'));
    printf "the same, mixed social events, signatures of %d sign-ins not checked: %.0f a second (%d)   %s\n",
      sql(q{SELECT count(*) FROM qfs.ledger WHERE type = 'LOGIN'}, 'mixed'), $speed, $events, bar($speed, 50_000);
  },
);

# A file of lines that psql copies into a table of the database.
sub copy_lines {
  my ($in, $table, @arguments) = @_;
  my $lines = "$ENV{QFS_WORK}/$table.lines";
  system("'$ENV{QFS_WORK}/wallet' " . join(' ', map { "'" . s/'/'\\''/gr . "'" } @arguments) . " > '$lines'") == 0 or die "failed: wallet @arguments\n";
  answers($in, "\\copy $table FROM '$lines'");
  unlink $lines;
}

# An emergency that four fifths of all holders have to carry: it is counted and in force with the last vote that it needs.
sub emergency {
  my ($votes) = @_;
  my $holders = $votes / 4 * 5;
  sql('CREATE DATABASE votes', 'postgres');
  answers('votes', 'CREATE EXTENSION qfs', q{SELECT qfs.genesis('ledger.example.org/votes', '{"governance": {"mode": "trial", "deposit": "0", "threshold_percent": 0, "tracks": {"emergency": {"voting_blocks": 100000}}}}')},
    'CREATE TABLE account (id text)', 'CREATE TABLE ballot (id text, sig text)');
  copy_lines('votes', 'account', 'accounts', $holders);
  sql(q{INSERT INTO qfs.ledger (type, payload) SELECT 'NOD_CHANGED', jsonb_build_object('account', id, 'nod', 1, 'reason', 'x') FROM account}, 'votes');
  my $text = sub { return sql("SELECT qfs.wallet_text('$_[0]', '$_[1]', $_[2])", 'votes') };
  my $proposal = '{"action":{"policy":{"limits":{"threads_per_day":9}}},"text":"' . 'ab' x 32 . '","title":"x","track":"emergency"}';
  copy_lines('votes', 'ballot', 'ballots', 1, $text->('PROPOSAL_CREATED', $proposal, 1));
  my $seq = sql("SELECT qfs.deliver('PROPOSAL_CREATED', '$proposal', 1, sig) FROM ballot", 'votes');
  my $vote = sql("SELECT jsonb_build_object('action', action, 'choice', 'yes', 'proposal', seq) FROM qfs.proposal", 'votes');
  sql('TRUNCATE ballot', 'votes');
  copy_lines('votes', 'ballot', 'ballots', $votes, $text->('VOTE_CAST', $vote, 2));
  my $begin = time;
  sql("SELECT count(qfs.deliver('VOTE_CAST', '$vote', 2, sig)) FROM ballot", 'votes');
  return ($seq, time - $begin);
}

$section{governance} = sub {
  # Two ledgers in memory take turns, so that a busy machine is as busy for both.
  my ($first, $last) = split ' ', output_of('votes', 100_000);
  printf "\na vote, from the event to its outcome and its records, in memory: %.1f us the first, %.1f us after 100,000 others: ratio %.2f   %s\n",
    $first, $last, $last / $first, $last / $first <= 1.2 ? 'reaches 1.2' : 'MISSES 1.2';
  my $votes = $ENV{BENCH_VOTES} // 100_000;
  my ($seq, $time) = emergency($votes);
  sql('SELECT qfs.settle()', 'votes');
  my @explained = map { [ split /\|/ ] } split /\n/, sql("SELECT what, jsonb_array_length(x -> 'entries'), octet_length(x::text) FROM qfs.tally t JOIN qfs.proposal p ON p.seq = t.proposal,
    LATERAL (VALUES ('vote', t.last), ('tally', t.tallied), ('execution', t.settled)) v(what, entry), LATERAL qfs.explain(v.entry) x", 'votes');
  die "the emergency was not carried\n" if @explained != 3;
  printf "%d votes by wallets on one proposal, delivered and verified: %.0f a second; explained in entries (bytes): %s   %s\n", $votes, $votes / $time,
    join(', ', map { "$_->[0] $_->[1] ($_->[2])" } @explained), (grep { $_->[1] > 12 } @explained) ? 'MISSES 12' : 'at most 12';
};

# Milliseconds of a query in a database, for the account there whose number is 1; the median of some.
sub asked_ms {
  my ($query) = @_;
  return median(map {
    my $plan = answers('asked', "BEGIN; SELECT count(qfs.authenticate(token)) FROM account WHERE client = 1; EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) $query; COMMIT");
    $plan =~ /"Execution Time": ([\d.]+)/ ? $1 : die "no time in $plan\n" } 1 .. $rounds);
}

# What an account would do next reads what is there; a window is computed again, with everything before it.
$section{what_if} = sub {
  my $fill = sub {
    my $missing = $_[0] - sql('SELECT size FROM qfs.head()', 'asked');
    sql("INSERT INTO qfs.ledger (type, payload) SELECT 'BENCH', jsonb_build_object('n', i, 'note', '$note') FROM generate_series(1, $missing) i", 'asked');
    sql('VACUUM ANALYZE qfs.ledger', 'asked');
    return asked_ms(q{SELECT length(qfs.simulate('[{"type": "SAID", "payload": {"n": 1}}]')::text) FROM generate_series(1, 100)}) / 100;
  };
  sign_in('asked');
  my $small = $fill->(1_000);
  sql('CALL live(20000)', 'asked');
  my ($half, $whole) = map { asked_ms(qq(SELECT length(qfs.consequence_map('{"coherence": {"alpha": "0.2"}}', NULL, 1, $_)))) } 10_000, 20_000;
  my $large = $fill->(1_000_000);
  printf "\nconsequence map over 10,000 entries, mixed: %.2f s   %s; over 20,000: %.2f s, ratio %.2f   %s\n", $half / 1000, $half <= 2000 ? 'reaches 2 s' : 'MISSES 2 s',
    $whole / 1000, $whole / $half, $whole / $half <= 2.5 ? 'reaches 2.5' : 'MISSES 2.5';
  printf "an account's next act, simulated: %.2f ms in a ledger of 1,000 entries, %.2f ms in one of 1,000,000: ratio %.2f   %s\n", $small, $large, $large / $small,
    $large / $small <= 1.5 ? 'reaches 1.5' : 'MISSES 1.5';
};

# What the guard costs those who have nothing to do with it: short turns, because a machine has moods.
$section{temp} = sub {
  my %script = (
    'BEGIN; CREATE TEMP TABLE … ON COMMIT DROP; COMMIT' => "BEGIN;\nCREATE TEMP TABLE t (n int PRIMARY KEY, text text) ON COMMIT DROP;\nCOMMIT;\n",
    'CREATE TEMP TABLE, DROP TABLE' => "CREATE TEMP TABLE t (n int PRIMARY KEY, text text);\nDROP TABLE t;\n",
    'CREATE TABLE, DROP TABLE'      => "CREATE TABLE t (n int PRIMARY KEY, text text);\nDROP TABLE t;\n",
  );
  print "\n";
  for my $what (sort keys %script) {
    my %speed;
    for (1 .. 5 * $rounds) {
      for my $guard (qw(on off)) {
        local $ENV{PGOPTIONS} = "-c qfs.ddl_guard=$guard";
        push @{ $speed{$guard} }, transactions('temp', 1, $script{$what}, -T => 1);
      }
    }
    my $ratio = median(map { $speed{off}[$_] / $speed{on}[$_] } 0 .. $#{ $speed{on} });
    printf "%s: %.0f/s guarded, %.0f/s with qfs.ddl_guard off, %.2f times as long   %s 1.3\n", $what,
      median(@{ $speed{on} }), median(@{ $speed{off} }), $ratio, $ratio <= 1.3 ? 'keeps' : 'EXCEEDS';
  }
};

# One recovery of a wallet from its signature is what a sign-in cannot do without.
sub sign_ins {
  my ($clients, $n) = (16, 2_000);
  my (@floor, @one, @many);
  for my $round (1 .. $rounds) {
    prepare_logins(2 * $n);
    my $from = sql('SELECT max(n) FROM login') - 2 * $n;
    # A hundred wallets sign in once in a transaction: what the server computes.  In one each: what users see.
    my (@recoveries, @sign_ins);
    for (my $first = $from; $first < $from + $n; $first += 100) {
      my $logins = "FROM login WHERE n > $first AND n <= $first + 100";
      push @recoveries, "SELECT count(qfs.recover_personal_sign(message, decode(substr(signature, 3), 'hex'))) $logins";
      push @sign_ins, "SELECT count(qfs_api.auth_login(message, signature)) $logins";
    }
    # The two take turns.
    my @ms = server_ms(map { ($recoveries[$_], $sign_ins[$_]) } 0 .. $#sign_ins);
    push @floor, $n / sum(@ms[map { 2 * $_ } 0 .. $#sign_ins]) * 1000;
    push @one, $n / sum(@ms[map { 2 * $_ + 1 } 0 .. $#sign_ins]) * 1000;
    sql("SELECT setval('next_login', $from + $n)");
    my $each = $n / $clients;
    push @many, transactions('login', $clients,
      "SELECT qfs_api.auth_login(message, signature) FROM login WHERE n = (SELECT nextval('next_login'));\n", -t => $each);
  }
  my $ratio = median(map { $one[$_] / $floor[$_] } 0 .. $rounds - 1);
  printf "\nsign-ins: %.0f recoveries/s; %.0f sign-ins/s, 100 a transaction, %.2f of them   %s;" .
    " %.0f/s by %d clients, a transaction each: %.2f\n", median(@floor), median(@one), $ratio, bar($ratio, 0.25),
    median(@many), $clients, median(map { $many[$_] / $floor[$_] } 0 .. $rounds - 1);
}

# The same append by the same account, over SQL as PostgREST does it, and through PostgREST.
sub requests {
  my $clients = 16;
  prepare_logins(1);
  my $token = sql(q{SELECT qfs_api.auth_login(message, signature)->>'token' FROM login ORDER BY n DESC LIMIT 1});
  my $events = JSON::PP->new->encode([ { type => 'BENCH', payload => { note => $note } } ]);
  local $ENV{BENCH_EVENTS} = JSON::PP->new->encode({ events => JSON::PP->new->decode($events) });
  my (@sql, @http);
  for (1 .. $rounds) {
    push @sql, transactions('append', $clients, join '', map { "$_;\n" } 'BEGIN', 'SET LOCAL ROLE qfs_user',
      "SELECT qfs.authenticate('$token')", "SELECT qfs_api.events_batch('$events')", 'COMMIT');
    push @http, `node $Bin/requests.mjs $ENV{API_URL} $token $clients $seconds` || die "requests.mjs failed\n";
  }
  printf "appends of an account that is signed in, %d clients: %.0f/s over SQL, %.0f/s through PostgREST: %.2f\n",
    $clients, median(@sql), median(@http), median(map { $http[$_] / $sql[$_] } 0 .. $rounds - 1);
}

$section{api} = sub {
  $database = 'api';
  sign_ins();
  requests();
  $database = 'bench';
};

# ---- followers ----

# qfs-bridge push on the database, as long as the code runs.
sub followed {
  my ($code) = @_;
  my $config = "$out/push.conf";
  open my $file, '>', $config or die "$config: $!\n";
  print {$file} "database = dbname=$database\n";
  close $file;
  my $pid = fork // die "fork: $!\n";
  if ($pid == 0) {
    open STDERR, '>', "$out/push.log";
    exec './qfs-bridge', 'push', '--config', $config or exit 127;
  }
  sleep 1;
  my @result = $code->();
  die "qfs-bridge ended: $out/push.log\n" if waitpid($pid, 1) != 0;    # 1: WNOHANG
  kill 'TERM', $pid;
  waitpid $pid, 0;
  return @result;
}

# Many short turns, because a machine has moods, and each of the two comes first in half of them.
$section{live} = sub {
  print "\nappends with a follower that looks every 20 ms, and without one, in turns\n";
  local $seconds = 2;
  my $turns = 5 * $rounds;
  my %turn = (with => sub { my ($n) = @_; return followed(sub { pgbench('qfs', $n) }) }, without => sub { return pgbench('qfs', $_[0]) });
  for my $clients (1, 16) {
    my %tps;
    for my $n (1 .. $turns) {
      for my $name ($n % 2 ? qw(with without) : qw(without with)) {
        my ($measured) = $turn{$name}->($clients);
        push @{ $tps{$name} }, $measured->{tps};
      }
    }
    my @ratios = sort { $a <=> $b } map { $tps{with}[$_] / $tps{without}[$_] } 0 .. $turns - 1;
    my $ratio = median(@ratios);
    printf "%7d clients: %.0f/s with, %.0f/s without, %.2f (half of the turns: %.2f to %.2f)   %s\n", $clients, median(@{ $tps{with} }), median(@{ $tps{without} }),
      $ratio, @ratios[ $turns / 4, 3 * $turns / 4 ], bar($ratio, 0.9);
  }
};

for my $name (@sections) {
  ($section{$name} // die "no section $name\n")->();
}
