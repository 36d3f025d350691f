// tree.go - roots, inclusion and consistency proofs: ours by x/mod, x/mod's by us.
//
// SPDX-License-Identifier: AGPL-3.0-only
package main

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

func (s *suite) roots() {
	var pairs [][2]int64
	for _, size := range s.sizes(600, 600) {
		pairs = append(pairs, [2]int64{size, 0})
	}
	for _, row := range s.rows("SELECT n, qfs.root(n) FROM (" + valuesOf(pairs) + ") AS v(n, z)") {
		size := number(row[0])
		s.check(hashOf(row[1]) == s.root(size), "root of %d", size)
	}
	// x/mod has no tree without entries; RFC 6962 says what its root is.
	s.check(hashOf(s.value("SELECT qfs.root(0)")) == sha256.Sum256(nil), "root of 0")
}

// recordPairs are (entry, size): all of the small trees, and some of the others.
func (s *suite) recordPairs(small int64, others int) [][2]int64 {
	var pairs [][2]int64
	for size := int64(1); size <= small; size++ {
		for n := int64(0); n < size; n++ {
			pairs = append(pairs, [2]int64{n, size})
		}
	}
	for _, size := range s.sizes(0, others) {
		pairs = append(pairs, [2]int64{s.random.Int63n(size), size}, [2]int64{0, size}, [2]int64{size - 1, size})
	}
	return pairs
}

func (s *suite) inclusion() {
	for _, row := range s.rows("SELECT n, t, qfs.inclusion_proof(n, t) FROM (" +
		valuesOf(s.recordPairs(40, 1000)) + ") AS v(n, t)") {
		n, size, proof := number(row[0]), number(row[1]), tlog.RecordProof(hashesOf(row[2]))
		err := tlog.CheckRecord(proof, size, s.root(size), n, s.leaf(n))
		s.check(err == nil, "inclusion of %d in %d: %v", n, size, err)
		own, err := tlog.ProveRecord(size, n, s.hashes)
		must(err)
		s.check(reflect.DeepEqual(append(tlog.RecordProof{}, own...), append(tlog.RecordProof{}, proof...)),
			"inclusion of %d in %d: x/mod has another path", n, size)
	}
}

// treePairs are (old, new): all of the small trees, and some of the others.
func (s *suite) treePairs(small int64, others int) [][2]int64 {
	var pairs [][2]int64
	for size := int64(1); size <= small; size++ {
		for old := int64(1); old <= size; old++ {
			pairs = append(pairs, [2]int64{old, size})
		}
	}
	for _, size := range s.sizes(0, others) {
		pairs = append(pairs, [2]int64{1 + s.random.Int63n(size), size}, [2]int64{size, s.size})
	}
	return pairs
}

func (s *suite) consistency() {
	for _, row := range s.rows("SELECT m, t, qfs.consistency_proof(m, t) FROM (" +
		valuesOf(s.treePairs(40, 1000)) + ") AS v(m, t)") {
		old, size, proof := number(row[0]), number(row[1]), tlog.TreeProof(hashesOf(row[2]))
		err := tlog.CheckTree(proof, size, s.root(size), old, s.root(old))
		s.check(err == nil, "consistency of %d with %d: %v", old, size, err)
		own, err := tlog.ProveTree(size, old, s.hashes)
		must(err)
		s.check(reflect.DeepEqual(append(tlog.TreeProof{}, own...), append(tlog.TreeProof{}, proof...)),
			"consistency of %d with %d: x/mod has another path", old, size)
	}
}

// foreignProofs asks qfs.verify_* about x/mod's proofs, and about the same with one bit spoilt.
func (s *suite) foreignProofs() {
	var calls []string
	var wanted []string
	ask := func(format string, args ...interface{}) {
		calls = append(calls, fmt.Sprintf(format, args...))
	}
	for _, pair := range s.recordPairs(12, 100) {
		n, size := pair[0], pair[1]
		proof, err := tlog.ProveRecord(size, n, s.hashes)
		must(err)
		good := "qfs.verify_inclusion('%s', %d, %d, '%s', '%s')"
		ask(good, hexOf(s.leaf(n)), n, size, arrayOf(proof), hexOf(s.root(size)))
		ask(good, hexOf(spoilt(s, s.leaf(n))), n, size, arrayOf(proof), hexOf(s.root(size)))
		ask(good, hexOf(s.leaf(n)), n, size, arrayOf(proof), hexOf(spoilt(s, s.root(size))))
		wanted = append(wanted, "t", "f", "f")
		if len(proof) > 0 {
			ask(good, hexOf(s.leaf(n)), n, size, arrayOf(spoiltOne(s, proof)), hexOf(s.root(size)))
			ask(good, hexOf(s.leaf(n)), n, size, arrayOf(proof[1:]), hexOf(s.root(size)))
			wanted = append(wanted, "f", "f")
		}
	}
	for _, pair := range s.treePairs(12, 100) {
		old, size := pair[0], pair[1]
		proof, err := tlog.ProveTree(size, old, s.hashes)
		must(err)
		good := "qfs.verify_consistency(%d, %d, '%s', '%s', '%s')"
		ask(good, old, size, arrayOf(proof), hexOf(s.root(old)), hexOf(s.root(size)))
		ask(good, old, size, arrayOf(proof), hexOf(spoilt(s, s.root(old))), hexOf(s.root(size)))
		ask(good, old, size, arrayOf(proof), hexOf(s.root(old)), hexOf(spoilt(s, s.root(size))))
		wanted = append(wanted, "t", "f", "f")
		if len(proof) > 0 {
			ask(good, old, size, arrayOf(spoiltOne(s, proof)), hexOf(s.root(old)), hexOf(s.root(size)))
			wanted = append(wanted, "f")
		}
	}
	for i, row := range s.rows("SELECT " + strings.Join(calls, ";\nSELECT ") + ";") {
		s.check(row[0] == wanted[i], "%s is not %s", calls[i], wanted[i])
	}
}

// spoilt is the hash with one bit changed.
func spoilt(s *suite, hash tlog.Hash) tlog.Hash {
	hash[s.random.Intn(len(hash))] ^= 1 << uint(s.random.Intn(8))
	return hash
}

func spoiltOne(s *suite, proof []tlog.Hash) []tlog.Hash {
	list := append([]tlog.Hash{}, proof...)
	i := s.random.Intn(len(list))
	list[i] = spoilt(s, list[i])
	return list
}
