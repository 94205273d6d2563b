package functions

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
)

// errReported is a failure whose lines are on stderr already.
var errReported = errors.New("reported")

// program is one run of eda-fn.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// Main is eda-fn: without a command it is a KRM function. It returns the exit
// status: 0, or 1 with at least one line on stderr.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// A short life: collecting garbage at five times the live heap, not twice,
	// takes a fifth off a build's time. GOGC overrides it.
	if os.Getenv("GOGC") == "" {
		const percent = 400
		debug.SetGCPercent(percent)
	}
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	root := p.root()
	root.SetArgs(append([]string{}, args...)) // cobra takes the process's own for nil
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return 0
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintf(stderr, "error: %v\n", err)
	}
	return 1
}

// env is the real world for Transforms.
func env() fn.Env { return fn.Env{Now: time.Now(), Rand: rand.Reader} }

const (
	groupFunctions = "functions"
	groupVerbs     = "verbs"
)

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "eda-fn",
		Short: "KRM functions for event-driven solutions on OpenShift",
		Long: `eda-fn turns one short declaration per environment into every manifest of an
event-driven solution on OpenShift.

Without a command it is a KRM function: a ResourceList comes in on stdin, the
function is chosen by functionConfig's kind, a ResourceList goes out on stdout.
kustomize and kpt call it this way; people use the commands below.`,
		Example: `  eda-fn build environments/dev              # render a folder, as kustomize does
  eda-fn build environments/dev -o rendered/dev/
  kpt fn eval . --exec "eda-fn inject-namespace" -- namespace=my-app-dev`,
		Args:              noArguments,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.function(cmd, "") },
	}
	root.AddGroup(&cobra.Group{ID: groupVerbs, Title: "Commands:"}, &cobra.Group{ID: groupFunctions, Title: "Functions (ResourceList in, ResourceList out):"})
	root.AddCommand(p.sizeCommand(), p.diffCommand(), p.buildCommand(), p.sealCommand(), p.guardCommand(), p.listCommand(), p.schemaCommand(), p.catalogCommand(), p.outdatedCommand(), p.installCommand(), p.versionCommand(), p.argoCommand())
	for _, f := range All {
		root.AddCommand(&cobra.Command{
			Use: f.Name, Short: f.Short, GroupID: groupFunctions, Args: noArguments,
			RunE: func(cmd *cobra.Command, _ []string) error { return p.function(cmd, f.Name) },
		})
	}
	root.SetHelpCommandGroupID(groupVerbs)
	root.SetFlagErrorFunc(explainFlag)
	explainUse(root)
	return root
}

// function runs the program as a KRM function.
func (p *program) function(cmd *cobra.Command, name string) error {
	if terminal(p.stdin) {
		cmd.SetOut(p.stderr)
		if err := cmd.Help(); err != nil {
			return err
		}
		return errors.New("stdin is a terminal; as a function eda-fn is called by kustomize or kpt, with a ResourceList on stdin")
	}
	status := fn.Run(fn.Invocation{
		Functions: callable, Name: name, Env: env(), Stdin: p.stdin, Stdout: p.stdout, Stderr: p.stderr,
	})
	if status != 0 {
		return errReported
	}
	return nil
}

// callable is All and what build writes for kustomize.
var callable = append(append(fn.Set{}, All...), build.NewChain(All))

// terminal says whether a stream is one that a person types into or reads.
func terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// noArguments is for commands that take none, the root among them: there a word
// is a command that does not exist.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if names == nil {
		return fmt.Errorf("%s takes no argument, but there is %q", cmd.CommandPath(), args[0])
	}
	return fmt.Errorf("there is no command %q%s", args[0], fnconfig.Suggest(args[0], names))
}

// explainFlag says whose flag is wrong, and which one is near.
func explainFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return fmt.Errorf("%s: %w", cmd.CommandPath(), err)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return fmt.Errorf("%s: %w%s", cmd.CommandPath(), err, fnconfig.Suggest("--"+unknown.GetSpecifiedName(), names))
}

// explainUse makes every command that takes arguments say how it is called when
// there are too few or too many.
func explainUse(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		explainUse(c)
	}
	check := cmd.Args
	if check == nil || !strings.Contains(cmd.Use, " ") {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fmt.Errorf("%s: %w; use: %s", cmd.CommandPath(), err, cmd.UseLine())
		}
		return nil
	}
}

func (p *program) listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list the functions", GroupID: groupVerbs, Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			for _, f := range All {
				fmt.Fprintf(p.stdout, "%-20s %-18s %s\n", f.Name, f.Kind, f.Short)
			}
			return nil
		},
	}
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", GroupID: groupVerbs, Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.stdout, "eda-fn", fn.Version)
			return err
		},
	}
}
