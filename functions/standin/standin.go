// Package standin reads what kustomize and kpt ask of docker, for machines that
// have no container engine: an Argo CD sidecar, for one. eda-fn answers for the
// images of this project at its own version, because it is the program in them;
// everything else is refused, with the status that docker itself has for a
// container that it could not start.
package standin

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/eda-gitops/functions/functions/fnconfig"
)

const (
	// Name is the program that kustomize and kpt look for on PATH.
	Name = "docker"
	// Refused is the exit status of `docker run` when the container did not
	// start; what ran in it never has to be asked. Source: docker run's manual.
	Refused = 125
	// clientVersion is what `docker version` answers. kpt asks for 20.10.0 at
	// least (pkg/lib/fnruntime/container.go of v1.0.0-beta.58), and knows from
	// it which flags of `docker run` there are: those below.
	clientVersion = "20.10.0"
)

// Images says which images this program stands in for.
type Images struct {
	// Registries are the places of the images, without a slash at the end:
	// "ghcr.io/eda-gitops", and mirrors of it.
	Registries []string
	// All is the image of every function, "eda-fn".
	All string
	// Functions have an image each, of their name.
	Functions []string
	// Version is the tag of all of them.
	Version string
}

// Call is what is asked of the program in a container.
type Call struct {
	// Args are the program's arguments.
	Args []string
}

// Answer is a call of docker understood: text to print, or a Call to make.
type Answer struct {
	Text string
	Call *Call
}

// Read understands a command line of docker, without the program's name.
func Read(args []string, images Images) (Answer, error) {
	if len(args) == 0 {
		return Answer{}, errors.New("no command; it answers run and version")
	}
	switch {
	case args[0] == "run":
		call, err := images.run(args[1:])
		return Answer{Call: call}, err
	case args[0] == "version":
		return images.version(args[1:])
	case len(args) > 1 && args[0] == "image" && args[1] == "inspect":
		return images.inspect(args[2:])
	}
	return Answer{}, fmt.Errorf("%q is no command of this one; it answers run and version", strings.Join(args[:min(2, len(args))], " "))
}

// flagSet parses flags as docker does; none may stand behind the first argument.
func flagSet(name string) *pflag.FlagSet {
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	flags.SetInterspersed(false)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	return flags
}

// run reads the arguments of `docker run`: flags of isolation, which a program
// that reads stdin and writes stdout keeps by itself, and an image.
func (images Images) run(args []string) (*Call, error) {
	flags := flagSet("run")
	flags.Bool("rm", false, "")
	flags.BoolP("interactive", "i", false, "")
	flags.StringP("user", "u", "", "")
	// No function reads a variable or a file.
	flags.StringArrayP("env", "e", nil, "")
	flags.StringArray("mount", nil, "")
	attach := flags.StringArrayP("attach", "a", nil, "")
	network := flags.String("network", "none", "")
	pull := flags.String("pull", "missing", "")
	security := flags.StringArray("security-opt", nil, "")
	if err := flags.Parse(args); err != nil {
		return nil, fmt.Errorf("run: %w; it knows the flags that kustomize and kpt give", err)
	}
	for _, check := range []struct {
		flag    string
		values  []string
		allowed []string
	}{
		{"--attach", *attach, []string{"stdin", "stdout", "stderr"}},
		{"--network", []string{*network}, []string{"none", "host"}},
		{"--pull", []string{*pull}, []string{"missing", "never", "always"}},
		{"--security-opt", *security, []string{"no-new-privileges"}},
	} {
		for _, value := range check.values {
			if !slices.Contains(check.allowed, strings.ToLower(value)) {
				return nil, fmt.Errorf("run: %s is %q; allowed are %s", check.flag, value, strings.Join(check.allowed, ", "))
			}
		}
	}
	if flags.NArg() == 0 {
		return nil, errors.New("run: names no image")
	}
	function, err := images.function(flags.Arg(0))
	if err != nil {
		return nil, err
	}
	call := &Call{}
	if function != "" {
		call.Args = []string{function}
	}
	switch rest := flags.Args()[1:]; {
	case len(rest) == 0:
		return call, nil
	case slices.Equal(rest, []string{"--help"}): // kpt fn doc
		call.Args = append(call.Args, rest...)
		return call, nil
	default:
		// In a container the program would see no file of this machine.
		return nil, fmt.Errorf("run: %s: functions take no arguments, but there is %q", flags.Arg(0), rest[0])
	}
}

// function returns the function of an image, empty for the image of all.
func (images Images) function(image string) (string, error) {
	reference, digest, _ := strings.Cut(image, "@")
	place, name := "", reference
	if slash := strings.LastIndexByte(reference, '/'); slash >= 0 {
		place, name = reference[:slash], reference[slash+1:]
	}
	name, tag, _ := strings.Cut(name, ":")
	known := append([]string{images.All}, images.Functions...)
	switch {
	case !slices.Contains(images.Registries, place):
		return "", fmt.Errorf("run: the image %s is not one of %s; no container engine is here, and this stand-in runs no other image", image, strings.Join(images.Registries, ", "))
	case !slices.Contains(known, name):
		return "", fmt.Errorf("run: the image %s: there is no image %q%s", image, name, fnconfig.Suggest(name, known))
	case tag == "" && digest != "":
		return "", fmt.Errorf("run: the image %s says its digest alone, which does not tell its version; write %s/%s:%s@%s", image, place, name, images.Version, digest)
	case tag != images.Version:
		return "", fmt.Errorf("run: the image %s is of version %q, this program %s: it does not answer for another version; use the same in the tree and here", image, tag, images.Version)
	case name == images.All:
		return "", nil
	}
	return name, nil
}

// version answers kpt's question whether docker is there. There is no engine,
// so the question after the server fails, as docker's own does.
func (images Images) version(args []string) (Answer, error) {
	flags := flagSet("version")
	format := flags.StringP("format", "f", "", "")
	if err := flags.Parse(args); err != nil {
		return Answer{}, fmt.Errorf("version: %w", err)
	}
	// The part behind + is the semantic version's place for whose build it is.
	version := clientVersion + "+eda-fn." + strings.TrimPrefix(images.Version, "v")
	switch *format {
	case "{{.Client.Version}}":
		return Answer{Text: version + "\n"}, nil
	case "":
		return Answer{}, fmt.Errorf("version: the client is %s, and there is no engine", version)
	}
	return Answer{}, fmt.Errorf("version: --format is %q; allowed is {{.Client.Version}}", *format)
}

// inspect says that an image of ours is there, so that nobody pulls it.
func (images Images) inspect(args []string) (Answer, error) {
	if len(args) != 1 {
		return Answer{}, errors.New("image inspect: expected one image")
	}
	if _, err := images.function(args[0]); err != nil {
		return Answer{}, err
	}
	return Answer{Text: fmt.Sprintf("[{\"RepoTags\": [%q]}]\n", args[0])}, nil
}
