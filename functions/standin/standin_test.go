package standin

import (
	"slices"
	"strings"
	"testing"
)

var ours = Images{
	Registries: []string{"ghcr.io/eda-gitops", "mirror.example.com:5000/eda"},
	All:        "eda-fn", Functions: []string{"inject-namespace", "seal-secrets"}, Version: "v1.2.3",
}

// What kustomize and kpt write, word for word. Source: kustomize kyaml v0.21.2,
// fn/runtime/container; kpt v1.0.0-beta.58, pkg/lib/fnruntime and commands/fn/doc.
const (
	kustomizeRun = "run --rm -i -a STDIN -a STDOUT -a STDERR --network none --user nobody --security-opt=no-new-privileges -e LOG_TO_STDERR=true -e STRUCTURED_RESULTS=true "
	kptRun       = "run --rm -i --network none --user nobody --security-opt=no-new-privileges --pull missing "
	kptDoc       = "run --rm "
)

func TestRun(t *testing.T) {
	for name, tc := range map[string]struct {
		line string
		args []string
	}{
		"kustomize":                {kustomizeRun + "ghcr.io/eda-gitops/eda-fn:v1.2.3", nil},
		"kustomize, one function":  {kustomizeRun + "ghcr.io/eda-gitops/inject-namespace:v1.2.3", []string{"inject-namespace"}},
		"kustomize, a mount":       {kustomizeRun + "--mount type=bind,source=/a,target=/b,readonly ghcr.io/eda-gitops/eda-fn:v1.2.3", nil},
		"kustomize, network":       {strings.Replace(kustomizeRun, "none", "host", 1) + "ghcr.io/eda-gitops/eda-fn:v1.2.3", nil},
		"kustomize, this user":     {strings.Replace(kustomizeRun, "nobody", "1000:1000", 1) + "ghcr.io/eda-gitops/eda-fn:v1.2.3", nil},
		"kpt":                      {kptRun + "ghcr.io/eda-gitops/seal-secrets:v1.2.3", []string{"seal-secrets"}},
		"kpt, never pull":          {strings.Replace(kptRun, "missing", "never", 1) + "ghcr.io/eda-gitops/eda-fn:v1.2.3", nil},
		"kpt, a variable exported": {kptRun + "-e HOME ghcr.io/eda-gitops/eda-fn:v1.2.3", nil},
		"kpt fn doc":               {kptDoc + "ghcr.io/eda-gitops/inject-namespace:v1.2.3 --help", []string{"inject-namespace", "--help"}},
		"a mirror with a port":     {kustomizeRun + "mirror.example.com:5000/eda/eda-fn:v1.2.3", nil},
		"tag and digest":           {kustomizeRun + "ghcr.io/eda-gitops/eda-fn:v1.2.3@sha256:0123", nil},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := Read(strings.Fields(tc.line), ours)
			if err != nil || answer.Call == nil || !slices.Equal(answer.Call.Args, tc.args) {
				t.Errorf("%+v, %v; expected a call with %q", answer, err, tc.args)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	const image = "ghcr.io/eda-gitops/eda-fn:v1.2.3"
	for name, tc := range map[string]struct{ line, want string }{
		"another's image":      {kustomizeRun + "ghcr.io/kptdev/krm-functions-catalog/set-labels:v0.2.4", "not one of ghcr.io/eda-gitops, mirror.example.com:5000/eda"},
		"a name like ours":     {kustomizeRun + "ghcr.io/eda-gitops.example.com/eda-fn:v1.2.3", "not one of"},
		"a folder below ours":  {kustomizeRun + "ghcr.io/eda-gitops/other/eda-fn:v1.2.3", "not one of"},
		"no registry":          {kustomizeRun + "eda-fn:v1.2.3", "not one of"},
		"no image of ours":     {kustomizeRun + "ghcr.io/eda-gitops/inject-namespaces:v1.2.3", `did you mean "inject-namespace"?`},
		"another version":      {kustomizeRun + "ghcr.io/eda-gitops/eda-fn:v1.2.4", `is of version "v1.2.4", this program v1.2.3`},
		"latest":               {kustomizeRun + "ghcr.io/eda-gitops/eda-fn:latest", `is of version "latest"`},
		"no version":           {kustomizeRun + "ghcr.io/eda-gitops/eda-fn", `is of version ""`},
		"a digest alone":       {kustomizeRun + "ghcr.io/eda-gitops/eda-fn@sha256:0123", "write ghcr.io/eda-gitops/eda-fn:v1.2.3@sha256:0123"},
		"no image":             {kustomizeRun, "names no image"},
		"a flag of power":      {"run --privileged " + image, "unknown flag: --privileged"},
		"a volume":             {"run -v /:/host " + image, "unknown shorthand flag: 'v'"},
		"another entrypoint":   {"run --entrypoint sh " + image, "unknown flag: --entrypoint"},
		"a network by name":    {"run --network bridge " + image, `--network is "bridge"; allowed are none, host`},
		"less security":        {"run --security-opt seccomp=unconfined " + image, "--security-opt"},
		"attached elsewhere":   {"run -a terminal " + image, "--attach"},
		"another pull":         {"run --pull sometimes " + image, "--pull"},
		"arguments":            {kustomizeRun + image + " build .", `functions take no arguments, but there is "build"`},
		"another command":      {"ps -a", `"ps -a" is no command of this one`},
		"nothing":              {"", "no command"},
		"the engine's version": {"version", "there is no engine"},
		"another format":       {"version --format {{.Server.Version}}", "allowed is {{.Client.Version}}"},
		"an image's data":      {"image inspect busybox", "not one of"},
		"a list of images":     {"image ls", `"image ls" is no command`},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := Read(strings.Fields(tc.line), ours)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%+v, %v; expected %q", answer, err, tc.want)
			}
		})
	}
}

// kpt asks for the client's version as a semantic one of 20.10.0 at least.
func TestVersion(t *testing.T) {
	answer, err := Read([]string{"version", "--format", "{{.Client.Version}}"}, ours)
	if err != nil || answer.Text != "20.10.0+eda-fn.1.2.3\n" {
		t.Errorf("%+v, %v", answer, err)
	}
	if answer, err := Read([]string{"image", "inspect", "ghcr.io/eda-gitops/eda-fn:v1.2.3"}, ours); err != nil || !strings.Contains(answer.Text, "eda-fn:v1.2.3") {
		t.Errorf("%+v, %v", answer, err)
	}
}
