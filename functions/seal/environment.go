package seal

import (
	"errors"
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/guard"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Environment is what a Secret is sealed for.
type Environment struct {
	// Name is the environment's name in the Solution, empty when the configs
	// name none.
	Name string
	// Class is dev, stage or prod, empty without a Solution.
	Class string
	// Namespace is where the Secret will be.
	Namespace string
	// Scope is what the ciphertext is bound to.
	Scope sealsecrets.Scope
	// Scopes are those of single Secrets, by <namespace/name>.
	Scopes map[string]sealsecrets.Scope
	// Certificate is the sealing certificate's text, as ParseCertificates of
	// package sealsecrets reads it.
	Certificate []byte
}

// ErrNoSealSecrets says that a folder's functions seal nothing.
var ErrNoSealSecrets = errors.New("the environment has no SealSecrets among its functions, so there is no certificate to seal with; add a step SealSecrets with certificateFrom")

// Kinds of the configs that say where the environment's namespace comes from.
const (
	pipelineKind        = "Pipeline"
	injectNamespaceKind = "InjectNamespace"
)

// FindEnvironment works out what an environment seals for. Items are all
// objects that the environment's functions see, local-config ones included;
// configs are the functions' configs, in their order, in which a Pipeline
// stands for its steps. Certificate and scope are those of SealSecrets; the
// namespace is InjectNamespace's own, or that of the Solution's environment
// that the configs name.
func FindEnvironment(items, configs []*yaml.RNode) (Environment, error) {
	found, err := readConfigs(configs)
	if err != nil {
		return Environment{}, err
	}
	text, results := found.seal.CertificateText(items)
	if err := results.Err(); err != nil {
		return Environment{}, err
	}
	env := Environment{
		Name: found.environment, Namespace: found.namespace,
		Scope: found.seal.Spec.Scope, Scopes: found.seal.Spec.Scopes, Certificate: []byte(text),
	}
	_, declared, results := solution.Lookup(found.seal.Head(), "spec.environment", found.environment, items)
	if err := results.Err(); err != nil {
		return Environment{}, err
	}
	env.Class = declared.Class
	if env.Namespace == "" {
		env.Namespace = declared.Namespace
	}
	if env.Namespace == "" && env.Scope != sealsecrets.ScopeClusterWide {
		return Environment{}, errors.New("the environment's namespace is unknown; name the environment in the Pipeline (spec.environment) and have a Solution among the resources, or say the namespace in InjectNamespace")
	}
	return env, nil
}

// readings are what the configs say.
type readings struct {
	seal *sealsecrets.SealSecrets
	// environment is a name in the Solution.
	environment string
	// namespace is InjectNamespace's own.
	namespace string
}

func readConfigs(configs []*yaml.RNode) (readings, error) {
	var r readings
	for _, config := range configs {
		o := view.Of(config)
		if o.Group() != fn.Group {
			continue
		}
		if o.Kind() != pipelineKind {
			if err := r.read(o, ""); err != nil {
				return r, err
			}
			continue
		}
		steps := o.Lookup("spec", "steps")
		for i := 0; steps != nil && i < len(steps.Content); i++ {
			if err := r.read(step(o, steps.Content[i]), o.Text("spec", "environment")); err != nil {
				return r, err
			}
		}
	}
	if r.seal == nil {
		return r, ErrNoSealSecrets
	}
	if r.environment == "" {
		r.environment = r.seal.Spec.Environment
	}
	return r, nil
}

// step returns a Pipeline's step as a config of its own, with what it leaves
// out.
func step(pipeline view.Object, node *yaml.Node) view.Object {
	config := view.Copy(node)
	if config.Kind != yaml.MappingNode {
		return view.Object{}
	}
	for _, field := range []string{"apiVersion", "metadata"} {
		if view.IsNull(view.Field(config, field)) {
			view.SetField(config, field, view.Copy(pipeline.Lookup(field)))
		}
	}
	return view.OfNode(config)
}

// read takes what one config says; the Pipeline's environment is for configs
// that name none.
func (r *readings) read(config view.Object, environment string) error {
	switch config.Kind() {
	case injectNamespaceKind:
		r.namespace = config.Text("spec", "namespace")
		r.environment = config.Text("spec", "environment")
		if r.environment == "" {
			r.environment = environment
		}
	case sealsecrets.Function.Kind:
		if r.seal != nil {
			return fmt.Errorf("the environment has two SealSecrets among its functions, %s and %s; which certificate seals cannot be told",
				r.seal.Metadata.Name, config.Name())
		}
		decoded, results := fn.Set{sealsecrets.Function}.Decode(config.RNode())
		if err := results.Err(); err != nil {
			return err
		}
		r.seal = decoded.(*sealsecrets.SealSecrets)
		r.seal.TakeEnvironment(environment)
	}
	return nil
}

// FindGuard returns spec.guard of the SealSecrets among an environment's
// configs, in which a Pipeline stands for its steps.
func FindGuard(configs []*yaml.RNode) (guard.Spec, fn.Results) {
	found, err := readConfigs(configs)
	if err != nil {
		return guard.Spec{}, fn.Results{fn.Errorf(view.Ref{}, "", "%v", err)}
	}
	return found.seal.Spec.Guard, nil
}
