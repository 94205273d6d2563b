// Package setsyncwaves gives an environment's objects the sync waves by which
// Argo CD orders them within one Application: operands, then topics, users and
// connectors, then the apps.
//
// It writes one annotation and nothing else. A wave that an object has already
// stays.
package setsyncwaves

import (
	"regexp"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Function is the entry for functions.All.
var Function = fn.Function{
	Name:  "set-sync-waves",
	Kind:  "SetSyncWaves",
	Short: "order an environment's objects by Argo CD's sync waves",
	New:   func() fn.Config { return &SetSyncWaves{} },
}

// SetSyncWaves is the functionConfig.
type SetSyncWaves struct {
	fn.Header `yaml:",inline"`
	Spec      Spec `yaml:"spec"`
}

// Spec of SetSyncWaves.
type Spec struct {
	// Environment is a name in the Solution, which must be there then. Waves
	// are the same in every environment; a Pipeline fills it in.
	Environment string `yaml:"environment,omitempty"`
	// Components by the label app.kubernetes.io/component: the wave of a
	// component's objects. Defaults to the Solution's.
	Components map[string]int `yaml:"components,omitempty"`
	// Kinds, as KafkaTopic.kafka.strimzi.io or ConfigMap: the earliest wave of
	// a kind's objects. Defaults to 0 for Namespace and for what operators are
	// installed from, 10 for operands, 20 for topics, users, connectors and
	// what logs in to Kafka.
	Kinds map[string]int `yaml:"kinds,omitempty"`
}

// TakeEnvironment implements fn.EnvironmentTaker.
func (c *SetSyncWaves) TakeEnvironment(name string) {
	if c.Spec.Environment == "" {
		c.Spec.Environment = name
	}
}

// Default has nothing to fill: the Solution is known in Transform.
func (c *SetSyncWaves) Default() {}

var kindName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(\.[a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$`)

// Validate checks the config alone.
func (c *SetSyncWaves) Validate() fn.Results {
	var results fn.Results
	for _, kind := range solution.Names(c.Spec.Kinds) {
		if !kindName.MatchString(kind) {
			results = append(results, c.Errorf(view.Path("spec", "kinds", kind), "is no kind; expected ConfigMap, or KafkaTopic.kafka.strimzi.io for one with a group"))
		}
	}
	return results
}
