package harness

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// ArgoNamespace is where OpenShift GitOps has its Argo CD.
const ArgoNamespace = "openshift-gitops"

// argoSettings are what Argo CD finds in its namespace. It looks at
// repositories as often as tests can wait for, and allows nothing in the
// project that applications have by default.
const argoSettings = `apiVersion: v1
kind: Namespace
metadata: {name: %[1]s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: %[1]s, labels: {app.kubernetes.io/part-of: argocd}}
data: {timeout.reconciliation: 15s, timeout.reconciliation.jitter: 0s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-rbac-cm, namespace: %[1]s, labels: {app.kubernetes.io/part-of: argocd}}
---
apiVersion: v1
kind: Secret
metadata: {name: argocd-secret, namespace: %[1]s, labels: {app.kubernetes.io/part-of: argocd}}
stringData: {server.secretkey: %[2]q}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default, namespace: %[1]s}
spec: {sourceRepos: [], destinations: []}
`

// StartArgo starts Redis and Argo CD's repo-server and application controller,
// with what is added to the repo-server's pod. It serves all tests that come
// after; only the first call does something.
func (c *Cluster) StartArgo(t testing.TB, added Pod) {
	t.Helper()
	if c.redis != "" {
		return
	}
	if err := c.startArgo(added); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) startArgo(added Pod) error {
	start := time.Now()
	secret, err := random()
	if err != nil {
		return err
	}
	settings, err := Objects(fmt.Sprintf(argoSettings, ArgoNamespace, secret))
	if err != nil {
		return err
	}
	for _, o := range settings {
		if err := c.Apply(c.ctx, o); err != nil {
			return err
		}
	}
	ports, err := freePorts(c.ctx, 5)
	if err != nil {
		return err
	}
	pod, err := c.newPod(added)
	if err != nil {
		return err
	}
	environment, err := c.argoEnvironment(pod.volumes[socketsVolume])
	if err != nil {
		return err
	}
	c.redis = "127.0.0.1:" + ports[0]
	repo := "127.0.0.1:" + ports[1]
	cache, err := c.group.start("redis", command("redis-server", "--bind", "127.0.0.1", "--port", ports[0],
		"--save", "", "--appendonly", "no", "--dir", c.work))
	if err != nil {
		return err
	}
	if err := cache.ready(c.ctx, logged(cache, "Ready to accept connections")); err != nil {
		return err
	}
	say("%-25s %-10s ready in %s", "redis", version("redis-server", "--version"), since(start))

	part := func(name string, probe func(*process) func(context.Context) error, args ...string) error {
		start := time.Now()
		cmd := command(c.tools.path("argocd"), args...)
		cmd.Env = slices.Concat(environment, []string{"ARGOCD_BINARY_NAME=" + name})
		p, err := c.group.start(name, cmd)
		if err != nil {
			return err
		}
		if err := p.ready(c.ctx, probe(p)); err != nil {
			return err
		}
		say("%-25s %-10s ready in %s", name, c.tools.versions[argoModule], since(start))
		return nil
	}
	healthy := func(port string) func(*process) func(context.Context) error {
		return func(*process) func(context.Context) error { return answers("http://127.0.0.1:" + port + "/healthz") }
	}
	if err := pod.start(); err != nil {
		return err
	}
	if err := part("argocd-repo-server", healthy(ports[2]), "--address", "127.0.0.1", "--port", ports[1],
		"--metrics-address", "127.0.0.1", "--metrics-port", ports[2], "--redis", c.redis, "--disable-tls"); err != nil {
		return err
	}
	return part("argocd-application-controller", healthy(ports[3]), "--namespace", ArgoNamespace, "--redis", c.redis,
		"--repo-server", repo, "--repo-server-plaintext", "--metrics-port", ports[3], "--app-resync", "15")
}

