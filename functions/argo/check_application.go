package argo

import (
	"errors"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/generateargoapps"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// source is one source of an Application.
type source struct {
	// field is its path, for messages.
	field string
	node  *yaml.Node

	repoURL, revision, path, chart, ref string
}

func sourcesOf(a view.Application) []source {
	var out []source
	for i, node := range a.Sources() {
		s := source{
			field: "spec.source", node: node, repoURL: text(node, "repoURL"), revision: text(node, "targetRevision"),
			path: text(node, "path"), chart: text(node, "chart"), ref: text(node, "ref"),
		}
		switch {
		case a.Lookup("spec", "sourceHydrator", "drySource") != nil:
			s.field = "spec.sourceHydrator.drySource"
		case a.Lookup("spec", "sources") != nil:
			s.field = view.Path("spec", "sources", "["+string(rune('0'+i%10))+"]")
		}
		out = append(out, s)
	}
	return out
}

func text(node *yaml.Node, key string) string { return view.Text(view.Field(node, key)) }

var dnsName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`)

// application checks one Application, and reads what it renders.
func (c *checker) application(a *application) {
	c.metadata(a)
	c.form(a)
	sources := sourcesOf(a.Application)
	if len(sources) == 0 {
		c.fail(a.Document, "spec.source", "is missing; name the repository and the folder to sync")
	}
	for i := range sources {
		c.source(a, &sources[i])
	}
	c.destination(a)
	c.fence(a, sources)
}

func (c *checker) metadata(a *application) {
	d := a.Document
	switch name := d.Name(); {
	case name == "":
		c.fail(d, "metadata.name", "is missing")
	case len(name) > solution.MaxLabel:
		c.fail(d, "metadata.name", "has %d characters; Argo CD writes it into a label, which holds %d", len(name), solution.MaxLabel)
	case !dnsName.MatchString(name):
		c.fail(d, "metadata.name", "%q is no name; expected lower-case letters, digits and '-'", name)
	}
	for _, key := range []string{"app.kubernetes.io/instance"} {
		if value, found := d.Label(key); found {
			c.fail(d, view.Path("metadata", "labels", key), "is %q: Argo CD marks with it what it syncs, and takes this Application for a part of another; take it out", value)
		}
	}
	if _, found := d.Annotation("argocd.argoproj.io/tracking-id"); found {
		c.fail(d, view.Path("metadata", "annotations", "argocd.argoproj.io/tracking-id"), "marks what another Application syncs; take it out")
	}
}

// form finds what was copied out of a cluster, or says nothing.
func (c *checker) form(a *application) {
	d := a.Document
	if d.Lookup("status") != nil {
		c.fail(d, "status", "is the controller's, copied out of a cluster; take it out")
	}
	var empty, null []string
	walk(d.Node(), "", func(at string, node *yaml.Node) {
		switch {
		case at == "status" || strings.HasPrefix(at, "status."):
		case view.IsNull(node):
			null = append(null, at)
		case node.Kind == yaml.MappingNode && len(node.Content) == 0:
			empty = append(empty, at)
		}
	})
	if len(null) > 0 {
		c.warn(d, null[0], "is null%s; take it out", andMore(null))
	}
	if len(empty) > 0 {
		c.warn(d, empty[0], "is empty%s; say something or take it out", andMore(empty))
	}
	for _, ignored := range elements(d.Lookup("spec", "ignoreDifferences")) {
		for _, pointer := range elements(view.Field(ignored, "jsonPointers")) {
			if view.Text(pointer) == "/status" {
				c.warn(d, "spec.ignoreDifferences", "ignores /status of %s, which makes the sync status flap (argo-cd issue 16260); Argo CD ignores status by itself",
					orElse(text(ignored, "kind"), "a kind"))
			}
		}
	}
	if policy := d.Lookup("spec", "syncPolicy"); policy != nil && text(view.Field(policy, "automated"), "allowEmpty") == "true" {
		c.warn(d, "spec.syncPolicy.automated.allowEmpty", "lets a source that renders nothing delete everything; take it out")
	}
}

func andMore(fields []string) string {
	if len(fields) == 1 {
		return ""
	}
	return ", and so is " + strings.Join(fields[1:], ", ")
}

func walk(node *yaml.Node, at string, visit func(string, *yaml.Node)) {
	if at != "" {
		visit(at, node)
	}
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		walk(node.Content[i+1], strings.TrimPrefix(at+"."+node.Content[i].Value, "."), visit)
	}
}

func elements(node *yaml.Node) []*yaml.Node {
	if node == nil || node.Kind != yaml.SequenceNode {
		return nil
	}
	return node.Content
}

// source checks where an Application syncs from.
func (c *checker) source(a *application, s *source) {
	d := a.Document
	if s.repoURL == "" {
		c.fail(d, s.field+".repoURL", "is missing; expected a Git URL such as https://git.example.com/team/solution.git")
	} else if err := solution.ValidRepoURL(s.repoURL); err != nil && s.chart == "" {
		c.fail(d, s.field+".repoURL", "%v", err)
	}
	switch {
	case s.revision == "" && s.chart != "":
		c.fail(d, s.field+".targetRevision", "is missing; name the chart's version")
	case s.revision == "":
		c.fail(d, s.field+".targetRevision", "is missing, so Argo CD follows HEAD, whatever branch that is; name the branch: refs/heads/main")
	case s.revision == "HEAD":
		c.warn(d, s.field+".targetRevision", "is HEAD, whatever branch that is; name the branch: refs/heads/main")
	}
	switch {
	case s.path == "" && s.chart == "" && s.ref == "":
		c.fail(d, s.field+".path", "is missing; name the folder in the repository")
	case s.path != "" && s.chart != "":
		c.fail(d, s.field, "has path and chart; keep one of the two")
	case s.path != "" && (path.IsAbs(s.path) || !filepath.IsLocal(s.path)):
		c.fail(d, s.field+".path", "%q is no path inside the repository", s.path)
	case s.path == "" || s.repoURL == "" || !c.ours[view.SameRepo(s.repoURL)]:
		return
	default:
		c.here(a, s)
	}
}

// here checks a source whose folder is in this tree.
func (c *checker) here(a *application, s *source) {
	d := a.Document
	if len(c.declared) > 0 && !c.declared[view.SameRepo(s.repoURL)] {
		c.warn(d, s.field+".repoURL", "is %s, and this repository is %s: a copy of it?", s.repoURL, strings.Join(sorted(c.declared), " or "))
	}
	folder := path.Clean(s.path)
	isDir, exists := c.tree.isDir(folder)
	switch {
	case !exists:
		c.fail(d, s.field+".path", "there is no folder %q in this repository%s", s.path, c.suggest(folder))
		return
	case !isDir:
		c.fail(d, s.field+".path", "%q is a file; name its folder", s.path)
		return
	}
	if inside(d.File, folder) && !c.excluded(s, folder, d.File) && a.set == "" {
		c.fail(d, s.field+".path", "%q holds this Application itself; keep Applications apart from what they sync", s.path)
	}
	r := c.render(a, s, folder)
	switch {
	case r == nil:
		return
	case r.skipped != "":
		c.warn(d, s.field+".path", "%q was not rendered here: %s", s.path, r.skipped)
		return
	case r.err != nil:
		c.fail(d, s.field+".path", "%q does not build: %v", s.path, r.err)
		return
	case len(r.objects) == 0:
		c.fail(d, s.field+".path", "%q renders nothing, and a sync with prune deletes all that was there%s", s.path, c.whyEmpty(folder))
		return
	}
	if r.ours && s.node != nil && view.Field(s.node, "plugin") == nil {
		c.warn(d, s.field+".path", "%q has functions, which Argo CD's own kustomize does not run; sync what eda-fn build -o writes, or use the plugin", s.path)
	}
	a.rendered = append(a.rendered, r.objects...)
	for _, o := range r.objects {
		if o.Is(view.ArgoGroup, "Application") && o.Name() == d.Name() && !inside(d.File, folder) {
			c.fail(d, s.field+".path", "%q renders this Application itself; keep Applications apart from what they sync", s.path)
		}
	}
}

// excluded says whether a folder's source leaves a file out.
func (c *checker) excluded(s *source, folder, file string) bool {
	exclude := text(view.Field(s.node, "directory"), "exclude")
	if exclude != "" {
		return view.MatchesPattern(exclude, strings.TrimPrefix(file, folder+"/"))
	}
	if reach := c.tree.kustomizations[folder]; reach != nil {
		return !slices.Contains(reach.Files, c.tree.path(file))
	}
	return text(view.Field(s.node, "directory"), "recurse") != "true" && path.Dir(file) != folder
}

// suggest is a folder that may have been meant.
func (c *checker) suggest(folder string) string {
	folders := sorted(c.tree.kustomizations)
	if found := fnconfig.Suggest(folder, folders); strings.Contains(found, "did you mean") {
		return found
	}
	parent := path.Dir(folder)
	for ; parent != "."; parent = path.Dir(parent) {
		if isDir, _ := c.tree.isDir(parent); isDir {
			return "; there is " + parent
		}
	}
	return ""
}

// render is what a source's folder gives, nil where Argo CD uses what this
// program has not: Helm, for one.
func (c *checker) render(a *application, s *source, folder string) *render {
	d := view.Field(s.node, "directory")
	_, hasChart := c.tree.isDir(path.Join(folder, "Chart.yaml"))
	switch {
	case view.Field(s.node, "helm") != nil, hasChart && d == nil && !c.tree.hasKustomization(folder):
		return &render{skipped: "it is a Helm chart"}
	case view.Field(s.node, "plugin") != nil || d == nil && c.tree.hasKustomization(folder):
		return c.tree.kustomization(folder)
	case a.Application.Lookup("spec", "sourceHydrator") != nil, view.Field(s.node, "kustomize") != nil:
		return &render{err: errors.New("there is no kustomization in it")}
	}
	return c.tree.directory(directory{
		path: folder, recurse: text(d, "recurse") == "true", include: text(d, "include"), exclude: text(d, "exclude"),
	})
}

// whyEmpty says where the manifests are that a folder without kustomization and
// recursion does not see.
func (c *checker) whyEmpty(folder string) string {
	if c.tree.hasKustomization(folder) {
		return ""
	}
	for _, dir := range sorted(c.tree.kustomizations) {
		if inside(dir, folder) {
			return "; its kustomization is in " + dir
		}
	}
	if r := c.tree.directory(directory{path: folder, recurse: true}); r.err == nil && len(r.objects) > 0 {
		return "; its manifests are in folders below: say directory.recurse: true"
	}
	return ""
}

func (c *checker) destination(a *application) {
	d := a.Document
	destination := a.Destination()
	switch {
	case d.Lookup("spec", "destination") == nil:
		c.fail(d, "spec.destination", "is missing; name the cluster and the namespace")
		return
	case destination.Server != "" && destination.Name != "":
		c.fail(d, "spec.destination", "has server and name; keep one of the two")
	case destination.Server == "" && destination.Name == "":
		c.fail(d, "spec.destination", "has no server and no name; name the cluster: %s", inClusterServer)
	}
	if destination.Namespace == "" && slices.ContainsFunc(a.rendered, func(o view.Object) bool {
		return o.Namespace() == "" && c.scopes.Of(o.GroupKind()) != view.Cluster
	}) {
		c.fail(d, "spec.destination.namespace", "is missing, and objects that it renders name none themselves")
	}
}

// fence holds an Application against its project.
func (c *checker) fence(a *application, sources []source) {
	d := a.Document
	name := a.Project()
	switch name {
	case "":
		c.fail(d, "spec.project", "is missing; name an AppProject")
		return
	case "default":
		c.fail(d, "spec.project", "is default, which lets everything through where it is not locked; name a project of the solution's own")
	}
	found, known := c.projects[name]
	if !known {
		if name != "default" {
			c.warn(d, "spec.project", "there is no AppProject %s in this repository, so nothing could be held against it%s", name, suggestFrom(name, sorted(c.projects)))
		}
		return
	}
	project := view.AppProject{Object: found.Object}
	for i := range sources {
		if url := sources[i].repoURL; url != "" && !view.PermitsRepo(project.SourceRepos(), url) {
			c.fail(d, sources[i].field+".repoURL", "%s is none of project %s's sourceRepos%s", url, name, otherForm(project.SourceRepos(), url))
		}
	}
	c.fenceObjects(a, project)
}

func suggestFrom(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	return fnconfig.Suggest(name, known)
}

// otherForm says that a project has the repository in another form.
func otherForm(allowed []string, url string) string {
	for _, other := range allowed {
		if view.SameRepo(other) == view.SameRepo(url) {
			return ", which has it as " + other + ": Argo CD takes the two for different; write it in one form everywhere"
		}
	}
	if len(allowed) == 0 {
		return ", of which it has none"
	}
	return ": " + strings.Join(allowed, ", ")
}

// fenceObjects holds the destination, and all that is rendered, against a
// project.
func (c *checker) fenceObjects(a *application, project view.AppProject) {
	d := a.Document
	destination := normal(a.Destination())
	allowed := project.Destinations()
	for i := range allowed {
		allowed[i] = normal(allowed[i])
	}
	permitted := destination.Namespace == "" || view.PermitsDestination(allowed, destination)
	if !permitted {
		c.fail(d, "spec.destination.namespace", "project %s does not allow %s in %s; it allows %s", project.Name(),
			destination.Namespace, orElse(a.Destination().Server, a.Destination().Name), places(project.Destinations()))
	}
	forbidden, elsewhere := map[string]bool{}, map[string]bool{}
	for _, o := range a.rendered {
		scope := c.scopes.Of(o.GroupKind())
		if scope == "" {
			scope = view.Namespaced
		}
		if !project.PermitsKind(o.GroupKind(), scope) {
			forbidden[generateargoapps.FormatKind(o.GroupKind())] = true
		}
		to := destination
		to.Namespace = orElse(o.Namespace(), to.Namespace)
		if scope == view.Namespaced && to.Namespace != destination.Namespace && !view.PermitsDestination(allowed, to) {
			elsewhere[to.Namespace] = true
		}
	}
	if len(forbidden) > 0 {
		c.fail(d, "spec.project", "project %s does not allow the kinds %s, which this Application renders: Argo CD refuses the whole sync",
			project.Name(), strings.Join(sorted(forbidden), ", "))
	}
	if len(elsewhere) > 0 {
		c.fail(d, "spec.source.path", "renders objects into %s, which project %s does not allow: Argo CD refuses the whole sync",
			strings.Join(sorted(elsewhere), ", "), project.Name())
	}
}

func places(destinations []view.ArgoDestination) string {
	var out []string
	for _, d := range destinations {
		out = append(out, d.Namespace)
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}
