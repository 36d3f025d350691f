# QfsBridge.pm - qfs-bridge with a configuration, in the background or to its end.
#
#   my $bridge = QfsBridge->start('in', stream => 's');    goes on until it is stopped, or the test ends
#   QfsBridge->run_once('in', ['--check'], stream => 's');
package QfsBridge;

use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use QfsTest ();
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

# What a process has started, and what these have; read while it stands still.
sub children_of {
  my ($pid) = @_;
  my $list = eval { QfsTest::slurp("/proc/$pid/task/$pid/children") } // '';
  return map { ($_, children_of($_)) } split / /, $list;
}

# The end of its machine: it goes with all that it has started, but for the processes that run on another one, which elsewhere(PID) says.
sub crash {
  my ($self, $elsewhere) = @_;
  kill 'STOP', $self->{pid};
  kill 'KILL', grep { !$elsewhere || !$elsewhere->($_) } children_of($self->{pid});
  return $self->stop('KILL');
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
