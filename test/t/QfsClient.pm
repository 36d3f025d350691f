# QfsClient.pm - a database client of our own: it knows what the server said before it died.
#
# It speaks the simple query protocol over the server's socket, survives the
# loss of its connection, and can leave a statement running.  psql hides
# whether a COMMIT was acknowledged; here nothing is hidden.
package QfsClient;

use strict;
use warnings FATAL => 'all';

use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes qw(time usleep);

# QfsClient->new(NODE, database => NAME, user => ROLE, name => APPLICATION_NAME):
# a connected client, or undef if the server does not take connections now.
sub new {
  my ($class, $node, %options) = @_;
  my $path   = $node->host . '/.s.PGSQL.' . $node->port;
  my $socket = IO::Socket::UNIX->new(Peer => $path) or return undef;
  my $self   = bless { socket => $socket, buffer => '', pid => undef }, $class;
  my $words  = join "\0", 'user', $options{user} // scalar getpwuid($<), 'database', $options{database} // 'postgres',
    'application_name', $options{name} // 'QfsClient', '', '';
  $self->put('', pack('N', 196608) . $words);
  my $answer = $self->receive;
  return $answer->{error} || $answer->{lost} ? undef : $self;
}

# The same, but waits until the server takes connections.
sub wait_for {
  my ($class, $node, %options) = @_;
  my $end = time() + $PostgreSQL::Test::Utils::timeout_default;
  while (time() < $end) {
    my $self = $class->new($node, %options);
    return $self if $self;
    usleep(20_000);
  }
  die 'the server takes no connections';
}

sub pid  { return $_[0]{pid} }
sub lost { return $_[0]{lost} }

# query(SQL, COPY): runs statements and returns
#   rows    of all of them, each an array
#   tags    of those that were completed: 'INSERT 0 1', 'COMMIT', …
#   error   undef, or sqlstate, message, detail and code (QFS_…)
#   lost    true if the connection is gone
#   status  of the transaction: I none, T open, E failed
# COPY is the data for a COPY FROM STDIN.
sub query {
  my ($self, $sql, $copy) = @_;
  $self->start($sql);
  return $self->receive($copy);
}

# Like query, but an error ends the test.  Returns the first column of the first row.
sub value {
  my ($self, $sql) = @_;
  my $answer = $self->query($sql);
  die "$sql: $answer->{error}{message}" if $answer->{error};
  die "$sql: the connection is lost" if $answer->{lost};
  return @{ $answer->{rows} } ? $answer->{rows}[0][0] : undef;
}

# Sends statements and does not wait; receive() does.
sub start {
  my ($self, $sql) = @_;
  $self->put('Q', "$sql\0");
  return $self;
}

# Has the server said anything within so many seconds?
sub has_answer {
  my ($self, $seconds) = @_;
  return length $self->{buffer} || IO::Select->new($self->{socket})->can_read($seconds // 0);
}

sub close {
  my ($self) = @_;
  $self->put('X', '');
  return $self->hang_up;
}

# What a client does that dies: no goodbye.
sub hang_up {
  my ($self) = @_;
  $self->{lost} = 1;
  return CORE::close($self->{socket});
}

# The answer to what was sent, up to the point where the server is ready again.
sub receive {
  my ($self, $copy) = @_;
  my %answer = (rows => [], tags => [], error => undef, lost => 0, status => '');
  until ($answer{status} || $answer{lost}) {
    my ($type, $body) = $self->get;
    if (!defined $type)      { $self->{lost} = $answer{lost} = 1 }
    elsif ($type eq 'D')     { push @{ $answer{rows} }, row_of($body) }
    elsif ($type eq 'C')     { push @{ $answer{tags} }, unpack('Z*', $body) }
    elsif ($type eq 'E')     { $answer{error} //= error_of($body) }
    elsif ($type eq 'Z')     { $answer{status} = $body }
    elsif ($type eq 'K')     { ($self->{pid}) = unpack('N', $body) }
    elsif ($type eq 'G')     { $self->put('d', $copy // ''); $self->put('c', '') }
    elsif ($type eq 'R' && unpack('N', $body) != 0) { die 'the server wants a password' }
  }
  return \%answer;
}

# ---- messages ----

sub put {
  my ($self, $type, $body) = @_;
  local $SIG{PIPE} = 'IGNORE';
  my $message = $type . pack('N', length($body) + 4) . $body;
  while (length $message) {
    my $n = syswrite($self->{socket}, $message);
    next if !defined $n && $!{EINTR};
    # Whoever reads next finds out.
    return unless $n;
    substr($message, 0, $n) = '';
  }
  return;
}

sub get {
  my ($self) = @_;
  my $header = $self->bytes(5) // return;
  my ($type, $length) = unpack('aN', $header);
  my $body = $self->bytes($length - 4) // return;
  return ($type, $body);
}

sub bytes {
  my ($self, $n) = @_;
  while (length $self->{buffer} < $n) {
    my $read = sysread($self->{socket}, $self->{buffer}, 65536, length $self->{buffer});
    next if !defined $read && $!{EINTR};
    return undef unless $read;
  }
  return substr($self->{buffer}, 0, $n, '');
}

sub row_of {
  my ($body) = @_;
  my $count = unpack('n', $body);
  my $at    = 2;
  my @row;
  for (1 .. $count) {
    my $length = unpack('l>', substr($body, $at, 4));
    $at += 4;
    push @row, $length < 0 ? undef : substr($body, $at, $length);
    $at += $length if $length > 0;
  }
  return \@row;
}

sub error_of {
  my ($body) = @_;
  my %field = map { (substr($_, 0, 1), substr($_, 1)) } grep { length } split /\0/, $body;
  my $detail = $field{D} // '';
  return {
    sqlstate => $field{C}, message => $field{M}, detail => $detail,
    code     => $detail =~ /^(QFS_\w+)/ ? $1 : '',
  };
}

# ---- processes ----

my $main = $$;
my %running;
my $told = 0;

# Runs code in a process of its own, which leaves the servers of the test alone
# when it ends.  Returns its number.
sub in_background {
  my ($code) = @_;
  my $pid = fork() // die "fork: $!";
  if ($pid) {
    $running{$pid} = 1;
    return $pid;
  }
  local $SIG{TERM} = sub { $told = 1 };
  my $ok = eval { $code->(); 1 };
  print STDERR "background process: $@" unless $ok;
  STDERR->flush;
  POSIX::_exit($ok ? 0 : 1);
}

# Inside of such a process: shall it come to its end?
sub is_over { return $told || getppid() != $main; }

# Tells such processes to stop and waits for them; returns how many of them failed.
sub stop_background {
  my @pids = @_;
  kill 'TERM', @pids;
  return join_background(@pids);
}

# Waits for such processes to end by themselves; returns how many of them failed.
sub join_background {
  my $failed = 0;
  for my $pid (@_) {
    waitpid($pid, 0);
    $failed++ if $? != 0;
    delete $running{$pid};
  }
  return $failed;
}

# None outlives a test that dies.
END { kill 'KILL', keys %running if $$ == $main; }

1;
