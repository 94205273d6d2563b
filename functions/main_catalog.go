package functions

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/olmcatalog"
	"github.com/eda-gitops/functions/functions/solution"
)

func (p *program) catalogCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "catalog", Short: "what is known of OLM packages: show it, or import it", GroupID: groupVerbs, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.catalogImportCommand(), p.catalogShowCommand())
	return cmd
}

func (p *program) catalogImportCommand() *cobra.Command {
	var packages []string
	var output string
	cmd := &cobra.Command{
		Use:   "import FILE --package PACKAGE",
		Short: "make catalog files of a File-Based Catalog",
		Long: `import reads a File-Based Catalog as "opm render" prints it, in JSON or YAML (FILE
"-" is stdin), and writes one file per package: an OperatorCatalog, which
PinOperators reads when it is among a package's objects. What the program knows
beyond OLM (operands, mistakes, lifecycles) is kept.`,
		Example: `  opm render registry.example.com/redhat/redhat-operator-index:v4.18 | eda-fn catalog import - --package amq-streams -o clusters/base/catalog`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return p.catalogImport(args[0], packages, output)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&packages, "package", nil, "`PACKAGE` to import; may be repeated (default: all)")
	flags.StringVarP(&output, "output", "o", ".", "`DIR` for the files, <package>.yaml each")
	return cmd
}

func (p *program) catalogImport(file string, packages []string, dir string) error {
	in, name := p.stdin, "stdin"
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return err
		}
		defer opened.Close()
		in, name = opened, filepath.Base(file)
	} else if terminal(p.stdin) {
		return fmt.Errorf("stdin is a terminal; pipe in what opm render prints")
	}
	stop := p.progress("reading " + name)
	operators, err := olmcatalog.Read(in, "File-Based Catalog, "+name, packages...)
	stop()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, olmPackage := range solution.Names(operators) {
		if err := p.writeCatalog(operators[olmPackage], dir); err != nil {
			return err
		}
	}
	return nil
}

// writeCatalog writes one package's OperatorCatalog.
func (p *program) writeCatalog(operator *catalog.Operator, dir string) error {
	known, found, err := catalog.Lookup(operator.Package)
	if err != nil {
		return err
	}
	if found {
		olmcatalog.Inherit(operator, known)
	}
	if !filepath.IsLocal(operator.Package) || operator.Package != filepath.Base(operator.Package) {
		return fmt.Errorf("%q is no package's name", operator.Package)
	}
	content, err := olmcatalog.Item(operator)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, operator.Package+".yaml")
	if err := build.ReplaceFile(path, content, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stderr, "wrote %s: %d channels, %d versions\n", path, len(operator.Channels), len(operator.Versions()))
	return err
}

func (p *program) catalogShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show [PACKAGE]",
		Short: "print what the embedded catalog knows, of all packages or of one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return showAll(p.stdout)
			}
			operator, known, err := catalog.Lookup(args[0])
			if err != nil {
				return err
			}
			if !known {
				return fmt.Errorf("the catalog does not know the package %q%s", args[0], fnconfig.Suggest(args[0], catalog.Names()))
			}
			return show(p.stdout, operator)
		},
	}
}

