package harness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// program is one that is built from this module.
type program struct {
	name, pkg string
	// module says whose version it has.
	module string
	// stamp are linker flags that put the version in, %s, where a program
	// needs to know its own.
	stamp string
}

const (
	kubernetesModule    = "k8s.io/kubernetes"
	sealedSecretsModule = "github.com/bitnami-labs/sealed-secrets"
	argoModule          = "github.com/argoproj/argo-cd/v3"
)

var programs = []program{
	{name: "kube-apiserver", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", module: kubernetesModule, stamp: "-X k8s.io/component-base/version.gitVersion=%s"},
	{name: "kubectl", pkg: "k8s.io/kubernetes/cmd/kubectl", module: kubernetesModule, stamp: "-X k8s.io/component-base/version.gitVersion=%s"},
	{name: "sealed-secrets-controller", pkg: "github.com/bitnami-labs/sealed-secrets/cmd/controller", module: sealedSecretsModule, stamp: "-X main.VERSION=%s"},
	{name: "kubeseal", pkg: "github.com/bitnami-labs/sealed-secrets/cmd/kubeseal", module: sealedSecretsModule, stamp: "-X main.VERSION=%s"},
	{name: "argocd", pkg: "./argocd", module: argoModule, stamp: "-X github.com/argoproj/argo-cd/v3/common.version=%s"},
}

// toolbox is the built programs.
type toolbox struct {
	// dir holds them, under their names.
	dir string
	// module is this module's folder.
	module string
	// versions by module.
	versions map[string]string
}

func (b *toolbox) path(name string) string { return filepath.Join(b.dir, name) }

// folder is the folder of a module's files.
func (b *toolbox) folder(ctx context.Context, module string) (string, error) {
	out, err := b.goCommand(ctx, "mod", "download", "-json", module+"@"+b.versions[module])
	if err != nil {
		return "", err
	}
	var answer struct{ Dir string }
	if err := json.Unmarshal(out, &answer); err != nil {
		return "", err
	}
	return answer.Dir, nil
}

// build builds what is not in the cache yet. module is this module's folder,
// cache where programs are kept between runs.
func build(ctx context.Context, module, cache string) (*toolbox, error) {
	key, err := cacheKey(module)
	if err != nil {
		return nil, err
	}
	b := &toolbox{dir: filepath.Join(cache, key), module: module, versions: map[string]string{}}
	for _, p := range programs {
		out, err := b.goCommand(ctx, "list", "-m", "-f", "{{.Version}}", p.module)
		if err != nil {
			return nil, err
		}
		b.versions[p.module] = strings.TrimSpace(string(out))
	}
	for _, p := range programs {
		version, path := b.versions[p.module], b.path(p.name)
		if _, err := os.Stat(path); err == nil {
			say("%-25s %-10s built before", p.name, version)
			continue
		}
		start := time.Now()
		_, err := b.goCommand(ctx, "build", "-trimpath", "-buildvcs=false",
			"-ldflags", "-s -w "+fmt.Sprintf(p.stamp, version), "-o", path, p.pkg)
		if err != nil {
			return nil, err
		}
		say("%-25s %-10s built in %s", p.name, version, since(start))
	}
	return b, b.forgetOthers()
}

// forgetOthers removes what was built from other versions: some 300 MB each.
func (b *toolbox) forgetOthers() error {
	siblings, err := filepath.Glob(filepath.Join(filepath.Dir(b.dir), strings.Repeat("[0-9a-f]", keyLength)))
	if err != nil {
		return err
	}
	for _, sibling := range siblings {
		if sibling != b.dir {
			err = errors.Join(err, os.RemoveAll(sibling))
		}
	}
	return err
}

// goCommand runs go in this module.
func (b *toolbox) goCommand(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, exit.Stderr)
	}
	return out, err
}

// keyLength is how much of a hash names a folder.
const keyLength = 16

// cacheKey is a hash of what the programs are built from.
func cacheKey(module string) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), runtime.GOOS, runtime.GOARCH, programs)
	for _, name := range []string{"go.mod", "go.sum", "argocd/main.go"} {
		file, err := os.Open(filepath.Join(module, name))
		if err != nil {
			return "", err
		}
		_, err = io.Copy(hash, file)
		file.Close()
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:keyLength], nil
}
