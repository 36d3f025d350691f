// witness.go - docs/witness.sh and two witnesses over HTTP, which check every request with x/mod.
//
// SPDX-License-Identifier: AGPL-3.0-only
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// cosigner is a witness of c2sp.org/tlog-witness for one log.
type cosigner struct {
	*witness
	log    note.Verifiers
	size   int64
	root   tlog.Hash
	lose   bool                      // the next answer, after the checkpoint was taken
	wrong  func(http.ResponseWriter) // answers instead, if it is not nil
	served []int                     // the status of each answer; 0 if it was lost
}

// judge is the status that add-checkpoint demands, and the cosignature with 200.
func (c *cosigner) judge(request string) (int, string) {
	head, text, _ := strings.Cut(request, "\n\n")
	lines := strings.Split(head, "\n")
	var old int64
	if _, err := fmt.Sscanf(lines[0], "old %d", &old); err != nil || lines[0] != fmt.Sprint("old ", old) {
		return http.StatusBadRequest, ""
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return http.StatusBadRequest, ""
		}
		proof = append(proof, hash)
	}
	opened, err := note.Open([]byte(text), c.log)
	if err != nil {
		return http.StatusForbidden, ""
	}
	body := strings.Split(opened.Text, "\n")
	size := number(body[1])
	root, err := tlog.ParseHash(body[2])
	must(err)
	switch {
	case old > size:
		return http.StatusBadRequest, ""
	case old != c.size:
		return http.StatusConflict, ""
	case (old == 0 || old == size) && len(proof) > 0, old == size && root != c.root:
		return http.StatusUnprocessableEntity, ""
	case old > 0 && old < size && tlog.CheckTree(proof, size, root, old, c.root) != nil:
		return http.StatusUnprocessableEntity, ""
	}
	c.size, c.root = size, root
	return http.StatusOK, c.sign(uint64(time.Now().Unix()), opened.Text)
}

func (c *cosigner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, err := io.ReadAll(r.Body)
	must(err)
	if c.wrong != nil {
		c.wrong(w)
		return
	}
	status, line := c.judge(string(request))
	if c.lose && status == http.StatusOK {
		c.lose, c.served = false, append(c.served, 0)
		panic(http.ErrAbortHandler)
	}
	c.served = append(c.served, status)
	if status == http.StatusConflict {
		w.Header().Set("Content-Type", "text/x.tlog.size")
		line = fmt.Sprintln(c.size)
	}
	w.WriteHeader(status)
	io.WriteString(w, line)
}

// feed runs docs/witness.sh: standard output, what it says of a failure, whether it succeeded.
func (s *suite) feed(name, url string) (string, string, bool) {
	command := exec.Command("docs/witness.sh", name, url)
	command.Env = append(os.Environ(), "PGDATABASE="+s.db)
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	err := command.Run()
	return out.String(), errors.String(), err == nil
}

// grow appends events and gives the size.
func (s *suite) grow(n int) int64 {
	return number(s.value(fmt.Sprintf(`INSERT INTO qfs.ledger (type, payload)
		SELECT 'NOTE', '{"grown": true}' FROM generate_series(1, %d); SELECT size FROM qfs.head()`, n)))
}

func (s *suite) witnesses() {
	verifiers, _ := s.logKeys()
	names := []string{"feed.example/a", "feed.example/b"}
	var all []*cosigner
	var urls []string
	for _, name := range names {
		c := &cosigner{witness: newWitness(name), log: note.VerifierList(verifiers...)}
		server := httptest.NewServer(c)
		defer server.Close()
		all, urls = append(all, c), append(urls, server.URL+"/add-checkpoint")
		s.rows("SELECT qfs.add_witness('" + c.vkey(4) + "')")
	}
	// fed runs the script once; it must succeed, by answers of these statuses.
	fed := func(what string, i int, size int64, statuses ...int) {
		all[i].served = nil
		out, errors, ok := s.feed(names[i], urls[i])
		s.check(ok && errors == "" && number(strings.TrimSpace(out)) > 0, "%s: %q %q", what, out, errors)
		s.check(fmt.Sprint(all[i].served) == fmt.Sprint(statuses), "%s: answered %v", what, all[i].served)
		s.check(all[i].size == size, "%s: the witness is at %d, not %d", what, all[i].size, size)
		_, err := note.Open([]byte(s.text(fmt.Sprintf("qfs.checkpoint(%d)", size))), note.VerifierList(all[i]))
		s.check(err == nil, "%s: the checkpoint is not cosigned: %v", what, err)
	}
	// failed runs it once; it must fail, saying this, and store nothing.
	failed := func(what string, name, url, message string) {
		before := s.value("SELECT count(*) FROM qfs.cosignature")
		_, errors, ok := s.feed(name, url)
		s.check(!ok && strings.Contains(errors, message), "%s: %v %q", what, ok, errors)
		s.check(s.value("SELECT count(*) FROM qfs.cosignature") == before, "%s: something was stored", what)
	}

	size := s.grow(1)
	fed("the first checkpoint", 0, size, 200)
	size = s.grow(3)
	fed("one that comes later", 1, size, 200)
	fed("the first one goes on", 0, size, 200)
	fed("nothing new", 0, size, 200)

	all[1].lose = true
	size = s.grow(5)
	failed("an answer is lost", names[1], urls[1], "curl")
	s.check(all[1].size == size, "the witness has seen it")
	fed("asked again", 1, size, 409, 200)
	all[1].lose = true
	s.grow(2)
	failed("another answer is lost", names[1], urls[1], "curl")
	size = s.grow(600)
	fed("and the ledger has grown", 1, size, 409, 200)
	fed("what the other one has seen is its own", 0, size, 200)

	s.refusingWitnesses(failed, all[0], names[0], urls[0])
	fed("after all this", 0, size, 200)
}

// refusingWitnesses are those that cannot be fed: the script says why, and ends.
func (s *suite) refusingWitnesses(failed func(what, name, url, message string), c *cosigner, name, url string) {
	failed("a witness that nobody added", "feed.example/c", url, "qfs.add_witness")
	failed("no witness there", name, "http://127.0.0.1:1/", "curl")
	seen, root := c.size, c.root
	c.size += 1000
	failed("it has seen more than there is", name, url, fmt.Sprintf("has seen %d entries", c.size))
	c.size, c.root[0] = seen, c.root[0]^1
	failed("it has seen another ledger", name, url, "HTTP 422")
	c.size, c.root = seen, root
	c.log = note.VerifierList()
	failed("it does not know the key", name, url, "HTTP 403")
	verifiers, _ := s.logKeys()
	c.log = note.VerifierList(verifiers...)

	conflict := func(kind, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(http.StatusConflict)
			io.WriteString(w, body)
		}
	}
	for _, wrong := range []struct{ what, kind, body, message string }{
		{"the same size for ever", "text/x.tlog.size", "5\n", "every time"},
		{"no number", "text/x.tlog.size", "5; DROP TABLE x\n", "no size"},
		{"a number beyond all", "text/x.tlog.size", strings.Repeat("9", 30) + "\n", "no size"},
		{"no size at all", "text/x.tlog.size", "", "no size"},
		{"another kind of answer", "text/html", "5\n", "HTTP 409"},
	} {
		c.wrong = conflict(wrong.kind, wrong.body)
		failed(wrong.what, name, url, wrong.message)
	}
	c.wrong = func(w http.ResponseWriter) { io.WriteString(w, newWitness(name).line(make([]byte, 72))) }
	failed("a cosignature that is none", name, url, "QFS_")
	c.wrong = nil
}
