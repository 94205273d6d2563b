package argo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// Document is one object of a file.
type Document struct {
	view.Object
	// File is the path below the root, with slashes; for a built object that
	// no file holds it is the folder.
	File string
}

// Tree is a repository.
type Tree struct {
	options build.Options
	// root is an absolute path.
	root string
	// files holds the documents of each file that may matter, by its path.
	files map[string][]Document
	// unread are files of Argo CD's that are no YAML: templates, for one.
	unread []string
	// kustomizations by folder, below the root.
	kustomizations map[string]*build.Reach
	// broken are kustomizations that can't even be read, with the reason.
	broken map[string]error
	// renders by folder and kind of source.
	renders map[string]*render
}

// words that make a file worth parsing.
var words = [][]byte{
	[]byte(view.ArgoGroup + "/"), []byte(fn.Group + "/"), []byte("Namespace"), []byte("RoleBinding"), []byte("CustomResourceDefinition"),
}

// Load reads the repository whose root is a folder.
func Load(options build.Options, root string) (*Tree, error) {
	info, err := os.Stat(root)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: no such folder", root)
	case !info.IsDir():
		return nil, fmt.Errorf("%s: is a file; name the folder that is the repository's root", root)
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if absolute, err = filepath.EvalSymlinks(absolute); err != nil {
		return nil, err
	}
	t := &Tree{
		options: options, root: absolute, files: map[string][]Document{},
		kustomizations: map[string]*build.Reach{}, broken: map[string]error{}, renders: map[string]*render{},
	}
	return t, filepath.WalkDir(absolute, t.visit)
}

func (t *Tree) visit(path string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if entry.IsDir() {
		if path != t.root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		return nil
	}
	if !entry.Type().IsRegular() {
		return nil
	}
	if isKustomization(entry.Name()) {
		dir := t.below(filepath.Dir(path))
		if reach, err := build.ReachOf(filepath.Dir(path)); err != nil {
			t.broken[dir] = err
		} else {
			t.kustomizations[dir] = reach
		}
		return nil
	}
	if !isManifest(path) {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(words, func(word []byte) bool { return bytes.Contains(text, word) }) {
		return nil
	}
	t.parse(t.below(path), text)
	return nil
}

func (t *Tree) parse(file string, text []byte) {
	items, err := parse(text)
	if err != nil {
		if bytes.Contains(text, words[0]) {
			t.unread = append(t.unread, file)
		}
		return
	}
	for _, item := range items {
		if o := view.Of(item); o.Kind() != "" && o.APIVersion() != "" {
			t.files[file] = append(t.files[file], Document{o, file})
		}
	}
}

// parse reads a stream of documents; a List's entries count by themselves.
func parse(text []byte) (items []*yaml.RNode, err error) {
	defer func() { // kyaml's reader panics on some documents
		if recover() != nil {
			items, err = nil, errors.New("is no YAML that can be read")
		}
	}()
	return (&kio.ByteReader{Reader: bytes.NewReader(text), OmitReaderAnnotations: true}).Read()
}

func isKustomization(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

func isManifest(path string) bool {
	switch filepath.Ext(path) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// below returns a path as it is seen from the root, with slashes.
func (t *Tree) below(path string) string {
	rel, err := filepath.Rel(t.root, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

func (t *Tree) path(below string) string { return filepath.Join(t.root, filepath.FromSlash(below)) }

// documents returns all documents of the files, by file.
func (t *Tree) documents() []Document {
	var out []Document
	for _, file := range sorted(t.files) {
		out = append(out, t.files[file]...)
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// render is what a folder of an Application renders.
type render struct {
	objects []view.Object
	// err says why it renders nothing; skipped why that is not known here.
	err     error
	skipped string
	// ours says that functions of this project run, which Argo CD's own
	// kustomize does not run.
	ours bool
}

// kustomization builds a folder once.
func (t *Tree) kustomization(dir string) *render {
	key := "kustomization " + dir
	if r, found := t.renders[key]; found {
		return r
	}
	r := &render{}
	t.renders[key] = r
	var result *build.Result
	var err error
	withoutAdvice(func() { result, err = build.Build(t.options, t.path(dir)) })
	var refused *build.RefusedError
	switch {
	case errors.As(err, &refused):
		r.skipped = t.shorten(err.Error())
		return r
	case err != nil:
		r.err = errors.New(t.shorten(err.Error()))
		return r
	}
	if failed := result.Results.Err(); failed != nil {
		first, _, _ := strings.Cut(failed.Error(), "\n")
		r.err = errors.New(first)
		return r
	}
	items, err := result.Objects()
	if err != nil {
		r.err = err
		return r
	}
	r.objects, r.ours = view.Objects(items), build.HasOurs(t.options, t.path(dir))
	return r
}

// shorten takes the root out of a message and makes it one line.
func (t *Tree) shorten(message string) string {
	message = strings.ReplaceAll(message, t.root+string(filepath.Separator), "")
	return strings.Join(strings.Fields(message), " ")
}

// directory reads a folder of manifests as Argo CD does.
type directory struct {
	path             string
	recurse          bool
	include, exclude string
}

func (t *Tree) directory(d directory) *render {
	key := fmt.Sprintf("directory %+v", d)
	if r, found := t.renders[key]; found {
		return r
	}
	r := &render{}
	t.renders[key] = r
	root := t.path(d.path)
	r.err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && !d.recurse:
			return filepath.SkipDir
		case entry.IsDir() || !isManifest(path):
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		// Argo CD's patterns here: "*" stands for slashes too.
		if rel = filepath.ToSlash(rel); d.include != "" && !view.MatchesPattern(d.include, rel) || view.MatchesPattern(d.exclude, rel) {
			return nil
		}
		text, err := os.ReadFile(path) //nolint:gosec // a repository that nobody changes meanwhile
		if err != nil {
			return err
		}
		items, err := parse(text)
		if err != nil {
			return fmt.Errorf("%s is no YAML that can be read", t.below(path))
		}
		for _, item := range items {
			o := view.Of(item)
			if o.Kind() == "" || o.APIVersion() == "" {
				return fmt.Errorf("%s holds a document without apiVersion and kind", t.below(path))
			}
			r.objects = append(r.objects, o)
		}
		return nil
	})
	if r.err != nil {
		r.err = errors.New(t.shorten(r.err.Error()))
	}
	return r
}

// isDir says whether a path below the root is a folder; exists whether it is
// anything.
func (t *Tree) isDir(path string) (isDir, exists bool) {
	info, err := os.Stat(t.path(path))
	return err == nil && info.IsDir(), err == nil
}

// hasKustomization says whether a folder holds one.
func (t *Tree) hasKustomization(dir string) bool {
	dir = filepath.ToSlash(filepath.Clean(dir))
	_, isBroken := t.broken[dir]
	return isBroken || t.kustomizations[dir] != nil
}
