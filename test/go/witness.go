// witness.go - qfs-bridge publish and two witnesses over HTTP, which check every request with x/mod.
//
// SPDX-License-Identifier: AGPL-3.0-only
package main

import (
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

// feed has qfs-bridge publish once to witnesses, "NAME URL" each: its log, and whether all of them took it.
func (s *suite) feed(witnesses ...string) (string, bool) {
	config, err := os.CreateTemp("", "publish")
	must(err)
	defer os.Remove(config.Name())
	fmt.Fprintf(config, "database = dbname=%s\nevery_seconds = 0\nwitness = %s\n", s.db, strings.Join(witnesses, "\nwitness = "))
	must(config.Close())
	log, err := exec.Command("./qfs-bridge", "publish", "--config", config.Name()).CombinedOutput()
	return string(log), err == nil
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
	// fed publishes once; it must succeed, by answers of these statuses.
	fed := func(what string, i int, size int64, statuses ...int) {
		all[i].served = nil
		log, ok := s.feed(names[i] + " " + urls[i])
		s.check(ok && !strings.Contains(log, "level=warn"), "%s: %q", what, log)
		s.check(fmt.Sprint(all[i].served) == fmt.Sprint(statuses), "%s: answered %v", what, all[i].served)
		s.check(all[i].size == size, "%s: the witness is at %d, not %d", what, all[i].size, size)
		_, err := note.Open([]byte(s.text(fmt.Sprintf("qfs.checkpoint(%d)", size))), note.VerifierList(all[i]))
		s.check(err == nil, "%s: the checkpoint is not cosigned: %v", what, err)
		kept := s.value(fmt.Sprintf("SELECT size FROM qfs.kept_checkpoint WHERE place = 'witness %s'", names[i]))
		s.check(kept == fmt.Sprint(size), "%s: the ledger knows of %s entries there", what, kept)
	}
	// failed does it once; it must fail, saying this, and store nothing.
	failed := func(what string, name, url, message string) {
		count := "SELECT (SELECT count(*) FROM qfs.cosignature) || ' ' || (SELECT coalesce(sum(size), 0) FROM qfs.kept_checkpoint)"
		before := s.value(count)
		log, ok := s.feed(name + " " + url)
		s.check(!ok && strings.Contains(log, message), "%s: %v %q", what, ok, log)
		s.check(s.value(count) == before, "%s: something was stored", what)
	}

	size := s.grow(1)
	fed("the first checkpoint", 0, size, 200)
	size = s.grow(3)
	fed("one that comes later", 1, size, 200)
	fed("the first one goes on", 0, size, 200)
	fed("nothing new", 0, size)

	all[1].lose = true
	size = s.grow(5)
	failed("an answer is lost", names[1], urls[1], "the witness did not answer")
	s.check(all[1].size == size, "the witness has seen it")
	fed("asked again", 1, size, 409, 200)
	all[1].lose = true
	s.grow(2)
	failed("another answer is lost", names[1], urls[1], "the witness did not answer")
	size = s.grow(600)
	fed("and the ledger has grown", 1, size, 409, 200)
	fed("what the other one has seen is its own", 0, size, 200)

	s.refusingWitnesses(failed, all[0], names[0], urls[0])
	size = s.grow(1)
	fed("after all this", 0, size, 200)

	size = s.grow(1)
	all[0].wrong = func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	log, ok := s.feed(names[0]+" "+urls[0], names[1]+" "+urls[1])
	s.check(!ok && strings.Contains(log, "HTTP 503") && all[1].size == size, "one that fails holds up the other: %q", log)
	all[0].wrong = nil
	fed("and gets it later", 0, size, 200)
	_, err := note.Open([]byte(s.text(fmt.Sprintf("qfs.checkpoint(%d)", size))), note.VerifierList(all[0], all[1]))
	s.check(err == nil, "both have cosigned: %v", err)
}

// refusingWitnesses are those that cannot be fed: the log says why.
func (s *suite) refusingWitnesses(failed func(what, name, url, message string), c *cosigner, name, url string) {
	s.grow(1)
	failed("a witness that nobody added", "feed.example/c", url, "qfs.add_witness")
	failed("no witness there", name, "http://127.0.0.1:1/", "the witness did not answer")
	seen, root := c.size, c.root
	c.size += 1000
	failed("it has seen more than there is", name, url, fmt.Sprintf(`has seen more entries than there are" detail=%d`, c.size))
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
		{"no number", "text/x.tlog.size", "5; DROP TABLE x\n", "HTTP 409"},
		{"a number beyond all", "text/x.tlog.size", strings.Repeat("9", 30) + "\n", "HTTP 409"},
		{"no size at all", "text/x.tlog.size", "", "HTTP 409"},
		{"another kind of answer", "text/html", "5\n", "HTTP 409"},
	} {
		c.wrong = conflict(wrong.kind, wrong.body)
		failed(wrong.what, name, url, wrong.message)
	}
	c.wrong = func(w http.ResponseWriter) { io.WriteString(w, newWitness(name).line(make([]byte, 72))) }
	failed("a cosignature that is none", name, url, "QFS_")
	c.wrong = nil
}
