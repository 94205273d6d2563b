package functions

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/seal"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

// keyFileVariable names the fingerprint key's file where --key-file does not.
const keyFileVariable = "EDA_SEAL_KEY_FILE"

// sealFlags are what the user says to seal.
type sealFlags struct {
	environment string
	into        string
	secretType  string
	keyFile     string
	reseal      []string
	raw         bool
	valueFlags
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
named keys change. Without it, it is printed.

KEY=- reads stdin; at a terminal it asks for the value and shows nothing. With a
fingerprint key (--key-file, or $EDA_SEAL_KEY_FILE) a value that has not changed
keeps its bytes, and what somebody sealed without the key is refused unless
--reseal names it.`,
		Example: `  eda-fn seal db-credentials --env environments/dev --from-file password=- --into environments/dev/sealed/db-credentials.yaml
  eda-fn seal db-credentials --env environments/dev --from-env-file db.env --into environments/dev/sealed/db-credentials.yaml
  eda-fn seal ibm-entitlement-key --env environments/dev --docker-server cp.icr.io --docker-username cp --docker-password-file - --into environments/dev/sealed/ibm-entitlement-key.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.seal(options, args[0], flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.environment, "env", "", "`DIR` of the environment (required)")
	flags.add(cmd)
	f.StringVar(&flags.into, "into", "", "`FILE` that holds, or gets, the SealedSecret")
	f.StringVar(&flags.secretType, "type", "", "the Secret's `TYPE` (default Opaque, or what the keys say: .dockerconfigjson, tls.crt and tls.key)")
	f.StringVar(&flags.keyFile, "key-file", "", "`FILE` with the environment's fingerprint key (default $"+keyFileVariable+")")
	f.StringArrayVar(&flags.reseal, "reseal", nil, "`KEY|all` to seal whatever is there; all wants a value for each key that is there")
	f.BoolVar(&flags.raw, "raw", false, "print the ciphertext of one value alone")
	_ = cmd.MarkFlagRequired("env")
	allowFlags(cmd, &options)
	cmd.AddCommand(p.sealKeyCommand(), p.sealCertCommand(), p.sealCheckCommand(), p.sealRotateCommand())
	return cmd
}

func (p *program) seal(options build.Options, name string, flags sealFlags) error {
	if flags.raw && flags.into != "" {
		return errors.New("--raw prints a ciphertext, and --into writes a SealedSecret; keep one of the two")
	}
	key, err := fingerprintKey(flags.keyFile)
	if err != nil {
		return err
	}
	items, configs, err := build.Inputs(options, flags.environment)
	if err != nil {
		return err
	}
	environment, err := seal.FindEnvironment(items, configs)
	if err != nil {
		return fmt.Errorf("%s: %w", flags.environment, err)
	}
	existing, err := existingFile(flags.into)
	if err != nil {
		return err
	}
	values, err := p.values(flags.valueFlags)
	if err != nil {
		return err
	}
	content, results := seal.Seal(seal.Options{
		Name: name, Environment: environment, Values: values, Type: flags.secretType,
		Key: key, Reseal: flags.reseal, Existing: existing, Env: options.Env,
	})
	build.Report(p.stderr, results)
	switch {
	case results.Failed():
		return errReported
	case flags.raw:
		return p.raw(content, values)
	case flags.into == "":
		_, err := p.stdout.Write(content)
		return err
	}
	return p.into(flags.into, name, environment, existing, content)
}

// into writes the file, and says what became of it.
func (p *program) into(path, name string, environment seal.Environment, existing, content []byte) error {
	if string(existing) == string(content) {
		_, err := fmt.Fprintf(p.stderr, "%s holds these values of %s already\n", path, name)
		return err
	}
	if err := build.ReplaceFile(path, content, 0o644); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stderr, "sealed %s for %s into %s\n", name, environment.Namespace, path)
	return err
}

// raw prints the ciphertext of the only value.
func (p *program) raw(content []byte, values map[string][]byte) error {
	if len(values) != 1 {
		return fmt.Errorf("--raw prints one ciphertext; there are %d values", len(values))
	}
	items, err := manifests(content)
	if err != nil {
		return err
	}
	for _, sealed := range view.SealedSecrets(items) {
		for _, ciphertext := range sealed.EncryptedData() {
			_, err = fmt.Fprintln(p.stdout, ciphertext)
		}
	}
	return err
}

// fingerprintKey reads the key's file, nil when none is named.
func fingerprintKey(path string) (*sealsecrets.Key, error) {
	if path == "" {
		path = os.Getenv(keyFileVariable)
	}
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the fingerprint key: %w", err)
	}
	key, err := sealsecrets.ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
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
