-- Structure: tables, columns, keys, triggers, types, functions, comments, and what PUBLIC has: nothing.
BEGIN;
CREATE EXTENSION pgtap;
CREATE EXTENSION qfs;
SELECT plan(95);

CREATE TEMP VIEW members AS
SELECT d.classid, d.objid, i.type, i.identity
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid, LATERAL pg_identify_object(d.classid, d.objid, 0) i
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'qfs'
  -- since 17, types that come with a table or another type are members, too; nobody can grant or revoke them
  AND NOT EXISTS (SELECT FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND (t.typrelid <> 0 OR t.typcategory = 'A'));

-- The rows of a query, sorted, against a list.
CREATE FUNCTION pg_temp.list_is(query text, want text[], description text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  have text[];
BEGIN
  EXECUTE format('SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM (%s) AS t(x)', query) INTO have;
  RETURN is(have, want, description);
END $$;

-- the extension
SELECT has_schema('qfs');
SELECT is(extrelocatable, false, 'qfs stays in its schema') FROM pg_extension WHERE extname = 'qfs';
SELECT is((SELECT extversion FROM pg_extension WHERE extname = 'qfs'),
          (SELECT default_version FROM pg_available_extensions WHERE name = 'qfs'), 'it has the version of its control file');
SELECT pg_temp.list_is(
  $$SELECT type || ' ' || count(*) FROM members WHERE type <> 'function' GROUP BY type$$,
  ARRAY['cast 12', 'event trigger 4', 'operator 18', 'operator class 6', 'operator family 6', 'schema 2', 'table 46', 'type 8', 'view 6'],
  'members that are not functions');
SELECT roles_are(ARRAY['aegis_advisor', 'aegis_readonly', 'qfs_anon', 'qfs_auditor', 'qfs_bridge', 'qfs_monitor', 'qfs_operator', 'qfs_owner', 'qfs_user'] ||
                 ARRAY(SELECT rolname FROM pg_roles WHERE rolname !~ '^qfs_'), 'roles of qfs');
SELECT is_empty($$SELECT rolname FROM pg_roles WHERE rolname ~ '^qfs_' AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolbypassrls)$$,
                'none of them can log in or do more than it is granted');
SELECT is_empty($$SELECT rolname FROM pg_roles WHERE rolname ~ '^qfs_' AND shobj_description(oid, 'pg_authid') IS NULL$$, 'each has a comment');

-- what self_check compares with is what is installed
SELECT is_empty($$SELECT * FROM qfs.self_check() WHERE code <> 'QFS_BYPASS'$$, 'src/pg/manifest/manifest.def lists what is installed; if not: scripts/generate-manifest');

-- tables: name, type, not null, collation of each column
SELECT tables_are('qfs', ARRAY['access', 'account', 'agenda', 'batch', 'content', 'cosignature', 'device', 'electorate', 'erasure', 'event_type',
  'guard_count', 'kept_checkpoint', 'ledger', 'ledger_state', 'login', 'login_nonce', 'message', 'nod', 'nod_change', 'nonce', 'opening', 'policy',
  'policy_key', 'profile_content', 'proposal', 'proposal_text', 'published_checkpoint', 'rate', 'read_mark', 'referral_block', 'referral_code', 'server',
  'session', 'signing_key', 'standing', 'stream_position', 'tally', 'thread', 'ties', 'verification', 'vote', 'witness']);
