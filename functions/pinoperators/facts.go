package pinoperators

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// CatalogKind is the kind of an OperatorCatalog.
const CatalogKind = "OperatorCatalog"

// OperatorCatalog is an item, marked as local-config, with facts about OLM
// packages that the embedded catalog does not have.
type OperatorCatalog struct {
	fn.Header `yaml:",inline"`
	Spec      CatalogSpec `yaml:"spec"`
}

// CatalogSpec of an OperatorCatalog.
type CatalogSpec struct {
	// Mode says how a package that the embedded catalog knows is combined with
	// it. Defaults to extend.
	Mode Mode `yaml:"mode,omitempty"`
	// Operators are facts by OLM package, in the shape of catalog/operators.
	// Required.
	Operators map[string]*catalog.Operator `yaml:"operators"`
}

// Mode says what becomes of the embedded facts of a package.
type Mode string

// The embedded facts stay beside those of the item, or do not count.
const (
	Extend  Mode = "extend"
	Replace Mode = "replace"
)

// Enum lists the values.
func (Mode) Enum() []string { return []string{string(Extend), string(Replace)} }

// facts are the embedded catalog and what OperatorCatalogs among the items say.
type facts struct {
	own map[string]*catalog.Operator
}

// lookup returns what is known of a package and whether anything is.
func (f *facts) lookup(name string) (*catalog.Operator, bool, error) {
	if operator, found := f.own[name]; found {
		return operator, true, nil
	}
	return catalog.Lookup(name)
}

// names lists the packages that are known, sorted.
func (f *facts) names() []string {
	names := append(catalog.Names(), solution.Names(f.own)...)
	slices.Sort(names)
	return slices.Compact(names)
}

// readFacts reads the OperatorCatalogs among the items.
func readFacts(items []*yaml.RNode) (*facts, fn.Results) {
	f := &facts{own: map[string]*catalog.Operator{}}
	var results fn.Results
	from := map[string]view.Ref{}
	for _, item := range items {
		o := view.Of(item)
		if !o.Is(fn.Group, CatalogKind) {
			continue
		}
		c, found := DecodeCatalog(o)
		results = append(results, found...)
		if c == nil {
			continue
		}
		for _, name := range solution.Names(c.Spec.Operators) {
			if other, twice := from[name]; twice {
				results = append(results, fn.Errorf(o.Ref(), view.Path("spec", "operators", name), "the package is in %s already; keep one of the two", other))
				continue
			}
			from[name] = o.Ref()
			results = append(results, f.add(o.Ref(), name, c.Spec.Operators[name], c.Spec.Mode)...)
		}
	}
	return f, results
}

func (f *facts) add(ref view.Ref, name string, operator *catalog.Operator, mode Mode) fn.Results {
	embedded, known, err := catalog.Lookup(name)
	if err != nil {
		return fn.Results{fn.Errorf(ref, view.Path("spec", "operators", name), "internal error, please report it: %v", err)}
	}
	if known && mode != Replace {
		operator = embedded.Extend(operator)
	}
	f.own[name] = operator
	return nil
}

// DecodeCatalog reads an OperatorCatalog strictly; nil when a result is an
// error.
func DecodeCatalog(o view.Object) (*OperatorCatalog, fn.Results) {
	if o.APIVersion() != fn.APIVersion {
		return nil, fn.Results{fn.Errorf(o.Ref(), "apiVersion", "is %q; expected %s", o.APIVersion(), fn.APIVersion)}
	}
	c := &OperatorCatalog{}
	var results fn.Results
	for _, problem := range fnconfig.Decode(o.Node(), c) {
		results = append(results, fn.Errorf(o.Ref(), problem.Path, "%s", problem.Message))
	}
	if len(c.Spec.Operators) == 0 && !results.Failed() {
		results = append(results, fn.Errorf(o.Ref(), "spec.operators", "is empty; name at least one package"))
	}
	for _, name := range solution.Names(c.Spec.Operators) {
		path := view.Path("spec", "operators", name)
		operator := c.Spec.Operators[name]
		switch {
		case operator == nil:
			results = append(results, fn.Errorf(o.Ref(), path, "says nothing; say its channels"))
			continue
		case operator.Package == "":
			operator.Package = name
		case operator.Package != name:
			results = append(results, fn.Errorf(o.Ref(), path+".package", "is %q; expected %s, as the key says", operator.Package, name))
		}
		for _, problem := range operator.Check() {
			results = append(results, fn.Errorf(o.Ref(), path+"."+problem.Path, "%s", problem.Message))
		}
	}
	if results.Failed() {
		return nil, results
	}
	return c, results
}
