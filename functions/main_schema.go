package functions

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
)

func (p *program) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema KIND", Short: "print the JSON Schema of a config", GroupID: groupVerbs,
		Args:      cobra.ExactArgs(1),
		ValidArgs: append(All.Kinds(), solution.Kind),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := schemaOf(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.stdout, string(text))
			return err
		},
	}
}

func schemaOf(kind string) ([]byte, error) {
	if kind == solution.Kind {
		return solution.Schema, nil
	}
	function, known := All.ByKind(kind)
	if !known {
		return nil, fmt.Errorf("there is no kind %q%s", kind, fnconfig.Suggest(kind, append(All.Kinds(), solution.Kind)))
	}
	return catalog.FunctionSchema(function.Name)
}