CREATE FUNCTION pg_temp.columns_of(name text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                   CASE WHEN a.attcollation <> t.typcollation THEN 'collate ' || a.attcollation::regcollation END,
                   'default ' || pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = ('qfs.' || name)::regclass AND a.attnum > 0 ORDER BY a.attnum
$$;
SELECT results_eq($$SELECT pg_temp.columns_of('ledger')$$, ARRAY[
  'seq bigint not null', 'at bigint not null', 'type text not null collate "C"', 'actor qfs.user_id', 'auth jsonb not null', 'payload jsonb',
  'sig text collate "C"', 'outcome jsonb not null', 'accounts jsonb not null', 'salt bytea not null', 'prev qfs.hash not null', 'hash qfs.hash not null', 'nodes bytea not null'], 'columns of qfs.ledger');
SELECT results_eq($$SELECT pg_temp.columns_of('ledger_state')$$, ARRAY[
  'number bigint not null', 'genesis_at bigint not null', 'ledger qfs.hash not null', 'origin text not null collate "C"', 'policy_seq bigint not null', 'policy qfs.hash not null',
  'key_number bigint not null'], 'columns of qfs.ledger_state');
SELECT results_eq($$SELECT pg_temp.columns_of('opening')$$, ARRAY['number bigint not null', 'size bigint not null', 'at bigint not null'], 'columns of qfs.opening');
SELECT results_eq($$SELECT pg_temp.columns_of('policy')$$, ARRAY['seq bigint not null', 'policy text not null collate "C"'], 'columns of qfs.policy');
SELECT results_eq($$SELECT pg_temp.columns_of('signing_key')$$, ARRAY[
  'number bigint not null', 'seq bigint not null', 'checkpoint qfs.hash not null', 'token qfs.hash not null', 'recovery qfs.hash'], 'columns of qfs.signing_key');
SELECT results_eq($$SELECT pg_temp.columns_of('server')$$, ARRAY[
  'number bigint not null', 'seq bigint not null', 'database qfs.hash not null', 'salt text not null collate "C"', 'system qfs.hash not null',
  'timeline bigint not null', 'version bigint not null'], 'columns of qfs.server');
SELECT results_eq($$SELECT pg_temp.columns_of('event_type')$$, ARRAY[
  'type text not null collate "C"', 'seq bigint not null', 'by text not null collate "C"', 'schema text not null collate "C"'], 'columns of qfs.event_type');
SELECT results_eq($$SELECT pg_temp.columns_of('witness')$$, ARRAY[
  'vkey text not null collate "C"', 'added_at timestamp with time zone not null default now()'], 'columns of qfs.witness');
SELECT results_eq($$SELECT pg_temp.columns_of('cosignature')$$, ARRAY[
  'size bigint not null', 'vkey text not null collate "C"', 'line text not null collate "C"'], 'columns of qfs.cosignature');
SELECT results_eq($$SELECT pg_temp.columns_of('stream_position')$$, ARRAY[
  'stream text not null collate "C"', 'id text not null collate "C"', 'dead bigint not null'], 'columns of qfs.stream_position');
SELECT results_eq($$SELECT pg_temp.columns_of('account')$$, ARRAY[
  'user_id qfs.user_id not null', 'wallet qfs.address not null'], 'columns of qfs.account');
SELECT results_eq($$SELECT pg_temp.columns_of('access')$$, ARRAY[
  'user_id qfs.user_id not null', 'last_entry bigint not null', 'sessions text not null collate "C"'], 'columns of qfs.access');
SELECT results_eq($$SELECT pg_temp.columns_of('nonce')$$, ARRAY[
  'user_id qfs.user_id not null', 'last_entry bigint not null', 'event_nonce bigint not null'], 'columns of qfs.nonce');
SELECT results_eq($$SELECT pg_temp.columns_of('standing')$$, ARRAY[
  'user_id qfs.user_id not null', 'last_entry bigint not null', 'before_epoch bigint', 'epoch bigint not null', 'chat_key qfs.hash', 'coherence qfs.amount not null', 'created bigint not null', 'created_at bigint not null',
  'flx qfs.amount not null', 'points bigint not null', 'profile qfs.hash', 'profile_version bigint not null', 'referrals bigint not null'], 'columns of qfs.standing');
SELECT results_eq($$SELECT pg_temp.columns_of('ties')$$, ARRAY[
  'user_id qfs.user_id not null', 'last_entry bigint not null', 'guard text collate "C"', 'received boolean not null', 'referrer qfs.user_id', 'sent boolean not null',
  'settled bigint', 'used bigint'], 'columns of qfs.ties');
SELECT results_eq($$SELECT pg_temp.columns_of('session')$$, ARRAY[
  'session qfs.hash not null', 'user_id qfs.user_id not null', 'seq bigint not null', 'login bigint not null', 'issued_block bigint not null', 'ttl_blocks bigint not null',
  'operates boolean not null', 'device qfs.hash', 'ended bigint', 'reason text collate "C"'], 'columns of qfs.session');
SELECT results_eq($$SELECT pg_temp.columns_of('login')$$, ARRAY['seq bigint not null', 'user_id qfs.user_id not null', 'nonce_at bigint not null'], 'columns of qfs.login');
SELECT results_eq($$SELECT pg_temp.columns_of('login_nonce')$$, ARRAY['nonce qfs.hash not null', 'seq bigint not null'], 'columns of qfs.login_nonce');
SELECT results_eq($$SELECT pg_temp.columns_of('rate')$$, ARRAY[
  'user_id qfs.user_id not null', 'what text not null collate "C"', 'window bigint not null', 'count bigint not null'], 'columns of qfs.rate');
SELECT results_eq($$SELECT pg_temp.columns_of('batch')$$, ARRAY[
  'user_id qfs.user_id not null', 'batch_id text not null collate "C"', 'result jsonb not null'], 'columns of qfs.batch');
SELECT results_eq($$SELECT pg_temp.columns_of('verification')$$, ARRAY[
  'number bigint not null', 'size bigint not null', 'hash qfs.hash', 'at bigint not null', 'faults bigint not null'], 'columns of qfs.verification');
SELECT results_eq($$SELECT pg_temp.columns_of('guard_count')$$, ARRAY['guard text not null collate "C"', 'blocked bigint not null'], 'columns of qfs.guard_count');
SELECT results_eq($$SELECT pg_temp.columns_of('published_checkpoint')$$, ARRAY[
  'number bigint not null', 'size bigint not null', 'note text not null collate "C"', 'at bigint not null'], 'columns of qfs.published_checkpoint');
SELECT results_eq($$SELECT pg_temp.columns_of('kept_checkpoint')$$, ARRAY['place text not null collate "C"', 'size bigint not null', 'at bigint not null'], 'columns of qfs.kept_checkpoint');
SELECT col_is_pk('qfs', 'published_checkpoint', 'number', 'key of qfs.published_checkpoint');
SELECT col_is_pk('qfs', 'kept_checkpoint', 'place', 'key of qfs.kept_checkpoint');
SELECT col_is_pk('qfs', 'ledger', 'seq', 'key of qfs.ledger');
SELECT col_is_pk('qfs', 'ledger_state', 'number', 'key of qfs.ledger_state');
SELECT col_is_pk('qfs', 'policy', 'seq', 'key of qfs.policy');
SELECT col_is_pk('qfs', 'signing_key', 'number', 'key of qfs.signing_key');
SELECT col_is_pk('qfs', 'server', 'number', 'key of qfs.server');
SELECT col_is_pk('qfs', 'event_type', 'type', 'key of qfs.event_type');
SELECT col_is_pk('qfs', 'witness', 'vkey', 'key of qfs.witness');
SELECT col_is_pk('qfs', 'cosignature', ARRAY['size', 'vkey'], 'key of qfs.cosignature');
SELECT col_is_pk('qfs', 'stream_position', 'stream', 'key of qfs.stream_position');
SELECT col_is_pk('qfs', 'account', 'user_id', 'key of qfs.account');
SELECT col_is_pk('qfs', 'session', 'session', 'key of qfs.session');
SELECT col_is_pk('qfs', 'login', 'seq', 'key of qfs.login');
SELECT col_is_pk('qfs', 'login_nonce', 'nonce', 'key of qfs.login_nonce');
SELECT col_is_pk('qfs', 'rate', ARRAY['user_id', 'what'], 'key of qfs.rate');
SELECT col_is_pk('qfs', 'batch', ARRAY['user_id', 'batch_id'], 'key of qfs.batch');
SELECT pg_temp.list_is($$SELECT (conrelid::regclass || ' ' || contype::text) FROM pg_constraint WHERE connamespace = 'qfs'::regnamespace AND contype <> 'n'$$,
  ARRAY['- c', 'qfs.access p', 'qfs.account p', 'qfs.agenda p', 'qfs.batch p', 'qfs.content p', 'qfs.cosignature p', 'qfs.device p', 'qfs.electorate p', 'qfs.erasure p',
  'qfs.event_type p', 'qfs.guard_count p', 'qfs.kept_checkpoint p', 'qfs.ledger p', 'qfs.ledger_state p', 'qfs.login p', 'qfs.login_nonce p', 'qfs.message p', 'qfs.message u',
  'qfs.message u', 'qfs.nod p', 'qfs.nod_change p', 'qfs.nonce p', 'qfs.opening p', 'qfs.policy p', 'qfs.policy_key p', 'qfs.profile_content p', 'qfs.proposal p', 'qfs.proposal_text p',
  'qfs.published_checkpoint p', 'qfs.rate p', 'qfs.read_mark p', 'qfs.referral_block p', 'qfs.referral_code p', 'qfs.server p', 'qfs.session p', 'qfs.signing_key p', 'qfs.standing p',
  'qfs.stream_position p', 'qfs.tally p', 'qfs.thread p', 'qfs.ties p', 'qfs.verification p', 'qfs.vote p', 'qfs.witness p'],
  'no constraints but keys and the range of amounts');
SELECT indexes_are('qfs', 'ledger', ARRAY['ledger_pkey']);
SELECT indexes_are('qfs', 'session', ARRAY['session_pkey', 'session_user_id']);
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'qfs'::regnamespace AND (relpersistence <> 'p' OR relhasrules OR relhassubclass)$$,
                'tables are permanent, without rules and children');
