package functions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eda-gitops/functions/functions/build"
)

func (p *program) buildCommand() *cobra.Command {
	options := buildOptions()
	var output string
	var check, argocd bool
	cmd := &cobra.Command{
		Use:     "build [DIR]",
		Short:   "render a kustomization with the functions inside",
		GroupID: groupVerbs,
		Long: `build renders the kustomization in DIR (default: this folder) and runs this
project's functions itself: no kustomize, kpt, docker or flag is needed. The
output is byte for byte that of
  kustomize build --enable-alpha-plugins --enable-exec DIR

With -o FILE the output goes into a file; with -o DIR/ each object gets a file
of its own, in a folder per component (label app.kubernetes.io/component). Files
that an earlier build wrote there and this one does not are removed.

With --argocd it is the command of a config management plugin: it reads what the
Application says in the variables that Argo CD sets, refuses what the plugin does
not declare, fails when nothing is rendered, and looks for plain secrets in what
it prints; see examples/argocd-plugin.`,
		Example: `  eda-fn build environments/dev
  eda-fn build environments/dev -o rendered/dev/
  eda-fn build environments/dev -o rendered/dev/ --check    # for CI`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			if argocd {
				if output != "" {
					return errors.New("--argocd prints to stdout, where Argo CD reads; leave -o out")
				}
				return p.buildForArgo(options, dir)
			}
			if check && output == "" {
				return errors.New("--check needs -o, which says what to compare with")
			}
			stop := p.progress("rendering " + dir)
			result, err := p.build(options, dir)
			stop()
			if err != nil {
				return err
			}
			return p.deliver(result, output, check)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&output, "output", "o", "", "`FILE`, or DIR/ for a file per object")
	flags.BoolVar(&check, "check", false, "write nothing; exit 1 with a diff when -o is not what DIR renders")
	flags.BoolVar(&argocd, "argocd", false, "as Argo CD's config management plugin")
	allowFlags(cmd, &options)
	return cmd
}

func buildOptions() build.Options {
	self, err := os.Executable()
	if err != nil {
		self = "eda-fn"
	}
	return build.Options{Functions: All, Env: env(), Self: self}
}

func allowFlags(cmd *cobra.Command, options *build.Options) {
	flags := cmd.Flags()
	flags.BoolVar(&options.EnableExec, "enable-exec", false, "allow other people's exec functions")
	flags.BoolVar(&options.EnableContainers, "enable-containers", false, "allow other people's container functions (docker)")
	flags.BoolVar(&options.AllowRemote, "allow-remote", false, "allow bases and files by URL")
}

// build renders and reports; an error result is an error.
func (p *program) build(options build.Options, dir string) (*build.Result, error) {
	result, err := build.Build(options, dir)
	if err != nil {
		return nil, err
	}
	build.Report(p.stderr, result.Results)
	if result.Results.Failed() {
		return nil, errReported
	}
	return result, nil
}

// deliver writes, or compares, the output.
func (p *program) deliver(result *build.Result, output string, check bool) error {
	files, err := outputFiles(result, output)
	if err != nil {
		return err
	}
	switch {
	case output == "":
		_, err := p.stdout.Write(result.YAML)
		return err
	case !check:
		return files.Write()
	}
	diff, err := files.Diff()
	if err != nil || diff == "" {
		return err
	}
	fmt.Fprint(p.stdout, diff)
	return fmt.Errorf("%s is not what the sources render; run the same command without --check and commit the result", output)
}

func outputFiles(result *build.Result, output string) (*build.Files, error) {
	info, err := os.Stat(output)
	isDir := err == nil && info.IsDir()
	if output == "" {
		return nil, nil
	}
	if !isDir && !strings.HasSuffix(output, string(filepath.Separator)) {
		return build.OneFile(output, result.YAML), nil
	}
	return build.FilePerObject(output, result.YAML)
}

// progress says on a terminal what takes longer than a second, until it is
// stopped.
func (p *program) progress(text string) (stop func()) {
	if !terminal(p.stderr) {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	start := time.Now()
	go func() {
		defer close(gone)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		const erase = "\r\x1b[K" // to the line's start, and erase it
		for {
			select {
			case <-done:
				if time.Since(start) > time.Second {
					fmt.Fprint(p.stderr, erase)
				}
				return
			case <-tick.C:
				fmt.Fprintf(p.stderr, erase+"%s ... %d s", text, int(time.Since(start).Seconds()))
			}
		}
	}()
	return func() { close(done); <-gone }
}
