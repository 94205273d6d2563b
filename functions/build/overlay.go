package build

import (
	"fmt"
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/eda-gitops/functions/functions/fn"
)

// overlay is the disk with some files read differently. It writes nothing.
type overlay struct {
	filesys.FileSystem
	// replace holds the content of kustomizations by path.
	replace map[string][]byte
	// shown is a path for messages.
	shown func(path string) string
	// hide says in which files the local-config annotation is hidden from
	// kustomize; nil for none.
	hide func(path string) bool
	// look is shown each file's content as it is on disk; nil for nobody.
	look func(path string, content []byte)
	// virtual holds files that are not on disk, in folders that are not either,
	// by path.
	virtual map[string][]byte
	// links lead from paths that are not on disk to virtual ones.
	links map[string]string
	// rewrite changes kustomizations, nil for not at all.
	rewrite func(path string, content []byte) ([]byte, error)
	// kustomizations maps the file that a kustomization is to the path at which
	// kustomize looked for it, which may be a link.
	kustomizations map[string]string
	// err is the first error of rewrite or about aliases: kustomize itself would
	// try to read the file in another way, and say what came of that.
	err error
}

func newOverlay(shown func(string) string) *overlay {
	return &overlay{FileSystem: filesys.MakeFsOnDisk(), shown: shown, replace: map[string][]byte{}, kustomizations: map[string]string{}}
}

// ReadFile implements filesys.FileSystem.
func (o *overlay) ReadFile(path string) ([]byte, error) {
	if content, found := o.virtual[path]; found {
		return content, nil
	}
	asked, kustomization := o.kustomizations[path]
	if content, found := o.replace[asked]; found {
		return content, nil
	}
	content, err := o.FileSystem.ReadFile(path)
	if err != nil {
		return nil, err
	}
	// kustomize's parser has no limit, and no end where an anchor contains itself.
	if err := fn.CheckAliases(content); err != nil {
		return nil, o.fail(fmt.Errorf("%s: %w", o.shown(path), err))
	}
	if o.look != nil {
		o.look(path, content)
	}
	if kustomization && o.rewrite != nil {
		if content, err = o.rewrite(asked, content); err != nil {
			return nil, o.fail(err)
		}
	}
	if o.hide != nil && o.hide(path) {
		content = hideKey(content)
	}
	return content, nil
}

// fail notes an error.
func (o *overlay) fail(err error) error {
	if o.err == nil {
		o.err = err
	}
	return err
}

// CleanedAbs implements filesys.FileSystem. The loader calls it for each file
// that it reads.
func (o *overlay) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	if target, found := o.links[path]; found {
		path = target
	}
	if _, found := o.virtual[path]; found {
		return filesys.ConfirmedDir(filepath.Dir(path)), filepath.Base(path), nil
	}
	if _, found := o.virtual[filepath.Join(path, konfig.DefaultKustomizationFileName())]; found {
		return filesys.ConfirmedDir(path), "", nil
	}
	dir, file, err := o.FileSystem.CleanedAbs(path)
	if err == nil && file != "" && slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(path)) {
		o.kustomizations[dir.Join(file)] = filepath.Clean(path)
	}
	return dir, file, err
}
