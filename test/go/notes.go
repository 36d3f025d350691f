// notes.go - checkpoints, proof files and cosignatures.
//
// SPDX-License-Identifier: AGPL-3.0-only
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// logKeys are the verifiers of every key that the ledger ever had, and from which entry on.
func (s *suite) logKeys() ([]note.Verifier, []int64) {
	var list []note.Verifier
	var from []int64
	origin := strings.SplitN(s.text("qfs.checkpoint(0)"), "\n", 2)[0]
	last := ""
	for _, row := range s.rows("SELECT seq, encode(checkpoint::bytea, 'hex') FROM qfs.signing_key ORDER BY seq") {
		vkey, err := note.NewEd25519VerifierKey(origin, unhex(row[1]))
		must(err)
		verifier, err := note.NewVerifier(vkey)
		must(err)
		list, from, last = append(list, verifier), append(from, number(row[0])), vkey
	}
	s.check(last == s.value("SELECT qfs.vkey()"), "qfs.vkey() is not %s", last)
	s.check(len(list) > 2, "the ledger has not rotated its keys")
	return list, from
}

// open opens a checkpoint, which must be signed by the key in force at its size and no other.
func (s *suite) open(text string, verifiers []note.Verifier, from []int64) (int64, tlog.Hash) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifiers...))
	s.check(err == nil, "checkpoint: %v\n%s", err, text)
	lines := strings.Split(opened.Text, "\n")
	s.check(len(lines) == 4 && lines[3] == "" && lines[0] == verifiers[0].Name(), "checkpoint: %q", opened.Text)
	size := number(lines[1])
	hash, err := tlog.ParseHash(lines[2])
	must(err)

	inForce := 0
	for i := range from {
		if from[i] < size {
			inForce = i
		}
	}
	s.check(len(opened.Sigs) == 1 && opened.Sigs[0].Hash == verifiers[inForce].KeyHash(),
		"checkpoint of %d: not signed by key %d", size, inForce)
	return size, hash
}

func (s *suite) checkpoints() {
	verifiers, from := s.logKeys()
	sizes := s.sizes(20, 40)
	for _, seq := range from {
		sizes = append(sizes, seq, seq+1, seq+2)
	}
	for _, wanted := range sizes {
		text := s.text(fmt.Sprintf("qfs.checkpoint(%d)", wanted))
		size, hash := s.open(text, verifiers, from)
		s.check(size == wanted, "checkpoint of %d is of %d", wanted, size)
		s.check(size == 0 || hash == s.root(size), "checkpoint of %d signs another root", size)
	}
	s.check(s.text("qfs.checkpoint()") == s.text(fmt.Sprintf("qfs.checkpoint(%d)", s.size)), "the newest checkpoint")
}

// proofFiles reads c2sp.org/tlog-proof@v1.
func (s *suite) proofFiles() {
	verifiers, from := s.logKeys()
	for _, wanted := range s.sizes(3, 20) {
		n := s.random.Int63n(wanted)
		file := s.text(fmt.Sprintf("qfs.tlog_proof(%d, %d)", n, wanted))
		parts := strings.SplitN(file, "\n\n", 2)
		lines := strings.Split(parts[0], "\n")
		s.check(lines[0] == "c2sp.org/tlog-proof@v1" && lines[1] == fmt.Sprint("index ", n), "proof of %d: %q", n, lines[:2])
		var proof tlog.RecordProof
		for _, line := range lines[2:] {
			hash, err := tlog.ParseHash(line)
			must(err)
			proof = append(proof, hash)
		}
		size, root := s.open(parts[1], verifiers, from)
		err := tlog.CheckRecord(proof, size, root, n, tlog.RecordHash(s.entries[n]))
		s.check(size == wanted && err == nil, "proof of %d in %d: %v", n, size, err)
	}
}

// ---- cosignature/v1: u64 time, then Ed25519 over "cosignature/v1\ntime T\n" and the checkpoint's text ----

type witness struct {
	name   string
	secret ed25519.PrivateKey
}

