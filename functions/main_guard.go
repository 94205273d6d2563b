package functions

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/guard"
	"github.com/eda-gitops/functions/functions/seal"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

func (p *program) guardCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:     "guard FILE|-",
		Short:   "look for plain secrets in finished manifests",
		GroupID: groupVerbs,
		Long: `guard reads manifests as they are applied and exits 1 when there is a plain
Secret, a literal that looks like a credential, or a SealedSecret that was moved
after it was sealed and that no controller unseals. It is for CI and for the last
step of an Argo CD plugin, where a host may have skipped the functions.

The manifests are printed to stdout when nothing is wrong, so that guard can
stand at the end of a pipe; nothing is printed there when something is. Several
files are several arguments; their output is one stream.

The exceptions are those of spec.guard of a SealSecrets config (--config FILE, or
a Pipeline with such a step).`,
		Example: `  eda-fn build environments/stage | eda-fn guard -
  eda-fn guard rendered/stage/*/*.yaml --config environments/stage/functions/stage.yaml > /dev/null`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.guard(args, config) },
	}
	cmd.Flags().StringVar(&config, "config", "", "`FILE` of the SealSecrets or Pipeline whose spec.guard holds")
	return cmd
}

func (p *program) guard(files []string, config string) error {
	spec, err := guardSpec(config)
	if err != nil {
		return err
	}
	var stream bytes.Buffer
	var items []*yaml.RNode
	for _, file := range files {
		text, err := p.readFile(file)
		if err != nil {
			return err
		}
		read, err := manifests(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		items = append(items, read...)
		if stream.Len() > 0 {
			stream.WriteString("---\n")
		}
		stream.Write(text)
		if len(text) > 0 && text[len(text)-1] != '\n' {
			stream.WriteByte('\n')
		}
	}
	results := inspect(spec, items)
	build.Report(p.stderr, results)
	if results.Failed() {
		return errReported
	}
	_, err = p.stdout.Write(stream.Bytes())
	return err
}

// inspect finds what must not be in finished manifests.
func inspect(spec guard.Spec, items []*yaml.RNode) fn.Results {
	results := guard.Check(spec, items)
	for _, sealed := range seal.InManifests(items) {
		results = append(results, sealsecrets.CheckPlace(sealed)...)
	}
	return results
}

// readFile reads a file, or stdin for "-".
func (p *program) readFile(path string) ([]byte, error) {
	if path != "-" {
		return os.ReadFile(path)
	}
	if terminal(p.stdin) {
		return nil, errors.New("- reads stdin, which is a terminal here; pipe the manifests in, or name a file")
	}
	return io.ReadAll(p.stdin)
}

// manifests parses a stream. The error quotes nothing of it; an empty stream is
// one as well, because what should have been rendered was not.
func manifests(text []byte) ([]*yaml.RNode, error) {
	reader := kio.ByteReader{Reader: bytes.NewReader(text), OmitReaderAnnotations: true, DisableUnwrapping: true}
	items, err := reader.Read()
	if err != nil {
		return nil, errors.New("is no YAML that can be read (its text is withheld)")
	}
	if len(items) == 0 {
		return nil, errors.New("holds no manifest; was something rendered?")
	}
	for _, item := range items {
		if view.Of(item).IsZero() {
			return nil, errors.New("holds a YAML document that is no object")
		}
	}
	return items, nil
}

// guardSpec reads spec.guard from a config's file.
func guardSpec(path string) (guard.Spec, error) {
	if path == "" {
		return guard.Spec{}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return guard.Spec{}, err
	}
	configs, err := manifests(text)
	if err != nil {
		return guard.Spec{}, fmt.Errorf("%s: %w", path, err)
	}
	spec, results := seal.FindGuard(configs)
	if err := results.Err(); err != nil {
		return spec, fmt.Errorf("%s: %w", path, err)
	}
	return spec, nil
}