SELECT pg_temp.list_is($$SELECT relname || ' ' || relrowsecurity || ' ' || relforcerowsecurity FROM pg_class WHERE relnamespace = 'qfs'::regnamespace AND (relrowsecurity OR relforcerowsecurity)$$,
  ARRAY['message true true', 'read_mark true true'], 'row security, for the owner too, where only the parties read');
SELECT pg_temp.list_is($$SELECT polrelid::regclass || ' ' || polname || ' ' || polcmd::text || ' ' || polpermissive || ' ' || polroles::text FROM pg_policy$$,
  ARRAY['qfs.message parties * true {0}', 'qfs.read_mark reader * true {0}'], 'its policies, for everybody and everything');
-- off the ledger; what is on it, replay compares column by column
SELECT results_eq($$SELECT pg_temp.columns_of('message')$$, ARRAY[
  'entry bigint not null', 'thread qfs.hash not null', 'sender qfs.user_id not null', 'recipient qfs.user_id not null', 'seq bigint not null', 'alg text not null collate "C"',
  'nonce bytea not null', 'body bytea', 'sender_key qfs.hash not null', 'recipient_key qfs.hash not null'], 'columns of qfs.message');
SELECT results_eq($$SELECT pg_temp.columns_of('profile_content')$$, ARRAY['user_id qfs.user_id not null', 'version bigint not null', 'salt bytea', 'content text'], 'columns of qfs.profile_content');
SELECT results_eq($$SELECT pg_temp.columns_of('read_mark')$$, ARRAY['thread qfs.hash not null', 'user_id qfs.user_id not null', 'seq bigint not null'], 'columns of qfs.read_mark');
SELECT pg_temp.list_is($$SELECT (c::regclass::text) FROM pg_extension, unnest(extconfig) c WHERE extname = 'qfs'$$,
                  ARRAY['aegis.advice', 'aegis.incident', 'aegis.model', 'aegis.service', 'qfs.batch', 'qfs.cosignature', 'qfs.ledger', 'qfs.message', 'qfs.profile_content',
  'qfs.proposal_text', 'qfs.read_mark', 'qfs.stream_position', 'qfs.witness'], 'what pg_dump takes along');

-- triggers
SELECT triggers_are('qfs', 'ledger', ARRAY['zzz_qfs_append', 'zzz_qfs_refuse_row', 'zzz_qfs_refuse_statement']);
SELECT pg_temp.list_is($$SELECT tgname || ' ' || tgtype || ' ' || tgfoid::regproc || ' ' || tgenabled::text FROM pg_trigger WHERE tgrelid = 'qfs.ledger'::regclass$$,
  ARRAY['zzz_qfs_append 7 qfs.ledger_append A', 'zzz_qfs_refuse_row 27 qfs.refuse_change A', 'zzz_qfs_refuse_statement 58 qfs.refuse_change A'],
  'BEFORE INSERT, UPDATE OR DELETE, and the statement''s UPDATE OR DELETE OR TRUNCATE, always');
SELECT is_empty($$
  SELECT c.relname FROM pg_class c, pg_extension e
  WHERE c.relnamespace = 'qfs'::regnamespace AND c.relkind = 'r' AND c.relname <> 'ledger' AND e.extname = 'qfs'
    AND ARRAY(SELECT concat_ws(' ', t.tgname, t.tgtype, t.tgfoid::regproc, t.tgenabled, encode(t.tgargs, 'escape'))
              FROM pg_trigger t WHERE t.tgrelid = c.oid ORDER BY t.tgname)
        <> ARRAY['zzz_qfs_refuse_row 31 qfs.refuse_write A ' || CASE WHEN c.oid = ANY (e.extconfig) THEN 'dumped\000' ELSE '' END,
                 'zzz_qfs_refuse_statement 58 qfs.refuse_write A ']$$,
  'every other table refuses statements, always; what is dumped comes in while the ledger is closed');
SELECT pg_temp.list_is($$SELECT evtname || ' ' || evtevent || ' ' || evtfoid::regproc || ' ' || evtenabled::text FROM pg_event_trigger WHERE evtname ~ '^qfs_'$$,
  ARRAY['qfs_guard_drop sql_drop qfs.guard_ddl A', 'qfs_guard_end ddl_command_end qfs.guard_ddl A', 'qfs_guard_rewrite table_rewrite qfs.guard_ddl A',
        'qfs_guard_start ddl_command_start qfs.guard_ddl A'], 'event triggers, enabled always');
SELECT is((SELECT evttags FROM pg_event_trigger WHERE evtname = 'qfs_guard_start'), ARRAY['DROP EXTENSION', 'DROP SCHEMA', 'ALTER EXTENSION', 'DROP OWNED', 'ALTER DEFAULT PRIVILEGES'],
          'commands that are refused before they start');

-- types
SELECT pg_temp.list_is($$SELECT (typname || ' ' || typlen || ' ' || typalign::text || ' ' || typstorage::text || ' ' || typbyval || ' ' || typcategory::text) FROM pg_type t
                    WHERE typnamespace = 'qfs'::regnamespace AND typtype = 'b' AND typelem = 0$$,
  ARRAY['address 20 c p false U', 'hash 32 c p false U', 'user_id 32 c p false U'], 'length, alignment, storage, by reference');
SELECT has_cast('text', 'qfs.hash', 'text to qfs.hash');
SELECT pg_temp.list_is($$SELECT (format('%s to %s %s', format_type(castsource, NULL), format_type(casttarget, NULL), castcontext)) FROM pg_cast c JOIN members m ON m.classid = 'pg_cast'::regclass AND m.objid = c.oid
                   $$,
  ARRAY['bytea to qfs.address e', 'bytea to qfs.hash e', 'bytea to qfs.user_id e', 'qfs.address to bytea e', 'qfs.address to text a', 'qfs.hash to bytea e',
        'qfs.hash to text a', 'qfs.user_id to bytea e', 'qfs.user_id to text a', 'text to qfs.address e', 'text to qfs.hash e', 'text to qfs.user_id e'],
  'casts: to text by assignment, all others on demand');
SELECT opclasses_are('qfs', ARRAY['address_hash_ops', 'address_ops', 'hash_hash_ops', 'hash_ops', 'user_id_hash_ops', 'user_id_ops']);
SELECT is_empty($$SELECT opcname FROM pg_opclass WHERE opcnamespace = 'qfs'::regnamespace AND NOT opcdefault$$, 'each the default of its type');
SELECT pg_temp.list_is($$SELECT (o.oprname::text || ' ' || count(*) || ' ' || bool_and(o.oprcom <> 0) || ' ' || bool_and(o.oprnegate <> 0) || ' ' || bool_and(o.oprcanmerge) || ' ' || bool_and(o.oprcanhash)) FROM pg_operator o WHERE o.oprnamespace = 'qfs'::regnamespace GROUP BY o.oprname$$,
  ARRAY['< 3 true true false false', '<= 3 true true false false', '<> 3 true true false false', '= 3 true true true true', '> 3 true true false false', '>= 3 true true false false'],
  'operators: commutators, negators, merge and hash joins');

