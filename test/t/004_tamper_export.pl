# 004_tamper_export.pl - qfs-verify ledger: lines spelled in another way, forged checkpoints, and how it is called.
use strict;
use warnings FATAL => 'all';
use File::Spec;
use QfsTest;
use QfsClient;
use QfsForge;
use Digest::SHA;
use Encode qw(decode);
use JSON::PP;
use IPC::Run;
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;

my $node = new_node('export', conf => "log_statement = none\n");
new_ledger($node);
append($node, 4);
$node->safe_psql('postgres', 'SELECT qfs.rotate_keys()');
append($node, 4);
$node->safe_psql('postgres', q{INSERT INTO qfs.ledger (type, payload) VALUES ('NOTE', '{"text": "é/\"", "a": [], "z": {"B": 1, "a": 2}}')});
append($node, 2);
my ($K, $SIZE) = (12, 15);

my $client  = QfsClient->wait_for($node);
my @LINES   = split /(?<=\n)/, export_of($node);
my $KEY     = first_key_of($node);
my $NOTE    = checkpoint_of($node);
my @TRUSTED = ('--checkpoint', scratch_file('checkpoint', $NOTE), '--key', $KEY);
is(scalar @LINES, $SIZE, 'the ledger is there');
like($LINES[$K], qr/"text":"é/, 'with an entry that can be spelled in many ways');

# ---- the bytes of a file ----

my $ROOT = 'hashes 15 CHECKPOINT_ROOT';

# One line spelled anew; the replacement is text, or a sub that gives it.
sub spelled {
  my ($pattern, $replacement) = @_;
  my @lines = @LINES;
  $lines[$K] =~ s/$pattern/ref $replacement ? $replacement->() : $replacement/e or die $pattern;
  return join '', @lines;
}

sub with_line { my @lines = @LINES; $lines[$K] = $_[0]; return join '', @lines }
sub inserted  { my @lines = @LINES; splice @lines, $K, 0, @_; return join '', @lines }

# A line whose payload has exactly so many bytes.
sub long_payload {
  my ($length) = @_;
  my $line = $LINES[$K] =~ s/"text":"[^"]*\\""/"text":""/r;
  my ($payload) = $line =~ /"payload":(.*),"prev"/;
  return $line =~ s/"text":"/'"text":"' . 'x' x ($length - length $payload)/er;
}

# Lines as other libraries write them, by turns: ASCII, spaces, another order; slashes and what HTML minds escaped; numbers with a point.
sub respelled {
  my $json = JSON::PP->new->allow_nonref;
  my $n    = 0;
  return join '', map {
    my $value = $json->decode(decode('UTF-8', $_));
    my @ways  = (JSON::PP->new->ascii->space_after->space_before, JSON::PP->new->utf8->sort_by(sub { $JSON::PP::b cmp $JSON::PP::a }));
    my $text  = $ways[ $n++ % 2 ]->encode($value);
    $text =~ s{/}{\\/}g if $n % 3 == 0;
    $text =~ s/([<>&])/sprintf '\\u%04X', ord $1/ge if $n % 3 == 1;
    $text =~ s/("(?:at|seq|v)" ?: ?\d+)/$1.0/g if $n % 4 == 3;
    "$text\n" } @_;
}

my $syntax = [ "hashes $K JSON_SYNTAX", $ROOT ];
my $format = [ "hashes $K ENTRY_FORMAT", $ROOT ];
my $number = [ "hashes $K JSON_NUMBER", $ROOT ];
my $text   = [ "hashes $K JSON_TEXT", $ROOT ];
my $linked = [ "hashes $K LINK_BROKEN", $ROOT ];
my $all    = join '', @LINES;

