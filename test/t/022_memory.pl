# 022_memory.pl - the memory of a backend does not grow, however often any function of qfs is called.
#
# Each function is called with good arguments, which has to succeed, and as often with bad ones, which mostly fails; what either
# does is undone.  QFS_MEMORY_CALLS is how often (1000 of each), QFS_MEMORY_SECONDS for how long at most (1 a function; 0 is no limit).
use strict;
use warnings FATAL => 'all';
use JSON::PP;
use MIME::Base64 qw(encode_base64 encode_base64url decode_base64url);
use QfsTest;
use QfsClient;
use QfsWallet;
use Test::More;
use Time::HiRes qw(time);

my $CALLS   = $ENV{QFS_MEMORY_CALLS}   // 1_000;
my $SECONDS = $ENV{QFS_MEMORY_SECONDS} // 1;
my $ROUND   = 50;
# What may be more afterwards, however many calls there were: a catalogue cache that was filled, a hole in malloc's heap.
my $SLACK_CONTEXTS = 16 * 1024;
my $SLACK_RSS      = 1024 * 1024;

# ---- a ledger that has something of everything ----

# What is undone leaves dead rows, which somebody has to remove.
my $node = new_node('memory', conf => "log_min_messages = error\nautovacuum = on\nautovacuum_naptime = 1\ntrack_functions = all\n");
my $json = JSON::PP->new->utf8->canonical;
my $policy = $json->decode($QfsWallet::POLICY);
$policy->{limits}{$_} = 1_000_000 for qw(logins_per_minute messages_per_minute threads_per_day events_per_minute);
$policy->{visibility} = 'public';
# Neither the sign-in nor the session expires while the test runs.
@$policy{qw(nonce_ttl_ms ttl_blocks)} = (86_400_000, 100_000);
my $pem = scratch_file('recovery.pem', (run_program(qw(openssl genpkey -algorithm ed25519)))[1]);
my $recovery_key = unpack 'H*', substr((run_program(qw(openssl pkey -pubout -outform DER -in), $pem))[1], -32);
new_ledger($node, 'memory', policy => $json->encode($policy), recovery => $recovery_key);
my $helper = QfsClient->wait_for($node, database => 'memory');

$helper->value('SELECT qfs.rotate_keys()');

