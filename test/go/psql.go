// psql.go - SQL through the psql program.
//
// SPDX-License-Identifier: AGPL-3.0-only
package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

func (s *suite) psql(script string) (string, string, error) {
	command := exec.Command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", s.db)
	command.Stdin = strings.NewReader(script)
	var out, err bytes.Buffer
	command.Stdout, command.Stderr = &out, &err
	failed := command.Run()
	return out.String(), err.String(), failed
}

// rows are the lines of a query's answer, cut into columns.
func (s *suite) rows(sql string) [][]string {
	out, message, err := s.psql(sql)
	if err != nil {
		must(fmt.Errorf("%v: %s", err, message))
	}
	var list [][]string
	for _, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		list = append(list, strings.Split(line, "|"))
	}
	return list
}

func (s *suite) value(sql string) string {
	return s.rows(sql)[0][0]
}

// text is a value of several lines.
func (s *suite) text(expression string) string {
	return string(unhex(s.value("SELECT encode(convert_to(" + expression + ", 'UTF8'), 'hex')")))
}

var code = regexp.MustCompile(`DETAIL:  (QFS_\w+)`)

// refusal is the code with which a statement fails, "" if it does not.
func (s *suite) refusal(sql string) string {
	_, message, err := s.psql(sql)
	if err == nil {
		return ""
	}
	if found := code.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return message
}

// quote makes a literal of any text.
func quote(text string) string {
	return "convert_from('\\x" + hex.EncodeToString([]byte(text)) + "', 'UTF8')"
}

func unhex(text string) []byte {
	data, err := hex.DecodeString(text)
	must(err)
	return data
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	must(err)
	return n
}

func hashOf(text string) tlog.Hash {
	var hash tlog.Hash
	if copy(hash[:], unhex(text)) != len(hash) {
		must(fmt.Errorf("%s is no hash", text))
	}
	return hash
}

// hashesOf reads an array of hashes: {…,…}.
func hashesOf(text string) []tlog.Hash {
	list := []tlog.Hash{}
	for _, one := range strings.Split(strings.Trim(text, "{}"), ",") {
		if one != "" {
			list = append(list, hashOf(one))
		}
	}
	return list
}

func hexOf(hash tlog.Hash) string {
	return hex.EncodeToString(hash[:])
}

// arrayOf writes an array of hashes.
func arrayOf(list []tlog.Hash) string {
	texts := make([]string, len(list))
	for i, hash := range list {
		texts[i] = hexOf(hash)
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// valuesOf writes rows for VALUES.
func valuesOf(list [][2]int64) string {
	texts := make([]string, len(list))
	for i, pair := range list {
		texts[i] = fmt.Sprintf("(%d::bigint, %d::bigint)", pair[0], pair[1])
	}
	return "VALUES " + strings.Join(texts, ", ")
}