func newWitness(name string) *witness {
	_, secret, err := ed25519.GenerateKey(nil)
	must(err)
	return &witness{name, secret}
}

func (w *witness) typedKey(algorithm byte) []byte {
	return append([]byte{algorithm}, w.secret.Public().(ed25519.PublicKey)...)
}

func (w *witness) id(algorithm byte) []byte {
	sum := sha256.Sum256(append([]byte(w.name+"\n"), w.typedKey(algorithm)...))
	return sum[:4]
}

func (w *witness) vkey(algorithm byte) string {
	return fmt.Sprintf("%s+%x+%s", w.name, w.id(algorithm), base64.StdEncoding.EncodeToString(w.typedKey(algorithm)))
}

func cosigned(time uint64, body string) []byte {
	return []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, body))
}

func (w *witness) line(field []byte) string {
	return fmt.Sprintf("\u2014 %s %s\n", w.name, base64.StdEncoding.EncodeToString(append(w.id(4), field...)))
}

// sign is the signature line over a checkpoint's text.
func (w *witness) sign(time uint64, body string) string {
	field := binary.BigEndian.AppendUint64(nil, time)
	return w.line(append(field, ed25519.Sign(w.secret, cosigned(time, body))...))
}

// A witness verifies its own notes, so that note.Open can check all lines of one.
func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return binary.BigEndian.Uint32(w.id(4)) }
func (w *witness) Verify(msg, sig []byte) bool {
	return len(sig) == 8+ed25519.SignatureSize &&
		ed25519.Verify(w.secret.Public().(ed25519.PublicKey), cosigned(binary.BigEndian.Uint64(sig), string(msg)), sig[8:])
}

func bodyOf(text string) string {
	return text[:strings.LastIndex(text, "\n\n")+1]
}

func (s *suite) cosignatures() {
	verifiers, _ := s.logKeys()
	first, second := newWitness("witness.example.net/a"), newWitness("witness.example.net/b")
	stranger := newWitness("witness.example.net/c")
	add := func(text string) string { return "SELECT qfs.add_cosignature(" + quote(text) + ")" }
	for _, w := range []*witness{first, second} {
		text := s.text("qfs.checkpoint(3)")
		got := s.refusal(add(text + w.sign(1, bodyOf(text))))
		s.check(got == "QFS_WITNESS_UNKNOWN", "before it is configured: %q", got)
		s.rows("SELECT qfs.add_witness('" + w.vkey(4) + "')")
	}
	for _, size := range []int64{1, 300, s.size - 1, s.size} {
		checkpoint := fmt.Sprintf("qfs.checkpoint(%d)", size)
		plain := s.text(checkpoint)
		body := bodyOf(plain)
		one, newer, two := first.sign(1700000000, body), first.sign(1800000000, body), second.sign(1<<63, body)

		s.check(s.value(add(plain+one)) == "1" && s.text(checkpoint) == plain+one, "one cosignature at %d", size)
		s.check(s.value(add(plain+newer)) == "1" && s.text(checkpoint) == plain+newer, "a newer one at %d", size)
		s.check(s.value(add(plain+stranger.sign(1, body)+two+newer)) == "2", "two at once, and a stranger's at %d", size)
		served := s.text(checkpoint)
		s.check(served == plain+newer+two, "two cosignatures at %d: %q", size, served)
		opened, err := note.Open([]byte(served), note.VerifierList(append(verifiers, first, second)...))
		s.check(err == nil && len(opened.Sigs) == 3 && len(opened.UnverifiedSigs) == 0, "note.Open at %d: %v", size, err)
		s.wrongCosignatures(size, plain, first, stranger)
		s.check(s.text(checkpoint) == served, "a wrong cosignature left something at %d", size)
	}
	proof := s.text("qfs.tlog_proof(0, 300)")
	s.check(strings.HasSuffix(proof, "\n\n"+s.text("qfs.checkpoint(300)")), "a proof file carries the cosignatures")
}

