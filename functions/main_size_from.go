package functions

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

// audit says what the clusters of manifests carry; error findings are the
// program's.
func (p *program) audit(options build.Options, flags sizeFlags, ask sizing.AuditOptions) error {
	items, err := p.manifests(options, flags.from)
	if err != nil {
		return err
	}
	items = view.Unfold(items)
	audits := sizing.AuditAll(items, ask)
	if len(audits) == 0 {
		return fmt.Errorf("%s has no EventStreams, Kafka, KafkaNodePool, KafkaConnect, KafkaMirrorMaker2, EventStreamsGeoReplicator or QueueManager", flags.from)
	}
	if flags.output == "table" {
		sizing.WriteAudits(p.stdout, audits)
	} else if err := p.print(flags.output, audits); err != nil {
		return err
	}
	failed := false
	for i := range audits {
		for _, d := range audits[i].Diagnostics {
			if d.Severity == sizing.DiagnosticError {
				fmt.Fprintln(p.stderr, d)
				failed = true
			}
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// manifests reads a file, a folder or stdin. A folder with a kustomization is
// rendered; in another, every YAML file counts.
func (p *program) manifests(options build.Options, path string) ([]*yaml.RNode, error) {
	if path == "-" {
		return parseManifests("stdin", p.stdin)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return readManifests(path)
	}
	if hasKustomization(path) {
		result, err := p.build(options, path)
		if err != nil {
			return nil, err
		}
		return result.Objects()
	}
	return p.folder(path)
}

func (p *program) folder(path string) ([]*yaml.RNode, error) {
	var items []*yaml.RNode
	err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && file != path {
			return filepath.SkipDir
		}
		if extension := filepath.Ext(file); entry.IsDir() || extension != ".yaml" && extension != ".yml" && extension != ".json" {
			return nil
		}
		found, err := readManifests(file)
		if err != nil {
			fmt.Fprintf(p.stderr, "warning: %v; left out\n", err) // a template, perhaps
			return nil
		}
		items = append(items, found...)
		return nil
	})
	return items, err
}

func readManifests(path string) ([]*yaml.RNode, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseManifests(path, bytes.NewReader(data))
}

func parseManifests(name string, from io.Reader) (items []*yaml.RNode, err error) {
	defer func() { // kyaml's reader panics on some documents
		if recover() != nil {
			items, err = nil, errors.New(name+": is no YAML that can be read")
		}
	}()
	reader := kio.ByteReader{Reader: from, OmitReaderAnnotations: true}
	items, err = reader.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return items, nil
}