// columns aligns what is written in columns; between them stand two blanks.
func columns(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

func showAll(w io.Writer) error {
	table := columns(w)
	fmt.Fprintln(table, "PACKAGE\tCHANNELS\tNEWEST\tCOMPLETE\tNAME")
	for _, name := range catalog.Names() {
		operator, _, err := catalog.Lookup(name)
		if err != nil {
			return err
		}
		newest := "-"
		if versions := operator.Versions(); len(versions) > 0 {
			newest = versions[len(versions)-1]
		}
		complete := "no"
		if operator.Complete {
			complete = "yes"
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", name, len(operator.Channels), newest, complete, operator.DisplayName)
	}
	return table.Flush()
}

func show(w io.Writer, operator *catalog.Operator) error {
	complete := "not complete: what is not listed may exist"
	if operator.Complete {
		complete = "complete: what is not listed does not exist"
	}
	modes := make([]string, len(operator.InstallModes))
	for i := range modes {
		modes[i] = string(operator.InstallModes[i])
	}
	table := columns(w)
	for _, row := range [][2]string{
		{"package", operator.Package},
		{"name", operator.DisplayName},
		{"catalog source", strings.TrimPrefix(operator.SourceNamespace+"/"+operator.Source, "/")},
		{"namespace", operator.Namespace},
		{"install modes", strings.Join(modes, ", ")},
		{"modes known from", operator.InstallModesOrigin},
		{"known from", operator.Origin},
		{"upgrades", stepsOf(operator.Upgrades)},
		{"upgrades known from", operator.UpgradesOrigin},
		{"this list is", complete},
		{"lifecycle", lifecycle(operator.Lifecycle)},
	} {
		if row[1] != "" {
			fmt.Fprintf(table, "%s:\t%s\n", row[0], row[1])
		}
	}
	fmt.Fprintln(table, "\nCHANNEL\tVERSIONS\tNOTES")
	for _, name := range operator.ChannelNames() {
		channel := operator.Channels[name]
		versions := make([]string, len(channel.CSVs))
		for i, csv := range channel.CSVs {
			versions[i] = csv.Version
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, cmp.Or(strings.Join(versions, " "), "-"), lifecycle(channel.Lifecycle))
	}
	for _, kind := range solution.Names(operator.Operands) {
		showOperand(table, operator, kind)
	}
	if len(operator.Wrong) > 0 {
		fmt.Fprintln(table, "\nWRONG CHANNEL\tWITH\tRIGHT IS")
	}
	for _, wrong := range operator.Wrong {
		fmt.Fprintf(table, "%s\t%s\t%s\n", cmp.Or(wrong.Channel, "any"), cmp.Or(wrong.StartingCSV, "any"), wrong.Correction)
	}
	return table.Flush()
}

func showOperand(w io.Writer, operator *catalog.Operator, kind string) {
	operand := operator.Operands[kind]
	versions := solution.Names(operand.Versions)
	if len(versions) == 0 {
		fmt.Fprintf(w, "\n%s (%s): versions are not known\n", kind, operand.Group)
		return
	}
	fmt.Fprintf(w, "\n%s (%s)\tOPERATORS\tAPI, KAFKA, METADATA\n", kind, operand.Group)
	slices.SortFunc(versions, catalog.Compare)
	for _, version := range versions {
		v := operand.Versions[version]
		fmt.Fprintf(w, "%s\t%s\t%s\n", version, cmp.Or(v.Operators, strings.Join(v.CSVs, " ")), strings.TrimSpace(v.API+" "+v.Kafka+" "+string(v.Metadata)))
	}
	fmt.Fprintf(w, "known from:\t%s\n", operand.Origin)
	if len(operand.Upgrades) > 0 {
		fmt.Fprintf(w, "upgrades:\t%s\nupgrades known from:\t%s\n", stepsOf(operand.Upgrades), operand.UpgradesOrigin)
	}
}

// stepsOf lists upgrades: "10.4.x to 10.5.x, 10.5.x to 11.0.4".
func stepsOf(upgrades []catalog.Upgrade) string {
	all := make([]string, len(upgrades))
	for i, upgrade := range upgrades {
		all[i] = upgrade.From + " to " + upgrade.To
	}
	return strings.Join(all, ", ")
}

func lifecycle(l *catalog.Lifecycle) string {
	if l == nil {
		return ""
	}
	var parts []string
	if l.SupportEnds != "" {
		parts = append(parts, "support ends "+l.SupportEnds)
	}
	if l.Ended {
		parts = append(parts, "support has ended")
	}
	if l.Deprecated != "" {
		parts = append(parts, "deprecated: "+l.Deprecated)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + " (" + l.Origin + ")"
}
