// Command oc is what the bootstrap page needs of OpenShift's client, which is
// kubectl's for these commands.
package main

import (
	"os"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/apply"
	"k8s.io/kubectl/pkg/cmd/delete"
	"k8s.io/kubectl/pkg/cmd/get"
	"k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/cmd/wait"
)

func main() {
	root := &cobra.Command{Use: "oc", SilenceUsage: true}
	flags := genericclioptions.NewConfigFlags(true)
	flags.AddFlags(root.PersistentFlags())
	factory := util.NewFactory(flags)
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	root.AddCommand(apply.NewCmdApply("oc", factory, streams), delete.NewCmdDelete(factory, streams),
		get.NewCmdGet("oc", factory, streams), wait.NewCmdWait(flags, streams))
	if err := root.Execute(); err != nil {
		os.Exit(1)
	}
}
