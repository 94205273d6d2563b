package argo

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Report is what a check found.
type Report struct {
	// Results are the findings, errors and warnings.
	Results fn.Results
	// Applications and Projects are how many were checked.
	Applications, Projects int
}

// Summary is the report in one line.
func (r *Report) Summary() string {
	errors, warnings := 0, 0
	for i := range r.Results {
		switch r.Results[i].Severity {
		case fn.Error:
			errors++
		case fn.Warning:
			warnings++
		case fn.Info:
		}
	}
	return fmt.Sprintf("%s and %s checked: %s, %s", count(r.Applications, "Application"), count(r.Projects, "AppProject"),
		count(errors, "error"), count(warnings, "warning"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// inCluster is how Argo CD calls the cluster that it runs in.
const (
	inClusterServer = "https://kubernetes.default.svc"
	inClusterName   = "in-cluster"
)

// checker collects the findings about a tree.
type checker struct {
	tree         *Tree
	report       Report
	projects     map[string]Document
	applications []application
	scopes       view.Scopes
	// ours are the repositories that this tree is, in view.SameRepo's form;
	// declared are those of them that the Solution or Git name.
	ours, declared map[string]bool
	// namespaces and bindings say where Argo CD has rights.
	namespaces map[string][]view.Object
	bindings   map[string]bool
}

// Check reports what is wrong with the Applications of the tree.
func (t *Tree) Check() *Report {
	c := &checker{
		tree: t, projects: map[string]Document{}, ours: map[string]bool{}, declared: map[string]bool{},
		namespaces: map[string][]view.Object{}, bindings: map[string]bool{},
	}
	all := c.deployed()
	c.sort(all)
	c.findRepositories()
	for i := range c.applications {
		c.application(&c.applications[i])
	}
	for _, name := range sorted(c.projects) {
		c.project(c.projects[name])
	}
	c.sameNames()
	c.sharedObjects()
	c.rights(all)
	for _, file := range t.unread {
		c.warn(Document{File: file}, "", "is no YAML that can be read (a template?), so it was left out")
	}
	c.report.Applications, c.report.Projects = len(c.applications), len(c.projects)
	if len(c.applications) == 0 && len(c.projects) == 0 {
		c.report.Results = append(c.report.Results, fn.Errorf(view.Ref{}, "", "%s holds no Application and no AppProject; name the repository's root", shown(t.root)))
	}
	return &c.report
}

// fail and warn add a finding; the file stands behind it.
func (c *checker) fail(d Document, field, format string, args ...any) {
	c.report.Results = append(c.report.Results, about(d, fn.Errorf(refOf(d), field, format, args...)))
}

func (c *checker) warn(d Document, field, format string, args ...any) {
	c.report.Results = append(c.report.Results, about(d, fn.Warnf(refOf(d), field, format, args...)))
}

func refOf(d Document) view.Ref {
	if d.IsZero() {
		return view.Ref{}
	}
	return d.Ref()
}

func about(d Document, r fn.Result) fn.Result {
	if d.IsZero() {
		r.Message = d.File + ": " + r.Message
		return r
	}
	r.Message += " (" + d.File + ")"
	return r
}

// sort puts the documents where the checks look for them.
func (c *checker) sort(all []Document) {
	for _, d := range all {
		switch {
		case d.Is(view.ArgoGroup, "AppProject"):
			if other, found := c.projects[d.Name()]; found && other.Namespace() == d.Namespace() {
				c.fail(d, "metadata.name", "is the name of another AppProject, in %s; whichever is applied last wins", other.File)
				continue
			}
			c.projects[d.Name()] = d
		case d.Is(view.ArgoGroup, "Application"):
			c.applications = append(c.applications, application{Document: d, Application: view.Application{Object: d.Object}})
		case d.Is(view.ArgoGroup, "ApplicationSet"):
			c.applications = append(c.applications, c.expand(d)...)
		}
	}
	var items []view.Object
	for _, d := range c.tree.documents() {
		items = append(items, d.Object)
	}
	c.scopes = scopesOf(items)
}

// findRepositories finds out which URLs mean this repository: the Solution's,
// Git's remotes, and those of Applications whose folders are here.
func (c *checker) findRepositories() {
	for _, d := range c.tree.documents() {
		if d.Is(fn.Group, solution.Kind) {
			c.declared[view.SameRepo(d.Text("spec", "repoURL"))] = true
		}
	}
	for _, url := range c.tree.remotes() {
		c.declared[view.SameRepo(url)] = true
	}
	for repo := range c.declared {
		c.ours[repo] = true
	}
	for i := range c.applications {
		for _, s := range sourcesOf(c.applications[i].Application) {
			if isDir, _ := c.tree.isDir(s.path); isDir && filepath.Clean(s.path) != "." && filepath.IsLocal(s.path) {
				c.ours[view.SameRepo(s.repoURL)] = true
			}
		}
	}
}

// remotes reads the URLs of .git/config; none where the root is no Git folder.
func (t *Tree) remotes() []string {
	file, err := os.Open(filepath.Join(t.root, ".git", "config"))
	if err != nil {
		return nil
	}
	defer file.Close()
	var urls []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		key, value, found := strings.Cut(lines.Text(), "=")
		if found && strings.TrimSpace(key) == "url" {
			urls = append(urls, strings.TrimSpace(value))
		}
	}
	return urls
}

// sameNames finds two Applications of one name: whichever is applied last wins.
func (c *checker) sameNames() {
	first := map[string]*application{}
	for i := range c.applications {
		a := &c.applications[i]
		key := a.ref().Namespace + "/" + a.ref().Name
		other, found := first[key]
		if !found {
			first[key] = a
			continue
		}
		c.fail(a.Document, "metadata.name", "is the name of another Application, in %s; whichever is applied last wins", other.File)
	}
}

// sharedObjects finds two Applications that sync one object: they undo each
// other's work, and either one prunes it.
func (c *checker) sharedObjects() {
	type owner struct {
		index int
		text  string
	}
	owners := map[string]owner{}
	shared := map[[2]int][]string{}
	for i := range c.applications {
		a := &c.applications[i]
		mine := map[string]bool{}
		for _, o := range a.rendered {
			id := c.identity(a, o)
			if mine[id] {
				c.fail(a.Document, "spec.source.path", "renders %s %s twice", o.Kind(), o.Name())
				continue
			}
			mine[id] = true
			other, found := owners[id]
			if !found {
				owners[id] = owner{i, o.Kind() + " " + o.Name()}
				continue
			}
			pair := [2]int{other.index, i}
			shared[pair] = append(shared[pair], other.text)
		}
	}
	for i := range c.applications {
		for j := range c.applications {
			if objects := shared[[2]int{i, j}]; len(objects) > 0 && c.applications[i].ref() != c.applications[j].ref() {
				c.fail(c.applications[j].Document, "spec.source.path", "renders %s, which Application %s syncs as well: they undo each other's work; render an object once",
					some(objects), c.applications[i].ref().Name)
			}
		}
	}
}

func some(objects []string) string {
	const few = 3
	slices.Sort(objects)
	if len(objects) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(objects[:few], ", "), len(objects)-few)
	}
	return strings.Join(objects, ", ")
}

// identity is an object in a cluster.
func (c *checker) identity(a *application, o view.Object) string {
	d := normal(a.Destination())
	namespace := ""
	if c.scopes.Of(o.GroupKind()) != view.Cluster {
		namespace = orElse(o.Namespace(), d.Namespace)
	}
	return strings.Join([]string{orElse(d.Server, d.Name), o.Group(), o.Kind(), namespace, o.Name()}, "\x00")
}

// normal fills both names of the cluster that Argo CD runs in.
func normal(d view.ArgoDestination) view.ArgoDestination {
	if d.Server == inClusterServer || d.Server == inClusterServer+"/" || d.Name == inClusterName && d.Server == "" {
		d.Server, d.Name = inClusterServer, inClusterName
	}
	return d
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
