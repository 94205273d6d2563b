package functions

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/pipeline"
	"github.com/eda-gitops/functions/functions/schema"
	"github.com/eda-gitops/functions/functions/standin"

	"github.com/spf13/cobra"
)

// registriesVariable names mirrors of the images' registry, for a stand-in: a
// comma between two.
const registriesVariable = "EDA_FN_REGISTRIES"

// programName is this program's own name.
const programName = "eda-fn"

// MainAs is Main for a program that was called by a path: as docker it is the
// stand-in for it that `eda-fn install --as docker` makes.
func MainAs(path string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if filepath.Base(path) != standin.Name {
		return Main(args, stdin, stdout, stderr)
	}
	answer, err := standin.Read(args, images())
	if err != nil {
		fmt.Fprintf(stderr, "docker: this is the stand-in of eda-fn %s: %v\n", fn.Version, err)
		return standin.Refused
	}
	if answer.Call != nil {
		return Main(answer.Call.Args, stdin, stdout, stderr)
	}
	if _, err := io.WriteString(stdout, answer.Text); err != nil {
		fmt.Fprintf(stderr, "docker: %v\n", err)
		return standin.Refused
	}
	return 0
}

// images are those that `make image` builds.
func images() standin.Images {
	images := standin.Images{Registries: []string{schema.Registry}, All: programName, Version: fn.Version}
	for mirror := range strings.SplitSeq(os.Getenv(registriesVariable), ",") {
		if mirror = strings.TrimRight(strings.TrimSpace(mirror), "/"); mirror != "" {
			images.Registries = append(images.Registries, mirror)
		}
	}
	for _, f := range All {
		if f.Kind != pipeline.Kind {
			images.Functions = append(images.Functions, f.Name)
		}
	}
	return images
}

func (p *program) installCommand() *cobra.Command {
	as := programName
	cmd := &cobra.Command{
		Use: "install DIR", Short: "copy this program into a folder (for init containers)", GroupID: groupVerbs,
		Long: `install copies this program into DIR, from an image without a shell or a cp.

With --as docker the copy is named docker, and stands in for it where there is no
container engine, in an Argo CD sidecar for one: with DIR on PATH, kustomize and
kpt run container functions of this project as they are, in that program. It
answers for this project's images at its own version alone, in
` + schema.Registry + ` and in the mirrors that ` + registriesVariable + ` names (a comma
between two); any other image, flag or command is refused with exit status 125.`,
		Example: `  eda-fn install /tools
  eda-fn install /tools --as docker`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.install(args[0], as) },
	}
	cmd.Flags().StringVar(&as, "as", as, "`NAME` of the copy: eda-fn or docker")
	return cmd
}

func (p *program) install(dir, name string) error {
	if name != programName && name != standin.Name {
		return fmt.Errorf("--as is %q; allowed are %s, %s", name, programName, standin.Name)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("this program's own path: %w", err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	target := filepath.Join(dir, name)
	if err := build.ReplaceFile(target, program, 0o755); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stderr, "installed eda-fn %s as %s\n", fn.Version, target)
	return err
}
