package view

import "sigs.k8s.io/kustomize/kyaml/yaml"

// OLMGroup is the API group of OLM v0. Other groups have a kind Subscription of
// their own: messaging.knative.dev and apps.open-cluster-management.io.
const OLMGroup = "operators.coreos.com"

// Subscription is a lens over OLM's Subscription (operators.coreos.com/v1alpha1).
type Subscription struct{ Object }

// SubscriptionField is a text field of a Subscription's spec.
type SubscriptionField string

// The text fields of a Subscription's spec.
const (
	// SubscriptionPackage is the OLM package; metadata.name may differ.
	SubscriptionPackage SubscriptionField = "name"
	// SubscriptionChannel is the package's channel.
	SubscriptionChannel SubscriptionField = "channel"
	// SubscriptionCSV is the release that is installed first.
	SubscriptionCSV SubscriptionField = "startingCSV"
	// SubscriptionApproval is Automatic (OLM's default) or Manual.
	SubscriptionApproval SubscriptionField = "installPlanApproval"
	// SubscriptionSource is the CatalogSource's name.
	SubscriptionSource SubscriptionField = "source"
	// SubscriptionSourceNamespace is the CatalogSource's namespace.
	SubscriptionSourceNamespace SubscriptionField = "sourceNamespace"
)

// SubscriptionFields lists the text fields in the order in which kustomize
// prints them.
var SubscriptionFields = []SubscriptionField{
	SubscriptionChannel, SubscriptionApproval, SubscriptionPackage,
	SubscriptionSource, SubscriptionSourceNamespace, SubscriptionCSV,
}

// Path is the field's path in messages: spec.channel.
func (f SubscriptionField) Path() string { return Path("spec", string(f)) }

// Subscriptions returns OLM's Subscriptions among the objects that get
// deployed.
func Subscriptions(items []*yaml.RNode) []Subscription {
	var out []Subscription
	for _, o := range Manifests(items) {
		if o.Is(OLMGroup, "Subscription") {
			out = append(out, Subscription{o})
		}
	}
	return out
}

// NewSubscription makes a Subscription of an OLM package, with nothing else in
// its spec.
func NewSubscription(namespace, name, olmPackage string) Subscription {
	return Subscription{OfNode(Map(
		"apiVersion", String(OLMGroup+"/v1alpha1"), "kind", String("Subscription"),
		"metadata", Map("name", String(name), "namespace", String(namespace)),
		"spec", Map(string(SubscriptionPackage), String(olmPackage)),
	))}
}

// Get returns a field's value, empty when it is not there.
func (s Subscription) Get(f SubscriptionField) string { return s.Text("spec", string(f)) }

// Put writes a field and says whether anything changed.
func (s Subscription) Put(f SubscriptionField, value string) bool {
	return s.Set(value, "spec", string(f))
}

// Drop removes a field and says whether it was there.
func (s Subscription) Drop(f SubscriptionField) bool { return s.Delete("spec", string(f)) }

// Move puts the Subscription into a namespace and says whether that changed.
func (s Subscription) Move(namespace string) bool { return s.Set(namespace, "metadata", "namespace") }
