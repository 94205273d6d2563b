package olmcatalog

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/yaml"
)

// Schemas of the blobs of a File-Based Catalog.
const (
	schemaPackage      = "olm.package"
	schemaChannel      = "olm.channel"
	schemaBundle       = "olm.bundle"
	schemaDeprecations = "olm.deprecations"
)

// blob is the part of a blob that is read.
type blob struct {
	Schema  string `json:"schema"`
	Name    string `json:"name"`
	Package string `json:"package"`
	// Entries of a channel, or of deprecations.
	Entries []entry `json:"entries"`
	// Properties of a bundle.
	Properties []property `json:"properties"`
}

type entry struct {
	Name      string   `json:"name"`
	Replaces  string   `json:"replaces"`
	Skips     []string `json:"skips"`
	SkipRange string   `json:"skipRange"`
	Message   string   `json:"message"`
	Reference struct {
		Schema string `json:"schema"`
		Name   string `json:"name"`
	} `json:"reference"`
}

type property struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

// largestBlob is the largest blob that is read, in bytes. Bundles have some
// hundred thousand, with every manifest in them a few million.
const largestBlob = 64 << 20

// blobs calls a function with each blob of a stream of JSON or YAML, in its
// order. Blobs of packages that wanted refuses need not be handed out.
func blobs(r io.Reader, wanted func(olmPackage string) bool, each func(*blob) error) error {
	const window = 1 << 20
	buffered := bufio.NewReaderSize(r, window)
	first, err := firstLetter(buffered)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("is empty; expected a File-Based Catalog, as opm render prints it")
	case err != nil:
		return err
	case first == '{':
		return jsonBlobs(buffered, each)
	}
	return yamlBlobs(buffered, wanted, each)
}

func firstLetter(r *bufio.Reader) (byte, error) {
	for {
		c, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c, r.UnreadByte()
		}
	}
}

func jsonBlobs(r io.Reader, each func(*blob) error) error {
	limit := &limited{reader: r}
	decoder := json.NewDecoder(limit)
	for count := 1; ; count++ {
		b := &blob{}
		limit.left = largestBlob
		err := decoder.Decode(b)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(b)
		}
		if err != nil {
			return fmt.Errorf("blob %d (before byte %d): %w", count, decoder.InputOffset(), err)
		}
	}
}

// limited is a reader that fails when a blob is larger than any is.
type limited struct {
	reader io.Reader
	left   int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("is larger than %d MB; expected a File-Based Catalog", largestBlob>>20)
	}
	n, err := l.reader.Read(p)
	l.left -= n
	return n, err
}

func yamlBlobs(r *bufio.Reader, wanted func(string) bool, each func(*blob) error) error {
	var document bytes.Buffer
	count, line := 0, 0
	finish := func() error {
		defer document.Reset()
		if len(bytes.TrimSpace(document.Bytes())) == 0 || unwanted(document.Bytes(), wanted) {
			return nil
		}
		count++
		b := &blob{}
		if err := yaml.Unmarshal(document.Bytes(), b); err != nil {
			return fmt.Errorf("document %d (before line %d): %w", count, line, err)
		}
		if err := each(b); err != nil {
			return fmt.Errorf("document %d (before line %d): %w", count, line, err)
		}
		return nil
	}
	for {
		text, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = nil // a long line comes in parts
		}
		if bytes.HasPrefix(text, []byte("---")) {
			if err := finish(); err != nil {
				return err
			}
			text = nil
		}
		if bytes.HasSuffix(text, []byte("\n")) {
			line++
		}
		document.Write(text)
		if document.Len() > largestBlob {
			return fmt.Errorf("document %d is larger than %d MB; expected a File-Based Catalog", count+1, largestBlob>>20)
		}
		if errors.Is(err, io.EOF) {
			return finish()
		}
		if err != nil {
			return err
		}
	}
}

// unwanted says whether a YAML document names a package, as a field of its own,
// that is not wanted; parsing it is spared.
func unwanted(document []byte, wanted func(string) bool) bool {
	const field = "package:"
	at := bytes.Index(document, []byte("\n"+field))
	if bytes.HasPrefix(document, []byte(field)) {
		at = -1
	} else if at < 0 {
		return false
	}
	value, _, _ := bytes.Cut(document[at+1+len(field):], []byte("\n"))
	return !wanted(strings.Trim(strings.TrimSpace(string(value)), `"'`))
}

// release is what is kept of a bundle.
type release struct {
	version      string
	displayName  string
	installModes []string
}

// csv is the part of a ClusterServiceVersion, or of olm.csv.metadata, that is
// read.
type csv struct {
	DisplayName  string `json:"displayName"`
	InstallModes []struct {
		Type      string `json:"type"`
		Supported bool   `json:"supported"`
	} `json:"installModes"`
}

// readBundle reads a bundle's properties.
func readBundle(b *blob) (release, error) {
	r := release{}
	for _, p := range b.Properties {
		var err error
		switch p.Type {
		case "olm.package":
			var value struct {
				Version string `json:"version"`
			}
			err = json.Unmarshal(p.Value, &value)
			r.version = value.Version
		case "olm.csv.metadata":
			var value csv
			err = json.Unmarshal(p.Value, &value)
			r.describe(value)
		case "olm.bundle.object":
			err = r.readObject(p.Value)
		}
		if err != nil {
			return r, fmt.Errorf("bundle %s: property %s: %w", b.Name, p.Type, err)
		}
	}
	if r.version == "" {
		return r, fmt.Errorf("bundle %s: has no property olm.package with its version", b.Name)
	}
	return r, nil
}

// readObject reads a manifest that stands in a bundle, in base64; all but the
// ClusterServiceVersion are left out.
func (r *release) readObject(value json.RawMessage) error {
	var object struct {
		Data string `json:"data"`
	}
	if err := json.Unmarshal(value, &object); err != nil {
		return err
	}
	text, err := base64.StdEncoding.DecodeString(object.Data)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte("ClusterServiceVersion")) {
		return nil
	}
	var manifest struct {
		Kind string `json:"kind"`
		Spec csv    `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		return err
	}
	if manifest.Kind == "ClusterServiceVersion" {
		r.describe(manifest.Spec)
	}
	return nil
}

func (r *release) describe(c csv) {
	r.displayName = c.DisplayName
	r.installModes = nil
	for _, mode := range c.InstallModes {
		if mode.Supported {
			r.installModes = append(r.installModes, mode.Type)
		}
	}
}
