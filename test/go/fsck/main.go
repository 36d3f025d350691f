// main.go - a folder of checkpoint, tiles and entry bundles, by two clients that nobody of qfs wrote: fsck of
// transparency-dev/tessera, and filippo.io/torchwood over HTTP.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Usage: fsck FOLDER VKEY.  Prints how many entries each has read; the second reads on to the last full bundle and then what is left.
// Exit code 1 if either finds anything wrong.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

// leavesOf hashes the entries of a bundle.
func leavesOf(bundle []byte) ([][]byte, error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	var leaves [][]byte
	for _, entry := range b.Entries {
		leaves = append(leaves, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return leaves, nil
}

func byTessera(folder string, verifier note.Verifier) error {
	// A worker that has found something stops, and when all have, the rest waits for ever: one bundle is seen in a tile of each level.
	check := fsck.New(verifier.Name(), verifier, client.FileFetcher{Root: folder}, leavesOf, fsck.Opts{N: 8})
	return check.Check(context.Background())
}

func byTorchwood(folder string, verifier note.Verifier) (int64, error) {
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return 0, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return 0, err
	}
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		return 0, err
	}
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()
	fetcher, err := torchwood.NewTileFetcher(server.URL)
	if err != nil {
		return 0, err
	}
	reader, err := torchwood.NewClient(fetcher)
	if err != nil {
		return 0, err
	}
	var read int64
	// Once for the full bundles, and once for what is left.
	for turn := 0; turn < 2; turn++ {
		for index := range reader.Entries(context.Background(), checkpoint.Tree, read) {
			if index != read {
				return read, fmt.Errorf("entry %d where %d is next", index, read)
			}
			read++
		}
		if reader.Err() != nil {
			return read, reader.Err()
		}
	}
	if read != checkpoint.N {
		return read, fmt.Errorf("%d entries of %d", read, checkpoint.N)
	}
	return read, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Println("usage: fsck FOLDER VKEY")
		os.Exit(2)
	}
	verifier, err := note.NewVerifier(os.Args[2])
	if err != nil {
		fmt.Println("the key:", err)
		os.Exit(2)
	}
	failed := false
	report := func(by string, err error) {
		if err != nil {
			fmt.Printf("%s: %v\n", by, err)
			failed = true
		}
	}
	report("tessera", byTessera(os.Args[1], verifier))
	read, err := byTorchwood(os.Args[1], verifier)
	report("torchwood", err)
	if failed {
		os.Exit(1)
	}
	fmt.Println("entries:", read)
}