sub act { my ($who, $sql) = @_; my $answer = $helper->query(as_account($who->{token}, $sql)); die $answer->{error}{message} if $answer->{error}; return }
sub key { return encode_base64url(chr($_[0]) x 31 . chr 9) }
my $body = encode_base64url('ciphertext' x 20);
my ($alice, $bob) = map { sign_in($helper, $_) } 1, 2;
sub message_to { my ($recipient, $seq) = @_; return "'$recipient->{user_id}', $seq, '" . encode_base64url(chr($seq) x 12) . "', '$body', 'x25519-hkdf-aes256gcm', '" . key(1) . "', '" . key(2) . q{'} }
$helper->value("SELECT qfs.register_event_type('SAID', '{}', 'account')");
$helper->value("SELECT qfs.register_event_type('GOES', '{}', 'operator')");
my $goes = $helper->value("INSERT INTO qfs.ledger (type, payload) VALUES ('GOES', '{}') RETURNING seq");
$helper->value("SELECT qfs.set_policy('{\"evaluators\": [\"$alice->{user_id}\"]}')");
act($alice, "SELECT qfs_api.set_profile('Alice', 'a bio', NULL, '{https://example.org/}')");
act($_->[0], 'SELECT qfs_api.publish_chat_key(' . literal(key($_->[1])) . ')') for [ $alice, 1 ], [ $bob, 2 ];
act($alice, 'SELECT qfs_api.send_message(' . message_to($bob, 1) . ')');
my ($content, $unscored) = ('ab' x 32, 'ef' x 32);
my $features = q{'{"topic": "0.9", "logic": "0.8", "signal": "0.7", "contradiction": "1", "clarity": "0.6", "hsmf": "0.5"}'};
act($bob, "SELECT qfs_api.create_content('$_', 'text/plain', 5)") for $content, $unscored;
act($alice, "SELECT qfs_api.score_content('$content', $features)");
my ($code_of_alice, $code_of_bob) = map { $helper->value("SELECT qfs.referral_code('$_->{user_id}'::qfs.user_id)") } $alice, $bob;
act($bob, "SELECT qfs_api.use_referral('$code_of_alice')");

# Alice holds seats, has proposed something and voted on it; what she signs next, her wallet has signed already.
my %track = (review_blocks => 0, voting_blocks => 100_000, timelock_blocks => 0);
$helper->value('SELECT qfs.set_policy(' . literal($json->encode({ governance => { mode => 'trial', deposit => '0', threshold_percent => 0, tracks => { parameter => \%track } } })) . ')');
$helper->value("SELECT qfs.set_nod('$alice->{user_id}', 25, 'elected')");
sub by_wallet {
  my ($type, $payload) = @_;
  my $nonce = int(Time::HiRes::time() * 1000);
  my $text  = $helper->value("SELECT qfs.wallet_text('$type', " . literal($json->encode($payload)) . "::jsonb, $nonce)");
  return "'$type', " . literal($json->encode($payload)) . "::jsonb, $nonce, " . literal(ask(do => 'sign', wallet => $alice->{number} + 0, message => $text, by => 'ethers')->{signature});
}
my $proposal = $helper->value('SELECT qfs.deliver(' . by_wallet('PROPOSAL_CREATED', { action => { policy => { sessions_max => 15 } }, text => 'ab' x 32, title => 'x', track => 'parameter' }) . ')');
my %vote = (action => $helper->value("SELECT action FROM qfs.proposal"), choice => 'yes', proposal => $proposal + 0);
$helper->value('SELECT qfs.deliver(' . by_wallet('VOTE_CAST', \%vote) . ')');
my $signed = by_wallet('VOTE_CAST', { %vote, choice => 'no' });

my ($size, $root, $thread) = @{ $helper->query("SELECT h.size, qfs.root(h.size), qfs.thread('$alice->{user_id}', '$bob->{user_id}') FROM qfs.head() h")->{rows}[0] };
my ($scored, $referral) = map { $helper->value("SELECT max(seq) FROM qfs.ledger WHERE type = '$_'") } qw(COHERENCE_SCORED REFERRAL_USE);
my $export = literal(export_of($node, undef, 'memory')) =~ s/\n'\z/'/r;

# A service that gives advice.
my $advisor = $helper->value(q{SELECT qfs.advisor_token('critic')});
my $card = literal('{"intended_use": "x", "scope": "x", "inputs": "x", "limits": "x", "evaluation": "x"}');
$helper->value("SELECT qfs.register_model('critic', 'rules', '1', $card)");

# A witness is a device like any other.
my $witness = note_key('witness.example', 4, unpack 'H*', decode_base64url(device_key_of(9)));
$helper->value("SELECT qfs.add_witness('$witness')");
# How far a stream was taken, so that there can be dead letters before it.
$helper->value("SELECT count(*) FROM qfs.take('dead', ARRAY['5-0'], ARRAY[NULL]::bytea[])");
sub cosigned {
  my $checkpoint = checkpoint_of($node, undef, 'memory');
  my $now = int time;
  my ($note) = $checkpoint =~ /^(.*?\n)\n/s;
  my $sig = decode_base64url(ask(do => 'event', device => 9, text => "cosignature/v1\ntime $now\n$note")->{sig});
  my ($id) = $witness =~ /\+(\w+)\+/;
  return $checkpoint . "\xe2\x80\x94 witness.example " . encode_base64(pack('H* Q>', $id, $now) . $sig, '') . "\n";
}

# Keys that are prepared, and what the recovery key says of them.
my $prepared = $helper->value('SELECT qfs.prepare_keys()');
my $message_of_recovery = $helper->value("SELECT encode(qfs.recovery_message('$prepared'), 'hex')");
my $endorsement = unpack 'H*', (run_program(qw(openssl pkeyutl -sign -rawin -inkey), $pem, '-in', scratch_file('message', pack 'H*', $message_of_recovery)))[1];

# ---- calls ----

my %good = (
  text => literal($alice->{user_id}), cstring => q{'1'}, bigint => '1::bigint', integer => '1', jsonb => q{'{"a": [1, "b"]}'::jsonb}, bytea => q{'\x00'::bytea}, 'bytea[]' => q{ARRAY['\x00']::bytea[]}, boolean => 'true',
  'qfs.hash' => "'$thread'::qfs.hash", 'qfs.user_id' => "'$alice->{user_id}'::qfs.user_id", 'qfs.address' => "'$alice->{wallet}'::qfs.address",
  'qfs.ledger' => "(SELECT l FROM qfs.ledger l WHERE l.seq = $proposal)", 'qfs.policy' => '(SELECT p FROM qfs.policy p WHERE p.seq = 0)', 'bigint[]' => 'ARRAY[1]::bigint[]',
  'qfs.amount' => '0.5::qfs.amount', 'qfs.hash[]' => "ARRAY['$thread']::qfs.hash[]", 'text[]' => q{'{}'::text[]});
my %bad = (
  text => q{'%s'}, cstring => q{'x'}, bigint => '(-1)::bigint', integer => '-1', jsonb => q{'[1.5]'::jsonb}, 'bytea[]' => q{'{}'::bytea[]}, bytea => q{'\x'::bytea}, boolean => 'NULL::boolean',
  'qfs.hash' => "repeat('0', 64)::qfs.hash", 'qfs.user_id' => "('user_' || repeat('0', 64))::qfs.user_id", 'qfs.address' => "('0x' || repeat('0', 40))::qfs.address",
  'qfs.ledger' => 'NULL::qfs.ledger', 'qfs.policy' => 'NULL::qfs.policy', 'bigint[]' => 'NULL::bigint[]',
  'qfs.amount' => '0::qfs.amount', 'qfs.hash[]' => q{'{NULL}'::qfs.hash[]}, 'text[]' => q{'{NULL}'::text[]});


sub at { my ($sql) = @_; return literal($helper->value("SELECT $sql")) }
my ($message, $signature) = signed_message($helper, 3);
my $event  = q{'[{"type": "SAID", "payload": {"text": "hello"}}]'};
my $sha256 = q{sha256('')};

# Good arguments, where those by type are not.
my %arguments = (
  'qfs.hash_in' => "'$thread'", 'qfs.user_id_in' => "'$alice->{user_id}'", 'qfs.address_in' => "'$alice->{wallet}'",
  'qfs.hash(bytea)' => $sha256, 'qfs.user_id(bytea)' => $sha256, 'qfs.address(bytea)' => "substr($sha256, 1, 20)",
  'qfs.coherence_score' => "$features, " . at(q{qfs.default_policy() #> '{coherence,weights}'}),
  'qfs.ed25519_verify' => q{'hello', } . join(', ', map { q{'\x} . unpack('H*', decode_base64url($_)) . q{'} } ask(do => 'event', device => 9, text => 'hello')->{sig}, device_key_of(9)),
  'qfs.message_hash' => "'$alice->{user_id}', '$bob->{user_id}', 1, substr($sha256, 1, 12), $sha256",
  'qfs.recover_personal_sign' => literal($alice->{message}) . q{, '\x} . substr($alice->{signature}, 2) . q{'},
  'qfs.verify_inclusion' => join(', ', at('qfs.leaf_hash(qfs.entry_head(1))'), 1, $size, at("qfs.inclusion_proof(1, $size)"), "'$root'"),
  'qfs.verify_consistency' => join(', ', 2, $size, at("qfs.consistency_proof(2, $size)"), at('qfs.root(2)'), "'$root'"),
  'qfs.checkpoint' => '', 'qfs.consistency_proof' => "2, $size", 'qfs.inclusion_proof' => "2, $size", 'qfs.tlog_proof' => "2, $size",
  'qfs.entry_bundle' => '0, 8', 'qfs.tile' => '0, 0, 8', 'qfs.export' => '',
  'qfs.explain' => "$scored, 'entry', NULL, NULL, 0", 'qfs.explain_own' => "$scored, 'entry', NULL, NULL, 0", 'qfs.explain_to_caller' => "$scored, 'entry'",
  'qfs.find_account' => "'$alice->{user_id}', NULL", 'qfs.find_message' => "'$thread', 1, NULL", 'qfs.find_tx' => "'$scored'",
  'qfs.find_own_touch' => "'$alice->{user_id}', $scored", 'qfs.find_touch' => "'$alice->{user_id}', $scored",
  'qfs.readable_entry' => $scored, 'qfs.require_thread' => "'$thread'", 'qfs.verify' => '', 'qfs.session_replay' => $size - 1,
  'qfs.parties' => $scored, 'qfs.parties_between' => "0, $size", 'qfs.channels' => "0, $size", 'qfs.open_sessions' => 'NULL, 10', 'qfs.since' => "0, 100, $size",
  # what appends
  'qfs.add_cosignature' => literal(cosigned()), 'qfs.add_witness' => literal(note_key('other.example', 4, '19' x 32)), 'qfs.authenticate' => "'$alice->{token}'",
  'qfs.authenticate_request' => "'Bearer $alice->{token}', 'qfs_user', '$alice->{session}', '/'",
  'qfs.rotate_keys(qfs.hash)' => 'qfs.prepare_keys()',
  'qfs.recovery_message' => "'$prepared', NULL", 'qfs.recover_keys' => "'$prepared', '\\x$endorsement', NULL",
  'qfs.challenge' => "'$alice->{wallet}', NULL, 1", 'qfs.genesis' => "'ledger.example.org/other', '{}', '$recovery_key'", 'qfs.import' => "string_to_array($export, chr(10))",
  'qfs.post_restore' => "false, '{}'",
  'qfs.erase_payload' => "$goes, 'x'",
  'qfs.take' => "'s', ARRAY['1-0'], ARRAY[convert_to('{\"payload\":\"{}\",\"type\":\"NOTE\"}', 'UTF8')]",
  'qfs.take_dead' => "'dead', ARRAY['1-0'], ARRAY[convert_to('{\"payload\":\"{}\",\"type\":\"NOTE\"}', 'UTF8')]",
  'qfs.erase_envelope' => at('(SELECT min(m.entry) FROM qfs.message m)'),
  'qfs.register_event_type' => "'NEW', '{}', 'account'", 'qfs.revoke_session' => "'$alice->{session}', 'user_logout'",
  'qfs.set_policy' => q{'{"limits": {"events_per_minute": 999999}}'}, 'qfs.set_profile' => q{'Alice', '', NULL, '{}'},
  'qfs_api.auth_challenge' => "'$alice->{wallet}'", 'qfs_api.auth_login' => join(', ', map { literal($_) } $message, $signature),
  'qfs_api.create_content' => q{repeat('cd', 32), 'text/plain', 5}, 'qfs_api.score_content' => "'$unscored', $features",
  'qfs_api.events_batch' => $event, 'qfs_api.send_message' => message_to($bob, 2), 'qfs_api.erase_message' => "'$thread', 1", 'qfs_api.mark_read' => "'$thread', 0",
  'qfs_api.publish_chat_key' => literal(key(3)), 'qfs_api.session_rotate' => '', 'qfs_api.session_revoke' => "'$alice->{session}'", 'qfs_api.use_referral' => "'$code_of_bob'",
  'qfs_api.set_profile' => q{'Alice B'}, 'qfs_api.page_error' => q{'TypeError', 'chat', 1, '0123456789abcdef'},
  'qfs_api.page_module' => "'" . $helper->value(q{SELECT substring(prosrc FROM $$WHEN '([0-9a-f]{64})'$$) FROM pg_proc WHERE proname = 'page_module'}) . "'",
  # what governs; without auth what there is to sign
  'qfs.act' => q{'VOTE_CAST', } . literal($json->encode(\%vote)) . ', NULL', 'qfs.wallet_text' => q{'VOTE_CAST', } . literal($json->encode(\%vote)) . ', 1',
  'qfs_api.wallet_text' => q{'VOTE_CAST', } . literal($json->encode(\%vote)) . ', 1', 'qfs.deliver' => $signed, 'qfs_api.deliver' => $signed,
  'qfs_api.propose' => q{'{}', 'x', 'text', 'why'}, 'qfs_api.vote' => "$proposal, 'yes'", 'qfs_api.cancel_proposal' => $proposal, 'qfs_api.hold_fewer' => q{1, 'x'},
  'qfs.set_nod' => "'$bob->{user_id}', 5, 'x'", 'qfs.put_proposal_text' => "$proposal, 'x'", 'qfs.find_vote' => "$proposal, '$alice->{user_id}'",
  'qfs.simulate' => q{'[{"type": "CONTENT_CREATED", "payload": {"size": 5}}]'}, 'qfs.policy_key_list' => 'NULL', 'qfs_api.preview' => q{'REFERRAL_USE', '{"code": "x"}'},
  'qfs_api.reflect' => $scored, 'qfs.reflect_guards' => q{'[]'}, 'qfs.keys_of_rule' => q{'MESSAGE', qfs.default_policy()},
  'qfs.hide_others' => q{'{"accounts": [], "outcome": null}'},
  'qfs_api.explain_vote' => "$proposal, '$alice->{user_id}'", 'qfs_api.vote_chain' => $proposal,
  'qfs_api.explanation' => q{'parameter', 'key:referral.cap'}, 'qfs_api.explanation_with_advice' => q{'parameter', 'key:referral.cap'},
  'qfs.explain_key' => q{'key:referral.cap', NULL}, 'qfs.decision_entry' => "'proposal', 'entry:$proposal'", 'qfs.explain_decision' => "'proposal', 'entry:$proposal', NULL",
  'qfs.explain_run' => q{NULL, NULL, '{}'}, 'qfs.explain_map' => "'proposal:$proposal', NULL, '{}'", 'qfs.check_question' => q{'what_if', NULL, '{}', '{changes}'}, 'qfs.number_in' => q{'{"from": 1}', 'from'},
  'qfs.bundle_for_caller' => "$scored, NULL", 'qfs.explain_guard' => literal($helper->value("SELECT format('entry:%s/%s', seq, outcome #>> '{guards,0,guard}') FROM qfs.ledger WHERE seq = $referral")) . ', NULL',
  'qfs.decided_guard' => q{'{"seq": 1, "guards": [{"guard": "REFERRAL_CAP", "result": "PASS", "bound": 5, "observed": 1}], "steps": []}', 'REFERRAL_CAP', 1},
  'qfs.reflection' => q{'entry:1', 1, '{}', '{}', '[]', '{1}'},
  'qfs.seal_explanation' => q{'{"v": 1}'}, 'qfs.values_of_keys' => q{'[{"key": "a", "value": 1}]'}, 'qfs.classes_of_keys' => q{'[{"key": "a", "value": 1}]'},
  # what is about advice
  'qfs.advisor_token' => "'critic'", 'qfs.sign_advisor_token' => "'critic', 60", 'qfs.advisor_of' => "'Bearer $advisor'", 'qfs.revoke_advisor' => "'critic'",
  'qfs.register_model' => "'critic', 'rules', '2', $card", 'qfs.retire_model' => "'rules', '1'",
  'qfs_api.advise' => "'rules', '1', 'a:b', $size, " . at("hash::text FROM qfs.ledger WHERE seq = $size - 1") . ", repeat('ab', 32), '{\"advisory\": true}'", 'qfs_api.advice' => "'a:b'",
  # what reads
  'qfs_api.principles' => q{'BOUNDED_REWARD'}, 'qfs_api.guard_history' => q{'REFERRAL_CAP'}, 'qfs.guard_epochs' => q{'REFERRAL_CAP', 0, 100, true}, 'qfs.guard_verdicts' => q{'REFERRAL_CAP', 0, 100, 50, true}, 'qfs.what_if' => q{'{"ttl_blocks": 5}', '[]', 1}, 'qfs_api.what_if' => q{'{"ttl_blocks": 5}', '[{"type": "NOTE", "payload": {}}]', 1},
  'qfs.consequence_map' => q{'{"ttl_blocks": 5}', 1, 1}, 'qfs_api.consequence_map' => q{NULL, '{"ttl_blocks": 5}'}, 'qfs.map_of' => q{NULL, '{"ttl_blocks": 5}', 100},
  'qfs.changed_keys' => q{'{"referral": {"cap": 5}}'}, 'qfs.conflicts' => q{'{"referral": {"cap": 5}}', NULL},
  'qfs.sandbox' => q{'sybil_ring', '{"wallets": 2}', (SELECT policy FROM qfs.policy WHERE seq < 5 ORDER BY seq DESC LIMIT 1), 1, 5}, 'qfs.run_sandbox' => q{'alpha', '{"value": 1}', 5},
  'qfs_api.sandbox' => q{'alpha', '{"value": 1}', 5},
  'qfs_api.consistency_proof' => "2, $size", 'qfs_api.tlog_proof' => "2, $size", 'qfs_api.tile' => '0, 0, 8', 'qfs_api.entry_bundle' => '0, 8',
  'qfs_api.explain_message' => "'$thread', 1", 'qfs_api.explain_reward' => "'$referral'", 'qfs_api.explain_session' => $scored, 'qfs_api.messages' => "'$thread'",
  'qfs_api.since' => 0, 'qfs_api.entry' => $scored, 'qfs_api.explain_entry' => $scored,
  map { ("qfs_api.$_" => '') } qw(account_statement app checkpoint coherence explain_coherence history principles profile verify),
);
# One does nothing but fail, the other takes a few and no more; nothing was counted or executed yet, nobody has advised, and governance is not on.
my %refuses = map { ($_ => 1) } qw(qfs.execution_of qfs.explain_advice qfs.refuse qfs_api.page_error qfs.claim_dormancy qfs.find_tally qfs_api.explain_tally);
# These want a database without a ledger, or one that was restored and not opened.
my %elsewhere = ('qfs.genesis' => 'empty', 'qfs.import' => 'empty', 'qfs.post_restore' => 'restored');
# Whoever asks over HTTP.
my $request = "SELECT set_config('request.headers', '{\"authorization\": \"Bearer $alice->{token}\"}', true),"
  . " set_config('request.jwt.claims', '{\"role\": \"qfs_user\", \"jti\": \"$alice->{session}\"}', true);";
my %in_request = map { ($_ => $request) } 'qfs_api.pre_request', 'qfs.authenticate_request';
$in_request{'qfs_api.advise'} = "SELECT set_config('request.headers', '{\"authorization\": \"Bearer $advisor\"}', true);";
# Not for accounts.
my %no_session = map { ($_ => 1) } keys %elsewhere, keys %in_request, 'qfs.add_witness', 'qfs.adopt', 'qfs.erase_payload', 'qfs.lock_stream', 'qfs.position_of', 'qfs.prepare_keys', 'qfs.rebuild_positions', 'qfs.recover_keys', 'qfs.recovery_message', 'qfs.register_event_type', 'qfs.rotate_keys', 'qfs.set_nod', 'qfs.set_policy', 'qfs.take', 'qfs.take_dead';
# What this changes is the session, which does not come back when it is undone.
my %session_each_time = ('qfs_api.session_rotate' => "qfs.authenticate('$alice->{token}'), ");

my @functions = map { my ($name, $types, $role, $oid, $volatility, $language) = split /\|/, $_, -1;
    { name => $name, types => $types, role => $role, oid => $oid, is_folded => $volatility eq 'i', is_counted => $language eq 'c' } }
  split /\n/, $node->safe_psql('memory', q{
    SELECT format('%I.%I', n.nspname, p.proname),
      (SELECT coalesce(string_agg(format_type(t.oid, NULL), ';' ORDER BY a.n), '')
       FROM unnest(p.proargtypes) WITH ORDINALITY a(type, n) JOIN pg_type t ON t.oid = a.type),
      CASE WHEN has_function_privilege('qfs_user', p.oid, 'EXECUTE') THEN 'qfs_user' ELSE current_user END,
      p.oid, p.provolatile, l.lanname
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname IN ('qfs', 'qfs_api') AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
    -- what binary input alone can give
      AND NOT 'internal'::regtype = ANY (p.proargtypes)
    ORDER BY 1, 2});
cmp_ok(scalar @functions, '>', 150, 'there are functions to call');

# A round of calls as a block, each of them undone.  i is there for the plan: one without a parameter would be kept, with the result
# of an IMMUTABLE function as a constant.
sub round_of {
  my ($function) = @_;
  my ($name, $types) = @{$function}{qw(name types)};
  my @types = split /;/, $types;
  my $good  = $arguments{"$name($types)"} // $arguments{$name} // join ', ', map { $good{$_} } @types;
  my $bad   = join ', ', map { $bad{$_} } @types;
  my $but   = $refuses{$name} ? 'OTHERS' : q{SQLSTATE 'QF000'};
  my $first = $session_each_time{$name} // '';
  my $refused = @types ? "BEGIN PERFORM $name($bad) WHERE i > 0; RAISE SQLSTATE 'QF000'; EXCEPTION WHEN OTHERS THEN NULL; END;" : '';
  return "DO \$do\$ BEGIN FOR i IN 1 .. $ROUND LOOP
    BEGIN PERFORM $first$name($good) WHERE i > 0; RAISE SQLSTATE 'QF000'; EXCEPTION WHEN $but THEN NULL; END;
    $refused
  END LOOP; END \$do\$";
}

# In a transaction, in Alice's session.
sub transaction_of {
  my ($function) = @_;
  my $session = $no_session{ $function->{name} } ? '' : "SELECT qfs.authenticate('$alice->{token}');";
  my $plan = $function->{is_folded} ? 'SET LOCAL plan_cache_mode = force_custom_plan;' : '';
  my $before = $in_request{ $function->{name} } // '';
  return "BEGIN; $plan $before SET LOCAL ROLE $function->{role}; $session " . round_of($function) . '; COMMIT';
}

# ---- memory ----

# Bytes in use in all memory contexts, and what the process has from the system.
sub memory_of {
  my ($client) = @_;
  my ($rss) = slurp('/proc/' . $client->pid . '/status') =~ /^RssAnon:\s+(\d+) kB/m;
  return ($client->value('SELECT sum(used_bytes) FROM pg_backend_memory_contexts'), $rss * 1024);
}

# How often the server has seen the function called.  Functions of SQL that become part of the query are not counted.
sub calls_of {
  my ($client, $oid) = @_;
  $client->query('SELECT pg_stat_force_next_flush()');
  return $client->value("SELECT coalesce(pg_stat_get_function_calls($oid), 0)");
}

# A seed of the key file outlives the transaction, and there is room for a thousand.
my $keys = slurp($node->data_dir . '/qfs.key');
sub forget_seeds { spit($node->data_dir . '/qfs.key', $keys) if slurp($node->data_dir . '/qfs.key') ne $keys; return }

# Sends the SQL until there were so many calls, or so much time has passed; returns the number of calls and what went wrong.
sub call {
  my ($client, $sql, $calls, $seconds) = @_;
  my ($begin, $n) = (time, 0);
  while ($n < $calls && (!$seconds || time() - $begin < $seconds)) {
    my $error = $client->query($sql)->{error};
    if ($error) {
      $client->query('ROLLBACK');
      return (0, "$error->{sqlstate} $error->{message} $error->{detail}");
    }
    $n += $ROUND;
    forget_seeds();
  }
  return ($n, undef);
}

my (@wrong, @fewer);
my $total = 0;
sub look_at {
  my ($client, $name, $sql, $oid) = @_;
  my (undef, $error) = call($client, $sql, 3 * $ROUND);
  return push @wrong, "$name: $error" if $error;
  my $calls = $oid ? calls_of($client, $oid) : 0;
  my $n = 0;
  my $process;
  # What the allocator keeps of a peak, in a heap that many others have used before, it keeps once; a leak grows again.
  for (1 .. 2) {
    my $begin = time;
    my @before = memory_of($client);
    (my $more, $error) = call($client, $sql, $CALLS, $SECONDS);
    return push @wrong, "$name: $error" if $error;
    my @after = memory_of($client);
    $n += $more;
    note(sprintf '%s: %d calls, %.1f s, contexts %d %+d, RSS %d %+d', $name, $more, time() - $begin, $after[0], $after[0] - $before[0], $after[1], $after[1] - $before[1]);
    push @wrong, sprintf '%s: contexts grew by %d bytes in %d calls', $name, $after[0] - $before[0], $more if $after[0] - $before[0] > $SLACK_CONTEXTS;
    $process = $after[1] - $before[1];
    last if $process <= $SLACK_RSS;
  }
  push @wrong, sprintf '%s: the process grew by %d bytes, again', $name, $process if $process > $SLACK_RSS;
  $total += $n;
  my $counted = $oid ? calls_of($client, $oid) - $calls : $n;
  push @wrong, "$name: $counted calls were counted, not $n" if $counted < $n;
  push @fewer, [ $n, $name ] if $n < $CALLS;
  return;
}

my $client = QfsClient->wait_for($node, database => 'memory');
$node->safe_psql(new_database($node, 'empty'), 'CREATE EXTENSION qfs');
my $dump = scratch_file('memory.sql', '');
run_program($node, 'pg_dump', '-f', $dump, 'memory');
run_program($node, 'psql', '-Xq', '-d', new_database($node, 'restored'), '-f', $dump);
my %clients = (memory => $client, map { ($_ => QfsClient->wait_for($node, database => $_)) } qw(empty restored));
my $head = $helper->value('SELECT hash FROM qfs.head()');

for my $function (@functions) {
  my $name = $function->{name};
  # Another database has other numbers for functions, and one that fails is not counted.
  my $oid = $function->{is_counted} && !$elsewhere{$name} && !$refuses{$name} ? $function->{oid} : undef;
  look_at($clients{ $elsewhere{$name} // 'memory' }, "$name($function->{types})", transaction_of($function), $oid);
}
is(join("\n", @wrong), '', "a backend's memory is flat over $CALLS good calls of each of " . @functions . ' functions, and as many bad ones');
is($helper->value('SELECT hash FROM qfs.head()'), $head, 'what was undone left nothing');

# ---- transactions: committed, rolled back, failed ----

my %acts = (
  'append, committed'   => q{BEGIN; INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n": 1}'); COMMIT},
  'append, rolled back' => q{BEGIN; INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"n": 1}'); ROLLBACK},
  'append, refused'     => q{DO $$ BEGIN INSERT INTO qfs.ledger (type, payload) VALUES ('NONE', '{}'); EXCEPTION WHEN OTHERS THEN NULL; END $$},
  'session'             => "BEGIN; SELECT qfs.authenticate('$alice->{token}'); COMMIT",
  'policy, rolled back' => q{BEGIN; SELECT qfs.set_policy('{"limits": {"events_per_minute": 999998}}'); ROLLBACK},
  'message, rolled back' => "BEGIN; SELECT qfs.authenticate('$alice->{token}'); SELECT qfs_api.send_message(" . message_to($bob, 2) . '); ROLLBACK',
);
@wrong = ();
look_at($client, $_, join ';', ($acts{$_}) x $ROUND) for sort keys %acts;
is(join("\n", @wrong), '', 'nor over transactions');

diag(sprintf '%d functions, %d good calls: the backend has %d KB in contexts, %d KB of its own', scalar @functions, $total, map { $_ / 1024 } memory_of($client));
diag("fewer than $CALLS calls, in $SECONDS s each: " . join ', ', map { "$_->[1] $_->[0]" } @fewer) if @fewer;

# ---- the test sees what it looks for ----

$client->value(q{CREATE FUNCTION leak() RETURNS void LANGUAGE plpgsql AS $$
  BEGIN EXECUTE 'PREPARE p' || md5(random()::text) || ' AS SELECT 1'; END $$; SELECT 1});
@wrong = ();
look_at($client, 'leak', "DO \$do\$ BEGIN FOR i IN 1 .. $ROUND LOOP PERFORM leak(); END LOOP; END \$do\$");
like(join("\n", @wrong), qr/^leak: contexts grew/, 'a function that leaves something behind is seen');

is_sound($node, 'after all of it', 'memory');
$_->close for values %clients, $helper;
$node->stop;
done_testing();