// argoEnvironment makes Argo CD's folders, and returns the variables that name
// them.
func (c *Cluster) argoEnvironment(sockets string) ([]string, error) {
	kubeconfig, err := c.kubeconfig("argocd.kubeconfig", c.config.Host, ArgoNamespace)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(c.work, "argocd")
	for _, folder := range []string{"tls", "ssh", "gpg/keys", "gpg/source", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, err
		}
	}
	return append(os.Environ(),
		"KUBECONFIG="+kubeconfig, "ARGOCD_FAKE_IN_CLUSTER=true", "HOSTNAME=argocd-application-controller-0",
		"ARGOCD_GPG_ENABLED=false", "ARGOCD_GNUPGHOME="+filepath.Join(dir, "gpg/keys"), "ARGOCD_GPG_DATA_PATH="+filepath.Join(dir, "gpg/source"),
		"ARGOCD_TLS_DATA_PATH="+filepath.Join(dir, "tls"), "ARGOCD_SSH_DATA_PATH="+filepath.Join(dir, "ssh"),
		"ARGOCD_PLUGINSOCKFILEPATH="+sockets, "TMPDIR="+filepath.Join(dir, "tmp"),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"), nil
}

// applications is what Argo CD syncs.
var applications = schema.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: "Application"}

// Refresh makes Argo CD look at an Application's source and cluster anew, past
// its caches, and waits until it has.
func (c *Cluster) Refresh(t testing.TB, name string) *unstructured.Unstructured {
	t.Helper()
	const annotation = "argocd.argoproj.io/refresh"
	client, err := c.resource(applications, ArgoNamespace)
	if err != nil {
		t.Fatal(err)
	}
	patch := []byte(`{"metadata":{"annotations":{"` + annotation + `":"hard"}}}`)
	if _, err := client.Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	return c.WaitForApplication(t, name, func(o *unstructured.Unstructured) bool {
		_, asked := o.GetAnnotations()[annotation]
		return !asked
	})
}

// Synced says that nothing differs and no sync is under way or has failed. One
// that finds everything in place never had any.
func Synced(o *unstructured.Unstructured) bool {
	sync, _, _ := unstructured.NestedString(o.Object, "status", "sync", "status")
	phase, started, _ := unstructured.NestedString(o.Object, "status", "operationState", "phase")
	return sync == "Synced" && (!started || phase == "Succeeded")
}

// WaitForApplication is Wait for an Application that is there.
func (c *Cluster) WaitForApplication(t testing.TB, name string, good func(*unstructured.Unstructured) bool) *unstructured.Unstructured {
	t.Helper()
	version, kind := applications.ToAPIVersionAndKind()
	return c.Wait(t, version, kind, ArgoNamespace, name, func(o *unstructured.Unstructured) bool {
		return o != nil && good(o)
	})
}

// logged probes for a text in a process's log.
func logged(p *process, text string) func(context.Context) error {
	return func(context.Context) error {
		log, err := os.ReadFile(p.log)
		if err != nil {
			return err
		}
		if !strings.Contains(string(log), text) {
			return fmt.Errorf("its log does not say %q", text)
		}
		return nil
	}
}

// Kept is all that Argo CD keeps outside the cluster's API: what is in Redis,
// unpacked, and every program's log.
func (c *Cluster) Kept(t testing.TB) string {
	t.Helper()
	var kept strings.Builder
	logs, err := filepath.Glob(filepath.Join(c.work, "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, log := range logs {
		kept.WriteString(MustRead(t, log))
	}
	client := redis.NewClient(&redis.Options{Addr: c.redis})
	defer func() { _ = client.Close() }()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) == 0 {
		t.Fatal("Argo CD keeps nothing in Redis; it must be elsewhere")
	}
	for _, key := range keys {
		value, err := client.Get(t.Context(), key).Result()
		if errors.Is(err, redis.Nil) {
			continue // it has expired
		}
		if err != nil {
			t.Fatal(err)
		}
		kept.WriteString(key + "\n" + unpacked(value) + "\n")
	}
	return kept.String()
}

// unpacked is a value of Redis without the compression that Argo CD gives it.
func unpacked(value string) string {
	reader, err := gzip.NewReader(strings.NewReader(value))
	if err != nil {
		return value
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return value
	}
	return string(text)
}
