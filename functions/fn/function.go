package fn

import (
	"io"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Group and APIVersion of every config of this project.
const (
	Group      = view.OwnGroup
	APIVersion = Group + "/v1alpha1"
)

// Version is the release, set by the linker; images carry it as their tag.
var Version = "v0.1.0"

// Function is one entry of functions.All.
type Function struct {
	// Name is the command and the image: "pin-operators".
	Name string
	// Kind is the functionConfig's kind: "PinOperators".
	Kind string
	// Short says in one line what it does, for help and list.
	Short string
	// New returns an empty config to decode into.
	New func() Config
	// Internal leaves it out of what users are told: programs write its config.
	Internal bool
}

// Config is a function's decoded functionConfig: a struct that starts with a
// Header and has a Spec. Default and Validate run before Transform.
type Config interface {
	// Head returns the config's Header.
	Head() *Header
	// Default fills fields that the user left out.
	Default()
	// Validate checks the config alone and returns every finding at once.
	Validate() Results
	// Transform edits the items in place and returns the items of the output,
	// in the order of the input with new ones at the end. It is pure: it reads
	// no file, network, clock, environment or randomness but env's. When any
	// result is an error, the host keeps the input.
	Transform(env Env, items []*yaml.RNode) ([]*yaml.RNode, Results)
}

// EnvironmentTaker is a Config that reads an environment of the Solution; a
// Pipeline hands its own spec.environment to those whose config names none.
type EnvironmentTaker interface {
	TakeEnvironment(name string)
}

// Env is what a Transform may know of the world outside its items.
type Env struct {
	// Now is the time at which certificates must be valid.
	Now time.Time
	// Rand is the source of randomness for sealing.
	Rand io.Reader
}

// Header is the part that every config shares.
type Header struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	// Metadata names the config in messages.
	Metadata Metadata `yaml:"metadata"`
	// FromConfigMap says that the config came as a ConfigMap's data, the form of
	// kpt fn eval and of a Kptfile's configMap.
	FromConfigMap bool `yaml:"-"`
}

// Metadata is a config's metadata; fields that it does not name are accepted,
// since hosts and people add their own.
type Metadata struct {
	Name        string            `yaml:"name"`
	Namespace   string            `yaml:"namespace,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Head returns the Header itself, for the Config interface.
func (h *Header) Head() *Header { return h }

// Ref names the config in results.
func (h *Header) Ref() view.Ref {
	return view.Ref{APIVersion: h.APIVersion, Kind: h.Kind, Name: h.Metadata.Name}
}

// Errorf returns an error about a field of the config.
func (h *Header) Errorf(path, format string, args ...any) Result {
	return Errorf(h.Ref(), path, format, args...)
}

// Warnf returns a warning about a field of the config.
func (h *Header) Warnf(path, format string, args ...any) Result {
	return Warnf(h.Ref(), path, format, args...)
}
