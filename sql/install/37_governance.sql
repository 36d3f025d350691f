-- Governance: records of its rules.

CREATE TABLE qfs.nod (
  user_id   qfs.user_id NOT NULL,
  nod       bigint NOT NULL,
  seq       bigint NOT NULL,
  epoch     bigint NOT NULL,
  changes   bigint NOT NULL,
  proposal  bigint,
  emergency bigint,
  vote      bigint,
  CONSTRAINT nod_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE qfs.nod IS 'seats of accounts, and what their holders did last';
COMMENT ON COLUMN qfs.nod.user_id IS 'whose';
COMMENT ON COLUMN qfs.nod.nod IS 'NOD, whole units';
COMMENT ON COLUMN qfs.nod.seq IS 'entry that changed it last';
COMMENT ON COLUMN qfs.nod.epoch IS 'epoch of that entry';
COMMENT ON COLUMN qfs.nod.changes IS 'how often it was changed';
COMMENT ON COLUMN qfs.nod.proposal IS 'the last proposal that came onto the agenda, emergencies apart';
COMMENT ON COLUMN qfs.nod.emergency IS 'the last emergency that did';
COMMENT ON COLUMN qfs.nod.vote IS 'the last vote, on whatever';
COMMENT ON CONSTRAINT nod_pkey ON qfs.nod IS 'one record an account';

CREATE TABLE qfs.nod_change (
  user_id qfs.user_id NOT NULL,
  number  bigint NOT NULL,
  seq     bigint NOT NULL,
  nod     bigint NOT NULL,
  CONSTRAINT nod_change_pkey PRIMARY KEY (user_id, number)
);
COMMENT ON TABLE qfs.nod_change IS 'changes of seats';
COMMENT ON COLUMN qfs.nod_change.user_id IS 'whose';
COMMENT ON COLUMN qfs.nod_change.number IS 'counted from 1';
COMMENT ON COLUMN qfs.nod_change.seq IS 'the entry';
COMMENT ON COLUMN qfs.nod_change.nod IS 'NOD from that entry on';
COMMENT ON CONSTRAINT nod_change_pkey ON qfs.nod_change IS 'one a change';

CREATE TABLE qfs.electorate (
  number  bigint NOT NULL,
  total   bigint NOT NULL,
  holders bigint NOT NULL,
  seq     bigint,
  voted   bigint NOT NULL,
  vote    bigint,
  CONSTRAINT electorate_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.electorate IS 'all seats together: one row once there are some';
COMMENT ON COLUMN qfs.electorate.number IS 'always 0';
COMMENT ON COLUMN qfs.electorate.total IS 'NOD of all accounts';
COMMENT ON COLUMN qfs.electorate.holders IS 'accounts that have some';
COMMENT ON COLUMN qfs.electorate.seq IS 'entry that changed it last';
COMMENT ON COLUMN qfs.electorate.voted IS 'first block of the epoch in which somebody voted last';
COMMENT ON COLUMN qfs.electorate.vote IS 'the first vote of that epoch';
COMMENT ON CONSTRAINT electorate_pkey ON qfs.electorate IS 'one row';

CREATE TABLE qfs.proposal (
  seq      bigint NOT NULL,
  proposer qfs.user_id NOT NULL,
  track    text COLLATE "C" NOT NULL,
  action   qfs.hash NOT NULL,
  change   text COLLATE "C" NOT NULL,
  terms    text COLLATE "C" NOT NULL,
  base     bigint NOT NULL,
  opens    bigint NOT NULL,
  total    bigint NOT NULL,
  CONSTRAINT proposal_pkey PRIMARY KEY (seq)
);
COMMENT ON TABLE qfs.proposal IS 'what was proposed, by the entry that names it';
COMMENT ON COLUMN qfs.proposal.seq IS 'the entry';
COMMENT ON COLUMN qfs.proposal.proposer IS 'whose proposal';
COMMENT ON COLUMN qfs.proposal.track IS 'constitution, emergency, parameter or text';
COMMENT ON COLUMN qfs.proposal.action IS 'SHA-256 of the canonical payload, which ballots name';
COMMENT ON COLUMN qfs.proposal.change IS 'the action';
COMMENT ON COLUMN qfs.proposal.terms IS 'the numbers of its track at that time';
COMMENT ON COLUMN qfs.proposal.base IS 'entry of the policy in force then';
COMMENT ON COLUMN qfs.proposal.opens IS 'block from which on votes count';
COMMENT ON COLUMN qfs.proposal.total IS 'NOD of all accounts at that entry';
COMMENT ON CONSTRAINT proposal_pkey ON qfs.proposal IS 'one an entry';

CREATE TABLE qfs.tally (
  proposal   bigint NOT NULL,
  state      text COLLATE "C" NOT NULL,
  ends       bigint NOT NULL,
  enacts     bigint NOT NULL,
  yes        bigint NOT NULL,
  no         bigint NOT NULL,
  abstain    bigint NOT NULL,
  veto       bigint NOT NULL,
  voters     bigint NOT NULL,
  last       bigint,
  extensions bigint NOT NULL,
  tallied    bigint,
  settled    bigint,
  guard      text COLLATE "C",
  CONSTRAINT tally_pkey PRIMARY KEY (proposal)
);
COMMENT ON TABLE qfs.tally IS 'how proposals stand';
COMMENT ON COLUMN qfs.tally.proposal IS 'its entry';
COMMENT ON COLUMN qfs.tally.state IS 'OPEN, QUEUED, EXECUTED, FAILED, ADOPTED, REJECTED or CANCELLED';
COMMENT ON COLUMN qfs.tally.ends IS 'block in which the tally is due';
COMMENT ON COLUMN qfs.tally.enacts IS 'block in which the execution is due';
COMMENT ON COLUMN qfs.tally.yes IS 'power of those who voted so';
COMMENT ON COLUMN qfs.tally.no IS 'power of those who voted so';
COMMENT ON COLUMN qfs.tally.abstain IS 'power of those who voted so';
COMMENT ON COLUMN qfs.tally.veto IS 'power of those who voted so';
COMMENT ON COLUMN qfs.tally.voters IS 'accounts that voted';
COMMENT ON COLUMN qfs.tally.last IS 'entry that changed the count or the end last';
COMMENT ON COLUMN qfs.tally.extensions IS 'how often the end was moved';
COMMENT ON COLUMN qfs.tally.tallied IS 'entry that counted at the end';
COMMENT ON COLUMN qfs.tally.settled IS 'entry that ended it';
COMMENT ON COLUMN qfs.tally.guard IS 'the first guard that blocked it';
COMMENT ON CONSTRAINT tally_pkey ON qfs.tally IS 'one a proposal';

CREATE TABLE qfs.vote (
  proposal bigint NOT NULL,
  user_id  qfs.user_id NOT NULL,
  choice   text COLLATE "C" NOT NULL,
  power    bigint NOT NULL,
  seq      bigint NOT NULL,
  CONSTRAINT vote_pkey PRIMARY KEY (proposal, user_id)
);
COMMENT ON TABLE qfs.vote IS 'votes';
COMMENT ON COLUMN qfs.vote.proposal IS 'on which proposal';
COMMENT ON COLUMN qfs.vote.user_id IS 'whose';
COMMENT ON COLUMN qfs.vote.choice IS 'yes, no, abstain or veto';
COMMENT ON COLUMN qfs.vote.power IS 'what it weighs, in NOD';
COMMENT ON COLUMN qfs.vote.seq IS 'the entry';
COMMENT ON CONSTRAINT vote_pkey ON qfs.vote IS 'a vote is final';

CREATE TABLE qfs.policy_key (
  key   text COLLATE "C" NOT NULL,
  seq   bigint NOT NULL,
  epoch bigint NOT NULL,
  CONSTRAINT policy_key_pkey PRIMARY KEY (key)
);
COMMENT ON TABLE qfs.policy_key IS 'keys of the policy that a vote has changed';
COMMENT ON COLUMN qfs.policy_key.key IS 'path of the leaf, with dots';
COMMENT ON COLUMN qfs.policy_key.seq IS 'entry that changed it last';
COMMENT ON COLUMN qfs.policy_key.epoch IS 'epoch of that entry';
COMMENT ON CONSTRAINT policy_key_pkey ON qfs.policy_key IS 'one a key';

CREATE TABLE qfs.agenda (
  number bigint NOT NULL,
  due    bigint NOT NULL,
  last   bigint NOT NULL,
  items  text COLLATE "C" NOT NULL,
  CONSTRAINT agenda_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE qfs.agenda IS 'what the ledger is going to settle: one row once there was something';
COMMENT ON COLUMN qfs.agenda.number IS 'always 0';
COMMENT ON COLUMN qfs.agenda.due IS 'block of the first item; 9007199254740991: there is none';
COMMENT ON COLUMN qfs.agenda.last IS 'entry that changed it last';
COMMENT ON COLUMN qfs.agenda.items IS '[[block,seq,"tally", "execute" or "dormancy"],…], in their order';
COMMENT ON CONSTRAINT agenda_pkey ON qfs.agenda IS 'one row';

CREATE INDEX vote_seq ON qfs.vote (seq);
COMMENT ON INDEX qfs.vote_seq IS 'votes in their order';

GRANT SELECT ON qfs.nod, qfs.nod_change, qfs.electorate, qfs.proposal, qfs.tally, qfs.vote, qfs.policy_key, qfs.agenda
  TO qfs_auditor;

-- ---- off the ledger ----

CREATE TABLE qfs.proposal_text (
  seq     bigint NOT NULL,
  content text NOT NULL,
  CONSTRAINT proposal_text_pkey PRIMARY KEY (seq)
);
COMMENT ON TABLE qfs.proposal_text IS 'descriptions of proposals, whose SHA-256 is on the ledger';
COMMENT ON COLUMN qfs.proposal_text.seq IS 'the proposal';
COMMENT ON COLUMN qfs.proposal_text.content IS 'its description';
COMMENT ON CONSTRAINT proposal_text_pkey ON qfs.proposal_text IS 'one a proposal';
SELECT pg_catalog.pg_extension_config_dump('qfs.proposal_text', '');
GRANT SELECT ON qfs.proposal_text TO qfs_auditor;
