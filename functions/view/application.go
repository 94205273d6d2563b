package view

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Argo CD's API group, and the version that it has had since its beginning.
const (
	ArgoGroup      = "argoproj.io"
	ArgoAPIVersion = ArgoGroup + "/v1alpha1"
)

// Annotations that Argo CD reads on an Application.
const (
	// SyncWaveAnnotation orders objects within one sync; lower comes first.
	SyncWaveAnnotation = "argocd.argoproj.io/sync-wave"
	// SyncOptionsAnnotation holds an object's own sync options, such as
	// Prune=false.
	SyncOptionsAnnotation = "argocd.argoproj.io/sync-options"
	// GeneratePathsAnnotation lists the paths, split by ";" and relative to the
	// source's path, whose change means that manifests are rendered again.
	GeneratePathsAnnotation = "argocd.argoproj.io/manifest-generate-paths"
)

// Application is a lens over Argo CD's Application.
type Application struct{ Object }

// Applications returns the Applications that get deployed.
func Applications(items []*yaml.RNode) []Application {
	var out []Application
	for _, o := range Manifests(items) {
		if o.Is(ArgoGroup, "Application") {
			out = append(out, Application{o})
		}
	}
	return out
}

// NewApplication makes an Application that has nothing but its name.
func NewApplication(namespace, name string) Application {
	return Application{newArgoObject("Application", namespace, name)}
}

func newArgoObject(kind, namespace, name string) Object {
	return OfNode(Map("apiVersion", String(ArgoAPIVersion), "kind", String(kind),
		"metadata", Map("name", String(name), "namespace", String(namespace))))
}

// Project returns the AppProject's name.
func (a Application) Project() string { return a.Text("spec", "project") }

// SetProject writes the AppProject's name.
func (a Application) SetProject(name string) bool { return a.Set(name, "spec", "project") }

// SetSource makes spec.source exactly this mapping and takes away what would
// stand beside it: sources and sourceHydrator.
func (a Application) SetSource(source *yaml.Node) {
	setExactly(Ensure(a.node, "spec", "source"), source)
	a.Delete("spec", "sources")
	a.Delete("spec", "sourceHydrator")
}

// SetSources makes spec.sources exactly this list and takes away what would
// stand beside it.
func (a Application) SetSources(sources []*yaml.Node) {
	a.SetNode(Seq(sources...), "spec", "sources")
	a.Delete("spec", "source")
	a.Delete("spec", "sourceHydrator")
}

// SetHydrator makes spec.sourceHydrator exactly this mapping and takes away
// what would stand beside it.
func (a Application) SetHydrator(hydrator *yaml.Node) {
	setExactly(Ensure(a.node, "spec", "sourceHydrator"), hydrator)
	a.Delete("spec", "source")
	a.Delete("spec", "sources")
}

// Sources returns spec.source, or the entries of spec.sources, or what a source
// hydrator renders.
func (a Application) Sources() []*yaml.Node {
	if dry := a.Lookup("spec", "sourceHydrator", "drySource"); dry != nil {
		return []*yaml.Node{dry}
	}
	if sources := elements(a.Lookup("spec", "sources")); len(sources) > 0 {
		return sources
	}
	if source := a.Lookup("spec", "source"); source != nil {
		return []*yaml.Node{source}
	}
	return nil
}

// SourcePath returns the folder of the repository that is synced.
func (a Application) SourcePath() string { return a.Text("spec", "source", "path") }

// SyncsDirectory says that the source is a folder of manifests, outright.
func (a Application) SyncsDirectory() bool { return a.Lookup("spec", "source", "directory") != nil }

// ArgoDestination is a namespace of a cluster, as Argo CD names it: by Server
// or by Name, never both.
type ArgoDestination struct {
	// Server is the API server's URL.
	Server string
	// Name is the cluster's name in Argo CD.
	Name string
	// Namespace may be a pattern in an AppProject.
	Namespace string
}

func (d ArgoDestination) node() *yaml.Node {
	m := Map()
	for _, field := range [][2]string{{"server", d.Server}, {"name", d.Name}, {"namespace", d.Namespace}} {
		if field[1] != "" {
			SetField(m, field[0], String(field[1]))
		}
	}
	return m
}

