// saved.go - notes and proofs as README.md saves them: the very bytes, for note.Open.
//
// SPDX-License-Identifier: AGPL-3.0-only
package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A line of README.md or docs that saves what psql prints.
var saving = regexp.MustCompile(`(?m)^(?:PGCLIENTENCODING=SQL_ASCII )?psql .*(?:checkpoint|tlog_proof|entry|export)\(.* > (\S+)$`)

// savings are these lines, with what each gives its file's name.
func (s *suite) savings() map[string]string {
	found := map[string]string{}
	files, err := filepath.Glob("docs/*.md")
	must(err)
	for _, file := range append(files, "README.md") {
		text, err := os.ReadFile(file)
		must(err)
		for _, match := range saving.FindAllStringSubmatch(string(text), -1) {
			s.check(found[match[1]] == "" || found[match[1]] == match[0], "%s is saved in two ways", match[1])
			found[match[1]] = match[0]
		}
	}
	return found
}

func (s *suite) savedFiles() {
	verifiers, _ := s.logKeys()
	dir, err := os.MkdirTemp("", "saved")
	must(err)
	defer os.RemoveAll(dir)
	found := s.savings()
	saved := func(name string, bytesOf []byte) []byte {
		s.check(found[name] != "", "no document saves %s", name)
		command := exec.Command("sh", "-c", found[name])
		command.Dir, command.Env = dir, append(os.Environ(), "PGDATABASE="+s.db)
		out, err := command.CombinedOutput()
		s.check(err == nil && len(out) == 0, "%s: %v %s", found[name], err, out)
		data, err := os.ReadFile(filepath.Join(dir, name))
		must(err)
		s.check(bytes.Equal(data, bytesOf), "%s: %d bytes, not the %d that it names", found[name], len(data), len(bytesOf))
		return data
	}
	line := func(entry []byte) []byte { return append(append([]byte{}, entry...), '\n') }
	var ledger []byte
	for _, row := range s.rows("SELECT encode(convert_to(line, 'UTF8'), 'hex') FROM qfs.export() line") {
		ledger = append(ledger, line(unhex(row[0]))...)
	}

	_, err = note.Open(saved("checkpoint", []byte(s.text("qfs.checkpoint()"))), note.VerifierList(verifiers...))
	s.check(err == nil, "note.Open: %v", err)
	_, proved, ok := strings.Cut(string(saved("entry17.tlog-proof", []byte(s.text("qfs.tlog_proof(17)")))), "\n\n")
	s.check(ok, "no proof file")
	_, err = note.Open([]byte(proved), note.VerifierList(verifiers...))
	s.check(err == nil, "note.Open of a proof's checkpoint: %v", err)
	saved("entry17.json", line([]byte(s.text("qfs.entry(17)"))))
	saved("ledger.jsonl", ledger)
}
