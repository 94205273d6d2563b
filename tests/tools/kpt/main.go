// Command kpt is kpt v1.0.0-beta.58 with the commands that tests run: fn
// render, fn eval, fn source, fn sink and version, from kpt's own packages. It
// is built from here and not from kpt's main package because that one imports a
// nested module of kpt (rollouts) that module proxies do not serve.
//
// It never touches a cluster or a Git remote; kpt's pkg, live and alpha
// commands are left out.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/kptdev/kpt/commands/fn"
	"github.com/kptdev/kpt/pkg/printer"
	"github.com/spf13/cobra"
)

// kptModule is the module whose pinned version `version` prints.
const kptModule = "github.com/kptdev/kpt"

func main() {
	cmd := newCommand()
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "Error: %v\n", err)
		os.Exit(1)
	}
}

// newCommand returns the root command, set up as kpt's run.GetMain does it:
// output of functions is truncated unless --truncate-output=false, and errors
// are printed once, by main.
func newCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "kpt", SilenceUsage: true, SilenceErrors: true}
	cmd.PersistentFlags().BoolVar(&printer.TruncateOutput, "truncate-output", true, "truncate long output of functions")
	ctx := printer.WithContext(context.Background(), printer.New(cmd.OutOrStdout(), cmd.ErrOrStderr()))
	cmd.AddCommand(fn.GetCommand(ctx, "kpt"))
	cmd.AddCommand(&cobra.Command{
		Use:   "version",
		Short: "Print the version of kpt that this was built from",
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), pinnedVersion()) },
	})
	return cmd
}

// pinnedVersion returns the version of kpt's module in this binary, as kpt's
// own `version` writes it ("1.0.0-beta.58"), or "unknown".
func pinnedVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == kptModule {
			return m.Version[1:]
		}
	}
	return "unknown"
}
