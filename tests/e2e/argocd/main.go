// Command argocd is the parts of Argo CD that sync, in one program: the name
// in ARGOCD_BINARY_NAME picks one, as in Argo CD's own image.
package main

import (
	"fmt"
	"os"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	cmp "github.com/argoproj/argo-cd/v3/cmd/argocd-cmp-server/commands"
	repo "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/spf13/cobra"
)

var commands = map[string]func() *cobra.Command{
	"argocd-application-controller": controller.NewCommand,
	"argocd-cmp-server":             cmp.NewCommand,
	"argocd-repo-server":            repo.NewCommand,
}

func main() {
	name := os.Getenv("ARGOCD_BINARY_NAME")
	command, ok := commands[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "ARGOCD_BINARY_NAME is %q; it must name one of Argo CD's programs\n", name)
		os.Exit(1)
	}
	if err := command().Execute(); err != nil {
		os.Exit(1)
	}
}
