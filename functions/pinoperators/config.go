// Package pinoperators sets channel, startingCSV and approval of OLM
// Subscriptions from a table of pins that is checked against the catalog, in
// place of one kustomize overlay per operator version; and the versions of what
// the operators run, with what goes with them.
//
// It writes only what a pin says and is idempotent. It adds a Subscription only
// where a pin says create, and beside that only what a field says: the approver's
// objects, a ClusterExtension's ServiceAccount and Namespace, the ConfigMap of
// metrics that leave an Event Streams of v1beta1. It never removes an object; with
// olm: v1 a Subscription becomes a ClusterExtension.
package pinoperators

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"

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
	// may differ from its metadata.name. At least one is needed, unless there are
	// operands or catalogSources.
	Operators map[string]Pin `yaml:"operators,omitempty"`
	// CatalogSources are pinned by digest, by metadata.name: what OLM offers
	// changes then with this config only.
	CatalogSources map[string]CatalogSource `yaml:"catalogSources,omitempty"`
	// Operands are versions of what the operators run, by metadata.name. Each is
	// checked against the catalog and the operator's pin, and what goes with it is
	// written too: see "Operands" in the README.
	Operands map[string]Operand `yaml:"operands,omitempty"`
	// OperatorsFrom names another PinOperators among the objects, such as the
	// cluster's. Operands are checked against its pins; no Subscription gets them.
	OperatorsFrom string `yaml:"operatorsFrom,omitempty"`
	// OLM is v0 (Subscriptions) or v1: a Subscription that a pin matches becomes a
	// ClusterExtension, with its ServiceAccount and Namespace. Defaults to v0.
	OLM OLM `yaml:"olm,omitempty"`
	// Approver approves the InstallPlans of the pinned releases, and no others.
	Approver Approver `yaml:"approver,omitempty"`
	// Unmatched says what becomes of a pin that no Subscription matches, and of an
	// operand or a CatalogSource that is not there. Defaults to error.
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
	// Version is the operator's version, such as 3.0.5, or a range as OLM v1
	// writes them (">=3.0 <3.3", "~3.2"), of which the catalog's highest is taken,
	// in the channel if that is said. Versions with a suffix such as -rc.1 count
	// only where the range has one. It sets startingCSV, Manual approval and, from
	// the catalog, the channel.
	Version string `yaml:"version,omitempty"`
	// StartingCSV is the CSV's name, such as ibm-eventstreams.v3.0.5, in place of
	// version. It sets Manual approval and, from the catalog, the channel.
	StartingCSV string `yaml:"startingCSV,omitempty"`
	// UpgradesFrom is the operator's version that runs now. It is an error when
	// the catalog has no direct step from there to the pin.
	UpgradesFrom string `yaml:"upgradesFrom,omitempty"`
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
	// Config is what OLM gives the operator's pods: spec.config of the
	// Subscription. What it does not say stays.
	Config *InstallConfig `yaml:"config,omitempty"`
	// Match picks among several Subscriptions of the package, by the name and
	// the namespace that they have in the input. Defaults to all of them.
	Match Match `yaml:"match,omitempty"`
}

// Operand is the version of one custom resource.
type Operand struct {
	// Kind is the operand's kind, where two of different kinds have the name.
	Kind string `yaml:"kind,omitempty"`
	// Version is the operand's spec.version (a Kafka's spec.kafka.version).
	Version string `yaml:"version,omitempty"`
	// Current is the version that runs now. It is an error when version is more
	// than one allowed step from there.
	Current string `yaml:"current,omitempty"`
	// ProtocolVersion is the brokers' inter.broker.protocol.version, such as "2.8".
	// An upgrade takes two turns: first version, with the protocol of before, and
	// when all brokers run it, the protocol.
	ProtocolVersion string `yaml:"protocolVersion,omitempty"`
}

// Match picks Subscriptions by their metadata; an empty field matches all.
type Match struct {
	// Name is metadata.name.
	Name string `yaml:"name,omitempty"`
	// Namespace is metadata.namespace.
	Namespace string `yaml:"namespace,omitempty"`
}