-- functions: what kind each is, by name
CREATE TEMP VIEW functions AS
SELECT p.*, l.lanname, p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS signature
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'qfs'::regnamespace;
CREATE TEMP VIEW calls AS
SELECT * FROM functions WHERE proname !~ '^(hash|user_id|address)_' AND proname NOT IN ('hash', 'address', 'bytea');
SELECT pg_temp.list_is($$SELECT DISTINCT proname::text FROM calls$$, ARRAY['access', 'account_part', 'act', 'add_cosignature', 'add_guard_count', 'add_witness', 'adopt', 'advice_stale',
  'advisor_of', 'advisor_token', 'aegis_release', 'arithmetic_in', 'authenticate', 'authenticate_request', 'base64url', 'block_time', 'blocked_counts', 'bundle_for_caller', 'caller_audits',
  'canonical', 'catalogue', 'challenge', 'changed_keys', 'changes_proposed', 'changes_subject', 'channels', 'check_aegis', 'check_asked', 'check_key_file', 'check_question', 'checkpoint',
  'checkpoint_kept', 'claim_dormancy', 'classes_of_keys', 'coherence_score', 'coherence_step', 'conflicts', 'consequence_map', 'consistency_proof', 'current_block', 'current_epoch',
  'current_session', 'current_user_id', 'decided_execution', 'decided_guard', 'decided_proposal', 'decided_tally', 'decided_vote', 'decision_entry', 'default_policy', 'deliver',
  'durable_head', 'ed25519_verify', 'entry', 'entry_bundle', 'entry_hash', 'entry_head', 'epoch_at', 'epoch_begin', 'epoch_floor', 'erase_envelope', 'erase_own_profile', 'erase_payload',
  'evidence_in', 'execution_of', 'explain', 'explain_advice', 'explain_decision', 'explain_guard', 'explain_key', 'explain_map', 'explain_own', 'explain_run', 'explain_to_caller',
  'explanation_of_bundle', 'explanation_of_run', 'export', 'find_account', 'find_account_to_explain', 'find_last_act', 'find_message', 'find_own_touch', 'find_tally', 'find_touch',
  'find_tx', 'find_vote', 'genesis', 'guard_ddl', 'guard_epochs', 'guard_readers', 'guard_verdicts', 'head', 'health', 'hide_entries', 'hide_others', 'hsmf', 'import', 'inclusion_proof',
  'is_adopted', 'is_public', 'jwks', 'keccak256', 'key_fault', 'key_history', 'keys_of_rule', 'knows_server', 'leaf_hash', 'ledger_append', 'lock_stream', 'lock_verification', 'map_of',
  'message_hash', 'metric_families', 'neighbours', 'newest_advice', 'node_hash', 'nonce', 'number_in', 'open_sessions', 'outgoing', 'overdue_blocks', 'own_actions', 'own_headroom',
  'part_calls', 'part_health', 'part_metrics', 'parties', 'parties_between', 'policy_before', 'policy_key_list', 'policy_named', 'position_of', 'post_restore', 'prepare_keys', 'profile_of',
  'publish_checkpoint', 'put_proposal_text', 'put_read_mark', 'put_verification', 'readable_entry', 'rearm', 'rebuild', 'rebuild_positions', 'recover_keys', 'recover_personal_sign',
  'recovery_message', 'referral_code', 'referral_tier', 'reflect_guards', 'reflection', 'refuse', 'refuse_change', 'refuse_write', 'register_event_type', 'register_model', 'require_thread',
  'require_user_id', 'retire_model', 'revoke_advisor', 'revoke_session', 'root', 'rotate_keys', 'run_sandbox', 'sandbox', 'sandbox_templates', 'seal_explanation', 'seen_accounts',
  'seen_standing', 'sees', 'sees_now', 'self_check', 'server_changes', 'session_replay', 'set_nod', 'set_policy', 'set_profile', 'settle', 'sha256_jcs', 'sha3_256', 'sign_advisor_token',
  'simulate', 'since', 'snapshot_at', 'standing_chain', 'state_hash', 'take', 'take_dead', 'thread', 'tile', 'tlog_proof', 'told_outcome', 'trust_level', 'user_id', 'values_of_keys',
  'verify', 'verify_consistency', 'verify_inclusion', 'verify_new', 'version', 'vitals', 'vkey', 'wallet_text', 'what_if', 'who_changes', 'whole_epochs', 'window_begin'], 'names');
SELECT pg_temp.list_is($$SELECT DISTINCT proname::text FROM calls WHERE provolatile = 'i'$$, ARRAY['base64url', 'canonical', 'catalogue', 'changed_keys', 'coherence_score',
  'coherence_step', 'default_policy', 'ed25519_verify', 'hsmf', 'keccak256', 'leaf_hash', 'message_hash', 'node_hash', 'recover_personal_sign', 'referral_code', 'sandbox_templates',
  'sha256_jcs', 'sha3_256', 'thread', 'user_id', 'verify_consistency', 'verify_inclusion', 'who_changes'], 'IMMUTABLE: what looks at its arguments alone');
