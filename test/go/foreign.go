// foreign.go - an export as encoding/json writes it: names in the order of their bytes, HTML's characters escaped, white space.
//
// SPDX-License-Identifier: AGPL-3.0-only
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// respelled is the same value, as Go's own library writes it.
func respelled(line string) string {
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber()
	var value map[string]interface{}
	must(decoder.Decode(&value))
	text, err := json.Marshal(value)
	must(err)
	var spaced bytes.Buffer
	must(json.Indent(&spaced, text, "", " "))
	return strings.ReplaceAll(spaced.String(), "\n", " ")
}

func (s *suite) foreignSpelling() {
	dir, err := os.MkdirTemp("", "foreign")
	must(err)
	defer os.RemoveAll(dir)
	var lines []string
	changed := 0
	for _, row := range s.rows("SELECT encode(convert_to(line, 'UTF8'), 'hex') FROM qfs.export() line") {
		line := string(unhex(row[0]))
		lines = append(lines, respelled(line))
		if lines[len(lines)-1] != line {
			changed++
		}
	}
	s.check(changed == len(lines), "only %d of %d lines are spelled otherwise", changed, len(lines))
	verdict := func() string {
		file := filepath.Join(dir, "export")
		must(os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
		out, _ := exec.Command("./qfs-verify", "ledger", file, "--depth", "hashes").CombinedOutput()
		return strings.SplitN(string(out), ":", 2)[0]
	}
	s.check(verdict() == "sound", "what encoding/json writes is not sound")
	lines[1000] = strings.Replace(lines[1000], `"payload": {`, `"payload": { "more": 1,`, 1)
	s.check(verdict() == "fault", "a change to it is not found")
}
