// Package pipeline is the Pipeline: functions as ordered steps of one function,
// with one parse and one write in place of one for each.
//
// Its output is what the chain of single functions gives. It never runs steps
// out of the order that their work demands, and hands nothing on from a step
// that failed.
package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/view"
)

// Kind of the functionConfig.
const Kind = "Pipeline"

// Pipeline is the functionConfig.
type Pipeline struct {
	fn.Header `yaml:",inline"`
	Spec      Spec `yaml:"spec"`

	functions fn.Set
	// steps are the decoded steps, made by Validate.
	steps []fn.Config
}

// Spec of a Pipeline.
type Spec struct {
	// Environment is the environment of the Solution whose values the steps
	// take. A step that names one itself wins.
	Environment string `yaml:"environment,omitempty"`
	// Steps run in this order; it must be the order PinOperators,
	// SizeEventStreams, InjectNamespace, SealSecrets, SetSyncWaves,
	// GenerateArgoApps, each of them optional. Required.
	Steps []Step `yaml:"steps"`
}

// Step is a function's config; what it leaves out comes from the Pipeline.
type Step struct {
	// APIVersion defaults to the Pipeline's.
	APIVersion string `yaml:"apiVersion,omitempty"`
	// Kind is the function's kind. Required.
	Kind string `yaml:"kind"`
	// Metadata defaults to the Pipeline's name.
	Metadata fn.Metadata `yaml:"metadata,omitempty"`
	// Spec is the function's own spec.
	Spec yaml.Node `yaml:"spec,omitempty"`
}

// New returns the Pipeline function over a set of functions.
func New(functions fn.Set) fn.Function {
	return fn.Function{
		Name:  "pipeline",
		Kind:  Kind,
		Short: "run several functions as ordered steps of one",
		New:   func() fn.Config { return &Pipeline{functions: functions} },
	}
}

// Default has nothing to fill: steps fill their own.
func (p *Pipeline) Default() {}

// Validate decodes every step and checks the order.
func (p *Pipeline) Validate() fn.Results {
	var results fn.Results
	if len(p.Spec.Steps) == 0 {
		results = append(results, p.Errorf("spec.steps", "is empty; list at least one of %s", strings.Join(p.functions.Kinds(), ", ")))
	}
	p.steps = nil
	var kinds []string
	for i := range p.Spec.Steps {
		config, found := p.step(i)
		results = append(results, found...)
		p.steps = append(p.steps, config)
		kinds = append(kinds, p.Spec.Steps[i].Kind)
	}
	if i, err := CheckOrder(kinds); err != nil {
		results = append(results, p.Errorf(fmt.Sprintf("spec.steps[%d]", i), "%v", err))
	}
	return results
}

// step decodes and checks one step; its findings are about the Pipeline's
// field, which is what the user wrote.
func (p *Pipeline) step(i int) (fn.Config, fn.Results) {
	at := stepPath(i)
	step := &p.Spec.Steps[i]
	if _, known := p.functions.ByKind(step.Kind); !known {
		return nil, fn.Results{p.Errorf(at+"kind", "there is no function %q%s", step.Kind, fnconfig.Suggest(step.Kind, p.functions.Kinds()))}
	}
	config, results := p.functions.Parse(p.stepNode(step))
	if config != nil {
		if taker, ok := config.(fn.EnvironmentTaker); ok && p.Spec.Environment != "" {
			taker.TakeEnvironment(p.Spec.Environment)
		}
		results = fn.Check(config)
	}
	return config, p.relate(i, results)
}

// relate puts findings about a step's config where the user wrote it.
func (p *Pipeline) relate(i int, results fn.Results) fn.Results {
	for j := range results {
		ref := results[j].Ref
		if ref.Kind == p.Spec.Steps[i].Kind && strings.HasPrefix(ref.APIVersion, fn.Group+"/") {
			results[j].Ref, results[j].Field = p.Ref(), strings.TrimSuffix(stepPath(i)+results[j].Field, ".")
		}
	}
	return results
}

func stepPath(i int) string { return fmt.Sprintf("spec.steps[%d].", i) }

func (p *Pipeline) stepNode(step *Step) *yaml.RNode {
	config := view.Map(
		"apiVersion", view.String(orElse(step.APIVersion, p.APIVersion)),
		"kind", view.String(step.Kind),
		"metadata", view.Map("name", view.String(orElse(step.Metadata.Name, p.Metadata.Name))))
	if step.Spec.Kind != 0 {
		view.SetField(config, "spec", &step.Spec)
	}
	return yaml.NewRNode(config)
}

// Transform runs the steps. The first one that fails ends it.
func (p *Pipeline) Transform(env fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	var results fn.Results
	for i, step := range p.steps {
		var found fn.Results
		items, found = step.Transform(env, items)
		results = append(results, p.relate(i, found)...)
		if found.Failed() {
			return items, results
		}
	}
	return items, append(results, p.plainSecrets(items)...)
}

// plainSecrets warns of Secrets that leave a chain without SealSecrets.
func (p *Pipeline) plainSecrets(items []*yaml.RNode) fn.Results {
	if slices.ContainsFunc(p.Spec.Steps, func(s Step) bool { return s.Kind == "SealSecrets" }) {
		return nil
	}
	var results fn.Results
	for _, o := range view.Manifests(items) {
		if o.APIVersion() == "v1" && o.Kind() == "Secret" && (o.Lookup("data") != nil || o.Lookup("stringData") != nil) {
			results = append(results, fn.Warnf(o.Ref(), "", "leaves the Pipeline %s as a plain Secret; add a step SealSecrets, or seal it with eda-fn seal", p.Metadata.Name))
		}
	}
	return results
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