SELECT pg_temp.list_is($$SELECT DISTINCT proname::text FROM calls WHERE provolatile = 's'$$, ARRAY['access', 'account_part', 'advice_stale', 'advisor_of', 'arithmetic_in', 'block_time',
  'blocked_counts', 'bundle_for_caller', 'caller_audits', 'changes_proposed', 'changes_subject', 'channels', 'check_asked', 'check_key_file', 'check_question', 'checkpoint',
  'classes_of_keys', 'conflicts', 'consequence_map', 'consistency_proof', 'current_block', 'current_epoch', 'current_session', 'current_user_id', 'decided_execution', 'decided_guard',
  'decided_proposal', 'decided_tally', 'decided_vote', 'decision_entry', 'entry', 'entry_bundle', 'entry_hash', 'entry_head', 'epoch_at', 'epoch_begin', 'epoch_floor', 'evidence_in',
  'execution_of', 'explain', 'explain_advice', 'explain_decision', 'explain_guard', 'explain_key', 'explain_map', 'explain_own', 'explain_run', 'explain_to_caller', 'explanation_of_bundle',
  'explanation_of_run', 'export', 'find_account', 'find_account_to_explain', 'find_last_act', 'find_message', 'find_own_touch', 'find_tally', 'find_touch', 'find_tx', 'find_vote',
  'guard_epochs', 'guard_readers', 'guard_verdicts', 'head', 'health', 'hide_entries', 'hide_others', 'inclusion_proof', 'is_adopted', 'is_public', 'jwks', 'key_fault', 'key_history',
  'keys_of_rule', 'knows_server', 'map_of', 'metric_families', 'neighbours', 'newest_advice', 'number_in', 'open_sessions', 'outgoing', 'overdue_blocks', 'own_actions', 'own_headroom',
  'part_calls', 'part_health', 'part_metrics', 'parties', 'parties_between', 'policy_before', 'policy_key_list', 'policy_named', 'profile_of', 'readable_entry', 'referral_tier',
  'reflect_guards', 'reflection', 'require_thread', 'require_user_id', 'root', 'run_sandbox', 'sandbox', 'seal_explanation', 'seen_accounts', 'seen_standing', 'sees', 'sees_now',
  'self_check', 'server_changes', 'session_replay', 'simulate', 'since', 'snapshot_at', 'standing_chain', 'state_hash', 'tile', 'tlog_proof', 'told_outcome', 'trust_level',
  'values_of_keys', 'verify', 'version', 'vitals', 'vkey', 'wallet_text', 'what_if', 'whole_epochs', 'window_begin'], 'STABLE: what reads');
SELECT pg_temp.list_is($$SELECT DISTINCT proname::text FROM calls WHERE provolatile = 'v'$$, ARRAY['act', 'add_cosignature', 'add_guard_count', 'add_witness', 'adopt', 'advisor_token',
  'aegis_release', 'authenticate', 'authenticate_request', 'challenge', 'check_aegis', 'checkpoint_kept', 'claim_dormancy', 'deliver', 'durable_head', 'erase_envelope', 'erase_own_profile',
  'erase_payload', 'genesis', 'guard_ddl', 'import', 'ledger_append', 'lock_stream', 'lock_verification', 'nonce', 'position_of', 'post_restore', 'prepare_keys', 'publish_checkpoint',
  'put_proposal_text', 'put_read_mark', 'put_verification', 'rearm', 'rebuild', 'rebuild_positions', 'recover_keys', 'recovery_message', 'refuse', 'refuse_change', 'refuse_write',
  'register_event_type', 'register_model', 'retire_model', 'revoke_advisor', 'revoke_session', 'rotate_keys', 'set_nod', 'set_policy', 'set_profile', 'settle', 'sign_advisor_token', 'take',
  'take_dead', 'verify_new'],
  'VOLATILE: what writes, draws lots or remembers');
SELECT is_empty($$SELECT signature FROM functions WHERE provolatile = 'v' AND proparallel <> 'u'$$, 'what writes is PARALLEL UNSAFE');
SELECT pg_temp.list_is($$SELECT DISTINCT proname::text FROM calls WHERE proparallel = 's'$$, ARRAY['base64url', 'canonical', 'catalogue', 'coherence_score', 'coherence_step',
  'consistency_proof', 'default_policy', 'ed25519_verify', 'entry', 'entry_bundle', 'entry_head', 'export', 'head', 'hsmf', 'inclusion_proof', 'keccak256', 'leaf_hash', 'message_hash',
  'node_hash', 'recover_personal_sign', 'referral_code', 'root', 'sandbox_templates', 'sha256_jcs', 'sha3_256', 'state_hash', 'thread', 'tile', 'told_outcome', 'user_id', 'verify',
  'verify_consistency', 'verify_inclusion', 'version', 'vkey'], 'PARALLEL SAFE');
SELECT pg_temp.list_is($$SELECT DISTINCT proname::text FROM calls WHERE NOT proisstrict AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)$$, ARRAY['access',
  'account_part', 'act', 'advice_stale', 'advisor_of', 'advisor_token', 'aegis_release', 'arithmetic_in', 'authenticate_request', 'block_time', 'blocked_counts', 'bundle_for_caller',
  'caller_audits', 'catalogue', 'challenge', 'changed_keys', 'changes_proposed', 'changes_subject', 'check_aegis', 'check_asked', 'check_key_file', 'check_question', 'checkpoint',
  'claim_dormancy', 'classes_of_keys', 'conflicts', 'consequence_map', 'current_block', 'current_epoch', 'current_session', 'current_user_id', 'decided_execution', 'decided_guard',
  'decided_proposal', 'decided_tally', 'decided_vote', 'decision_entry', 'deliver', 'durable_head', 'epoch_at', 'epoch_begin', 'epoch_floor', 'erase_own_profile', 'evidence_in',
  'execution_of', 'explain', 'explain_advice', 'explain_decision', 'explain_guard', 'explain_key', 'explain_map', 'explain_own', 'explain_run', 'explain_to_caller', 'explanation_of_bundle',
  'explanation_of_run', 'export', 'find_account', 'find_account_to_explain', 'find_last_act', 'find_message', 'find_own_touch', 'find_tally', 'find_touch', 'find_tx', 'find_vote',
  'genesis', 'guard_epochs', 'guard_readers', 'guard_verdicts', 'head', 'health', 'hide_entries', 'hide_others', 'is_adopted', 'is_public', 'jwks', 'key_fault', 'key_history',
  'keys_of_rule', 'knows_server', 'lock_verification', 'map_of', 'metric_families', 'neighbours', 'newest_advice', 'nonce', 'number_in', 'open_sessions', 'overdue_blocks', 'own_actions',
  'own_headroom', 'part_calls', 'part_health', 'part_metrics', 'policy_before', 'policy_key_list', 'policy_named', 'post_restore', 'profile_of', 'publish_checkpoint', 'put_verification',
  'rearm', 'rebuild', 'recover_keys', 'recovery_message', 'reflect_guards', 'reflection', 'register_model', 'require_thread', 'require_user_id', 'retire_model', 'revoke_advisor',
  'revoke_session', 'run_sandbox', 'sandbox_templates', 'seal_explanation', 'seen_accounts', 'seen_standing', 'sees', 'sees_now', 'self_check', 'server_changes', 'set_nod', 'set_profile',
  'settle', 'since', 'snapshot_at', 'standing_chain', 'state_hash', 'tlog_proof', 'values_of_keys', 'verify', 'verify_new', 'vitals', 'vkey', 'wallet_text', 'what_if', 'who_changes',
  'whole_epochs', 'window_begin'], 'not STRICT: without arguments, or null means something');