// InstallConfig is a Subscription's spec.config.
type InstallConfig struct {
	// Env are environment variables of the operator's containers, by name.
	Env map[string]string `yaml:"env,omitempty"`
	// Resources of the operator's containers.
	Resources Resources `yaml:"resources,omitempty"`
	// NodeSelector are labels of the nodes that the operator may run on.
	NodeSelector map[string]string `yaml:"nodeSelector,omitempty"`
}

// Resources are Kubernetes' resource requirements.
type Resources struct {
	// Requests are quantities by resource, such as memory: 512Mi.
	Requests map[string]Quantity `yaml:"requests,omitempty"`
	// Limits are quantities by resource, such as memory: 1Gi.
	Limits map[string]Quantity `yaml:"limits,omitempty"`
}

// Quantity is a Kubernetes quantity: 500m, 1Gi, 2.
type Quantity string

// DecodeConfig reads a quantity, a bare number included.
func (q *Quantity) DecodeConfig(node *yaml.Node) error {
	if _, err := resource.ParseQuantity(node.Value); node.Kind != yaml.ScalarNode || err != nil {
		return fmt.Errorf("is %q; expected a quantity such as 500m or 1Gi", node.Value)
	}
	*q = Quantity(node.Value)
	return nil
}

// SchemaPattern is that of a quantity.
func (*Quantity) SchemaPattern() string {
	return `^[0-9]+(\.[0-9]+)?([eE][0-9]+|[numkMGTPE]|[KMGTPE]i)?$`
}

