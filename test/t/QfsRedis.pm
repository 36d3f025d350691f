# QfsRedis.pm - throw-away servers of Redis, their commands, and qfs-bridge beside them.
#
#   my $redis = QfsRedis->new(appendonly => 'yes');    listens on a socket of its own
#   $redis->ask('XADD', 's', '1-0', 'a', 'b');         the reply, or dies of an error reply
#   my $bridge = QfsBridge->start('in', $settings);    a program with that configuration
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

package QfsBridge;

use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use Time::HiRes qw(time usleep);

sub program { return dirname(__FILE__) . '/../../qfs-bridge' }

# A configuration: 'name = value' lines; in a file that goes away with the test.
sub config {
  my ($class, %settings) = @_;
  my $text = join '', map { my $name = $_; map {"$name = $_\n"} ref $settings{$name} ? @{ $settings{$name} } : $settings{$name} } sort keys %settings;
  return QfsTest::scratch_file('bridge.conf', $text);
}

# start(COMMAND, name => value…): runs it in the background.
sub start {
  my ($class, $command, %settings) = @_;
  my $self = bless { command => $command, config => $class->config(%settings), log => QfsTest::scratch_file("$command.log", '') }, $class;
  $self->again;
  return $self;
}

sub again {
  my ($self) = @_;
  $self->{pid} = fork // die "fork: $!";
  return if $self->{pid};
  open STDIN,  '<',  '/dev/null' or die;
  open STDOUT, '>>', $self->{log} or die;
  open STDERR, '>&', \*STDOUT or die;
  exec program(), $self->{command}, '--config', $self->{config};
  die "qfs-bridge: $!";
}

sub log_text { return QfsTest::slurp($_[0]{log}) }

# Its exit code, once it ends; a signal counts as 128 and its number.
sub wait_end {
  my ($self, $seconds) = @_;
  my $end = time() + ($seconds // 30);
  while ($self->{pid}) {
    if (waitpid($self->{pid}, 1) > 0) {
      delete $self->{pid};
      return $self->{code} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    }
    die "qfs-bridge $self->{command} does not end: " . $self->log_text if time() > $end;
    usleep(10_000);
  }
  return $self->{code};
}

# True while it runs.
sub lives {
  my ($self) = @_;
  return 0 unless $self->{pid};
  return 1 if waitpid($self->{pid}, 1) == 0;
  $self->{code} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
  delete $self->{pid};
  return 0;
}

sub stop {
  my ($self, $signal) = @_;
  kill $signal // 'TERM', $self->{pid} if $self->{pid};
  return $self->wait_end;
}

sub DESTROY {
  my ($self) = @_;
  local ($?, $!, $@);
  $self->stop('KILL') if $self->{pid};
}

# Runs a command to its end: exit code, standard output, standard error.
sub run_once {
  my ($class, $command, $options, %settings) = @_;
  return QfsTest::run_program(program(), $command, '--config', $class->config(%settings), @$options);
}

1;