SELECT pg_temp.list_is($$SELECT signature::text FROM functions WHERE prosecdef$$, ARRAY['act(text, jsonb, jsonb)', 'add_cosignature(text)', 'add_witness(text)',
  'advisor_token(text, bigint)', 'aegis_release()', 'block_time(bigint)', 'blocked_counts()', 'channels(bigint, bigint)', 'check_aegis()', 'checkpoint(bigint)', 'entry_hash(bigint)',
  'explain(bigint, text, qfs.user_id, bigint, bigint)', 'explain_own(bigint, text, qfs.user_id, bigint, bigint)', 'find_account_to_explain(text)', 'find_last_act(qfs.user_id)',
  'find_message(text, bigint, text)', 'find_own_touch(qfs.user_id, bigint)', 'find_tally(bigint)', 'find_tx(text)', 'find_vote(bigint, text)', 'health()', 'open_sessions(text, integer)',
  'own_headroom()', 'parties(bigint)', 'parties_between(bigint, bigint)', 'position_of(text)', 'publish_checkpoint()', 'readable_entry(bigint)', 'rebuild_positions()',
  'register_model(text, text, text, jsonb, text, bigint)', 'retire_model(text, text)', 'revoke_advisor(text)', 'take(text, text[], bytea[])', 'take_dead(text, text[], bytea[])',
  'tlog_proof(bigint, bigint)', 'verify_new(bigint)'], 'SECURITY DEFINER');
SELECT is_empty($$SELECT signature FROM functions WHERE prosecdef AND proname <> 'find_message' AND proconfig IS DISTINCT FROM '{"search_path=pg_catalog, pg_temp"}'$$,
                'each of them with exactly this search path');
SELECT pg_temp.list_is($$SELECT (signature || ' ' || array_to_string(proconfig, ';')) FROM functions WHERE proconfig IS NOT NULL AND NOT prosecdef$$,
  ARRAY['access() search_path=pg_catalog, pg_temp', 'account_part(bigint, qfs.user_id, text) search_path=pg_catalog, pg_temp',
  'arithmetic_in(jsonb, boolean) search_path=pg_catalog, pg_temp', 'bundle_for_caller(bigint, bigint) search_path=pg_catalog, pg_temp',
  'changed_keys(jsonb) search_path=pg_catalog, pg_temp', 'changes_proposed(jsonb, bigint) search_path=pg_catalog, pg_temp', 'changes_subject(jsonb) search_path=pg_catalog, pg_temp',
  'check_asked(jsonb) search_path=pg_catalog, pg_temp', 'check_question(text, text, jsonb, text[]) search_path=pg_catalog, pg_temp', 'claim_dormancy() search_path=pg_catalog, pg_temp',
  'classes_of_keys(jsonb) search_path=pg_catalog, pg_temp', 'conflicts(jsonb, bigint) search_path=pg_catalog, pg_temp', 'current_block() search_path=pg_catalog, pg_temp',
  'current_epoch() search_path=pg_catalog, pg_temp', 'decided_execution(qfs.ledger) search_path=pg_catalog, pg_temp', 'decided_guard(jsonb, text, bigint) search_path=pg_catalog, pg_temp',
  'decided_proposal(qfs.ledger) search_path=pg_catalog, pg_temp', 'decided_tally(qfs.ledger) search_path=pg_catalog, pg_temp', 'decided_vote(qfs.ledger) search_path=pg_catalog, pg_temp',
  'decision_entry(text, text) search_path=pg_catalog, pg_temp', 'epoch_at(bigint) search_path=pg_catalog, pg_temp', 'epoch_begin(bigint) search_path=pg_catalog, pg_temp',
  'epoch_floor(bigint) search_path=pg_catalog, pg_temp', 'evidence_in(jsonb, boolean) search_path=pg_catalog, pg_temp', 'execution_of(bigint) search_path=pg_catalog, pg_temp',
  'explain_advice(text, text) search_path=pg_catalog, pg_temp', 'explain_decision(text, text, bigint) search_path=pg_catalog, pg_temp',
  'explain_guard(text, bigint) search_path=pg_catalog, pg_temp', 'explain_key(text, bigint) search_path=pg_catalog, pg_temp',
  'explain_map(text, bigint, jsonb) search_path=pg_catalog, pg_temp', 'explain_run(text, bigint, jsonb) search_path=pg_catalog, pg_temp',
  'explain_to_caller(bigint, text, qfs.user_id, bigint) search_path=pg_catalog, pg_temp', 'explanation_of_bundle(text, text, jsonb, jsonb) search_path=pg_catalog, pg_temp',
  'explanation_of_run(text, text, jsonb, jsonb) search_path=pg_catalog, pg_temp', 'find_account(text, text) search_path=pg_catalog, pg_temp',
  'find_touch(qfs.user_id, bigint) search_path=pg_catalog, pg_temp', 'guard_ddl() search_path=pg_catalog, pg_temp',
  'guard_epochs(text, bigint, bigint, boolean) search_path=pg_catalog, pg_temp', 'guard_readers() search_path=pg_catalog, pg_temp',
  'guard_verdicts(text, bigint, bigint, integer, boolean) search_path=pg_catalog, pg_temp', 'hide_entries(jsonb) search_path=pg_catalog, pg_temp',
  'hide_others(jsonb) search_path=pg_catalog, pg_temp', 'is_adopted() search_path=pg_catalog, pg_temp', 'key_fault() search_path=pg_catalog, pg_temp',
  'key_history(text, bigint) search_path=pg_catalog, pg_temp', 'keys_of_rule(text, jsonb) search_path=pg_catalog, pg_temp', 'map_of(bigint, jsonb, bigint) search_path=pg_catalog, pg_temp',
  'metric_families() search_path=pg_catalog, pg_temp', 'neighbours() search_path=pg_catalog, pg_temp', 'newest_advice(text, text) search_path=pg_catalog, pg_temp',
  'number_in(jsonb, text) search_path=pg_catalog, pg_temp', 'outgoing(bigint, bigint) search_path=pg_catalog, pg_temp', 'overdue_blocks() search_path=pg_catalog, pg_temp',
  'own_actions(jsonb) search_path=pg_catalog, pg_temp', 'part_calls(text) search_path=pg_catalog, pg_temp', 'part_health() search_path=pg_catalog, pg_temp',
  'part_metrics() search_path=pg_catalog, pg_temp', 'policy_before(bigint) search_path=pg_catalog, pg_temp', 'policy_named(qfs.policy) search_path=pg_catalog, pg_temp',
  'profile_of(qfs.user_id) search_path=pg_catalog, pg_temp', 'rearm() search_path=pg_catalog, pg_temp', 'reflect_guards(jsonb) search_path=pg_catalog, pg_temp',
  'reflection(text, bigint, jsonb, jsonb, jsonb, bigint[]) search_path=pg_catalog, pg_temp', 'require_thread(text) search_path=pg_catalog, pg_temp',
  'run_sandbox(text, jsonb, bigint) search_path=pg_catalog, pg_temp', 'seal_explanation(jsonb) search_path=pg_catalog, pg_temp',
  'seen_standing(qfs.user_id) search_path=pg_catalog, pg_temp', 'sees_now(qfs.user_id) search_path=pg_catalog, pg_temp', 'self_check() search_path=pg_catalog, pg_temp',
  'set_nod(qfs.user_id, bigint, text) search_path=pg_catalog, pg_temp', 'snapshot_at(bigint) search_path=pg_catalog, pg_temp',
  'standing_chain(qfs.user_id, bigint) search_path=pg_catalog, pg_temp', 'told_outcome(bigint, jsonb) search_path=pg_catalog, pg_temp',
  'values_of_keys(jsonb) search_path=pg_catalog, pg_temp', 'vitals() search_path=pg_catalog, pg_temp', 'who_changes(text, text, boolean) search_path=pg_catalog, pg_temp',
  'whole_epochs(bigint, bigint) search_path=pg_catalog, pg_temp', 'window_begin(bigint) search_path=pg_catalog, pg_temp'], 'others that fix it');
