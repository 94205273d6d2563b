package functions

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/diff"
	"github.com/eda-gitops/functions/functions/sizing"
)

func (p *program) diffCommand() *cobra.Command {
	options := buildOptions()
	var output string
	var prices sizing.Prices
	cmd := &cobra.Command{
		Use:     "diff REV DIR",
		Short:   "what changes for people since a Git revision",
		GroupID: groupVerbs,
		Long: `diff renders DIR as it is and as it was at the Git revision REV, and says what
changes: operators and operands with the stops on their way, sizes with cores and
licence cores (with --price, in money too: no price is built in), secrets resealed, applications, objects that come and go. Steps that can't
be taken back are marked. The change rules of sizes run with the old side as what
is deployed; one that is broken is exit status 1.

DIR is a kustomization, a folder of kustomizations (environments/), or a folder
of rendered manifests.`,
		Example: `  eda-fn diff main environments/prod
  eda-fn diff origin/main environments -o markdown    # for a pull request`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains([]string{"table", "markdown", "json"}, output) {
				return fmt.Errorf("-o is %q; expected one of table, markdown, json", output)
			}
			return p.diff(cmd.Context(), options, prices, args[0], args[1], output)
		},
	}
	cmd.Flags().Var(&prices, "price", "a price of yours: vCPU=25, memoryGiB=3, diskGiB=0.1, licenceCore=200, currency=EUR; may be repeated")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, markdown or json")
	allowFlags(cmd, &options)
	return cmd
}

// side is one folder on one side.
type side struct {
	items  []*yaml.RNode
	exists bool
}

func (p *program) diff(ctx context.Context, options build.Options, prices sizing.Prices, revision, dir, output string) error {
	there, err := os.MkdirTemp("", "eda-fn-diff-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(there)
	below, err := checkout(ctx, revision, dir, there)
	if err != nil {
		return err
	}
	oldDir := filepath.Join(there, below)
	reports := map[string]*diff.Report{}
	broken := false
	names := folders(dir, oldDir)
	for _, name := range names {
		before, err := p.side(options, filepath.Join(oldDir, name))
		if err != nil {
			return fmt.Errorf("%s at %s: %w", filepath.Join(dir, name), revision, err)
		}
		after, err := p.side(options, filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if !before.exists && !after.exists {
			return fmt.Errorf("%s is neither here nor at %s", filepath.Join(dir, name), revision)
		}
		report := diff.Compare(before.items, after.items, prices)
		reports[filepath.Join(dir, name)] = report
		broken = broken || report.Broken()
	}
	if err := p.printDiff(reports, revision, output); err != nil {
		return err
	}
	if broken {
		return errReported
	}
	return nil
}

func (p *program) printDiff(reports map[string]*diff.Report, revision, output string) error {
	if output == "json" {
		return sizing.WriteJSON(p.stdout, reports)
	}
	paths := make([]string, 0, len(reports))
	for path := range reports {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		title := path + " since " + revision
		if output == "markdown" {
			reports[path].WriteMarkdown(p.stdout, title)
		} else {
			reports[path].WriteTable(p.stdout, title)
		}
		for _, d := range reports[path].Findings {
			if d.Severity == sizing.DiagnosticError {
				fmt.Fprintln(p.stderr, d)
			}
		}
	}
	return nil
}

// folders are those to compare, relative to the two folders: a kustomization
// or rendered manifests itself, or the kustomizations in it on either side.
func folders(dir, oldDir string) []string {
	if hasKustomization(dir) || hasKustomization(oldDir) {
		return []string{"."}
	}
	var names []string
	for _, root := range []string{dir, oldDir} {
		for _, path := range kustomizationsIn(root) {
			names = append(names, filepath.Base(path))
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) > 0 {
		return names
	}
	return []string{"."}
}

func (p *program) side(options build.Options, dir string) (side, error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return side{}, nil
	}
	items, err := p.manifests(options, dir)
	return side{items: items, exists: true}, err
}

// checkout writes the tree of a revision into a folder, and returns where dir is
// in it.
func checkout(ctx context.Context, revision, dir, into string) (string, error) {
	if strings.HasPrefix(revision, "-") {
		return "", fmt.Errorf("%q is no revision", revision)
	}
	from := existingParent(dir)
	top, err := git(ctx, from, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	root := strings.TrimRight(string(top), "\n")
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	// The root is a path without links, and so must the other be.
	parent, err := filepath.EvalSymlinks(existingParent(absolute))
	if err != nil {
		return "", err
	}
	rest, err := filepath.Rel(existingParent(absolute), absolute)
	if err != nil {
		return "", err
	}
	below, err := filepath.Rel(root, filepath.Join(parent, rest))
	if err != nil {
		return "", err
	}
	archive, err := git(ctx, root, "archive", "--format=tar", revision)
	if err != nil {
		return "", err
	}
	return below, untar(bytes.NewReader(archive), into)
}

// existingParent is a folder that is there: the path's own, or the next above.
func existingParent(path string) string {
	for {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return path
		}
		next := filepath.Dir(path)
		if next == path {
			return path
		}
		path = next
	}
}

func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		text := strings.Join(strings.Fields(stderr.String()), " ")
		return nil, fmt.Errorf("git %s: %s (%w)", strings.Join(args, " "), text, err)
	}
	return output, nil
}

// untar writes files and folders; links stay out, since kustomize follows none
// out of its root.
func untar(from io.Reader, into string) error {
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	if err := extract(root, tar.NewReader(from)); err != nil {
		_ = root.Close() // the first error says more
		return err
	}
	return root.Close()
}

func extract(root *os.Root, reader *tar.Reader) error {
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading git's archive: %w", err)
		}
		switch header.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(filepath.Clean(header.Name), 0o755)
		case tar.TypeReg:
			err = writeFrom(root, filepath.Clean(header.Name), reader)
		}
		if err != nil {
			return err
		}
	}
}

func writeFrom(root *os.Root, path string, from io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := root.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, from); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
