package functions

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/seal"
)

// sealFlags are what the user says to seal.
type sealFlags struct {
	environment string
	into        string
	secretType  string
	fromFile    []string
}

func (p *program) sealCommand() *cobra.Command {
	var flags sealFlags
	options := buildOptions()
	cmd := &cobra.Command{
		Use:     "seal NAME --env DIR --from-file KEY=FILE --into FILE",
		Short:   "seal values for one environment",
		GroupID: groupVerbs,
		Long: `seal writes a SealedSecret for an environment. Namespace, scope and certificate
are those of the environment's functions in DIR (SealSecrets, InjectNamespace, or
a Pipeline of them); the plain values never enter the tree.

With --into FILE the SealedSecret is made there, or gets the values: only the
named keys change. Without it, it is printed.`,
		Example: `  eda-fn seal db-credentials --env environments/dev --from-file password=- --into environments/dev/sealed/db-credentials.yaml
  eda-fn seal ibm-entitlement-key --env environments/dev --from-file .dockerconfigjson=auth.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.seal(options, args[0], flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.environment, "env", "", "`DIR` of the environment (required)")
	f.StringArrayVar(&flags.fromFile, "from-file", nil, "`KEY=FILE`, or KEY=- for stdin; may be repeated")
	f.StringVar(&flags.into, "into", "", "`FILE` that holds, or gets, the SealedSecret")
	f.StringVar(&flags.secretType, "type", "", "the Secret's `TYPE` (default Opaque, or what the keys say: .dockerconfigjson, tls.crt and tls.key)")
	_ = cmd.MarkFlagRequired("env")
	allowFlags(cmd, &options)
	return cmd
}

func (p *program) seal(options build.Options, name string, flags sealFlags) error {
	items, configs, err := build.Inputs(options, flags.environment)
	if err != nil {
		return err
	}
	environment, err := seal.FindEnvironment(items, configs)
	if err != nil {
		return fmt.Errorf("%s: %w", flags.environment, err)
	}
	values, err := p.values(flags.fromFile)
	if err != nil {
		return err
	}
	existing, err := existingFile(flags.into)
	if err != nil {
		return err
	}
	content, results := seal.Seal(seal.Options{
		Name: name, Environment: environment, Values: values, Type: flags.secretType, Existing: existing, Env: options.Env,
	})
	build.Report(p.stderr, results)
	if results.Failed() {
		return errReported
	}
	if flags.into == "" {
		_, err := p.stdout.Write(content)
		return err
	}
	if err := build.ReplaceFile(flags.into, content, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stderr, "sealed %d of %s for %s (%s) into %s\n",
		len(values), name, environment.Namespace, environment.Scope, flags.into)
	return err
}

// values reads KEY=FILE arguments; stdin serves one of them.
func (p *program) values(arguments []string) (map[string][]byte, error) {
	values := map[string][]byte{}
	stdin := ""
	for _, argument := range arguments {
		key, path, found := strings.Cut(argument, "=")
		if !found || key == "" || path == "" {
			return nil, errors.New("--from-file takes KEY=FILE, or KEY=- for stdin; a value itself never stands on the command line, where others see it")
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("--from-file names the key %s twice", key)
		}
		var value []byte
		var err error
		if path == "-" {
			if stdin != "" {
				return nil, fmt.Errorf("--from-file reads stdin for %s and for %s; one of them must be a file", stdin, key)
			}
			stdin = key
			if terminal(p.stdin) {
				return nil, fmt.Errorf("--from-file %s=- reads stdin, which is a terminal here and would show the value; pipe it in", key)
			}
			value, err = io.ReadAll(p.stdin)
		} else {
			value, err = os.ReadFile(path)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the value of %s: %w", key, err)
		}
		values[key] = value
	}
	return values, nil
}

func existingFile(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}
