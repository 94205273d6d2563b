package functions

import (
	"errors"
	"fmt"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"github.com/eda-gitops/functions/functions/argo"
	"github.com/eda-gitops/functions/functions/build"
)

func (p *program) argoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "argo", Short: "check a repository as Argo CD sees it, and keep GenerateArgoApps' facts", GroupID: groupVerbs, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(p.stderr)
			if err := cmd.Help(); err != nil {
				return err
			}
			return errors.New("argo needs a command: update or check")
		},
	}
	cmd.AddCommand(p.argoUpdateCommand(), p.argoCheckCommand())
	return cmd
}

func (p *program) argoUpdateCommand() *cobra.Command {
	options := buildOptions()
	var check bool
	cmd := &cobra.Command{
		Use:   "update [DIR]",
		Short: "write what the tree renders into the GenerateArgoApps configs",
		Long: `update reads the repository whose root is DIR (default: this folder) and writes
facts into each GenerateArgoApps config in it: spec.kinds, the kinds that each
Application syncs, from which projects get their lists; and, where Argo CD
renders itself, spec.generatePaths, all that the kustomization reaches. Run it
after rendering, and render the folder of the configs after it.`,
		Example: `  eda-fn argo update
  eda-fn argo update . --check    # for CI: exit 1 and a diff when stale`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.argoUpdate(options, folderArgument(args), check) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; exit 1 with a diff when a config is stale")
	allowFlags(cmd, &options)
	return cmd
}

func folderArgument(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

func (p *program) argoUpdate(options build.Options, dir string, check bool) error {
	tree, err := argo.Load(options, dir)
	if err != nil {
		return err
	}
	changes, results := tree.Update()
	build.Report(p.stderr, results)
	if results.Failed() {
		return errReported
	}
	for _, change := range changes {
		if check {
			fmt.Fprint(p.stdout, udiff.Unified(change.Path, change.Path+" (the tree)", string(change.Old), string(change.New)))
			continue
		}
		if err := build.ReplaceFile(change.Path, change.New, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(p.stderr, "updated", change.Path)
	}
	if check && len(changes) > 0 {
		return errors.New("facts are not what the tree renders; run the same command without --check, render the configs' folder and commit both")
	}
	return nil
}

func (p *program) argoCheckCommand() *cobra.Command {
	options := buildOptions()
	cmd := &cobra.Command{
		Use:   "check [DIR]",
		Short: "report what Argo CD would refuse, or do and nobody wants",
		Long: `check reads the repository whose root is DIR (default: this folder): all
Applications, ApplicationSets and AppProjects in its files and kustomizations,
written by hand or generated. It renders the folders that they name and reports,
a line for each finding: a path that is not there, does not build or renders
nothing; a destination, repository or kind that the project denies; two
Applications of one name, or that own one object; a project that lets everything
through; a namespace in which Argo CD has no rights; a status in Git, a missing
revision, and the like. An error is exit status 1.

Applications of other repositories are checked but for what their folders render.`,
		Example: `  eda-fn argo check
  eda-fn argo check ../gitops --allow-remote`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			tree, err := argo.Load(options, folderArgument(args))
			if err != nil {
				return err
			}
			report := tree.Check()
			build.Report(p.stderr, report.Results)
			fmt.Fprintln(p.stdout, report.Summary())
			if report.Results.Failed() {
				return errReported
			}
			return nil
		},
	}
	allowFlags(cmd, &options)
	return cmd
}
