package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// ComponentLabel groups objects into folders.
const ComponentLabel = "app.kubernetes.io/component"

// IndexFile in an output folder lists the files that a build wrote there:
// those, and no others, are removed when they are not rendered any more.
const IndexFile = ".eda-fn-files"

// Files is a build's output as files, not yet written.
type Files struct {
	dir string
	// content by slash-separated path below dir.
	content map[string][]byte
	// index says that dir has an IndexFile.
	index bool
}

// OneFile is an output of one file.
func OneFile(path string, text []byte) *Files {
	return &Files{dir: filepath.Dir(path), content: map[string][]byte{filepath.Base(path): text}}
}

// FilePerObject is an output folder with one file per object:
// <component>/<kind>-<name>.yaml, and directly in the folder what has no
// component. Where two objects would share a file, the namespace, then the API
// group, then its version stand in the names of both, and in the end a sum of
// all that.
func FilePerObject(dir string, stream []byte) (*Files, error) {
	files := &Files{dir: dir, content: map[string][]byte{}, index: true}
	objects, texts, err := split(stream)
	if err != nil {
		return nil, err
	}
	names := fileNames(objects)
	for i := range objects {
		files.content[names[i]] = texts[i]
	}
	return files, nil
}

// split returns a stream's objects and the text of each.
func split(stream []byte) ([]*yaml.RNode, [][]byte, error) {
	objects, err := parseStream(stream)
	if err != nil {
		return nil, nil, err
	}
	texts := bytes.Split(stream, []byte("\n---\n"))
	if len(stream) > 0 && len(texts) != len(objects) {
		return nil, nil, errors.New("the output does not split into its objects")
	}
	for i := range objects {
		texts[i] = append(slices.Clip(bytes.TrimSuffix(texts[i], []byte("\n"))), '\n')
	}
	return objects, texts, nil
}

// fileNames gives every object a path of its own that says no more than it
// must.
func fileNames(objects []*yaml.RNode) []string {
	names := make([]string, len(objects))
	details := make([]int, len(objects))
	for {
		owners := map[string][]int{}
		for i := range objects {
			names[i] = fileName(view.Of(objects[i]), details[i])
			owners[strings.ToLower(names[i])] = append(owners[strings.ToLower(names[i])], i)
		}
		alone := true
		for _, group := range owners {
			for _, i := range group {
				if len(group) > 1 && details[i] < maxDetail {
					details[i]++
					alone = false
				}
			}
		}
		if alone {
			return names
		}
	}
}

// maxDetail is the most that a file's name can say; objects of one build then
// differ, whatever letters their names have.
const maxDetail = 4

// maxName keeps a file's name, with what is added to it, under the 255 bytes that
// file systems take; an object's name alone may have 253.
const maxName = 230

func fileName(o view.Object, detail int) string {
	parts := []string{strings.ToLower(o.Kind())}
	if detail >= 2 && o.Group() != "" {
		parts[0] += "." + o.Group()
	}
	if detail >= 3 {
		parts[0] += "." + o.Version()
	}
	if detail >= 1 && o.Namespace() != "" {
		parts = append(parts, o.Namespace())
	}
	parts = append(parts, o.Name())
	if detail == maxDetail {
		sum := sha256.Sum256([]byte(strings.Join([]string{o.APIVersion(), o.Kind(), o.Namespace(), o.Name()}, "\x00")))
		parts = append(parts, hex.EncodeToString(sum[:4]))
	}
	name := safeName(strings.Join(parts, "-"))
	if len(name) > maxName {
		sum := sha256.Sum256([]byte(name))
		name = name[:maxName] + "-" + hex.EncodeToString(sum[:4])
	}
	name += ".yaml"
	component, _ := o.Label(ComponentLabel)
	if component == "" {
		return name
	}
	return safeName(component) + "/" + name
}

// safeName keeps letters, digits, dots and dashes; RBAC names may hold colons.
func safeName(name string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, name), ".")
}

