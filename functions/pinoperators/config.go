// Package pinoperators sets channel, startingCSV and approval of OLM
// Subscriptions from a table of pins that is checked against the catalog, in
// place of one kustomize overlay per operator version.
//
// It writes only what a pin says, is idempotent, adds a Subscription only where
// a pin says create, and never removes one.
package pinoperators

import (
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Function is this function's entry in functions.All.
var Function = fn.Function{
	Name:  "pin-operators",
	Kind:  "PinOperators",
	Short: "pins OLM Subscriptions to channels and versions from one table",
	New:   func() fn.Config { return &PinOperators{} },
}

// PinOperators is the functionConfig.
type PinOperators struct {
	fn.Header `yaml:",inline"`
	Spec      Spec `yaml:"spec"`
}

// Spec of a PinOperators.
type Spec struct {
	// Operators are the pins, by OLM package: a Subscription's spec.name, which
	// may differ from its metadata.name. Required.
	Operators map[string]Pin `yaml:"operators"`
	// Unmatched says what becomes of a pin that no Subscription matches.
	// Defaults to error.
	Unmatched fn.Level `yaml:"unmatched,omitempty"`
	// Unpinned says what becomes of a Subscription that no pin matches. Defaults
	// to warn.
	Unpinned fn.Level `yaml:"unpinned,omitempty"`
}

// Pin is what the Subscriptions of one package are to say. Fields that it
// leaves out stay as the Subscription has them.
type Pin struct {
	// Channel is the package's channel, such as v3.0. Alone it sets no CSV, and
	// one that the Subscription has from another channel is removed.
	Channel string `yaml:"channel,omitempty"`
	// Version is the operator's exact version, such as 3.0.5. It sets
	// startingCSV, Manual approval and, from the catalog, the channel.
	Version string `yaml:"version,omitempty"`
	// StartingCSV is the CSV's name, such as ibm-eventstreams.v3.0.5, in place of
	// version. It sets Manual approval and, from the catalog, the channel.
	StartingCSV string `yaml:"startingCSV,omitempty"`
	// Namespace is where the Subscription goes.
	Namespace string `yaml:"namespace,omitempty"`
	// Source is the CatalogSource's name.
	Source string `yaml:"source,omitempty"`
	// SourceNamespace is the CatalogSource's namespace.
	SourceNamespace string `yaml:"sourceNamespace,omitempty"`
	// InstallPlanApproval is Automatic or Manual; Automatic does not go with
	// version or startingCSV, since OLM would upgrade past them at once.
	InstallPlanApproval Approval `yaml:"installPlanApproval,omitempty"`
	// Create makes the Subscription where none matches; namespace, source and
	// sourceNamespace come from the catalog when they are not said.
	Create bool `yaml:"create,omitempty"`
	// Match picks among several Subscriptions of the package, by the name and
	// the namespace that they have in the input. Defaults to all of them.
	Match Match `yaml:"match,omitempty"`
}

// Match picks Subscriptions by their metadata; an empty field matches all.
type Match struct {
	// Name is metadata.name.
	Name string `yaml:"name,omitempty"`
	// Namespace is metadata.namespace.
	Namespace string `yaml:"namespace,omitempty"`
}

// Approval is how OLM treats an InstallPlan.
type Approval string

// OLM's two ways: it installs and upgrades by itself, or somebody approves each
// InstallPlan.
const (
	Automatic Approval = "Automatic"
	Manual    Approval = "Manual"
)

// Enum lists the values.
func (Approval) Enum() []string { return []string{string(Automatic), string(Manual)} }

// Default fills unmatched and unpinned.
func (c *PinOperators) Default() {
	if c.Spec.Unmatched == "" {
		c.Spec.Unmatched = fn.LevelError
	}
	if c.Spec.Unpinned == "" {
		c.Spec.Unpinned = fn.LevelWarn
	}
}

// Validate checks the pins without the catalog and the Subscriptions.
func (c *PinOperators) Validate() fn.Results {
	if len(c.Spec.Operators) == 0 {
		return fn.Results{c.Errorf("spec.operators", "is empty; name at least one package: ibm-mq: {channel: v1.8}")}
	}
	var results fn.Results
	for _, name := range solution.Names(c.Spec.Operators) {
		results = append(results, c.validatePin(name, c.Spec.Operators[name])...)
	}
	return results
}

// printable is what names of packages, channels, CSVs and sources may hold:
// ASCII without spaces.
var printable = regexp.MustCompile(`^[!-~]+$`)

func (c *PinOperators) validatePin(name string, pin Pin) fn.Results {
	if !printable.MatchString(name) {
		return fn.Results{c.Errorf(at(name, ""), "%q is no package's name", name)}
	}
	if pin == (Pin{}) {
		return fn.Results{c.Errorf(at(name, ""), "says nothing; say channel, version or startingCSV")}
	}
	var results fn.Results
	for _, text := range []struct{ field, value string }{
		{"channel", pin.Channel}, {"version", pin.Version}, {"startingCSV", pin.StartingCSV}, {"source", pin.Source},
	} {
		switch {
		case text.value == "":
		case !printable.MatchString(text.value):
			results = append(results, c.Errorf(at(name, text.field), "%q has spaces or letters beyond ASCII", text.value))
		case placeholder(text.value):
			results = append(results, c.Errorf(at(name, text.field), "%q is a placeholder; say the %s", text.value, text.field))
		}
	}
	for _, namespace := range []struct{ field, value string }{
		{"namespace", pin.Namespace}, {"sourceNamespace", pin.SourceNamespace},
	} {
		if err := solution.ValidNamespace(namespace.value); namespace.value != "" && err != nil {
			results = append(results, c.Errorf(at(name, namespace.field), "%v", err))
		}
	}
	results = append(results, c.validateRelease(name, pin)...)
	if pin.Create {
		results = append(results, c.validateCreate(name, pin)...)
	}
	return results
}

func (c *PinOperators) validateRelease(name string, pin Pin) fn.Results {
	var results fn.Results
	if pin.Version != "" && pin.StartingCSV != "" {
		results = append(results, c.Errorf(at(name, "startingCSV"), "stands beside version; keep one of the two"))
	}
	if _, err := semver.StrictNewVersion(pin.Version); pin.Version != "" && err != nil {
		results = append(results, c.Errorf(at(name, "version"),
			`is %q; expected one exact version such as 3.0.5: three numbers, no "v", no range`, pin.Version))
	}
	if pin.holds() && pin.InstallPlanApproval == Automatic {
		results = append(results, c.Errorf(at(name, "installPlanApproval"),
			"is Automatic beside a version: OLM would upgrade past it at once; leave it out (Manual is set), or pin the channel only").
			Change(string(Automatic), string(Manual)))
	}
	return results
}

// objectName is a Kubernetes object's name: a DNS subdomain (RFC 1123).
var objectName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

func (c *PinOperators) validateCreate(name string, pin Pin) fn.Results {
	var results fn.Results
	if pin.Channel == "" && !pin.holds() {
		results = append(results, c.Errorf(at(name, "create"), "needs channel, version or startingCSV beside it"))
	}
	if made := pin.objectName(name); !objectName.MatchString(made) {
		results = append(results, c.Errorf(at(name, "match.name"),
			"%q can't be the name of the Subscription to create; expected lower-case letters, digits, '-' and '.'", made))
	}
	if err := solution.ValidNamespace(pin.Match.Namespace); pin.Match.Namespace != "" && err != nil {
		results = append(results, c.Errorf(at(name, "match.namespace"), "%v", err))
	}
	return results
}

// holds says whether the pin names a release and not only a channel.
func (p Pin) holds() bool { return p.Version != "" || p.StartingCSV != "" }

// objectName is metadata.name of a Subscription that the pin creates.
func (p Pin) objectName(olmPackage string) string {
	if p.Match.Name != "" {
		return p.Match.Name
	}
	return olmPackage
}

// at is the path of a pin's field; of the pin itself when field is empty.
func at(olmPackage, field string) string {
	path := view.Path("spec", "operators", olmPackage)
	if field == "" {
		return path
	}
	return path + "." + field
}

// placeholders are what people leave in a base for an overlay to replace, in
// lower case and without separators.
var placeholders = []string{"patchme", "tobechanged", "changeme", "replaceme"}

var separators = strings.NewReplacer("-", "", "_", "", ".", "", " ", "")

// placeholder says whether a value was left for somebody to replace:
// patch-me-see-overlays-dir, tobechanged, CHANGEME.
func placeholder(value string) bool {
	plain := separators.Replace(strings.ToLower(value))
	for _, p := range placeholders {
		if strings.Contains(plain, p) {
			return true
		}
	}
	return false
}
