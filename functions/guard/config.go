package guard

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/eda-gitops/functions/functions/fn"
)

// Spec says what the guard does. Its zero value is that of Default.
type Spec struct {
	// Literals says what becomes of literals that look like credentials: error,
	// warn or ignore. Defaults to error. A plain Secret is an error always.
	Literals fn.Level `yaml:"literals,omitempty"`
	// Allow lists what looks like a credential and is none, or is one that may
	// be read by everybody.
	Allow []Allow `yaml:"allow,omitempty"`
	// Patterns are further regular expressions (RE2) of what is a credential
	// here. Each is tried on "NAME=VALUE" of every setting, and on texts as a
	// whole: "^license=", "ACME-[0-9]{8}".
	Patterns []string `yaml:"patterns,omitempty"`
}

// Allow is one exception.
type Allow struct {
	// Kind is the object's kind. Required.
	Kind string `yaml:"kind"`
	// Namespace is the object's namespace. Defaults to any.
	Namespace string `yaml:"namespace,omitempty"`
	// Name is the object's name. Required.
	Name string `yaml:"name"`
	// Key is a data key or the name of a setting, such as
	// application.properties or DB_PASSWORD. Defaults to all of the object.
	Key string `yaml:"key,omitempty"`
	// Reason says why it may stand in the open. Required.
	Reason string `yaml:"reason"`
}

// Default sets the level.
func (s *Spec) Default() {
	if s.Literals == "" {
		s.Literals = fn.LevelError
	}
}

// Merge is one Spec for several that hold in one place: what any of them
// excepts is excepted, what any of them looks for is looked for, and the
// strictest level holds.
func Merge(specs []Spec) Spec {
	var all Spec
	for i := range specs {
		spec := specs[i]
		spec.Default()
		if levels := all.Literals.Enum(); i == 0 || slices.Index(levels, string(spec.Literals)) < slices.Index(levels, string(all.Literals)) {
			all.Literals = spec.Literals
		}
		all.Allow = append(all.Allow, spec.Allow...)
		all.Patterns = append(all.Patterns, spec.Patterns...)
	}
	return all
}

// Validate checks the exceptions and the patterns; path is where the Spec
// stands in the config.
func (s *Spec) Validate(config *fn.Header, path string) fn.Results {
	var results fn.Results
	for i, allow := range s.Allow {
		at := fmt.Sprintf("%s.allow[%d]", path, i)
		for _, field := range []struct{ name, value, want string }{
			{"kind", allow.Kind, "the object's kind, such as ConfigMap"},
			{"name", allow.Name, "the object's name"},
			{"reason", allow.Reason, "why it may stand in the open"},
		} {
			if field.value == "" {
				results = append(results, config.Errorf(at+"."+field.name, "is missing; expected %s", field.want))
			}
		}
	}
	for i, pattern := range s.Patterns {
		at := fmt.Sprintf("%s.patterns[%d]", path, i)
		expression, err := regexp.Compile(pattern)
		switch {
		case err != nil:
			results = append(results, config.Errorf(at, "is no regular expression that can be read (RE2, https://github.com/google/re2/wiki/Syntax)"))
		case expression.MatchString(""):
			results = append(results, config.Errorf(at, "matches the empty text, and so everything; expected a narrower one"))
		}
	}
	return results
}