SELECT pg_temp.list_is($$SELECT signature::text FROM functions WHERE lanname <> 'c'$$, ARRAY['access()', 'account_part(bigint, qfs.user_id, text)', 'act(text, jsonb, jsonb)',
  'advisor_token(text, bigint)', 'aegis_release()', 'arithmetic_in(jsonb, boolean)', 'block_time(bigint)', 'blocked_counts()', 'bundle_for_caller(bigint, bigint)', 'changed_keys(jsonb)',
  'changes_proposed(jsonb, bigint)', 'changes_subject(jsonb)', 'channels(bigint, bigint)', 'check_aegis()', 'check_asked(jsonb)', 'check_question(text, text, jsonb, text[])',
  'claim_dormancy()', 'classes_of_keys(jsonb)', 'conflicts(jsonb, bigint)', 'current_block()', 'current_epoch()', 'decided_execution(qfs.ledger)', 'decided_guard(jsonb, text, bigint)',
  'decided_proposal(qfs.ledger)', 'decided_tally(qfs.ledger)', 'decided_vote(qfs.ledger)', 'decision_entry(text, text)', 'entry_hash(bigint)', 'epoch_at(bigint)', 'epoch_begin(bigint)',
  'epoch_floor(bigint)', 'evidence_in(jsonb, boolean)', 'execution_of(bigint)', 'explain_advice(text, text)', 'explain_decision(text, text, bigint)', 'explain_guard(text, bigint)',
  'explain_key(text, bigint)', 'explain_map(text, bigint, jsonb)', 'explain_run(text, bigint, jsonb)', 'explain_to_caller(bigint, text, qfs.user_id, bigint)',
  'explanation_of_bundle(text, text, jsonb, jsonb)', 'explanation_of_run(text, text, jsonb, jsonb)', 'find_account(text, text)', 'find_account_to_explain(text)',
  'find_last_act(qfs.user_id)', 'find_message(text, bigint, text)', 'find_own_touch(qfs.user_id, bigint)', 'find_tally(bigint)', 'find_touch(qfs.user_id, bigint)', 'find_tx(text)',
  'find_vote(bigint, text)', 'guard_epochs(text, bigint, bigint, boolean)', 'guard_readers()', 'guard_verdicts(text, bigint, bigint, integer, boolean)', 'health()', 'hide_entries(jsonb)',
  'hide_others(jsonb)', 'is_adopted()', 'key_fault()', 'key_history(text, bigint)', 'keys_of_rule(text, jsonb)', 'map_of(bigint, jsonb, bigint)', 'metric_families()', 'neighbours()',
  'newest_advice(text, text)', 'number_in(jsonb, text)', 'open_sessions(text, integer)', 'outgoing(bigint, bigint)', 'overdue_blocks()', 'own_actions(jsonb)', 'own_headroom()',
  'part_calls(text)', 'part_health()', 'part_metrics()', 'parties(bigint)', 'policy_before(bigint)', 'policy_named(qfs.policy)', 'profile_of(qfs.user_id)', 'reflect_guards(jsonb)',
  'reflection(text, bigint, jsonb, jsonb, jsonb, bigint[])', 'register_model(text, text, text, jsonb, text, bigint)', 'require_thread(text)', 'retire_model(text, text)',
  'revoke_advisor(text)', 'run_sandbox(text, jsonb, bigint)', 'seal_explanation(jsonb)', 'seen_standing(qfs.user_id)', 'sees_now(qfs.user_id)', 'set_nod(qfs.user_id, bigint, text)',
  'snapshot_at(bigint)', 'standing_chain(qfs.user_id, bigint)', 'told_outcome(bigint, jsonb)', 'values_of_keys(jsonb)', 'verify_new(bigint)', 'vitals()', 'who_changes(text, text, boolean)',
  'whole_epochs(bigint, bigint)', 'window_begin(bigint)'], 'all in C but these');
SELECT is_empty($$SELECT signature FROM functions WHERE lanname = 'c' AND (prosrc !~ '^qfs_sql_' OR probin <> '$libdir/qfs')$$, 'symbols of the library');
SELECT is_empty($$SELECT signature FROM functions WHERE proname ~ '^(hash|user_id|address)_' AND NOT (provolatile = 'i' AND proisstrict AND proparallel = 's')$$,
                'support functions of the types are IMMUTABLE STRICT PARALLEL SAFE');
SELECT pg_temp.list_is($$SELECT signature::text FROM functions WHERE proowner <> 'qfs_owner'::regrole$$, ARRAY['guard_ddl()'],
                  'all belong to qfs_owner but the event trigger''s, which must belong to a superuser');
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'qfs'::regnamespace AND relkind = 'r' AND relowner <> 'qfs_owner'::regrole$$, 'so do the tables');

