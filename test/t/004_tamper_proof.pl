# 004_tamper_proof.pl - qfs-verify proof: good proofs pass, and nothing else does.
use strict;
use warnings FATAL => 'all';
use QfsTest;
use IPC::Run;
use JSON::PP;
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;

my $node = new_node('proof', conf => "log_statement = none\n");
new_ledger($node);
append($node, 10);
$node->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
append($node, 30);
new_ledger($node, 'elsewhere', origin => 'ledger.example.org/other');
new_ledger($node, 'impostor');
append($node, 41, $_) for qw(elsewhere impostor);
my $SIZE = size_of($node);
my $SEQ  = 21;

sub proof_of {
  my ($seq, $size, $database) = @_;
  return $node->safe_psql($database // 'postgres', "SELECT qfs.tlog_proof($seq, $size)");
}

sub line_of {
  my ($seq, $database) = @_;
  return $node->safe_psql($database // 'postgres', "SELECT qfs.entry($seq)");
}

my $PROOF = proof_of($SEQ, $SIZE);
my $LINE  = line_of($SEQ);
my $KEY   = vkey_of($node);
my $FIRST = first_key_of($node);
is($SIZE, 44, 'the ledger is there');

sub check_proof {
  my ($proof, $line, $key, @more) = @_;
  return qfs_verify('proof', scratch_file('x.tlog-proof', $proof), '--entry', $line, '--key', $key, @more);
}

# ---- good ones ----

for my $case ([ 0, 1, $FIRST ], [ 0, 2, $FIRST ], [ 1, 2, $FIRST ], [ 3, 13, $FIRST ], [ 12, 13, $FIRST ], [ 0, 14, $KEY ],
  [ 13, 14, $KEY ], [ 0, $SIZE, $KEY ], [ 31, 32, $KEY ], [ 31, 33, $KEY ], [ $SIZE - 1, $SIZE, $KEY ], [ $SEQ, $SIZE, $KEY ]) {
  my ($seq, $size, $key) = @$case;
  my ($exit, $out, $err) = check_proof(proof_of($seq, $size), line_of($seq), $key);
  is("$exit $out$err", "0 sound: entry $seq is in the ledger $QfsTest::ORIGIN of $size entries\n", "entry $seq of $size");
}
{
  my ($exit, $out) = check_proof($PROOF, $LINE, $KEY, '--json');
  is_deeply([ $exit, decode_json($out) ], [ 0, { seq => $SEQ, size => $SIZE, sound => JSON::PP::true } ], 'as JSON');
  ($exit, $out) = check_proof($PROOF, $LINE, $KEY, '--quiet');
  is("$exit$out", '0', 'quiet: nothing');
  is((check_proof($PROOF, '@' . scratch_file('entry', "$LINE\n"), $KEY))[0], 0, 'the entry from a file');
  is((check_proof($PROOF, '@' . scratch_file('entry', $LINE), $KEY))[0], 0, 'the entry from a file without line end');
  is((check_proof($PROOF, JSON::PP->new->ascii->space_after->sort_by(sub { $JSON::PP::b cmp $JSON::PP::a })->encode(decode_json($LINE)), $KEY))[0], 0, 'as another library writes it');
  is((check_proof($PROOF, '@' . scratch_file('entry', JSON::PP->new->pretty->encode(decode_json($LINE))), $KEY))[0], 0, 'over several lines');
  is((check_proof("$PROOF\n", $LINE, $KEY))[0], 0, 'with the line end that psql adds');
  is((check_proof($PROOF =~ s/index/extra AAAA\nindex/r, $LINE, $KEY))[0], 0, 'with extra data, which nobody signs');
}

# ---- spoiled ones: which of the three is wrong, and the code ----

my ($HEAD, $NOTE) = $PROOF =~ /\A(.*?\n)\n(.*)\z/s;
my @HEAD = split /(?<=\n)/, $HEAD;
my @PATH = @HEAD[ 2 .. $#HEAD ];
sub with_path { return join '', @HEAD[ 0, 1 ], @_, "\n", $NOTE }
sub of_note { return "$HEAD\n" . $_[0] }
sub other_hash { return encode_base64($_[0] x 32) }

for my $case (
  [ 'another entry', $PROOF, line_of(20), $KEY, 'PROOF_INVALID' ],
  [ 'the entry with another payload', $PROOF, $LINE =~ s/note /Note /r, $KEY, 'PROOF_INVALID' ],
  [ 'the entry in another spelling, and changed', $PROOF, $LINE =~ s/,/, /r =~ s/note /Note /r, $KEY, 'PROOF_INVALID' ],
  [ 'a member twice', $PROOF, $LINE =~ s/"v":2/"v":2, "v":2/r, $KEY, 'JSON_SYNTAX' ],
  [ 'an entry of another ledger', $PROOF, line_of($SEQ, 'impostor'), $KEY, 'PROOF_INVALID' ],
  [ 'another index', $PROOF =~ s/index 21/index 20/r, $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'another index, and the entry there', $PROOF =~ s/index 21/index 20/r, line_of(20), $KEY, 'PROOF_INVALID' ],
  [ 'an index beyond the size', $PROOF =~ s/index 21/index 99/r, $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'an index with a zero in front', $PROOF =~ s/index 21/index 021/r, $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'an index below zero', $PROOF =~ s/index 21/index -1/r, $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'no index', $PROOF =~ s/index 21\n//r, $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'another version', $PROOF =~ s/v1/v2/r, $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'no path', with_path(), $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'a hash too few', with_path(@PATH[ 0 .. $#PATH - 1 ]), $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'a hash too many', with_path(@PATH, $PATH[-1]), $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'two hashes swapped', with_path(@PATH[ 1, 0, 2 .. $#PATH ]), $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'another hash', with_path(other_hash('x'), @PATH[ 1 .. $#PATH ]), $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'more hashes than a tree can have', with_path(map { other_hash('x') } 1 .. 65), $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'a hash with a byte that is no base64', with_path("\xab" . substr(other_hash("\xfb"), 1), @PATH[ 1 .. $#PATH ]), $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'a short hash', with_path("AAAA\n", @PATH), $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'a hash in hexadecimal', with_path(unpack('H*', decode_base64($PATH[0])) . "\n", @PATH[ 1 .. $#PATH ]), $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'no blank line', $PROOF =~ s/\n\n/\n/r, $LINE, $KEY, 'PROOF_SYNTAX' ],
  [ 'the path of a smaller tree', (split /\n\n/, proof_of($SEQ, 30), 2)[0] . "\n\n$NOTE", $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'a checkpoint of another size', of_note(checkpoint_of($node, 40)), $LINE, $KEY, 'PROOF_INVALID' ],
  [ 'a checkpoint of another ledger', of_note(checkpoint_of($node, $SIZE, 'elsewhere')), $LINE, $KEY, 'CHECKPOINT_ORIGIN' ],
  [ 'a checkpoint of an impostor', of_note(checkpoint_of($node, $SIZE, 'impostor')), $LINE, $KEY, 'CHECKPOINT_KEY' ],
  [ 'a size that nobody signed', of_note($NOTE =~ s/\n44\n/\n43\n/r), $LINE, $KEY, 'SIGNATURE_INVALID' ],
  [ 'a checkpoint without a blank line', of_note($NOTE =~ s/\n\n/\n/r), $LINE, $KEY, 'NOTE_SYNTAX' ],
  [ 'a signature alone', of_note($NOTE =~ s/.*\n\n//sr), $LINE, $KEY, 'NOTE_SYNTAX' ],
  [ 'the proof of an impostor', proof_of($SEQ, $SIZE, 'impostor'), line_of($SEQ, 'impostor'), $KEY, 'CHECKPOINT_KEY' ],
  [ 'the proof of another ledger', proof_of($SEQ, $SIZE, 'elsewhere'), line_of($SEQ, 'elsewhere'), $KEY, 'CHECKPOINT_ORIGIN' ],
  [ 'the key that was in force before', $PROOF, $LINE, $FIRST, 'CHECKPOINT_KEY' ],
  [ 'the key of another ledger', $PROOF, $LINE, vkey_of($node, 'elsewhere'), 'CHECKPOINT_ORIGIN' ],
  [ 'a checkpoint alone', $NOTE, $LINE, $KEY, 'PROOF_SYNTAX' ]) {
  my ($name, $proof, $line, $key, $code) = @$case;
  my ($exit, $out, $err) = check_proof($proof, $line, $key);
  like("$exit $out$err", qr/\A1 fault: QFS_$code: [^\n]+ \([^\n]*\)\n\z/, "spoiled: $name");
  ($exit, $out, $err) = check_proof($proof, $line, $key, '--json');
  my $said = eval { decode_json($out) } // {};
  is("$exit$err" . ($said->{code} // $out), "1QFS_$code", "spoiled: $name, as JSON");
}

# ---- what becomes of files on their way ----

sub is_transport {
  my ($name, $what, @arguments) = @_;
  my ($exit, $out, $err) = qfs_verify('proof', @arguments, '--key', $KEY);
  is("$exit:$out", '2:', "on its way: $name: exit code 2, no fault");
  like($err, qr/\Aqfs-verify: [^\n]*$what[^\n]*\nThat happens to files on their way, and says nothing of the ledger\.  [^\n]+\n\z/, "on its way: $name: says so");
}

my $utf16 = join '', map { "$_\0" } split //, $PROOF;
for my $case ([ 'CR LF', $PROOF =~ s/\n/\r\n/gr, qr/CR LF/ ], [ 'CR', $PROOF =~ tr/\n/\r/r, qr/CR/ ], [ 'a byte order mark', "\xef\xbb\xbf$PROOF", qr/byte order mark/ ],
  [ 'UTF-16', $utf16, qr/UTF-16/ ], [ 'gzip', "\x1f\x8b\x08$PROOF", qr/gzip/ ], [ 'nothing', '', qr/is empty/ ], [ 'line ends alone', "\n\n", qr/nothing but blank lines/ ],
  [ 'blank lines at the end', "$PROOF\n\n", qr/blank lines follow/ ], [ 'an HTML page', '<html>', qr/HTML/ ], [ 'an error of the API', '{"code":"PT404","message":"x"}', qr/error of the API/ ],
  [ 'no last line end', substr($PROOF, 0, -1), qr/cut off/ ], [ 'no signature', of_note($NOTE =~ s/\n\n.*/\n\n/sr), qr/cut off/ ], [ 'no checkpoint', "$HEAD\n", qr/cut off/ ],
  [ 'garbage', join('', map { chr($_ * 91 % 256) } 1 .. 500), qr/cut off|CR/ ]) {
  my ($name, $content, $what) = @$case;
  is_transport($name, $what, scratch_file('x', $content), '--entry', $LINE);
}
for my $case ([ 'no entry', '', qr/--entry: it is empty/ ], [ 'CR', "$LINE\r", qr/CR LF/ ], [ 'cut off', substr($LINE, 0, 100), qr/cut off/ ], [ 'cut off behind a bracket', $LINE =~ s/^(.*?\}).*/$1/r, qr/cut off/ ],
  [ 'an error of the API', '{"code":"PT404","message":"x"}', qr/error of the API/ ]) {
  my ($name, $line, $what) = @$case;
  is_transport("the entry, $name", $what, scratch_file('x', $PROOF), '--entry', $line);
  is_transport("the entry in a file, $name", $what =~ s/--entry//r, scratch_file('x', $PROOF), '--entry', '@' . scratch_file('y', $line eq '' ? '' : "$line\n"));
}
is_transport('the entry in a file with blank lines', qr/blank lines follow/, scratch_file('x', $PROOF), '--entry', '@' . scratch_file('y', "$LINE\n\n\n\n"));

# ---- any byte of the file, any byte of the entry, any beginning of both ----

# The exit code alone, as fast as it can be had.
my ($proof_file, $line_file) = (scratch_file('x.tlog-proof', ''), scratch_file('x.line', ''));

sub exit_code {
  my ($proof, $line) = @_;
  spit($proof_file, $proof);
  spit($line_file, $line);
  my $pid = fork() // die "fork: $!";
  if (!$pid) {
    open(STDOUT, '>', '/dev/null');
    exec(verifier(), 'proof', $proof_file, '--entry', "\@$line_file", '--key', $KEY) or POSIX::_exit(9);
  }
  waitpid($pid, 0);
  return $?;
}

sub flipped { my ($text, $at, $bits) = @_; substr($text, $at, 1) ^= $bits; return $text }

is(exit_code($PROOF, $LINE), 0, 'the control passes');
for my $bits ("\x01", "\x80") {
  my $name = sprintf 'bit %02x', ord $bits;
  # But for the end: whether it is there is looked at first.
  my $end = rindex $PROOF, "\n\n";
  is(join(' ', grep { exit_code(flipped($PROOF, $_, $bits), $LINE) != 256 } 0 .. $end), '', "$name of any byte of the proof: a fault");
  is(join(' ', grep { exit_code(flipped($PROOF, $_, $bits), $LINE) !~ /^(256|512)$/ } $end + 1 .. length($PROOF) - 1), '', "$name of any byte of its end: it does not pass");
  is(join(' ', grep { exit_code($PROOF, flipped($LINE, $_, $bits)) != 256 } 0 .. length($LINE) - 2), '', "$name of any byte of the entry: a fault");
  is(exit_code($PROOF, flipped($LINE, length($LINE) - 1, $bits)), 512, "$name of its last byte: it is cut off");
}
is(join(' ', grep { exit_code(substr($PROOF, 0, $_), $LINE) != 512 } 0 .. length($PROOF) - 1), '', 'any beginning of the proof: it is cut off');
is(join(' ', grep { exit_code($PROOF, substr($LINE, 0, $_)) != 512 } 0 .. length($LINE) - 1), '', 'any beginning of the entry: it is cut off');

# ---- how it is called ----

my $good = scratch_file('good.tlog-proof', $PROOF);
my $folder = PostgreSQL::Test::Utils::tempdir('unreadable');
chmod 0, spit("$folder/closed", $PROOF);
for my $case ([ 'no file', [ '--entry', $LINE, '--key', $KEY ], qr/which file/ ],
  [ 'no key', [ $good, '--entry', $LINE ], qr/with --key/ ],
  [ 'no entry', [ $good, '--key', $KEY ], qr/which entry/ ],
  [ 'a key that is none', [ $good, '--entry', $LINE, '--key', 'key' ], qr/--key: / ],
  [ 'a file that is not there', [ "$folder/none", '--entry', $LINE, '--key', $KEY ], qr/No such file/ ],
  [ 'a file that nobody may read', [ "$folder/closed", '--entry', $LINE, '--key', $KEY ], qr/Permission denied/ ],
  [ 'a directory', [ $folder, '--entry', $LINE, '--key', $KEY ], qr/Is a directory/ ],
  [ 'an entry that is not there', [ $good, '--entry', "\@$folder/none", '--key', $KEY ], qr/No such file/ ],
  [ 'a file that does not end', [ scratch_file('long', 'x' x 200_000), '--entry', $LINE, '--key', $KEY ], qr/too long/ ],
  [ 'another checkpoint', [ $good, '--entry', $LINE, '--key', $KEY, '--checkpoint', $good ], qr/--checkpoint/ ]) {
  my ($name, $arguments, $message) = @$case;
  my ($exit, $out, $err) = qfs_verify('proof', @$arguments);
  is("$exit:$out", '2:', "usage: $name: exit code 2, nothing on standard output");
  like($err, qr/^qfs-verify: .*$message.*\nTry qfs-verify --help\.$/s, "usage: $name: what is wrong");
}
SKIP: {
  skip 'there is no /dev/full', 1 unless -c '/dev/full';
  IPC::Run::run([ verifier(), 'proof', $good, "--entry=$LINE", "--key=$KEY" ], '>', '/dev/full', '2>', \my $err);
  is(($? >> 8) . " $err", "2 qfs-verify: the result could not be written\nTry qfs-verify --help.\n", 'a result that cannot be written is no result');
}
$node->stop;
done_testing();
