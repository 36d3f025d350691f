// tiles.go - entry bundles and hash tiles.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// x/mod serves a tile as tile/8/L/N and C2SP as tile/L/N, with the same content.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const height, width = 8, 256

// bundles reads the head of every entry from the bundles and lets x/mod hash them into a tree.
func (s *suite) bundles() {
	s.size = number(s.value("SELECT size FROM qfs.head()"))
	for n := int64(0); n*width < s.size; n++ {
		w := s.size - n*width
		if w > width {
			w = width
		}
		bundle := unhex(s.value(fmt.Sprintf("SELECT encode(qfs.entry_bundle(%d, %d), 'hex')", n, w)))
		before := int64(len(s.entries))
		for len(bundle) >= 2 && len(bundle) >= 2+int(binary.BigEndian.Uint16(bundle)) {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			s.entries = append(s.entries, bundle[2:end])
			bundle = bundle[end:]
		}
		s.check(len(bundle) == 0 && int64(len(s.entries)) == before+w, "bundle %d does not parse", n)
	}
	for n, row := range s.rows("SELECT hash FROM qfs.ledger ORDER BY seq") {
		s.check(hashOf(row[0]) == tlog.RecordHash(s.entries[n]), "leaf hash of entry %d", n)
		more, err := tlog.StoredHashes(int64(n), s.entries[n], s.hashes)
		must(err)
		s.hashes = append(s.hashes, more...)
	}
	s.check(s.size == int64(len(s.entries)), "%d entries, not %d", len(s.entries), s.size)
	s.partialBundles()
}

func (s *suite) partialBundles() {
	for _, w := range []int{1, 2, 100, 255} {
		var wanted []byte
		for _, entry := range s.entries[width : width+w] {
			wanted = append(binary.BigEndian.AppendUint16(wanted, uint16(len(entry))), entry...)
		}
		bundle := unhex(s.value(fmt.Sprintf("SELECT encode(qfs.entry_bundle(1, %d), 'hex')", w)))
		s.check(bytes.Equal(bundle, wanted), "bundle 1, width %d", w)
	}
	for _, where := range []string{"-1, 1", "0, 0", "0, 257", fmt.Sprint(s.size/width, ", 256"), fmt.Sprint(s.size/width+1, ", 1")} {
		got := s.refusal("SELECT qfs.entry_bundle(" + where + ")")
		s.check(got == "QFS_TILE_UNKNOWN", "bundle %s: %q", where, got)
	}
}

// tiles compares each full tile, and each width of the last one, at every level.
func (s *suite) tiles() {
	var list []tlog.Tile
	levels := 0
	for level := 0; s.size>>uint(height*level) > 0; level++ {
		count := s.size >> uint(height*level)
		for n := int64(0); n < count/width; n++ {
			list = append(list, tlog.Tile{H: height, L: level, N: n, W: width})
		}
		for w := 1; int64(w) <= count%width; w++ {
			list = append(list, tlog.Tile{H: height, L: level, N: count / width, W: w})
		}
		for i := 0; i < 50 && count >= width; i++ {
			list = append(list, tlog.Tile{H: height, L: level, N: s.random.Int63n(count / width), W: 1 + s.random.Intn(width)})
		}
		levels++
	}
	s.check(levels == 3, "%d levels", levels)
	data, err := s.ReadTiles(list)
	must(err)
	for i, tile := range list {
		wanted, err := tlog.ReadTileData(tile, s.hashes)
		must(err)
		s.check(bytes.Equal(data[i], wanted), "tile %s", tile.Path())
	}
	s.noTiles()
}

func (s *suite) noTiles() {
	last := s.size / width
	for _, where := range []string{"-1, 0, 1", "0, -1, 1", "0, 0, 0", "0, 0, -1", "0, 0, 257", "3, 0, 1", "7, 0, 1", "8, 0, 1",
		"64, 0, 1", "1, 1, 256", "2, 0, 2", "0, 9223372036854775807, 1", "7, 9223372036854775807, 256",
		fmt.Sprint("0, ", last, ", ", s.size%width+1), fmt.Sprint("0, ", last+1, ", 1")} {
		got := s.refusal("SELECT qfs.tile(" + where + ")")
		s.check(got == "QFS_TILE_UNKNOWN", "tile %s: %q", where, got)
	}
}

// ---- what a client of the checksum database does ----

func (s *suite) Height() int { return height }

func (s *suite) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (s *suite) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var queries []string
	for _, t := range tiles {
		queries = append(queries, fmt.Sprintf("SELECT encode(qfs.tile(%d, %d, %d), 'hex');", t.L, t.N, t.W))
	}
	var data [][]byte
	for _, row := range s.rows(strings.Join(queries, "\n")) {
		data = append(data, unhex(row[0]))
	}
	return data, nil
}

// tileReader lets x/mod read proofs from our tiles; it authenticates each against the tree hash.
func (s *suite) tileReader() {
	for _, size := range s.sizes(3, 5) {
		reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: s.root(size)}, s)
		n := s.random.Int63n(size)
		proof, err := tlog.ProveRecord(size, n, reader)
		s.check(err == nil, "size %d, entry %d: %v", size, n, err)
		err = tlog.CheckRecord(proof, size, s.root(size), n, tlog.RecordHash(s.entries[n]))
		s.check(err == nil, "size %d, entry %d: %v", size, n, err)
	}
	reader := tlog.TileHashReader(tlog.Tree{N: s.size, Hash: spoilt(s, s.root(s.size))}, s)
	_, err := tlog.ProveRecord(s.size, 1, reader)
	s.check(err != nil, "tiles fit another tree")
}