// Destination returns where the Application syncs to.
func (a Application) Destination() ArgoDestination {
	return ArgoDestination{
		Server:    a.Text("spec", "destination", "server"),
		Name:      a.Text("spec", "destination", "name"),
		Namespace: a.Text("spec", "destination", "namespace"),
	}
}

// SetDestination makes spec.destination exactly this.
func (a Application) SetDestination(d ArgoDestination) {
	setExactly(Ensure(a.node, "spec", "destination"), d.node())
}

// Automated says whether spec.syncPolicy.automated is there: without it an
// Application syncs when somebody says so.
func (a Application) Automated() bool {
	automated := a.Lookup("spec", "syncPolicy", "automated")
	return automated != nil && automated.Kind == yaml.MappingNode
}

// Prunes says whether an automated sync deletes what Git has no more.
func (a Application) Prunes() bool {
	return a.Text("spec", "syncPolicy", "automated", "prune") == "true"
}

// SetPrune writes whether an automated sync deletes, and so makes the sync
// automated.
func (a Application) SetPrune(prune bool) bool {
	return a.SetNode(Bool(prune), "spec", "syncPolicy", "automated", "prune")
}

// FillRetry writes spec.syncPolicy.retry where there is none.
func (a Application) FillRetry(retry *yaml.Node) { a.fill(retry, "spec", "syncPolicy", "retry") }

// SyncOptions returns spec.syncPolicy.syncOptions, such as CreateNamespace=true.
func (a Application) SyncOptions() []string {
	return texts(a.Lookup("spec", "syncPolicy", "syncOptions"))
}

// FillSyncOptions writes spec.syncPolicy.syncOptions where there are none.
func (a Application) FillSyncOptions(options []string) {
	a.fill(stringSeq(options), "spec", "syncPolicy", "syncOptions")
}

// HasFinalizer says whether deleting the Application waits for this finalizer.
func (a Application) HasFinalizer(name string) bool {
	return slices.Contains(texts(a.Lookup("metadata", "finalizers")), name)
}

// DeleteStatus removes what the controller wrote and nobody should commit.
func (a Application) DeleteStatus() bool { return a.Delete("status") }

// Merge writes a part of an Application: mappings field by field, lists and
// scalars in place of what is there. Fields that the part has not stay.
func (a Application) Merge(part *yaml.Node) { mergeFields(a.node, part) }

func (o Object) fill(value *yaml.Node, path ...string) {
	if o.Lookup(path...) == nil {
		o.SetNode(value, path...)
	}
}

// mergeFields writes the fields of a mapping into another, mappings within
// them likewise. An empty mapping says nothing and makes nothing.
func mergeFields(into, from *yaml.Node) {
	for i := 0; i+1 < len(from.Content); i += 2 {
		key, value := from.Content[i].Value, from.Content[i+1]
		if value.Kind != yaml.MappingNode {
			SetField(into, key, Copy(value))
			continue
		}
		if len(value.Content) > 0 {
			mergeFields(Ensure(into, key), value)
		}
	}
}

// setExactly makes a mapping have the fields of another and no more; what is
// equal keeps its place and its comments.
func setExactly(into, from *yaml.Node) {
	var gone []string
	for i := 0; i+1 < len(into.Content); i += 2 {
		if Field(from, into.Content[i].Value) == nil {
			gone = append(gone, into.Content[i].Value)
		}
	}
	for _, key := range gone {
		DeleteField(into, key)
	}
	for i := 0; i+1 < len(from.Content); i += 2 {
		key, value := from.Content[i].Value, from.Content[i+1]
		if value.Kind == yaml.MappingNode {
			setExactly(Ensure(into, key), value)
			continue
		}
		SetField(into, key, Copy(value))
	}
}

// texts returns the scalars of a sequence.
func texts(sequence *yaml.Node) []string {
	if sequence == nil || sequence.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]string, len(sequence.Content))
	for i, node := range sequence.Content {
		out[i] = Text(node)
	}
	return out
}

func stringSeq(values []string) *yaml.Node {
	s := Seq()
	for _, value := range values {
		s.Content = append(s.Content, String(value))
	}
	return s
}