func (s *suite) wrongCosignatures(size int64, plain string, w, stranger *witness) {
	body := bodyOf(plain)
	log := plain[len(body)+1:]
	other := s.text(fmt.Sprintf("qfs.checkpoint(%d)", size/2+1))
	if size == 1 {
		other = s.text("qfs.checkpoint(2)")
	}
	with := func(body, lines string) string { return body + "\n" + lines }
	lines := strings.SplitN(body, "\n", 3)
	beyond := fmt.Sprintf("%s\n%d\n%s", lines[0], s.size+1, lines[2])
	elsewhere := fmt.Sprintf("%s/2\n%d\n%s", lines[0], size, lines[2])
	root := fmt.Sprintf("%s\n%d\n%s\n", lines[0], size, base64.StdEncoding.EncodeToString(make([]byte, 32)))
	extended := body + "an extension line\n"
	time := binary.BigEndian.AppendUint64(nil, 5)
	signature := ed25519.Sign(w.secret, cosigned(5, body))
	spoiltSignature := append([]byte{}, signature...)
	spoiltSignature[s.random.Intn(64)] ^= 1 << uint(s.random.Intn(8))
	field := func(parts ...[]byte) string {
		var all []byte
		for _, part := range parts {
			all = append(all, part...)
		}
		return w.line(all)
	}
	for _, c := range []struct{ name, note, code string }{
		{"only the log's signature", plain, "QFS_WITNESS_UNKNOWN"},
		{"a stranger's", plain + stranger.sign(5, body), "QFS_WITNESS_UNKNOWN"},
		{"a bit of the signature", plain + field(time, spoiltSignature), "QFS_SIGNATURE_INVALID"},
		{"another time", plain + field([]byte{0, 0, 0, 0, 0, 0, 0, 6}, signature), "QFS_SIGNATURE_INVALID"},
		{"no time", plain + field(signature), "QFS_SIGNATURE_INVALID"},
		{"signed like a log", plain + field(time, ed25519.Sign(w.secret, []byte(body))), "QFS_SIGNATURE_INVALID"},
		{"another checkpoint's", plain + w.sign(5, bodyOf(other)), "QFS_SIGNATURE_INVALID"},
		{"a good one and a bad one", plain + w.sign(5, body) + field(time, spoiltSignature), "QFS_SIGNATURE_INVALID"},
		{"one byte too many", plain + field(time, signature, []byte{0}), "QFS_SIGNATURE_INVALID"},
		{"the name of another", plain + strings.Replace(w.sign(5, body), w.name, stranger.name, 1), "QFS_WITNESS_UNKNOWN"},
		{"a size beyond the end", with(beyond, log+w.sign(5, beyond)), "QFS_NOTE_MISMATCH"},
		{"another origin", with(elsewhere, log+w.sign(5, elsewhere)), "QFS_NOTE_MISMATCH"},
		{"another root", with(root, log+w.sign(5, root)), "QFS_NOTE_MISMATCH"},
		{"an extension line", with(extended, log+w.sign(5, extended)), "QFS_NOTE_MISMATCH"},
		{"no signature at all", body + "\n", "QFS_NOTE_SYNTAX"},
		{"no blank line", body + log, "QFS_NOTE_SYNTAX"},
		{"a last line without its end", strings.TrimSuffix(plain+w.sign(5, body), "\n"), "QFS_NOTE_SYNTAX"},
		{"no note", "", "QFS_NOTE_SYNTAX"},
	} {
		got := s.refusal("SELECT qfs.add_cosignature(" + quote(c.note) + ")")
		s.check(got == c.code, "%s: %q instead of %s", c.name, got, c.code)
	}
	for _, key := range []string{w.vkey(1), w.vkey(6), strings.Replace(w.vkey(4), "+", "+0", 1), w.name, "",
		strings.Replace(w.vkey(4), w.name, stranger.name, 1), w.vkey(4) + "A", "a b" + w.vkey(4)} {
		got := s.refusal("SELECT qfs.add_witness(" + quote(key) + ")")
		s.check(got == "QFS_VKEY_SYNTAX", "add_witness(%q): %q", key, got)
	}
}
