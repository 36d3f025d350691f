// main.go - qfs against golang.org/x/mod/sumdb, the transparency log of Go's checksum database.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Usage: interop DATABASE, in the root of the tree, on the server that PGHOST names.  The database
// holds a ledger that has rotated its keys.  Prints one line a chapter, and at
// the end how many comparisons were made; stops at the first that fails.
package main

import (
	"fmt"
	"math/rand"
	"os"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// suite is a ledger in the database and the same ledger as x/mod computes it.
type suite struct {
	db      string
	random  *rand.Rand
	checks  int
	size    int64
	entries [][]byte
	hashes  hashes
}

// hashes are the stored hashes of a tree, in the order of x/mod.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(h)) {
			return nil, fmt.Errorf("there is no hash %d", index)
		}
		out[i] = h[index]
	}
	return out, nil
}

// check counts a comparison, or ends the program.
func (s *suite) check(ok bool, format string, args ...interface{}) {
	if !ok {
		fmt.Printf("FAILED: "+format+"\n", args...)
		os.Exit(1)
	}
	s.checks++
}

// must is for what no comparison can go on without.
func must(err error) {
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
}

// root is the tree hash of the first n entries, as x/mod computes it.
func (s *suite) root(n int64) tlog.Hash {
	hash, err := tlog.TreeHash(n, s.hashes)
	must(err)
	return hash
}

// leaf is the record hash of entry n.
func (s *suite) leaf(n int64) tlog.Hash {
	return s.hashes[tlog.StoredHashIndex(0, n)]
}

// sizes are all small ones, those around powers of two, and some others.
func (s *suite) sizes(small, others int) []int64 {
	var list []int64
	add := func(n int64) {
		if n >= 1 && n <= s.size {
			list = append(list, n)
		}
	}
	for n := 1; n <= small; n++ {
		add(int64(n))
	}
	for power := int64(1); power <= s.size; power *= 2 {
		add(power - 1)
		add(power)
		add(power + 1)
	}
	for i := 0; i < others; i++ {
		add(1 + s.random.Int63n(s.size))
	}
	add(s.size)
	return list
}

func main() {
	if len(os.Args) != 2 {
		fmt.Println("usage: interop DATABASE")
		os.Exit(2)
	}
	seed := time.Now().UnixNano()
	s := &suite{db: os.Args[1], random: rand.New(rand.NewSource(seed))}
	fmt.Println("seed", seed)
	for _, chapter := range []struct {
		name string
		run  func()
	}{
		{"entry bundles", s.bundles},
		{"tree hashes", s.roots},
		{"inclusion proofs", s.inclusion},
		{"consistency proofs", s.consistency},
		{"proofs made by x/mod", s.foreignProofs},
		{"tiles", s.tiles},
		{"tiles as x/mod's client reads them", s.tileReader},
		{"checkpoints", s.checkpoints},
		{"proof files", s.proofFiles},
		{"cosignatures", s.cosignatures},
		{"files saved as documented", s.savedFiles},
		{"an export as encoding/json writes it", s.foreignSpelling},
		{"qfs-bridge publish", s.witnesses},
	} {
		before := s.checks
		chapter.run()
		s.check(s.checks > before, "%s: nothing was compared", chapter.name)
		fmt.Printf("%s: %d\n", chapter.name, s.checks-before-1)
	}
	fmt.Println("checks:", s.checks)
}