-- qfs_api: what callers see
CREATE TEMP VIEW api AS
SELECT p.*, l.lanname, p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS signature
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'qfs_api'::regnamespace;
SELECT pg_temp.list_is($$SELECT signature FROM api$$, ARRAY['account_statement(text, bigint, bigint)', 'advice(text)', 'advice_models()',
  'advise(text, text, text, bigint, text, text, jsonb)', 'app(text)', 'auth_challenge(text, text, bigint, text, text, text)', 'auth_login(text, text, text, jsonb)', 'auth_nonce()',
  'cancel_proposal(bigint, jsonb)', 'chat_key(text)', 'checkpoint(bigint)', 'coherence(text, text)', 'consequence_map(bigint, jsonb, bigint)', 'consistency_proof(bigint, bigint)',
  'create_content(text, text, bigint, jsonb)', 'deliver(text, jsonb, bigint, text)', 'entry(bigint)', 'entry_bundle(bigint, integer)', 'entry_head(bigint)',
  'erase_message(text, bigint, text)', 'erase_profile()', 'event_types()', 'events_batch(jsonb, text)', 'explain_coherence(text, bigint)', 'explain_entry(bigint)',
  'explain_message(text, bigint, text)', 'explain_reward(text)', 'explain_session(bigint)', 'explain_tally(bigint)', 'explain_vote(bigint, text)', 'explanation(text, text, bigint, jsonb)',
  'explanation_schema()', 'explanation_with_advice(text, text, bigint, jsonb, text)', 'governance()', 'guard_history(text, bigint, integer)', 'head()', 'history(bigint, integer)',
  'hold_fewer(bigint, text, text, jsonb)', 'inbox()', 'mark_read(text, bigint)', 'messages(text, bigint, integer)', 'metrics()', 'page_error(text, text, integer, text)',
  'page_module(text)', 'policy()', 'pre_request()', 'preview(text, jsonb)', 'principles(text)', 'profile(text, text)', 'propose(jsonb, text, text, text, text, jsonb, jsonb)',
  'publish_chat_key(text, jsonb)', 'referral_code()', 'referral_stats()', 'reflect(bigint)', 'sandbox(text, jsonb, bigint)', 'sandbox_templates()', 'score_content(text, jsonb, jsonb)',
  'send_message(text, bigint, text, text, text, text, text, jsonb)', 'session_revoke(text, text, jsonb)', 'session_rotate(text, jsonb)', 'sessions()',
  'set_profile(text, text, text, text[], text, bigint, jsonb)', 'settle()', 'since(bigint, integer)', 'socket_identity()', 'tile(integer, bigint, integer)', 'tlog_proof(bigint, bigint)',
  'token_guard_map()', 'use_referral(text, jsonb)', 'verify(bigint, bigint, text)', 'vkey()', 'vote(bigint, text, text, text, jsonb)', 'vote_chain(bigint, bigint, integer)',
  'wallet_text(text, jsonb, bigint)', 'what_if(jsonb, jsonb, bigint, bigint)'], 'functions of qfs_api');
SELECT pg_temp.list_is($$SELECT proname::text FROM api WHERE NOT prosecdef$$, ARRAY['account_statement', 'app', 'entry', 'explain_coherence', 'explain_entry', 'explain_message',
  'explain_reward', 'explain_session', 'explain_tally', 'explain_vote', 'explanation_schema', 'pre_request', 'verify'],
  'with the caller''s rights: what auditors may read, the page, and what sets the role');
SELECT is_empty($$SELECT signature FROM api WHERE NOT (proconfig @> ARRAY['search_path=pg_catalog, pg_temp']) AND proname <> 'pre_request'$$,
                'all with this search path but the one that looks at the caller''s, and calls by names that were looked up when it was made');
SELECT pg_temp.list_is($$SELECT n.nspname || '.' || p.proname || ' ' || p.proconfig::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                         WHERE n.nspname IN ('qfs', 'qfs_api') AND p.proconfig <> '{"search_path=pg_catalog, pg_temp"}'$$, ARRAY[
  'qfs.find_message {"search_path=pg_catalog, pg_temp",row_security=on}', 'qfs_api.erase_message {"search_path=pg_catalog, pg_temp",row_security=on}',
  'qfs_api.inbox {"search_path=pg_catalog, pg_temp",row_security=on}', 'qfs_api.mark_read {"search_path=pg_catalog, pg_temp",row_security=on}',
  'qfs_api.messages {"search_path=pg_catalog, pg_temp",row_security=on}', 'qfs_api.send_message {"search_path=pg_catalog, pg_temp",row_security=on}'],
  'what is guarded by row security sees to it that it is on');
SELECT is_empty($$SELECT signature FROM api WHERE proowner <> 'qfs_owner'::regrole$$, 'all belong to qfs_owner');
SELECT is_empty($$SELECT signature FROM api WHERE lanname NOT IN ('sql', 'c', 'plpgsql') OR lanname = 'sql' AND prosqlbody IS NULL OR regexp_replace(prosrc, '\$(qfs_page|qfs_json)\$.*\$\1\$', '') ~* 'EXECUTE|dblink'$$,
                'none runs dynamic SQL: what is in SQL was parsed when it was created');
SELECT pg_temp.list_is($$SELECT c.relname || ' ' || c.relkind::text || ' ' || array_to_string(c.reloptions, ',') || ' ' || c.relowner::regrole FROM pg_class c WHERE c.relnamespace = 'qfs_api'::regnamespace$$,
  ARRAY['ledger v security_barrier=true qfs_owner', 'policy_keys v security_barrier=true qfs_owner', 'proposals v security_barrier=true qfs_owner',
  'seats v security_barrier=true qfs_owner', 'tallies v security_barrier=true qfs_owner', 'votes v security_barrier=true qfs_owner'], 'six views, each a barrier');

-- every object says what it is for
SELECT is_empty($$
  SELECT type, identity FROM members WHERE obj_description(objid, classid::regclass::text) IS NULL
  UNION ALL SELECT 'column', a.attrelid::regclass || '.' || a.attname FROM pg_attribute a JOIN members m ON m.classid = 'pg_class'::regclass AND m.objid = a.attrelid
  WHERE a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NULL
  UNION ALL SELECT 'constraint', conname FROM pg_constraint WHERE connamespace IN ('qfs'::regnamespace, 'aegis'::regnamespace) AND contype <> 'n' AND obj_description(oid, 'pg_constraint') IS NULL
  UNION ALL SELECT 'trigger', t.tgname FROM pg_trigger t JOIN members m ON m.classid = 'pg_class'::regclass AND m.objid = t.tgrelid WHERE obj_description(t.oid, 'pg_trigger') IS NULL
$$, 'every member, column, key and trigger has a comment');
-- PUBLIC
SELECT is_empty($$
  SELECT m.type, m.identity, x.privilege_type FROM members m
  LEFT JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
  LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
  LEFT JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid,
  LATERAL aclexplode(CASE WHEN p.oid IS NOT NULL THEN COALESCE(p.proacl, acldefault('f', p.proowner))
                          WHEN c.oid IS NOT NULL THEN COALESCE(c.relacl, acldefault('r', c.relowner))
                          WHEN t.oid IS NOT NULL THEN COALESCE(t.typacl, acldefault('T', t.typowner)) END) x
  WHERE x.grantee = 0
  UNION ALL SELECT 'column', attname, attacl::text FROM pg_attribute a JOIN members m ON m.classid = 'pg_class'::regclass AND m.objid = a.attrelid
  WHERE EXISTS (SELECT FROM aclexplode(attacl) x WHERE x.grantee = 0)
  UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace WHERE nspname IN ('qfs', 'qfs_api', 'aegis') AND EXISTS (SELECT FROM aclexplode(nspacl) x WHERE x.grantee = 0)
$$, 'PUBLIC has nothing on any function, table, column or type, nor on the schema');

SELECT * FROM finish();
ROLLBACK;