// Write replaces files that differ, each atomically, and removes those that an
// earlier build wrote and this one does not. Where it fails halfway, the index
// already names what it wrote, so that the next build may replace it.
func (f *Files) Write() error {
	old, err := f.written()
	if err != nil {
		return err
	}
	var changed []string
	for _, name := range f.names() {
		path := filepath.Join(f.dir, name)
		if holds(path, f.content[name]) {
			continue
		}
		if f.index {
			if err := f.inTheWay(path, slices.Contains(old, name)); err != nil {
				return err
			}
		}
		changed = append(changed, name)
	}
	if len(changed) > 0 {
		if err := f.writeIndex(append(f.names(), old...)); err != nil {
			return err
		}
	}
	for _, name := range changed {
		if err := replaceIn(filepath.Join(f.dir, name), f.content[name]); err != nil {
			return err
		}
	}
	if err := f.removeStale(old); err != nil {
		return err
	}
	return f.writeIndex(f.names())
}

// inTheWay says why a file can't be written: a file or folder of other people's
// has its name, or that of its folder.
func (f *Files) inTheWay(path string, ours bool) error {
	for dir := filepath.Dir(path); dir != filepath.Clean(f.dir); dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return fmt.Errorf("%s: stands in the way: it is a file, and a folder of that name is to be written; move or remove it", dir)
		}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil //nolint:nilerr // nothing is there, or writing will say what is wrong
	case info.IsDir():
		return fmt.Errorf("%s: stands in the way: it is a folder; move or remove it", path)
	case !ours:
		return fmt.Errorf("%s: stands in the way: no build of eda-fn wrote it; move or remove it", path)
	}
	return nil
}

// writeIndex writes the list of the folder's files.
func (f *Files) writeIndex(names []string) error {
	if !f.index {
		return nil
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	text := []byte(strings.Join(names, "\n") + "\n")
	path := filepath.Join(f.dir, IndexFile)
	if holds(path, text) {
		return nil
	}
	return replaceIn(path, text)
}

// replaceIn is ReplaceFile in a folder that may have to be made.
func replaceIn(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", path, cause(err))
	}
	return ReplaceFile(path, content, 0o644)
}

func (f *Files) removeStale(old []string) error {
	if !f.index {
		return nil
	}
	for _, name := range old {
		if _, kept := f.content[name]; kept {
			continue
		}
		path := filepath.Join(f.dir, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if parent := filepath.Dir(path); parent != filepath.Clean(f.dir) {
			_ = os.Remove(parent) // fails, as it should, while the folder holds anything
		}
	}
	return nil
}

// Diff is what Write would change, as a unified diff; empty when nothing.
func (f *Files) Diff() (string, error) {
	old, err := f.written()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(f.names(), old...)))) {
		path := filepath.Join(f.dir, name)
		now, err := readRegular(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if bytes.Equal(now, f.content[name]) {
			continue
		}
		out.WriteString(udiff.Unified(path, path+" (rendered)", string(now), string(f.content[name])))
	}
	return out.String(), nil
}

// written lists the files of the last build, from the index; names that lead
// out of the folder are refused.
func (f *Files) written() ([]string, error) {
	if !f.index {
		return nil, nil
	}
	text, err := os.ReadFile(filepath.Join(f.dir, IndexFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := strings.Fields(string(text))
	for _, name := range names {
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%s: %q leads out of the folder", filepath.Join(f.dir, IndexFile), name)
		}
	}
	return names, nil
}

func (f *Files) names() []string { return slices.Sorted(maps.Keys(f.content)) }

// readRegular is os.ReadFile for files, and an error for what may never end: a
// device or a pipe.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no file", path)
	}
	return os.ReadFile(path)
}

// holds says whether a file has this content.
func holds(path string, content []byte) bool {
	now, err := readRegular(path)
	return err == nil && bytes.Equal(now, content)
}

// ReplaceFile writes a file so that readers see the old content or the new,
// never a part. A link stays, and what it leads to is replaced; a device or a
// pipe is written to.
func ReplaceFile(path string, content []byte, mode fs.FileMode) error {
	if err := replaceFile(path, content, mode); err != nil {
		return fmt.Errorf("writing %s: %w", path, cause(err))
	}
	return nil
}

func replaceFile(path string, content []byte, mode fs.FileMode) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return writeThrough(path, content)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".eda-fn-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone already after the rename
	if _, err := temp.Write(content); err != nil {
		_ = temp.Close()
		return err
	}
	if err := temp.Chmod(mode); err != nil {
		_ = temp.Close()
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

func writeThrough(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// cause is an error without the name of the file that it is about, which may be
// a temporary one.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
