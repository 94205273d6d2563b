package build

import (
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// overlay is the disk with some files read differently. It writes nothing.
type overlay struct {
	filesys.FileSystem
	// replace holds the content of files by path.
	replace map[string][]byte
	// hide says in which files the local-config annotation is hidden from
	// kustomize; nil for none.
	hide func(path string) bool
	// rewrite changes kustomization files, nil for not at all.
	rewrite func(path string, content []byte) ([]byte, error)
	// err is the first error of rewrite: kustomize itself would only say that
	// it found no kustomization.
	err error
}

func newOverlay() *overlay {
	return &overlay{FileSystem: filesys.MakeFsOnDisk(), replace: map[string][]byte{}}
}

// ReadFile implements filesys.FileSystem.
func (o *overlay) ReadFile(path string) ([]byte, error) {
	if content, found := o.replace[filepath.Clean(path)]; found {
		return content, nil
	}
	content, err := o.FileSystem.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if o.hide != nil && o.hide(path) {
		content = hideKey(content)
	}
	if o.rewrite != nil && slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(path)) {
		content, err = o.rewrite(path, content)
		if err != nil && o.err == nil {
			o.err = err
		}
	}
	return content, err
}