my @files = (
  [ 'as it was exported', $all, [] ],
  [ 'without the last line end', substr($all, 0, -1), [] ],

  # the same value in another spelling
  [ 'a space behind a comma', spelled(qr/,/, ', '), [] ],
  [ 'a space at the end',     spelled(qr/\}$/, '} '), [] ],
  [ 'a tab in front',         spelled(qr/^/, "\t"), [] ],
  [ 'a CR inside',            spelled(qr/,/, ",\r"), [] ],
  [ 'a hundred thousand spaces', spelled(qr/,/, ',' . ' ' x 100_000), [] ],
  [ 'another order of members', spelled(qr/^\{"accounts":\[\],(.*)\}$/, sub { "{$1,\"accounts\":[]}" }), [] ],
  [ 'another order in the act', spelled(qr/"actor":"system",("auth":\{"via":"operator"\})/, sub { "$1,\"actor\":\"system\"" }), [] ],
  [ 'another order in the payload', spelled(qr/"B":1,"a":2/, '"a":2,"B":1'), [] ],
  [ 'an escape for a letter', spelled(qr/NOTE/, '\\u004eOTE'), [] ],
  [ 'an escape in a name',    spelled(qr/"seq"/, '"s\\u0065q"'), [] ],
  [ 'an escape for a slash',  spelled(qr{/}, '\\/'), [] ],
  [ 'an escape for an umlaut', spelled(qr/é/, '\\u00e9'), [] ],
  [ 'and in capitals',        spelled(qr/é/, '\\u00E9'), [] ],
  [ 'a long escape for a quote', spelled(qr/\\"/, '\\u0022'), [] ],
  (map { [ "$_ for 2", spelled(qr/"a":2/, "\"a\":$_"), [] ] } qw(2.0 2e0 2E+0 2.000000000000000000000000 20e-1 0.2e1 200.0E-2 0.0000000002e10)),
  [ 'all of them at once',    respelled(@LINES), [] ],

  # spelled otherwise, and something else is wrong
  [ 'a byte order mark',      spelled(qr/^/, "\xef\xbb\xbf"), $syntax ],
  [ 'a member twice',         spelled(qr/"B":1/, '"B":1,"B":1'), $syntax ],
  [ 'a member twice, spaced', spelled(qr/"B":1/, '"B": 1, "B": 1'), $syntax ],
  [ 'a member twice, once with an escape', spelled(qr/"B":1/, '"B":1,"\\u0042":1'), $syntax ],
  [ 'a part twice',           spelled(qr/"sig":null/, '"sig":null, "sig":null'), $syntax ],
  [ 'a lone surrogate in a spaced line', spelled(qr/"B":1/, '"B": "\\udc00"'), $syntax ],
  [ 'two that are no pair',   spelled(qr/"B":1/, '"B": "\\ud83d\\u0041"'), $syntax ],
  [ 'an escaped NUL in a spaced line', spelled(qr/"B":1/, '"B": "\\u0000"'), $text ],
  [ 'no comma',               spelled(qr/"B":1,/, '"B": 1 '), $syntax ],
  [ 'a comma too many',       spelled(qr/"B":1,"a":2/, '"B": 1,"a":2,'), $syntax ],
  [ 'single quotes',          spelled(qr/"B"/, "'B'"), $syntax ],
  [ 'a comment',              spelled(qr/,/, ',/**/'), $syntax ],
  (map { [ "$_ for 2", spelled(qr/"a":2/, "\"a\":$_"), $number ] } qw(2.5 2e-1 2.00000000000000000000000000000001 02 2. 2e 9007199254740992 90071992547409910e-2 1e16 1e400 -9007199254740992 -1e999999999999999999)),
  (map { [ "$_ for 2", spelled(qr/"a":2/, "\"a\":$_"), $syntax ] } qw(+2 .2e1 0x2 2^1 NaN)),
  [ '-0, which is 0', spelled(qr/"a":2/, '"a":-0'), $linked ],
  [ '1e1, which is 10', spelled(qr/"a":2/, '"a":1e1'), $linked ],
  [ 'a spaced line with another number', spelled(qr/"a":2/, '"a": 3'), $linked ],

  # another value
  [ 'another number', spelled(qr/"a":2/, '"a":3'), $linked ],
  [ 'another letter', spelled(qr/é/, 'è'), $linked ],
  [ 'the other unicode form', spelled(qr/é/, "e\xcc\x81"), $linked ],
  [ 'a member more in the payload', spelled(qr/"B":1/, '"A":1,"B":1'), $linked ],
  [ 'a member more',  spelled(qr/"v":2/, '"v":2,"w":1'), $format ],
  [ 'a member less',  spelled(qr/,"v":2/, ''), $format ],
  [ 'version 1',      spelled(qr/"v":2/, '"v":1'), $format ],
  [ 'version "2"',    spelled(qr/"v":2/, '"v":"2"'), $format ],
  [ 'a member more in the act', spelled(qr/"type":"NOTE"/, '"type":"NOTE","word":1'), $format ],
  [ 'no act',         spelled(qr/"act":\{.*?\},.*?\},/, ''), $format ],
  [ 'accounts as an object', spelled(qr/"accounts":\[\]/, '"accounts":{}'), $format ],
  [ 'a part of nobody', spelled(qr/"accounts":\[\]/, '"accounts":[{"kind":"nonce"}]'), $format ],
  [ 'a part of somebody', spelled(qr/"accounts":\[\]/, '"accounts":[{"account":"user_' . 'ab' x 32 . '","kind":"nonce"}]'), [ @$linked, "replay $K OUTCOME_MISMATCH" ] ],
  [ 'sig as a number', spelled(qr/"sig":null/, '"sig":7'), $format ],
  [ 'a signature',    spelled(qr/"sig":null/, '"sig":"x"'), [ @$linked, "signatures $K AUTH_INVALID" ] ],
  [ 'another salt',   spelled(qr/"salt":"[0-9a-f]+"/, '"salt":"' . '00' x 16 . '"'), $linked ],
  [ 'half a salt',    spelled(qr/"salt":"[0-9a-f]{16}/, '"salt":"'), $format ],
  [ 'a salt in capitals', spelled(qr/"salt":"[0-9a-f]+"/, '"salt":"' . 'AB' x 16 . '"'), $format ],
  [ 'no salt',        spelled(qr/"salt":"[0-9a-f]+",/, ''), $format ],
  [ 'seq as text',    spelled(qr/"seq":(\d+)/, "\"seq\":\"$K\""), $format ],
  [ 'seq below zero', spelled(qr/"seq":\d+/, '"seq":-1'), $format ],
  [ 'at as text',     spelled(qr/"at":\d+/, '"at":"now"'), $format ],
  [ 'prev in capitals', spelled(qr/"prev":"[0-9a-f]+"/, '"prev":"' . 'AB' x 32 . '"'), $format ],
  [ 'prev too short', spelled(qr/"prev":"../, '"prev":"'), $format ],
  [ 'payload as text', spelled(qr/"payload":\{.*?\}\}/, '"payload":"{}"'), $format ],
  [ 'auth null',      spelled(qr/"auth":\{.*?\}/, '"auth":null'), $format ],
  [ 'outcome as list', spelled(qr/"outcome":\{\}/, '"outcome":[]'), $format ],
  [ 'an actor that is none', spelled(qr/"actor":"system"/, '"actor":"root"'), [ "hashes $K USER_ID_SYNTAX", $ROOT ] ],
  [ 'a type in small letters', spelled(qr/"NOTE"/, '"note"'), [ "hashes $K TYPE_SYNTAX", $ROOT ] ],

  # no text
  [ 'a NUL in a string',   spelled(qr/é/, "\0"), $syntax ],
  [ 'an escaped NUL',      spelled(qr/é/, '\\u0000'), $text ],
  [ 'a lone surrogate',    spelled(qr/é/, '\\ud800'), $syntax ],
  [ 'half a character',    spelled(qr/é/, "\xc3"), $text ],
  [ 'an overlong slash',   spelled(qr{/}, "\xc0\xaf"), $text ],
  [ 'a surrogate in UTF-8', spelled(qr/é/, "\xed\xa0\x80"), $text ],
  [ 'half of the line',    spelled(qr/"payload".*/, ''), $syntax ],
  [ 'a line without beginning', spelled(qr/^./, ''), $syntax ],
  [ 'two entries on a line', spelled(qr/\n/, $LINES[$K]), $syntax ],
  [ 'binary garbage',      with_line(join('', map { chr(($_ * 37 + 11) % 256) } grep { ($_ * 37 + 11) % 256 != 10 } 1 .. 300) . "\n"), $syntax ],
  [ 'a list',              with_line("[]\n"), $format ],
  [ 'null',                with_line("null\n"), $format ],
  [ '33 levels',           with_line('{"a":' x 33 . '1' . '}' x 33 . "\n"), [ "hashes $K JSON_DEPTH", $ROOT ] ],

  # lengths
  [ 'a payload of 65,535 bytes', with_line(long_payload(65_535)), $linked ],
  [ 'a payload of 65,536 bytes', with_line(long_payload(65_536)), [ "hashes $K ENTRY_TOO_LARGE", $ROOT ] ],
  [ 'an outcome of 16,384 bytes', spelled(qr/"outcome":\{\}/, '"outcome":{"a":"' . 'x' x 16_376 . '"}'), [ @$linked, "replay $K OUTCOME_MISMATCH" ] ],
  [ 'an outcome of 16,385 bytes', spelled(qr/"outcome":\{\}/, '"outcome":{"a":"' . 'x' x 16_377 . '"}'), [ "hashes $K ENTRY_TOO_LARGE", $ROOT ] ],
  [ 'a line of 200,000 bytes', with_line(long_payload(199_000)), [ "hashes $K ENTRY_TOO_LARGE", $ROOT ] ],
  [ 'a line of 10 million bytes', with_line('x' x 10_000_000 . "\n"), [ "hashes $K ENTRY_TOO_LARGE", $ROOT ] ],

  # lines
  [ 'a line twice',            inserted($LINES[$K]), ["hashes $K SEQ_GAP"] ],
  [ 'an old line again',       inserted($LINES[3]), ['hashes 3 SEQ_GAP'] ],
  [ 'an empty line in the place of an entry', with_line("\n"), $syntax ],
  [ 'a line of spaces in the place of two', join('', @LINES[ 0 .. $K - 1 ], "  \n", $LINES[14]), [ "hashes $K JSON_SYNTAX", "hashes 13 SEQ_GAP", $ROOT ] ],
  [ 'a line too many at the end', "${all}garbage\n", ['hashes 15 JSON_SYNTAX'] ],
  [ 'two lines swapped',       inserted($LINES[ $K + 1 ]) =~ s/\Q$LINES[$K + 1]\E(?!.*\Q$LINES[$K + 1]\E)//sr, [ ("hashes $K SEQ_GAP") x 2, $ROOT ] ],
  [ 'the whole file twice',    $all . $all, [ map { "hashes $_ SEQ_GAP" } 0 .. $SIZE - 1 ] ],
);

for my $case (@files) {
  my ($name, $content, $faults) = @$case;
  is_found(faults_in_file($content, @TRUSTED), $faults, "file: $name");
}

# ---- what becomes of a file on its way: no fault of the ledger's ----

sub compressed {
  my ($program, $name) = @_;
  my $out = '';
  IPC::Run::run([ $program, '-c' ], '<', \$all, '>', \$out) or die $program;
  return $out;
}

my $narrow = $LINES[0] . $LINES[1];
my @transport = (
  [ 'CR LF', $all =~ s/\n/\r\n/gr, qr/line 1 ends in CR LF\./, qr/tr -d/ ],
  [ 'CR LF on one line', spelled(qr/\n/, "\r\n"), qr/line 13 ends in CR LF/, qr/tr -d/ ],
  [ 'CR LF without the last line end', substr($all =~ s/\n/\r\n/gr, 0, -2), qr/line 1 ends in CR LF/, qr/tr -d/ ],
  [ 'entries over several lines', JSON::PP->new->pretty->encode(decode_json($LINES[0])), qr/goes over several lines/, qr/jq -c/ ],
  [ 'CR', $all =~ tr/\n/\r/r, qr/its lines end in CR\./, qr/tr/ ],
  [ 'no line ends', $all =~ tr/\n//dr, qr/line ends are lost/, qr/psql -At/ ],
  [ 'commas for line ends, as in a list', '[' . join(',', map { s/\n//r } @LINES) . ']', qr/line ends are lost/, qr/psql -At/ ],
  [ 'a byte order mark', "\xef\xbb\xbf$all", qr/byte order mark/, qr/tail -c/ ],
  [ 'UTF-16, little-endian, with a mark', "\xff\xfe" . join('', map { "$_\0" } split //, $narrow), qr/UTF-16/, qr/iconv/ ],
  [ 'UTF-16, big-endian, with a mark', "\xfe\xff" . join('', map { "\0$_" } split //, $narrow), qr/UTF-16/, qr/iconv/ ],
  [ 'UTF-16 without a mark', join('', map { "$_\0" } split //, $narrow), qr/UTF-16/, qr/iconv/ ],
  [ 'UTF-32', "\xff\xfe\0\0" . join('', map { "$_\0\0\0" } split //, $narrow), qr/UTF-32/, qr/iconv/ ],
  [ 'gzip', compressed('gzip'), qr/compressed with gzip/, qr/gunzip/ ],
  [ 'bzip2', "BZh91AY&SY" . $all, qr/compressed with bzip2/, qr/bzip2 -dc/ ],
  [ 'zstd', "\x28\xb5\x2f\xfd" . $all, qr/compressed with zstd/, qr/zstd -dc/ ],
  [ 'a zip archive', "PK\x03\x04" . $all, qr/zip archive/, qr/Unpack/ ],
  [ 'an archive of pg_dump', "PGDMP\1\16\0" . $all, qr/archive of pg_dump/, qr/qfs\.export/ ],
  [ 'nothing', '', qr/it is empty/, qr/again/ ],
  [ 'a line end alone', "\n", qr/nothing but blank lines/, qr/again/ ],
  [ 'many of them', " \r\n" x 100_000, qr/nothing but blank lines/, qr/again/ ],
  [ 'a blank line at the end', "$all\n", qr/1 blank lines follow/, qr/grep/ ],
  [ 'three, with spaces and CR', "$all\n \n\t\r\n", qr/3 blank lines follow/, qr/grep/ ],
  [ 'a blank line between', inserted("\n"), qr/line 13 is blank/, qr/grep/ ],
  [ 'every second one', join("\n", @LINES), qr/line 2 is blank/, qr/grep/ ],
  [ 'an HTML page', "<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n", qr/HTML/, qr/server/ ],
  [ 'an HTML page behind spaces', "\n\n  <html>\n", qr/HTML/, qr/server/ ],
  [ 'an XML error', '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', qr/XML/, qr/server/ ],
  [ 'an error of the API', '{"code":"PT401","details":null,"hint":null,"message":"x"}', qr/error of the API/, qr/again/ ],
  [ 'HTTP headers', "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n$all", qr/headers of an HTTP answer/, qr/without -i/ ],
  [ 'a table for people', " export \n--------\n " . join("\n ", map { s/\n//r } @LINES) . "\n(15 rows)\n", qr/as psql shows it/, qr/psql -At/ ],
  [ 'CSV', join('', map { s/"/""/gr =~ s/^(.*)$/"$1"/r } @LINES), qr/it is CSV/, qr/psql -At/ ],
  [ 'zeros at the end', $all . "\0" x 5000, qr/line 16 is 5000 bytes of zero/, qr/again/ ],
);
# A file that is cut off: at each byte of its last line but the last two.
my $cut = length($all) - length($LINES[-1]);
push @transport, map { [ "cut off at byte $_", substr($all, 0, $_), qr/cut off, line 15 ends after/, qr/again/ ] } $cut + 1, $cut + 9, $cut + 10, $cut + 100, length($all) - 2, length($all) - 3;

for my $case (@transport) {
  my ($name, $content, $what, $hint) = @$case;
  my ($exit, $out, $err) = qfs_verify('ledger', scratch_file('x', $content), @TRUSTED, '--quiet');
  is("$exit:$out", '2:', "on its way: $name: exit code 2, no fault of the ledger");
  like($err, qr/\Aqfs-verify: [^\n]*x: [^\n]*$what[^\n]*\nThat happens to files on their way, and says nothing of the ledger\.  [^\n]*$hint[^\n]*\n\z/, "on its way: $name: says so");
}
my @silent = grep {
  my ($exit, $out, $err) = qfs_verify('ledger', scratch_file('x', substr $all, 0, $_), '--quiet');
  $exit != 2 || $err !~ /cut off/
} grep { substr($all, 0, $_) !~ /\}\n?\z/ } map { $cut + $_ } 1 .. length($LINES[-1]) - 2;
is("@silent", '', 'a file that is cut off anywhere in its last line says so');
{
  # What was found before remains found.
  my @lines = @LINES;
  $lines[3] =~ s/"prev":"../"prev":"00/;
  my ($exit, $out, $err) = qfs_verify('ledger', scratch_file('x', join('', @lines) . "\n"), @TRUSTED, '--quiet');
  is($exit, 1, 'a change to the ledger, and a blank line: exit code 1');
  like($out, qr/^fault: entry 3: /m, 'the change is named');
  like($err, qr/blank lines follow/, 'the blank line too');

  # A checkpoint has a way behind it as well.
  for my $case ([ 'CR LF', $NOTE =~ s/\n/\r\n/gr, qr/CR LF/ ], [ 'a byte order mark', "\xef\xbb\xbf$NOTE", qr/byte order mark/ ], [ 'no last line end', substr($NOTE, 0, -1), qr/cut off/ ],
    [ 'nothing', '', qr/is empty/ ], [ 'cut at a line', $NOTE =~ s/\n\n.*/\n/sr, qr/cut off/ ], [ 'an HTML page', "<html>\n", qr/HTML/ ], [ 'blank lines', "$NOTE\n\n", qr/blank lines/ ]) {
    my ($what, $content, $message) = @$case;
    ($exit, $out, $err) = qfs_verify('ledger', scratch_file('good', $all), '--checkpoint', scratch_file('note', $content));
    is("$exit:$out", '2:', "a checkpoint, on its way: $what: exit code 2");
    like($err, qr/$message.*\nThat happens to files on their way/, "a checkpoint, on its way: $what: says so");
  }

  # A line is no longer than an entry, whatever comes: 400 MB in 120 MB of address space.
  for my $depth (qw(hashes signatures replay)) {
    my $huge = q{perl -e '$x = "x" x 1_000_000; print $x for 1 .. 400' | (ulimit -v 120000; } . verifier() . " ledger - --depth $depth --json)";
    local $ENV{HUGE} = $huge;
    my @said = split /\n/, qx{bash -c "\$HUGE" 2>&1};
    like($said[0] // '', qr/^\{"code":"QFS_ENTRY_TOO_LARGE","detail":"400000000 bytes","seq":0\}/, "a line of 400 MB is not kept in memory, depth $depth");
  }
}

# ---- checkpoints ----

# Another ledger under another name, and one under the same name, by somebody else.
new_ledger($node, 'elsewhere', origin => 'ledger.example.org/other');
new_ledger($node, 'impostor');
for my $database (qw(elsewhere impostor)) {
  append($node, 4, $database);
  $node->safe_psql($database, 'SELECT qfs.rotate_keys()');
  append($node, 7, $database);
}
my $IMPOSTOR = export_of($node, undef, 'impostor');
append($node, 2);
my $NEWER = checkpoint_of($node);

sub changed_note {
  my ($pattern, $replacement) = @_;
  (my $note = $NOTE) =~ s/$pattern/$replacement/ or die $pattern;
  return $note;
}

# A bit of the signature, or of the key's id in front of it, or of the root.
sub flipped_in_base64 {
  my ($pattern, $byte) = @_;
  my ($before, $base64) = $NOTE =~ /\A(.*$pattern)([A-Za-z0-9+\/=]+)\n/s or die $pattern;
  my $bytes = decode_base64($base64);
  substr($bytes, $byte, 1) ^= "\1";
  return $before . encode_base64($bytes, '') . substr($NOTE, length($before) + length $base64);
}

# ---- an attacker who has everything but the keys of the ledger ----

my $secret = PostgreSQL::Test::Utils::tempdir('attacker') . '/key';
PostgreSQL::Test::Utils::system_or_bail('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', $secret);
my $attacker = substr((run_program('openssl', 'pkey', '-in', $secret, '-pubout', '-outform', 'DER'))[1], -32);

sub sign {
  my ($message) = @_;
  my ($exit, $signature, $err) = run_program('openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', $secret, '-in', scratch_file('message', $message));
  die $err if length $signature != 64;
  return $signature;
}

sub signed_note {
  my ($body, $id) = @_;
  my ($origin) = $body =~ /(.*)/;
  return "$body\n\xe2\x80\x94 $origin " . encode_base64($id . sign($body), '') . "\n";
}

# The ledger goes on under keys of the attacker's, who signs for them.
sub taken_over {
  my @entries = map { read_line($_) } @LINES;
  my $keys    = { checkpoint => unpack('H*', $attacker), token => unpack('H*', $attacker) };
  my $message = "qfs:key-rotation:v1\0" . Digest::SHA::sha256("\0" . head_line(read_line($LINES[0]))) . $attacker x 2;
  push @entries, { %{ $entries[7] }, seq => $SIZE, at => $entries[-1]{at}, outcome => { result => { number => 2 } }, payload => { keys => $keys, signature => unpack 'H*', sign($message) } };
  rehash(@entries);
  return @entries;
}

my ($origin, $body) = $NOTE =~ /\A((.*)\n.*\n.*\n)\n/ ? ($2, $1) : ();
my $log_id      = pack 'H*', (split /\+/, vkey_of($node))[1];
my $attacker_id = pack 'H*', (split /\+/, note_key($origin, 1, unpack 'H*', $attacker))[1];
my @own_entries = taken_over();
my ($own_root)  = (qfs_verify('ledger', scratch_file('x', jsonl(@own_entries)), '--json'))[1] =~ /"root":"([0-9a-f]{64})"/;
my $own_body    = join "\n", $origin, $SIZE + 1, encode_base64(pack('H*', $own_root), ''), '';
my $other       = sub { return ('--checkpoint', scratch_file('note', $_[0])) };

# name, content, arguments, faults
my @notes = (
  [ 'each size that there was', $all, [ map({ $other->(checkpoint_of($node, $_)) } 1 .. $SIZE), '--key', $KEY ], [] ],
  [ 'nothing to compare with', $all, ['--quiet'], [] ],
  [ 'a missing end, and nothing to compare with', join('', @LINES[ 0 .. 12 ]), ['--quiet'], [] ],
  [ 'a missing end, and an older checkpoint', join('', @LINES[ 0 .. 12 ]), [ $other->(checkpoint_of($node, 13)), '--key', $KEY ], [] ],
  [ 'a size beyond the end', $all, [ $other->($NEWER), '--key', $KEY ], ['hashes 17 CHECKPOINT_SIZE'] ],
  [ 'one good and one bad', $all, [ @TRUSTED, $other->($NEWER) ], ['hashes 17 CHECKPOINT_SIZE'] ],
  [ 'another origin', $all, [ $other->(checkpoint_of($node, 15, 'elsewhere')), '--key', $KEY ], ['hashes 15 CHECKPOINT_ORIGIN'] ],
  [ 'the same origin, another key', $all, [ $other->(checkpoint_of($node, 15, 'impostor')), '--key', $KEY ], ['hashes 15 CHECKPOINT_KEY'] ],
  [ 'a bit of the signature', $all, [ $other->(flipped_in_base64(qr/\n\xe2\x80\x94 \S+ /, 40)), '--key', $KEY ], ['hashes 15 SIGNATURE_INVALID'] ],
  [ 'a bit of the key id', $all, [ $other->(flipped_in_base64(qr/\n\xe2\x80\x94 \S+ /, 0)), '--key', $KEY ], ['hashes 15 CHECKPOINT_KEY'] ],
  [ 'a bit of the root', $all, [ $other->(flipped_in_base64(qr/\n15\n/, 0)), '--key', $KEY ], ['hashes 15 SIGNATURE_INVALID'] ],
  [ 'another size', $all, [ $other->(changed_note(qr/\n15\n/, "\n14\n")), '--key', $KEY ], ['hashes 14 SIGNATURE_INVALID'] ],
  [ 'an extension line', $all, [ $other->(changed_note(qr/\n\n/, "\nmore\n\n")), '--key', $KEY ], ['hashes 15 SIGNATURE_INVALID'] ],
  [ 'another name at the signature', $all, [ $other->(changed_note(qr/\x94 \S+/, "\x94 somebody")), '--key', $KEY ], ['hashes 15 CHECKPOINT_KEY'] ],
  [ 'signed by the key that was in force before', $all, [ $other->($body . "\n" . (split /\n\n/, checkpoint_of($node, 3))[1]), '--key', $KEY ],
    ['hashes 15 CHECKPOINT_KEY'] ],
  [ 'signed by somebody else', $all, [ $other->(signed_note($body, $attacker_id)), '--key', $KEY ], ['hashes 15 CHECKPOINT_KEY'] ],
  [ 'signed by somebody else in the name of the key', $all, [ $other->(signed_note($body, $log_id)), '--key', $KEY ], ['hashes 15 SIGNATURE_INVALID'] ],
  [ 'signed by both', $all, [ $other->($NOTE . (split /\n\n/, signed_note($body, $attacker_id))[1]), '--key', $KEY ], [] ],
  [ 'signed well and badly', $all, [ $other->($NOTE . (split /\n\n/, signed_note($body, $log_id))[1]), '--key', $KEY ], ['hashes 15 SIGNATURE_INVALID'] ],

  # which key is trusted
  [ 'the key in force', $all, [ '--checkpoint', $TRUSTED[1], '--key', vkey_of($node) ], [] ],
  [ 'the key in force, and a checkpoint from before it', $all, [ $other->(checkpoint_of($node, 5)), '--key', vkey_of($node) ], ['hashes 5 CHECKPOINT_KEY'] ],
  [ 'the key of another ledger', $all, [ '--checkpoint', $TRUSTED[1], '--key', vkey_of($node, 'elsewhere') ],
    [ 'hashes 15 CHECKPOINT_KEY', 'hashes 15 KEY_UNTRUSTED' ] ],
  [ 'the key under another name', $all, [ '--checkpoint', $TRUSTED[1], '--key', note_key("${origin}x", 1, unpack 'H*', substr decode_base64((split /\+/, $KEY, 3)[2]), 1) ],
    [ 'hashes 15 CHECKPOINT_KEY', 'hashes 15 KEY_UNTRUSTED' ] ],
  [ 'an impostor with its own checkpoint', $IMPOSTOR, [ $other->(checkpoint_of($node, 15, 'impostor')), '--key', $KEY ],
    [ 'hashes 15 CHECKPOINT_KEY', 'hashes 15 KEY_UNTRUSTED' ] ],
  [ 'an impostor, and our checkpoint', $IMPOSTOR, ['--checkpoint', $TRUSTED[1]], ['hashes 15 CHECKPOINT_KEY'] ],
  [ 'an impostor whom nobody asks for a key', $IMPOSTOR, [ $other->(checkpoint_of($node, 15, 'impostor')) ], [] ],
  [ 'keys taken over', jsonl(@own_entries), [ $other->(signed_note($own_body, $attacker_id)), '--key', $KEY ],
    [ 'signatures 15 SIGNATURE_INVALID', 'hashes 16 CHECKPOINT_KEY' ] ],
  [ 'keys taken over, and nobody asks for a key', jsonl(@own_entries), [ $other->(signed_note($own_body, $attacker_id)) ],
    [ 'signatures 15 SIGNATURE_INVALID', 'hashes 16 CHECKPOINT_KEY' ] ],
);

for my $case (@notes) {
  my ($name, $content, $arguments, $faults) = @$case;
  is_found(faults_in_file($content, @$arguments), $faults, "checkpoint: $name");
}

# Whatever byte of a checkpoint is changed, it no longer passes.
my $export = scratch_file('export.jsonl', $all);
my @passed = grep {
  my $note = $NOTE;
  substr($note, $_, 1) ^= "\1";
  (qfs_verify('ledger', $export, $other->($note), '--key', $KEY, '--depth', 'hashes'))[0] == 0;
} 0 .. length($NOTE) - 1;
is("@passed", '', 'a checkpoint with any byte changed does not pass');

# ---- what is said, and how it is called ----

{
  my ($exit, $out, $err) = qfs_verify('ledger', $export, @TRUSTED);
  is("$exit $err", '0 ', 'sound: exit code 0, nothing on standard error');
  is($out, "sound: 15 entries of $origin, depth replay, 1 checkpoints\nroot:  " . root_of($node, 15) . "\n", 'sound: what is said');
  (undef, $out) = qfs_verify('ledger', $export, '--checkpoint', $TRUSTED[1]);
  like($out, qr/^note:  without --key/m, 'without a key it says what that is worth');
  (undef, $out) = qfs_verify('ledger', $export);
  like($out, qr/^note:  without a checkpoint/m, 'without a checkpoint too');
  (undef, $out) = qfs_verify('ledger', $export, '--quiet', @TRUSTED);
  is($out, '', 'quiet and sound: nothing');
  ($exit, $out) = qfs_verify('ledger', scratch_file('x', with_line("[]\n")), @TRUSTED);
  is($exit, 1, 'a fault: exit code 1');
  like($out, qr/^NOT SOUND: 2 faults in 15 entries$/m, 'a fault: the closing line');

  # Text of the ledger's must not steer a terminal.
  my $evil = spelled(qr/"outcome":\{\}/, "\"outcome\":{\"\xc2\x9b2J\\u001b[2J\xc2\x85\x7f\":1}");
  ($exit, $out) = qfs_verify('ledger', scratch_file('x', $evil), @TRUSTED);
  like($out, qr/^fault: entry $K: QFS_OUTCOME_MISMATCH/m, 'an outcome with control characters is found');
  unlike($out, qr/[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/, 'and they are not repeated');

  my ($in, $stdout) = ($all, '');
  IPC::Run::run([ verifier(), 'ledger', '-', @TRUSTED ], '<', \$in, '>', \$stdout);
  like($stdout, qr/^sound: 15 entries/, 'from standard input');
  ($in, $stdout, my $stderr) = ($NOTE, '', '');
  IPC::Run::run([ verifier(), 'ledger', '-', '--checkpoint=-', "--key=$KEY" ], '<', \$in, '>', \$stdout, '2>', \$stderr);
  is($? >> 8, 2, 'standard input for two files: refused');
  like($stderr, qr/^qfs-verify: standard input can be read once$/m, 'and it says why');
}

# Options and words in any order, values joined or not.
{
  my $said = (qfs_verify('ledger', $export, '--depth', 'hashes', @TRUSTED))[1];
  like($said, qr/^sound: 15 entries of \Q$origin\E, depth hashes, 1 checkpoints$/m, 'another depth is another answer');
  my $here = PostgreSQL::Test::Utils::tempdir('here');
  spit("$here/--json", $all);
  for my $case ([ 'values after =', 'ledger', $export, '--depth=hashes', "--checkpoint=$TRUSTED[1]", "--key=$KEY" ],
    [ 'options before the command', '--depth', 'hashes', @TRUSTED, 'ledger', $export ],
    [ 'options around the command', '--depth=hashes', 'ledger', @TRUSTED, $export ],
    [ 'the end of options', '--depth=hashes', @TRUSTED, '--', 'ledger', $export ],
    [ 'a file that looks like an option', 'ledger', '--depth=hashes', @TRUSTED, '--', '--json' ]) {
    my ($name, @arguments) = @$case;
    my $program = File::Spec->rel2abs(verifier());
    for my $posix (undef, 1) {
      local $ENV{POSIXLY_CORRECT} = $posix if $posix;
      my ($out, $err) = ('', '');
      IPC::Run::run([ $program, @arguments ], '<', \undef, '>', \$out, '2>', \$err, init => sub { chdir $here or die $! });
      is(($? >> 8) . " $err$out", "0 $said", "$name: the same answer" . ($posix ? ', with POSIXLY_CORRECT' : ''));
    }
  }
}

my $folder = PostgreSQL::Test::Utils::tempdir('unreadable');
my $closed = spit("$folder/closed", $all);
chmod 0, $closed;
my $short_key = substr $KEY, 0, -1;

for my $case ([ 'no arguments', [], qr/what shall be verified/ ],
  [ 'options alone', [ '--json', '--key', $KEY ], qr/what shall be verified/ ],
  [ 'an unknown command', [ 'chain', $export ], qr/unknown command chain/ ],
  [ 'an unknown command, and nothing else', ['chain'], qr/unknown command chain/ ],
  [ 'an option where none can be', [ '--', '--help' ], qr/unknown command --help/ ],
  [ 'no file', ['ledger'], qr/which file/ ],
  [ 'two files', [ 'ledger', $export, $export ], qr/one file, please/ ],
  [ 'an unknown option', [ 'ledger', $export, '--deep' ], qr/unknown option --deep/ ],
  [ 'an unknown option with a value', [ 'ledger', $export, '--deep=hashes' ], qr/unknown option --deep$/m ],
  [ 'an unknown option before the command', [ '--deep', 'ledger', $export ], qr/unknown option --deep/ ],
  [ 'an unknown letter', [ 'ledger', $export, '-k' ], qr/unknown option -k/ ],
  [ 'unknown letters', [ 'ledger', $export, '-xk' ], qr/unknown option -x/ ],
  [ 'a beginning of two options', [ 'ledger', $export, '--s' ], qr/unknown option --s/ ],
  [ 'an option without its value', [ 'ledger', $export, '--key' ], qr/--key needs a value/ ],
  [ 'an option without its value, before the command', ['--depth'], qr/--depth needs a value/ ],
  [ 'a value that there is not', [ 'ledger', $export, '--json=yes' ], qr/--json takes no value/ ],
  [ 'more checkpoints than there is room for', [ 'ledger', $export, ('--checkpoint=x') x 1025 ], qr/--checkpoint: more than 1024/ ],
  [ 'no depth', [ 'ledger', $export, '--depth=' ], qr/--depth is hashes, signatures or replay/ ],
  [ 'an unknown depth', [ 'ledger', $export, '--depth', 'deep' ], qr/--depth is hashes, signatures or replay/ ],
  [ 'a key cut off', [ 'ledger', $export, '--key', $short_key ], qr/--key: / ],
  [ 'a key that is none', [ 'ledger', $export, '--key', '' ], qr/--key: / ],
  [ 'a key of order 1', [ 'ledger', $export, '--key', note_key($origin, 1, '01' . '00' x 31) ], qr/--key: the bytes are not a usable Ed25519 public key/ ],
  [ 'a key of order 8', [ 'ledger', $export, '--key', note_key($origin, 1, 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a') ], qr/--key: the bytes are not/ ],
  [ 'a key that is not canonical', [ 'ledger', $export, '--key', note_key($origin, 1, 'ee' . 'ff' x 30 . '7f') ], qr/--key: the bytes are not/ ],
  [ 'a file that is not there', [ 'ledger', "$folder/none" ], qr/none: No such file/ ],
  [ 'a directory', [ 'ledger', $folder ], qr/Is a directory/ ],
  [ 'a file that nobody may read', [ 'ledger', $closed ], qr/Permission denied/ ],
  [ 'a checkpoint that is not there', [ 'ledger', $export, '--checkpoint', "$folder/none" ], qr/none: No such file/ ],
  [ 'a checkpoint that is a directory', [ 'ledger', $export, '--checkpoint', $folder ], qr/Is a directory/ ],
  [ 'a checkpoint whose size is none', [ 'ledger', $export, $other->(changed_note(qr/\n15\n/, "\n15x\n")) ], qr/not a signed checkpoint note/ ],
  [ 'a checkpoint of nothing', [ 'ledger', $export, $other->(checkpoint_of($node, 0)) ], qr/size 0 says nothing/ ],
  [ 'a checkpoint that does not end', [ 'ledger', $export, $other->('x' x 200_000) ], qr/too long/ ],
  [ 'an entry, which belongs to a proof', [ 'ledger', $export, '--entry', $LINES[0] ], qr/--entry/ ]) {
  my ($name, $arguments, $message) = @$case;
  my ($exit, $out, $err) = qfs_verify(@$arguments);
  is("$exit:$out", '2:', "usage: $name: exit code 2, nothing on standard output");
  like($err, qr/^qfs-verify: .*$message.*\nTry qfs-verify --help\.$/s, "usage: $name: what is wrong");
}

# A libsodium without the mending of CVE-2025-69277, which takes points of order 2 L for keys.
{
  my $source  = scratch_file('old.c', 'int crypto_core_ed25519_is_valid_point(const unsigned char *p) { (void) p; return 1; }');
  my $library = "$folder/old.so";
  my ($exit, $out, $err) = run_program('gcc', '-shared', '-fPIC', '-o', $library, $source);
  is($exit, 0, 'a library that takes any point') or diag($err);
  local $ENV{LD_PRELOAD} = $library;
  ($exit, $out, $err) = qfs_verify('ledger', $export);
  is("$exit:$out", '2:', 'with it nothing is verified');
  like($err, qr/^qfs-verify: libsodium takes Ed25519 keys that are not of prime order \(CVE-2025-69277\): update it\n/, 'and why');
}

for my $arguments (['--help'], ['--version'], [qw(ledger --help)], [qw(ledger none --version)], [qw(--json --help)]) {
  my ($exit, $out, $err) = qfs_verify(@$arguments);
  is("$exit$err", '0', "@$arguments: exit code 0");
  like($out, qr/^qfs-verify /, "@$arguments: an answer");
}

SKIP: {
  skip 'there is no /dev/full', 2 unless -c '/dev/full';
  is(system(verifier() . ' --help > /dev/full 2> /dev/null') >> 8, 2, 'help that cannot be written is no help');
  is(system(verifier() . " ledger $export > /dev/full 2> /dev/null") >> 8, 2, 'a result that cannot be written is no result');
}
$node->stop;
done_testing();
