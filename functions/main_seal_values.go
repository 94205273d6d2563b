package functions

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/eda-gitops/functions/functions/seal"
)

// valueFlags say where the values are.
type valueFlags struct {
	fromFile, fromEnvFile, fromLiteral []string
	force                              bool
	docker                             seal.DockerLogin
	dockerPasswordFile                 string
}

func (v *valueFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&v.fromFile, "from-file", nil, "`KEY=FILE`, or KEY=- for stdin (at a terminal: typed, and not shown); may be repeated")
	f.StringArrayVar(&v.fromEnvFile, "from-env-file", nil, "`FILE` with lines KEY=VALUE, or - for stdin; may be repeated")
	f.StringArrayVar(&v.fromLiteral, "from-literal", nil, "`KEY=VALUE`; refused without --force, because the shell's history and the process list show it")
	f.BoolVar(&v.force, "force", false, "accept --from-literal all the same")
	f.StringVar(&v.docker.Server, "docker-server", "", "`REGISTRY` of a pull secret, such as cp.icr.io")
	f.StringVar(&v.docker.Username, "docker-username", "", "`NAME` of the registry's user")
	f.StringVar(&v.dockerPasswordFile, "docker-password-file", "", "`FILE` with the registry's password, or - for stdin")
	f.StringVar(&v.docker.Email, "docker-email", "", "`ADDRESS` in the pull secret (registries ignore it)")
}

// reading collects values, of which stdin serves one.
type reading struct {
	p      *program
	values map[string][]byte
	stdin  string
}

// values reads what the flags name.
func (p *program) values(flags valueFlags) (map[string][]byte, error) {
	r := reading{p: p, values: map[string][]byte{}}
	for _, argument := range flags.fromFile {
		key, path, found := strings.Cut(argument, "=")
		if !found || key == "" || path == "" {
			return nil, errors.New("--from-file takes KEY=FILE, or KEY=- for stdin; a value itself never stands on the command line, where others see it")
		}
		value, err := r.read(key, path)
		if err != nil {
			return nil, err
		}
		if err := r.put(key, value); err != nil {
			return nil, err
		}
	}
	for _, path := range flags.fromEnvFile {
		if err := r.envFile(path); err != nil {
			return nil, err
		}
	}
	if err := r.literals(flags); err != nil {
		return nil, err
	}
	return r.values, r.pullSecret(flags)
}

func (r *reading) put(key string, value []byte) error {
	if _, twice := r.values[key]; twice {
		return fmt.Errorf("the key %s is given twice", key)
	}
	r.values[key] = value
	return nil
}

// read reads a file, or stdin for "-". What names the value in messages.
func (r *reading) read(what, path string) ([]byte, error) {
	if path != "-" {
		value, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the value of %s: %w", what, err)
		}
		return value, nil
	}
	if terminal(r.p.stdin) {
		return r.typed(what)
	}
	if r.stdin != "" {
		return nil, fmt.Errorf("stdin is read for %s and for %s; one of them must be a file", r.stdin, what)
	}
	r.stdin = what
	value, err := io.ReadAll(r.p.stdin)
	if err != nil {
		return nil, fmt.Errorf("reading the value of %s: %w", what, err)
	}
	return value, nil
}

// typed asks at the terminal, which shows nothing of the answer.
func (r *reading) typed(what string) ([]byte, error) {
	file, ok := r.p.stdin.(*os.File)
	if !ok {
		return nil, fmt.Errorf("reading the value of %s: stdin is no file", what)
	}
	fmt.Fprintf(r.p.stderr, "value of %s (not shown): ", what)
	value, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(r.p.stderr)
	if err != nil {
		return nil, fmt.Errorf("reading the value of %s at the terminal: %w", what, err)
	}
	return value, nil
}

func (r *reading) envFile(path string) error {
	text, err := r.read("--from-env-file", path)
	if err != nil {
		return err
	}
	values, err := seal.ParseEnvFile(text)
	if err != nil {
		return fmt.Errorf("--from-env-file %s: %w", path, err)
	}
	for key, value := range values {
		if err := r.put(key, value); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) literals(flags valueFlags) error {
	if len(flags.fromLiteral) > 0 && !flags.force {
		return errors.New("--from-literal leaves the value in the shell's history and shows it in the process list; use --from-file KEY=- and type or pipe it, or say --force")
	}
	for _, argument := range flags.fromLiteral {
		key, value, found := strings.Cut(argument, "=")
		if !found || key == "" {
			return errors.New("--from-literal takes KEY=VALUE")
		}
		if err := r.put(key, []byte(value)); err != nil {
			return err
		}
	}
	return nil
}

// pullSecret makes a registry's login a value.
func (r *reading) pullSecret(flags valueFlags) error {
	login := flags.docker
	if login.Server+login.Username+login.Email+flags.dockerPasswordFile == "" {
		return nil
	}
	if flags.dockerPasswordFile == "" {
		return errors.New("--docker-password-file is missing; expected a FILE with the registry's password, or - for stdin")
	}
	password, err := r.read("the registry's password", flags.dockerPasswordFile)
	if err != nil {
		return err
	}
	login.Password = []byte(strings.TrimRight(string(password), "\r\n"))
	config, err := login.Config()
	if err != nil {
		return err
	}
	return r.put(seal.DockerKey, config)
}
