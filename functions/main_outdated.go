package functions

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/pinoperators"
)

func (p *program) outdatedCommand() *cobra.Command {
	options := buildOptions()
	var exitCode bool
	cmd := &cobra.Command{
		Use:     "outdated DIR",
		Short:   "compare the pinned operators of a cluster with the catalog",
		GroupID: groupVerbs,
		Long: `outdated renders the kustomization in DIR and compares its Subscriptions, or
ClusterExtensions, with the catalog and with OperatorCatalogs among its objects
(see "catalog import"): the pinned version, the newest of its channel, the newest
of all, how OLM gets there, and when support ends. It looks into no cluster and no
registry.`,
		Example: `  eda-fn outdated clusters/nonprod
  eda-fn outdated clusters/nonprod --exit-code    # for CI`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.outdated(options, args[0], exitCode) },
	}
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit 1 when a newer version is known of a pinned one, or support has ended")
	allowFlags(cmd, &options)
	return cmd
}

func (p *program) outdated(options build.Options, dir string, exitCode bool) error {
	result, err := p.build(options, dir)
	if err != nil {
		return err
	}
	objects, err := result.Objects()
	if err != nil {
		return err
	}
	inputs, _, err := build.Inputs(options, dir)
	if err != nil {
		return err
	}
	for _, item := range inputs { // local-config objects are in no output
		if item.GetKind() == pinoperators.CatalogKind {
			objects = append(objects, item)
		}
	}
	statuses, results := pinoperators.Statuses(options.Env.Now, objects)
	build.Report(p.stderr, results)
	if results.Failed() {
		return errReported
	}
	if len(statuses) == 0 {
		return fmt.Errorf("%s renders no Subscription and no ClusterExtension; name the folder of a cluster's operators", dir)
	}
	printStatuses(p.stdout, statuses)
	count := 0
	for i := range statuses {
		if statuses[i].Outdated() {
			count++
		}
	}
	if exitCode && count > 0 {
		return fmt.Errorf("%d of %d operators are outdated", count, len(statuses))
	}
	return nil
}

func printStatuses(w io.Writer, statuses []pinoperators.Status) {
	const padding = 2 // blanks between columns
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	fmt.Fprintln(table, "PACKAGE\tNAMESPACE\tCHANNEL\tPINNED\tIN CHANNEL\tNEWEST\tUPGRADE\tSUPPORT ENDS")
	for i := range statuses {
		s := &statuses[i]
		cells := []string{s.Package, s.Namespace, s.Channel, s.Pinned, s.NewestInChannel, s.Newest, upgrade(s), supportEnds(s)}
		for i := range cells {
			if cells[i] == "" {
				cells[i] = "-"
			}
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	table.Flush()
	told := map[string]bool{}
	for i := range statuses {
		s := &statuses[i]
		if s.Deprecated == "" || told[s.Package+s.Deprecated] {
			continue
		}
		told[s.Package+s.Deprecated] = true
		fmt.Fprintf(w, "%s is deprecated: %s\n", s.Package, s.Deprecated)
	}
}

// supportEnds is the date, or that it has passed.
func supportEnds(s *pinoperators.Status) string {
	if s.Ended {
		return strings.TrimSpace("ended " + s.SupportEnds)
	}
	return s.SupportEnds
}

// upgrade says how OLM gets from the pinned version to the newest.
func upgrade(s *pinoperators.Status) string {
	switch {
	case !s.Known:
		return "not in the catalog"
	case s.Pinned == "":
		return ""
	case !s.Outdated():
		return "up to date"
	case !s.StopsKnown:
		return "not known"
	case len(s.Stops) == 0:
		return "no way"
	case len(s.Stops) == 1:
		return "direct"
	}
	return "by " + strings.Join(s.Stops, ", ")
}
