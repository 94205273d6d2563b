package generateargoapps

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// applicationSets writes an ApplicationSet for the Applications that are alike:
// of one project, and all operators', environments' or components', and all
// guarded or none. What differs among them is an element of a list.
func (g *generator) applicationSets(wanted *plan) {
	groups := map[string][]*application{}
	for i := range wanted.applications {
		app := &wanted.applications[i]
		groups[setName(app)] = append(groups[setName(app)], app)
	}
	for _, name := range solution.Names(groups) {
		g.applicationSet(name, groups[name], wanted.project(groups[name][0].project).mayCreateNamespace())
	}
}

// setName is <project>-<what they are>. Projects of components may hold those of
// production and others: these differ in what is pruned.
func setName(app *application) string {
	name := app.project + "-" + app.what
	if app.guarded && app.what == whatComponent {
		name += "-prod"
	}
	return shorten(name)
}

func (g *generator) applicationSet(name string, apps []*application, mayCreateNamespace bool) {
	o, isNew, ok := g.find(view.NewApplicationSet(g.Spec.ArgocdNamespace, name).Object)
	if !ok {
		return
	}
	g.mark(o, nil)
	set := view.ApplicationSet{Object: o}
	elements := make([]*yaml.Node, len(apps))
	for i, app := range apps {
		elements[i] = element(app, apps)
	}
	set.SetList(elements)
	options := g.Spec.ApplicationSet
	set.SetSyncPolicy(string(options.ApplicationsSync), *options.PreserveResourcesOnDeletion)
	template := set.Template()
	want := pattern(apps)
	template.Set(want.name, "metadata", "name")
	template.SetLabel(partOfLabel, g.solution.Metadata.Name)
	template.SetLabel(clusterLabel, g.Spec.Cluster)
	for _, label := range solution.Names(want.labels) {
		template.SetLabel(label, want.labels[label])
	}
	g.fill(template, want, fillOptions{isNew: isNew, mayCreateNamespace: mayCreateNamespace})
	o.Delete("status")
}

// parameters are what differs from Application to Application, in the order in
// which they are written.
var parameters = []struct {
	name  string
	value func(*application) string
}{
	{"name", func(a *application) string { return a.name }},
	{"environment", func(a *application) string { return a.labels[environmentLabel] }},
	{"component", func(a *application) string { return a.labels[componentLabel] }},
	{"path", func(a *application) string { return a.path }},
	{"exclude", func(a *application) string { return anyOf(a.exclude) }},
	{"generatePaths", func(a *application) string { return a.generatePaths }},
	{"namespace", func(a *application) string { return a.destination.Namespace }},
	{"wave", func(a *application) string { return a.wave }},
}

// element holds an Application's parameters, those alone that some Application
// of the group has: in a Go template a missing key is an error.
func element(app *application, group []*application) *yaml.Node {
	m := view.Map()
	for _, p := range parameters {
		if slices.ContainsFunc(group, func(a *application) bool { return p.value(a) != "" }) {
			view.SetField(m, p.name, view.String(p.value(app)))
		}
	}
	return m
}

// pattern is an Application of the group with parameters in the place of values.
func pattern(group []*application) *application {
	want := *group[0]
	text := func(parameter string) string {
		for _, p := range parameters {
			if p.name == parameter && slices.ContainsFunc(group, func(a *application) bool { return p.value(a) != "" }) {
				return "{{." + parameter + "}}"
			}
		}
		return ""
	}
	want.name, want.path, want.wave = text("name"), text("path"), text("wave")
	want.generatePaths = text("generatePaths")
	want.place, want.key = text("environment"), strings.TrimSuffix(text("environment")+"/"+text("component"), "/")
	if want.what == whatOperators {
		want.place, want.key = group[0].place, group[0].key
	}
	want.destination.Namespace = text("namespace")
	want.exclude = nil
	if exclude := text("exclude"); exclude != "" {
		want.exclude = []string{exclude}
	}
	want.labels = map[string]string{}
	for label, parameter := range map[string]string{environmentLabel: "environment", componentLabel: "component"} {
		if value := text(parameter); value != "" {
			want.labels[label] = value
		}
	}
	return &want
}
