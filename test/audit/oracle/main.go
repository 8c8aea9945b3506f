// A judge of the audit log by other people's code: golang.org/x/mod (notes, proofs) and filippo.io/torchwood (checkpoints,
// tiles) read what the product exported. It shares no line, no language and no author with the product.
//
//	oracle bundle KEYFILE DIR [OLDER-CHECKPOINT]    signatures, tiles, every entry's inclusion, consistency
//	oracle proof KEYFILE PROOF ENTRY                one c2sp.org/tlog-proof for one entry
//
// Prints one JSON object and exits with 0, or says on stderr what does not hold and exits with 1.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	result, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

func run(args []string) (any, error) {
	switch {
	case len(args) == 3 && args[0] == "bundle":
		return checkBundle(args[1], args[2], "")
	case len(args) == 4 && args[0] == "bundle":
		return checkBundle(args[1], args[2], args[3])
	case len(args) == 4 && args[0] == "proof":
		return checkProof(args[1], args[2], args[3])
	}
	return nil, fmt.Errorf("usage: oracle bundle KEYFILE DIR [OLDER-CHECKPOINT] | oracle proof KEYFILE PROOF ENTRY")
}

type bundleResult struct {
	Size   int64  `json:"size"`
	Root   string `json:"root"`
	Files  int    `json:"files"`
	Proved int64  `json:"proved"`
	// Size of the older checkpoint that the log was shown to continue; -1 without one.
	Since int64 `json:"since"`
}

func checkBundle(keyFile, dir, older string) (*bundleResult, error) {
	verifier, err := readKey(keyFile)
	if err != nil {
		return nil, err
	}
	checkpoint, err := readCheckpoint(filepath.Join(dir, "checkpoint"), verifier)
	if err != nil {
		return nil, err
	}
	files, err := checkManifest(dir, verifier)
	if err != nil {
		return nil, err
	}
	tree := checkpoint.Tree
	result := &bundleResult{Size: tree.N, Root: tree.Hash.String(), Files: files, Since: -1}
	tiles, err := torchwood.NewTileFS(os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	// Every tile on the way is checked against the root by the reader of hashes.
	hashes := torchwood.TileHashReaderWithContext(ctx, tree, tiles)
	for index, entry := range client.AllEntries(ctx, tree, 0) {
		if index != result.Proved {
			return nil, fmt.Errorf("entry %d came where %d was due", index, result.Proved)
		}
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		if err != nil {
			return nil, fmt.Errorf("no proof of entry %d: %w", index, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			return nil, fmt.Errorf("entry %d: %w", index, err)
		}
		result.Proved++
	}
	if err := client.Err(); err != nil {
		return nil, err
	}
	if result.Proved != tree.N {
		return nil, fmt.Errorf("%d entries in a log of %d", result.Proved, tree.N)
	}
	if older != "" {
		old, err := readCheckpoint(older, verifier)
		if err != nil {
			return nil, err
		}
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		if err != nil {
			return nil, fmt.Errorf("no proof of consistency: %w", err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return nil, fmt.Errorf("the log does not continue the older checkpoint: %w", err)
		}
		result.Since = old.N
	}
	return result, nil
}

func readKey(file string) (note.Verifier, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(strings.TrimSpace(string(text)))
}

func readCheckpoint(file string, verifier note.Verifier) (*torchwood.Checkpoint, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return openCheckpoint(text, verifier)
}

func openCheckpoint(text []byte, verifier note.Verifier) (*torchwood.Checkpoint, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		return nil, err
	}
	if checkpoint.Origin != verifier.Name() {
		return nil, fmt.Errorf("checkpoint: its origin is not the name of the key")
	}
	return &checkpoint, nil
}

// The manifest closes the folder: each file is listed with its size and SHA-256, and no other is there.
func checkManifest(dir string, verifier note.Verifier) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "manifest"))
	if err != nil {
		return 0, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return 0, fmt.Errorf("manifest: %w", err)
	}
	listed := map[string]bool{"manifest": true}
	for _, line := range strings.Split(strings.TrimSuffix(opened.Text, "\n"), "\n")[1:] {
		fields := strings.Split(line, " ")
		if len(fields) != 3 {
			return 0, fmt.Errorf("manifest: a line has %d fields", len(fields))
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(fields[2])))
		if err != nil {
			return 0, err
		}
		sum := sha256.Sum256(data)
		if hex.EncodeToString(sum[:]) != fields[0] || strconv.Itoa(len(data)) != fields[1] {
			return 0, fmt.Errorf("manifest: %s is another file", fields[2])
		}
		listed[fields[2]] = true
	}
	return len(listed), filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err == nil && !entry.IsDir() && !listed[filepath.ToSlash(name)] {
			return fmt.Errorf("manifest: %s is not listed", name)
		}
		return err
	})
}

type proofResult struct {
	Index int64 `json:"index"`
	Size  int64 `json:"size"`
}

func checkProof(keyFile, proofFile, entryFile string) (*proofResult, error) {
	verifier, err := readKey(keyFile)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(proofFile)
	if err != nil {
		return nil, err
	}
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return nil, err
	}
	head, signed, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, fmt.Errorf("not a c2sp.org/tlog-proof@v1")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return nil, err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("a line of the proof is not a hash")
		}
		proof = append(proof, tlog.Hash(hash))
	}
	checkpoint, err := openCheckpoint(signed, verifier)
	if err != nil {
		return nil, err
	}
	if err := tlog.CheckRecord(proof, checkpoint.N, checkpoint.Hash, index, tlog.RecordHash(entry)); err != nil {
		return nil, err
	}
	return &proofResult{Index: index, Size: checkpoint.N}, nil
}