// CatalogSource is what a CatalogSource is to say.
type CatalogSource struct {
	// Image is the catalog's image by digest: registry/name@sha256:... Required.
	Image string `yaml:"image"`
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

// OLM is a generation of the Operator Lifecycle Manager.
type OLM string

// The two generations.
const (
	V0 OLM = "v0"
	V1 OLM = "v1"
)

// Enum lists the values.
func (OLM) Enum() []string { return []string{string(V0), string(V1)} }

// Approver is a Job that runs with each sync of Argo CD, one for each namespace
// with pinned releases.
type Approver struct {
	// Enabled makes the Job, its Role and RoleBinding.
	Enabled bool `yaml:"enabled,omitempty"`
	// Image has a shell and kubectl or oc, such as OpenShift's ose-cli, by digest:
	// registry/name@sha256:... Needed when enabled.
	Image string `yaml:"image,omitempty"`
	// ServiceAccountName is one that the namespaces have. Defaults to
	// installplan-approver, which is made then.
	ServiceAccountName string `yaml:"serviceAccountName,omitempty"`
}

// Default fills olm, unmatched and unpinned.
func (c *PinOperators) Default() {
	if c.Spec.OLM == "" {
		c.Spec.OLM = V0
	}
	if c.Spec.Unmatched == "" {
		c.Spec.Unmatched = fn.LevelError
	}
	if c.Spec.Unpinned == "" {
		c.Spec.Unpinned = fn.LevelWarn
	}
}

// Validate checks the pins without the catalog and the Subscriptions.
func (c *PinOperators) Validate() fn.Results {
	if len(c.Spec.Operators) == 0 && len(c.Spec.CatalogSources) == 0 && len(c.Spec.Operands) == 0 {
		return fn.Results{c.Errorf("spec.operators", "is empty; name at least one package: ibm-mq: {channel: v1.8}")}
	}
	var results fn.Results
	for _, name := range solution.Names(c.Spec.Operators) {
		results = append(results, c.validatePin(name, c.Spec.Operators[name])...)
	}
	if c.Spec.OperatorsFrom != "" && len(c.Spec.Operands) == 0 {
		results = append(results, c.Errorf("spec.operatorsFrom", "is for operands, and there are none; add operands, or remove it"))
	}
	for _, name := range solution.Names(c.Spec.Operands) {
		results = append(results, c.validateOperand(view.Path("spec", "operands", name), c.Spec.Operands[name])...)
	}
	if c.Spec.Approver != (Approver{}) {
		results = append(results, c.validateApprover()...)
	}
	for _, name := range solution.Names(c.Spec.CatalogSources) {
		results = append(results, c.validateImage(view.Path("spec", "catalogSources", name)+".image", c.Spec.CatalogSources[name].Image)...)
	}
	return results
}

// protocol is what Kafka's inter.broker.protocol.version may be: 2.8, 3.0-IV1.
var protocol = regexp.MustCompile(`^[0-9]{1,4}\.[0-9]{1,4}(\.[0-9]{1,4})?(-IV[0-9]{1,4})?$`)

func (c *PinOperators) validateOperand(path string, operand Operand) fn.Results {
	var results fn.Results
	if operand.Version == "" && operand.ProtocolVersion == "" {
		results = append(results, c.Errorf(path, "says nothing; say version: {version: 11.0.4}"))
	}
	for _, text := range []struct{ field, value string }{{"version", operand.Version}, {"current", operand.Current}} {
		if text.value != "" && (!printable.MatchString(text.value) || placeholder(text.value) || strings.ContainsAny(text.value, "<>=~^|*")) {
			results = append(results, c.Errorf(path+"."+text.field, "is %q; expected one exact version such as 11.0.4", text.value))
		}
	}
	if operand.ProtocolVersion != "" && !protocol.MatchString(operand.ProtocolVersion) {
		results = append(results, c.Errorf(path+".protocolVersion", "is %q; expected Kafka's minor version, such as \"2.8\"", operand.ProtocolVersion))
	}
	if operand.Current != "" && operand.Version == "" {
		results = append(results, c.Errorf(path+".current", "needs version beside it"))
	}
	return results
}

func (c *PinOperators) validateApprover() fn.Results {
	approver := c.Spec.Approver
	if !approver.Enabled {
		return nil
	}
	results := c.validateImage("spec.approver.image", approver.Image)
	if name := approver.ServiceAccountName; name != "" && !objectName.MatchString(name) {
		results = append(results, c.Errorf("spec.approver.serviceAccountName", "%q is no object's name", name))
	}
	if c.Spec.OLM == V1 {
		results = append(results, c.Errorf("spec.approver.enabled", "is for InstallPlans, which OLM v1 does not have; remove the approver"))
	}
	return results
}

// byDigest is an image that can't change: name@sha256:<64 hexadecimal digits>.
var byDigest = regexp.MustCompile(`^[!-?A-~]+@sha256:[0-9a-f]{64}$`)

func (c *PinOperators) validateImage(path, image string) fn.Results {
	switch {
	case image == "":
		return fn.Results{c.Errorf(path, "is missing; expected an image by digest: registry/name@sha256:<digest>")}
	case !byDigest.MatchString(image):
		return fn.Results{c.Errorf(path, "is %q; expected an image by digest, registry/name@sha256:<64 digits>: what a tag names changes", image)}
	}
	return nil
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
		{"channel", pin.Channel}, {"startingCSV", pin.StartingCSV}, {"source", pin.Source},
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
	if c.Spec.OLM != V1 {
		return results
	}
	for _, field := range []struct {
		name string
		said bool
	}{
		{"installPlanApproval", pin.InstallPlanApproval != ""}, {"config", pin.Config != nil}, {"sourceNamespace", pin.SourceNamespace != ""},
	} {
		if field.said {
			results = append(results, c.Errorf(at(name, field.name), "is OLM v0's; a ClusterExtension has nothing like it; remove it, or say olm: v0"))
		}
	}
	return results
}

func (c *PinOperators) validateRelease(name string, pin Pin) fn.Results {
	var results fn.Results
	if pin.Version != "" && pin.StartingCSV != "" {
		results = append(results, c.Errorf(at(name, "startingCSV"), "stands beside version; keep one of the two"))
	}
	if _, _, err := parseVersion(pin.Version); pin.Version != "" && err != nil {
		results = append(results, c.Errorf(at(name, "version"), "%v", err))
	}
	if _, err := semver.StrictNewVersion(pin.UpgradesFrom); pin.UpgradesFrom != "" && err != nil {
		results = append(results, c.Errorf(at(name, "upgradesFrom"), `is %q; expected the exact version that runs, such as 3.0.4`, pin.UpgradesFrom))
	}
	if pin.UpgradesFrom != "" && !pin.holds() {
		results = append(results, c.Errorf(at(name, "upgradesFrom"), "needs version or startingCSV beside it"))
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
