# 034_observer.pl - whoever asks every public door once a second does not learn who writes to whom and who invited whom.
#
#   QFS_OBSERVER_ACCOUNTS, QFS_OBSERVER_MESSAGES    more than these few (scripts/check-observer)
#   QFS_OBSERVER_LEAKS                              of a version that is known to leak
use strict;
use warnings FATAL => 'all';
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/../observer';
use QfsTest;
use QfsObserver;
use QfsWorld;
use Test::More;
use Time::HiRes qw(time);

my $ACCOUNTS = $ENV{QFS_OBSERVER_ACCOUNTS} // 60;
my $MESSAGES = $ENV{QFS_OBSERVER_MESSAGES} // 600;
my $LEAKS    = $ENV{QFS_OBSERVER_LEAKS};
my $seed     = $ENV{QFS_SEED} // 20_261_130;
my $tell     = $ENV{QFS_OBSERVER_ACCOUNTS} ? \&diag : \&note;
$tell->("QFS_SEED=$seed");

my ($node, $clock) = QfsWorld->server('observed');

# A world is lived through, watched and guessed at; %options: accounts, messages, before: SQL that changes what its server gives away.
sub watch {
  my ($database, %options) = @_;
  srand($seed);
  my $world = QfsWorld->new($node, $database, clock => $clock, %options);
  $node->safe_psql($database, $options{before}) if $options{before};
  my $observer = QfsObserver->new($node, $database, accounts => [ map { $_->{user_id} } @{ $world->{accounts} } ], seldom => $options{accounts} > 100 ? 400 : 10);
  my $began = time;
  $observer->poll;
  $observer->poll($world->involved) while $world->next_second;
  $tell->(sprintf '%s: %d accounts, %d messages, %d invitations, %d entries, %d polls, %d ends of epochs, %.0f s', $database, $options{accounts},
    scalar @{ $world->{messages} }, scalar @{ $world->{invitations} }, $observer->{size}, $observer->{polls}, $#{ $observer->{epochs} }, time - $began);
  my $named = $observer->name($world);
  for my $role (sort keys %$named) {
    for my $when (sort keys %{ $named->{$role} }) {
      my $it = $named->{$role}{$when};
      my @tells = @{ $it->{tells} };
      $tell->(sprintf '%-7s %-6s %7.1f right of %d, by chance %.1f: %.2f (%.2f to %.2f)  %s', $role, $when,
        @{$it}{qw(right of chance ratio low high)}, join '; ', @tells[ 0 .. ($#tells > 4 ? 4 : $#tells) ]);
    }
  }
  return ($observer, $named, $world);
}

my ($observer, $named, $world) = watch('world', accounts => $ACCOUNTS, messages => $MESSAGES);
if ($LEAKS) {
  cmp_ok($named->{$_}{live}{low}, '>', 1.1, "$_: named") for sort keys %$named;
  done_testing();
  exit;
}

is_deeply($observer->{unwatched}, [], 'nothing is open to strangers that is not watched');
for my $role (sort keys %$named) {
  my $live = $named->{$role}{live};
  cmp_ok($live->{low}, '<=', 1.1, "$role: named no better than by chance");
  is_deeply($live->{tells}, [], "$role: nothing tells");
  # What profiles show when an epoch has ended, they show to whoever looks once an epoch.
  my ($whole, $seldom) = @{ $named->{$role} }{qw(whole epochs)};
  cmp_ok($whole->{low}, '<=', 1.1 * $seldom->{ratio}, "$role: looking every second tells no more than looking once an epoch");
}
is(scalar keys %{ $observer->{length} }, 1, 'heads are of one length, whatever they are of');
is(join("\n", $observer->ask_of_pairs($world->pairs(200))) =~ s/ .*//gmr, join("\n", @{ $observer->{doors}{pair} }), 'pairs that write to each other are answered as all others');

# ---- what it is worth ----

# Profiles that say who was active when, and by whose code how many came; a door that is new.
my ($seer, $seen) = watch('leaky', accounts => 40, messages => 300, before => q{
  SET qfs.ddl_guard = off;
  ALTER FUNCTION qfs.profile_of(qfs.user_id) RENAME TO profile_as_it_was;
  CREATE FUNCTION qfs.profile_of(account qfs.user_id) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT qfs.profile_as_it_was(account) || jsonb_build_object('used', (SELECT count(*) FROM qfs.ties t WHERE t.referrer OPERATOR(qfs.=) account),
      'last_message', (SELECT max(t.last_entry) FROM qfs.thread t WHERE t.first OPERATOR(qfs.=) account OR t.second OPERATOR(qfs.=) account)) $$;
  REVOKE EXECUTE ON FUNCTION qfs.profile_of(qfs.user_id) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION qfs.profile_of(qfs.user_id) TO qfs_owner;
  CREATE OR REPLACE FUNCTION qfs_api.profile(user_id text DEFAULT NULL, wallet text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT qfs.profile_of(qfs.find_account(user_id, wallet)) $$;
  CREATE FUNCTION qfs_api.last_seen(account text) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1';
  GRANT EXECUTE ON FUNCTION qfs_api.last_seen(text) TO qfs_anon});
is_deeply($seer->{unwatched}, ['qfs_api.last_seen'], 'a new door is seen');
for my $role (sort keys %$seen) {
  cmp_ok($seen->{$role}{live}{low}, '>', 1.1, "$role: a planted leak is found");
}
done_testing();
