package generateargoapps

import (
	"embed"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Health says where and for which kinds health checks are written.
type Health struct {
	// As is ArgoCD (spec.resourceHealthChecks of the OpenShift GitOps
	// operator's resource) or argocd-cm (data of Argo CD's own ConfigMap).
	// Defaults to ArgoCD where argocdNamespace is openshift-gitops, otherwise
	// to argocd-cm.
	As HealthForm `yaml:"as,omitempty"`
	// Name of the object. Defaults to openshift-gitops, or argocd-cm.
	Name string `yaml:"name,omitempty"`
	// Kinds takes kinds out (false), as KafkaTopic.eventstreams.ibm.com.
	// Defaults to Application and all operands of which Argo CD knows nothing.
	Kinds map[string]bool `yaml:"kinds,omitempty"`
}

// HealthForm is the object that takes health checks.
type HealthForm string

// The forms.
const (
	HealthArgoCD   HealthForm = "ArgoCD"
	HealthArgocdCM HealthForm = "argocd-cm"
)

// Enum lists the values.
func (HealthForm) Enum() []string { return []string{string(HealthArgoCD), string(HealthArgocdCM)} }

func (h *Health) fill(argocdNamespace string) {
	if h.As == "" {
		h.As = HealthArgocdCM
		if argocdNamespace == DefaultArgocdNamespace {
			h.As = HealthArgoCD
		}
	}
	if h.Name == "" {
		h.Name = string(h.As)
		if h.As == HealthArgoCD {
			h.Name = DefaultArgocdNamespace
		}
	}
}

func (c *GenerateArgoApps) validateHealth() fn.Results {
	var results fn.Results
	h := c.Spec.Health
	if !dnsName.MatchString(h.Name) {
		results = append(results, c.Errorf("spec.health.name", "%q is no name of an object", h.Name))
	}
	if h.As == HealthArgocdCM && h.Name != string(HealthArgocdCM) {
		results = append(results, c.Errorf("spec.health.name", "is %q; Argo CD reads no other ConfigMap than argocd-cm", h.Name))
	}
	known := HealthKinds()
	for _, kind := range solution.Names(h.Kinds) {
		if _, found := known[ParseKind(kind)]; !found {
			var names []string
			for _, k := range sortedKinds(known) {
				names = append(names, FormatKind(k))
			}
			results = append(results, c.Errorf(view.Path("spec", "health", "kinds", kind), "there is no health check for %q%s", kind, fnconfig.Suggest(kind, names)))
		}
	}
	return results
}

// Checks by file. Sources: argo.md's rule for Event Streams is IBM's (condition
// Ready; older status.phase), Strimzi's conditions are Ready, NotReady and
// ReconciliationPaused (strimzi-kafka-operator, api .../model/status), MQ's
// those of IBM's page "Status conditions for QueueManager (mq.ibm.com/v1beta1)".
//
//go:embed health/*.lua
var healthFiles embed.FS

// healthChecks are the kinds with a check, by file. Argo CD brings checks for
// kafka.strimzi.io, bitnami.com and operators.coreos.com (argo-cd v3.2.11,
// resource_customizations), so they are not here.
var healthChecks = map[string]map[string][]string{
	"application": {view.ArgoGroup: {"Application"}},
	"ready": {
		"eventstreams.ibm.com": append([]string{"EventStreams", "EventStreamsGeoReplicator"}, kafkaKinds...),
		"integration.ibm.com":  {"PlatformNavigator"},
		"registry.apicur.io":   {"ApicurioRegistry"},
	},
	"queuemanager": {"mq.ibm.com": {"QueueManager"}},
}

// HealthKinds returns the health check, in Lua, of each kind that has one.
func HealthKinds() map[view.GroupKind]string {
	checks := map[view.GroupKind]string{}
	for name, table := range healthChecks {
		text, err := healthFiles.ReadFile("health/" + name + ".lua")
		if err != nil {
			panic(err) // embedded under that name
		}
		for _, kind := range allKinds(table) {
			checks[kind] = string(text)
		}
	}
	return checks
}

func sortedKinds(checks map[view.GroupKind]string) []view.GroupKind {
	kinds := make([]view.GroupKind, 0, len(checks))
	for kind := range checks {
		kinds = append(kinds, kind)
	}
	return sortKinds(kinds)
}

// healthMark begins the first line of a check that a config wrote; the config's
// name follows. Checks without it are others'.
const healthMark = "-- written by "

// health writes the checks that the config asks for, and takes back those of
// its own that it does not ask for any more. A check that somebody wrote stays.
func (g *generator) health() {
	h := g.Spec.Health
	var wanted key
	if h != nil {
		wanted = g.writeHealth(h)
	}
	for k, objects := range g.there {
		if k == wanted || k.namespace != g.Spec.ArgocdNamespace {
			continue
		}
		for _, o := range objects {
			g.setChecks(o, nil)
		}
	}
}

// writeHealth writes all checks into the one object that takes them.
func (g *generator) writeHealth(h *Health) key {
	fresh := view.NewArgoCD(g.Spec.ArgocdNamespace, h.Name)
	if h.As == HealthArgocdCM {
		fresh = view.NewArgocdCM(g.Spec.ArgocdNamespace)
	}
	k := keyOf(fresh)
	o, isNew, ok := g.lookup(fresh)
	if !ok {
		return k
	}
	if isNew {
		o.SetAnnotation(OwnedByAnnotation, g.owner())
		o.SetAnnotation(view.SyncOptionsAnnotation, "Prune=false")
	}
	checks := HealthKinds()
	for kind, wanted := range h.Kinds {
		if !wanted {
			delete(checks, ParseKind(kind))
		}
	}
	g.setChecks(o, checks)
	return k
}

// setChecks makes an object hold these checks of this config and no others.
func (g *generator) setChecks(o view.Object, checks map[view.GroupKind]string) {
	var list view.HealthChecks
	switch {
	case o.Is(view.ArgoGroup, "ArgoCD"):
		list = view.ArgoCD{Object: o}
	case o.Is("", "ConfigMap") && o.Name() == view.ArgocdCMName:
		list = view.ArgocdCM{Object: o}
	default:
		return
	}
	mark := healthMark + g.owner() + "\n"
	for _, kind := range list.HealthKinds() {
		if _, wanted := checks[kind]; !wanted && strings.HasPrefix(list.HealthCheck(kind), mark) {
			list.DeleteHealthCheck(kind)
		}
	}
	for _, kind := range sortedKinds(checks) {
		there := list.HealthCheck(kind)
		if there != "" && !strings.HasPrefix(there, mark) {
			g.results = append(g.results, fn.Infof(o.Ref(), "", "keeps the health check of %s that is there", FormatKind(kind)))
			continue
		}
		list.SetHealthCheck(kind, mark+checks[kind])
	}
}
