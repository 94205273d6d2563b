package argo

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/generateargoapps"
	"github.com/eda-gitops/functions/functions/view"
)

// deployed finds the objects as they are applied, of kinds that a check reads:
// what kustomizations build, and what lies in files that none of them lists. A
// patch is no object.
func (c *checker) deployed() []Document {
	var out []Document
	consumed, patches := map[string]bool{}, map[string]bool{}
	for _, dir := range sorted(c.tree.kustomizations) {
		for _, file := range c.tree.kustomizations[dir].Patches {
			patches[c.tree.below(file)] = true
		}
	}
	for _, dir := range c.tops() {
		if !c.holdsArgo(dir) {
			continue
		}
		r := c.tree.kustomization(dir)
		switch {
		case r.skipped != "":
			c.warn(Document{File: dir}, "", "was not built here, so its files are read one by one: %s", r.skipped)
			continue
		case r.err != nil:
			c.fail(Document{File: dir}, "", "holds Applications or projects and does not build: %v", r.err)
			continue
		}
		for _, file := range c.tree.kustomizations[dir].Files {
			consumed[c.tree.below(file)] = true
		}
		for _, o := range r.objects {
			out = append(out, Document{o, c.fileOf(dir, o)})
		}
	}
	made := map[string]bool{}
	for _, d := range out {
		made[d.Ref().String()] = true
	}
	for _, d := range c.tree.documents() {
		_, generated := d.Annotation(generateargoapps.OwnedByAnnotation)
		if consumed[d.File] || patches[d.File] || generated && made[d.Ref().String()] {
			continue
		}
		if reach := c.tree.kustomizations[path.Dir(d.File)]; isArgo(d.Object) && reach != nil && !slices.Contains(reach.Files, c.tree.path(d.File)) {
			c.warn(d, "", "is not listed in its folder's kustomization, so nobody may ever apply it; list it or take it out")
		}
		out = append(out, d)
	}
	return out
}

// tops are the folders of kustomizations that no other one lists.
func (c *checker) tops() []string {
	listed := map[string]bool{}
	for _, dir := range sorted(c.tree.kustomizations) {
		for _, folder := range c.tree.kustomizations[dir].Folders {
			if below := c.tree.below(folder); below != dir {
				listed[below] = true
			}
		}
	}
	return slices.DeleteFunc(sorted(c.tree.kustomizations), func(dir string) bool { return listed[dir] })
}

// holdsArgo says whether a kustomization reaches Argo CD's objects, or a config
// that makes some.
func (c *checker) holdsArgo(dir string) bool {
	for _, file := range c.tree.kustomizations[dir].Files {
		for _, d := range c.tree.files[c.tree.below(file)] {
			if d.Is(fn.Group, "GenerateArgoApps") || isArgo(d.Object) {
				return true
			}
		}
	}
	return false
}

func isArgo(o view.Object) bool {
	return o.Is(view.ArgoGroup, "Application") || o.Is(view.ArgoGroup, "ApplicationSet") || o.Is(view.ArgoGroup, "AppProject")
}

// fileOf returns the file of a kustomization that holds an object, or its
// folder.
func (c *checker) fileOf(dir string, o view.Object) string {
	reach := c.tree.kustomizations[dir]
	for _, file := range reach.Files {
		if slices.Contains(reach.Patches, file) {
			continue
		}
		for _, d := range c.tree.files[c.tree.below(file)] {
			if d.GroupKind() == o.GroupKind() && d.Name() == o.Name() {
				return d.File
			}
		}
	}
	return dir
}

// application is an Application to check.
type application struct {
	Document
	view.Application
	// sets is the ApplicationSet that makes it, if one does.
	set string
	// rendered are its objects, nil where that is not known.
	rendered []view.Object
}

func (a *application) ref() view.Ref { return a.Document.Ref() }

// expand makes the Applications of an ApplicationSet's list. Other generators
// ask a cluster, Git or others, so their Applications are not known here.
func (c *checker) expand(d Document) []application {
	set := view.ApplicationSet{Object: d.Object}
	elements, complete := set.Elements()
	if !complete {
		c.warn(d, "spec.generators", "has others than lists, so not all of its Applications are known here")
	}
	if complete && len(elements) == 0 {
		c.fail(d, "spec.generators", "makes no Application: an empty set deletes what it made before")
	}
	if policy := d.Text("spec", "syncPolicy", "applicationsSync"); policy == "" || policy == "sync" || policy == "create-delete" {
		if d.Text("spec", "syncPolicy", "preserveResourcesOnDeletion") != "true" {
			c.warn(d, "spec.syncPolicy", "deletes Applications and all that they synced when an entry goes; say applicationsSync: create-update and preserveResourcesOnDeletion: true")
		}
	}
	var out []application
	for _, element := range elements {
		node := substitute(view.Copy(d.Lookup("spec", "template")), element)
		if node == nil || node.Kind != yaml.MappingNode {
			break
		}
		o := view.OfNode(node)
		o.Set(view.ArgoAPIVersion, "apiVersion")
		o.Set("Application", "kind")
		o.SetNamespace(d.Namespace())
		made := Document{o, d.File}
		out = append(out, application{Document: made, Application: view.Application{Object: o}, set: d.Name()})
	}
	return out
}

var parameter = regexp.MustCompile(`\{\{\s*\.?([A-Za-z0-9_.]+)\s*\}\}`)

// substitute puts an element's values in the place of {{.name}}.
func substitute(node, element *yaml.Node) *yaml.Node {
	if node == nil {
		return nil
	}
	if node.Kind == yaml.ScalarNode {
		node.Value = parameter.ReplaceAllStringFunc(node.Value, func(text string) string {
			name := parameter.FindStringSubmatch(text)[1]
			if value := view.Field(element, name); value != nil {
				return view.Text(value)
			}
			return text
		})
	}
	for _, child := range node.Content {
		substitute(child, element)
	}
	return node
}

// inside says whether a file is in a folder.
func inside(file, folder string) bool {
	folder = path.Clean(folder)
	return folder == "." || file == folder || strings.HasPrefix(file, folder+"/")
}
