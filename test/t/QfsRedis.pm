# QfsRedis.pm - throw-away servers of Redis, and their commands.
#
#   my $redis = QfsRedis->new(appendonly => 'yes');    listens on a socket of its own
#   $redis->ask('XADD', 's', '1-0', 'a', 'b');         the reply, or dies of an error reply
package QfsRedis;

use strict;
use warnings FATAL => 'all';

use IO::Socket::UNIX;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

sub new {
  my ($class, %settings) = @_;
  my $dir = PostgreSQL::Test::Utils::tempdir_short();
  my $self = bless { dir => $dir, path => "$dir/s", settings => { appendonly => 'no', %settings } }, $class;
  $self->start;
  return $self;
}

sub path { return $_[0]{path} }

sub start {
  my ($self) = @_;
  my @settings = map { ("--$_", split / /, $self->{settings}{$_}) } sort keys %{ $self->{settings} };
  $self->{pid} = fork // die "fork: $!";
  if ($self->{pid} == 0) {
    open STDIN,  '<',  '/dev/null' or die;
    open STDOUT, '>>', "$self->{dir}/log" or die;
    open STDERR, '>&', \*STDOUT or die;
    # The test's own sockets and pipes are not the server's.
    exec 'redis-server', '--port', 0, '--unixsocket', $self->{path}, '--dir', $self->{dir}, '--save', '', '--loglevel', 'warning', @settings;
    die "redis-server: $!";
  }
  for (1 .. 500) {
    return 1 if eval { $self->ask('PING') eq 'PONG' };
    usleep(20_000);
  }
  die "redis-server did not start: see $self->{dir}/log";
}

# signal: TERM or KILL
sub stop {
  my ($self, $signal) = @_;
  return unless $self->{pid};
  kill $signal // 'TERM', $self->{pid};
  waitpid $self->{pid}, 0;
  delete @$self{qw(pid socket)};
  unlink $self->{path};
}

sub DESTROY {
  my ($self) = @_;
  local ($?, $!, $@);
  $self->stop('KILL');
}

sub socket_of {
  my ($self) = @_;
  $self->{socket} //= IO::Socket::UNIX->new(Peer => $self->{path}) or die "redis: $!";
  return $self->{socket};
}

sub write_command {
  my ($self, @words) = @_;
  my $text = '*' . @words . "\r\n" . join '', map { '$' . length($_) . "\r\n$_\r\n" } @words;
  my $socket = $self->socket_of;
  local $SIG{PIPE} = 'IGNORE';
  my $sent = print {$socket} $text;
  die "redis: lost\n" if !$sent || !$socket->flush;
}

sub read_reply {
  my ($self) = @_;
  my $socket = $self->socket_of;
  my $line = <$socket>;
  if (!defined $line) { delete $self->{socket}; die "redis: lost\n" }
  my ($kind, $rest) = $line =~ /^(.)(.*)\r\n$/s or die "redis: a reply that is none\n";
  return $rest if $kind eq '+' || $kind eq ':';
  return \"$rest" if $kind eq '-';
  return undef if $rest < 0;
  return [ map { $self->read_reply } 1 .. $rest ] if $kind eq '*';
  read $socket, my $bytes, $rest + 2;
  return substr $bytes, 0, $rest;
}

# The reply: text, number, list, undef for nil.  Dies of an error.
sub ask {
  my ($self, @words) = @_;
  $self->write_command(@words);
  my $reply = $self->read_reply;
  die "redis: $$reply\n" if ref $reply eq 'SCALAR';
  return $reply;
}

# Several commands in one go; their replies, where an error is a reference to its text.
sub ask_all {
  my ($self, @commands) = @_;
  $self->write_command(@$_) for @commands;
  return map { $self->read_reply } @commands;
}

# Entries of a stream: [id, {field => value}]…
sub entries {
  my ($self, $stream) = @_;
  return map { [ $_->[0], { @{ $_->[1] } } ] } @{ $self->ask('XRANGE', $stream, '-', '+') };
}

1;
