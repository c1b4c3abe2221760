// Command tlogcheck reads a Resguardo log with Go's sumdb/note and sumdb/tlog alone: the
// checkpoint's signature, every tile on the way, the inclusion of the commitments given.
//
//	tlogcheck -vkey KEY (-url https://HOST:PORT [-ca FILE] | -dir FOLDER) [COMMITMENT...]
//
// A folder holds `checkpoint` and `tile/L/N...`. With -old FILE, an earlier checkpoint, the log
// must also have grown from it.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

type source struct {
	url, dir string
	client   *http.Client
}

func (s source) read(path string) ([]byte, error) {
	if s.dir != "" {
		return os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(path)))
	}
	response, err := s.client.Get(strings.TrimSuffix(s.url, "/") + "/" + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, 1<<20))
}

// tlog.TileReader over C2SP's paths, which leave out the height that Tile.Path begins with.
func (s source) Height() int                         { return tileHeight }
func (s source) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (s source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		data, err := s.read(path)
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

// checkpoint verifies a signed checkpoint; its origin is the verifier's name.
func checkpoint(data []byte, verifier note.Verifier) (tlog.Tree, error) {
	signed, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("no checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func client(caFile string) (*http.Client, error) {
	if caFile == "" {
		return http.DefaultClient, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", caFile)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	return &http.Client{Transport: transport}, nil
}

// whole recomputes the root from the leaves, and holds every tile to what it finds.
// TileHashReader alone is not enough: where the subtrees of a root share a tile, older versions
// (x/mod of Debian 12) leave the first child tile unchecked.
func whole(tree tlog.Tree, r tlog.HashReader) error {
	var leaves []int64
	for n := int64(0); n < tree.N; n++ {
		leaves = append(leaves, tlog.StoredHashIndex(0, n))
	}
	hashes, err := r.ReadHashes(leaves)
	if err != nil {
		return err
	}
	var stored []tlog.Hash
	local := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, index := range indexes {
			out = append(out, stored[index])
		}
		return out, nil
	})
	for n, hash := range hashes {
		more, err := tlog.StoredHashesForRecordHash(int64(n), hash, local)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(tree.N, local)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the leaves have another root than the checkpoint")
	}
	for level := tileHeight; tree.N>>level > 0; level += tileHeight {
		for n := int64(0); n < tree.N>>level; n++ {
			index := tlog.StoredHashIndex(level, n)
			found, err := r.ReadHashes([]int64{index})
			if err != nil {
				return err
			}
			if found[0] != stored[index] {
				return fmt.Errorf("level %d, hash %d: not that of the leaves", level, n)
			}
		}
	}
	return nil
}

// grown checks the consistency of an earlier checkpoint with the tree.
func grown(oldFile string, verifier note.Verifier, tree tlog.Tree, r tlog.HashReader) error {
	data, err := os.ReadFile(oldFile)
	if err != nil {
		return err
	}
	old, err := checkpoint(data, verifier)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, old.N, r)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

// indices finds each commitment among the entry bundles.
func indices(s source, size int64) (map[string]int64, error) {
	found := map[string]int64{}
	for n := int64(0); n < size; n += 1 << tileHeight {
		tile := tlog.Tile{H: tileHeight, L: -1, N: n >> tileHeight, W: 1 << tileHeight}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", tileHeight),
			"tile/entries/", 1)
		data, err := s.read(path)
		if err != nil {
			return nil, err
		}
		for i := int64(0); len(data) >= 2; i++ {
			length := int(binary.BigEndian.Uint16(data))
			if len(data) < 2+length {
				return nil, fmt.Errorf("%s: cut", path)
			}
			found[string(data[2:2+length])] = n + i
			data = data[2+length:]
		}
	}
	return found, nil
}

// included proves each commitment from tiles, whose hashes are checked against the root.
func included(s source, tree tlog.Tree, r tlog.HashReader, commitments []string) error {
	if len(commitments) == 0 {
		return nil
	}
	places, err := indices(s, tree.N)
	if err != nil {
		return err
	}
	for _, text := range commitments {
		commitment, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return err
		}
		index, ok := places[string(commitment)]
		if !ok {
			return fmt.Errorf("%s is in no entry bundle", text)
		}
		proof, err := tlog.ProveRecord(tree.N, index, r)
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash(commitment)
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
			return fmt.Errorf("%s at %d: %v", text, index, err)
		}
	}
	return nil
}

func run() error {
	vkey := flag.String("vkey", "", "the log's verifier key")
	url := flag.String("url", "", "base address of the log")
	ca := flag.String("ca", "", "certificates to trust, PEM")
	dir := flag.String("dir", "", "folder with checkpoint and tiles, instead of an address")
	old := flag.String("old", "", "file with an earlier checkpoint")
	flag.Parse()
	verifier, err := note.NewVerifier(*vkey)
	if err != nil {
		return err
	}
	http, err := client(*ca)
	if err != nil {
		return err
	}
	s := source{url: *url, dir: *dir, client: http}
	data, err := s.read("checkpoint")
	if err != nil {
		return err
	}
	tree, err := checkpoint(data, verifier)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, s)
	if err := whole(tree, reader); err != nil {
		return err
	}
	if *old != "" {
		if err := grown(*old, verifier, tree, reader); err != nil {
			return err
		}
	}
	if err := included(s, tree, reader, flag.Args()); err != nil {
		return err
	}
	fmt.Printf("OK %s size %d commitments %d\n", verifier.Name(), tree.N, flag.NArg())
	return nil
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("tlogcheck: ")
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
