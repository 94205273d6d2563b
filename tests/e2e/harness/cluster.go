package harness

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Cluster is a Kubernetes API with the controllers that the tests need. There
// are no nodes and no controller-manager: nothing of it ever runs a pod.
type Cluster struct {
	// EdaFn is the path of eda-fn, built from this tree; its name is eda-fn.
	EdaFn string
	// Root is the repository's folder.
	Root string

	ctx     context.Context //nolint:containedctx // a run, which a signal ends
	group   *group
	tools   *toolbox
	work    string
	token   string
	config  *rest.Config
	client  dynamic.Interface
	mapper  meta.ResettableRESTMapper
	sealing *sealing
	// redis is Argo CD's, once that runs.
	redis string
	// kustomize is the path of the pinned kustomize.
	kustomize string
}

// start starts the API server and the sealed-secrets controller.
func (c *Cluster) start() error {
	if err := c.startAPI(); err != nil {
		return err
	}
	if err := c.installCRDs(); err != nil {
		return err
	}
	return c.startSealing()
}

func (c *Cluster) startAPI() error {
	ports, err := freePorts(c.ctx, 3)
	if err != nil {
		return err
	}
	client, peer, api := "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1], ports[2]
	etcd, err := c.startEtcd(client, peer)
	if err != nil {
		return err
	}
	if c.token, err = random(); err != nil {
		return err
	}
	tokens, key, certificates := filepath.Join(c.work, "tokens.csv"), filepath.Join(c.work, "sa.key"), filepath.Join(c.work, "certs")
	if err := os.WriteFile(tokens, []byte(c.token+",admin,admin,system:masters\n"), 0o600); err != nil {
		return err
	}
	if err := writeKey(key); err != nil {
		return err
	}
	start := time.Now()
	server, err := c.group.start("kube-apiserver", command(c.tools.path("kube-apiserver"),
		"--etcd-servers="+client, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port="+api,
		"--cert-dir="+certificates, "--service-account-key-file="+key, "--service-account-signing-key-file="+key,
		"--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.96.0.0/24",
		"--token-auth-file="+tokens, "--authorization-mode=RBAC",
		// No controller makes service accounts, and nobody serves pods.
		"--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none"))
	if err != nil {
		return err
	}
	// It would let open connections end first, for up to a minute.
	server.stays = true
	c.config = &rest.Config{
		Host: "https://127.0.0.1:" + api, BearerToken: c.token, QPS: -1,
		// The server signs its own certificate, so it is its own authority.
		TLSClientConfig: rest.TLSClientConfig{CAFile: filepath.Join(certificates, "apiserver.crt")},
	}
	if err := server.ready(c.ctx, c.connect); err != nil {
		return errors.Join(err, exited(etcd))
	}
	say("%-25s %-10s ready in %s", "kube-apiserver", c.tools.versions[kubernetesModule], since(start))
	return nil
}

func (c *Cluster) startEtcd(client, peer string) (*process, error) {
	start := time.Now()
	etcd, err := c.group.start("etcd", command("etcd", "--name=e2e", "--data-dir="+filepath.Join(c.work, "etcd"),
		// Its data end with the run.
		"--unsafe-no-fsync",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=e2e="+peer))
	if err != nil {
		return nil, err
	}
	if err := etcd.ready(c.ctx, answers(client+"/health")); err != nil {
		return nil, err
	}
	say("%-25s %-10s ready in %s", "etcd", version("etcd", "--version"), since(start))
	return etcd, nil
}

// connect makes the clients, once the API server answers them.
func (c *Cluster) connect(ctx context.Context) error {
	client, err := discovery.NewDiscoveryClientForConfig(c.config)
	if err != nil {
		return err
	}
	if err := client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error(); err != nil {
		return err
	}
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client))
	c.client, err = dynamic.NewForConfig(c.config)
	return err
}

// kubeconfig writes an administrator's kubeconfig for programs that want one.
func (c *Cluster) kubeconfig(name, server, namespace string) (string, error) {
	return c.kubeconfigOf(c.token, name, server, namespace)
}

// kubeconfigOf writes a kubeconfig of whoever has a token.
func (c *Cluster) kubeconfigOf(token, name, server, namespace string) (string, error) {
	path := filepath.Join(c.work, name)
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: e2e, cluster: {server: %q%s}}]
users: [{name: user, user: {token: %q}}]
contexts: [{name: e2e, context: {cluster: e2e, user: user, namespace: %q}}]
current-context: e2e
`, server, authority(server, c.config.CAFile), token, namespace)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

func authority(server, file string) string {
	if strings.HasPrefix(server, "http://") {
		return ""
	}
	return fmt.Sprintf(", certificate-authority: %q", file)
}

// answers probes a URL that says 200 when all is well.
func answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}

// exited says that a process has ended which should not have.
func exited(p *process) error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended: %v; the end of its log:\n%s", p.name, p.cmd.ProcessState, p.tail())
	default:
		return nil
	}
}

// version is the first version that a program's answer holds.
func version(name string, args ...string) string {
	out, err := command(name, args...).Output()
	if err != nil {
		return "unknown"
	}
	for word := range strings.FieldsSeq(string(out)) {
		word = strings.TrimPrefix(word, "v=")
		if strings.Count(word, ".") >= 2 && strings.Trim(word, "0123456789.") == "" {
			return word
		}
	}
	return "unknown"
}

// random is a credential that nobody can guess.
func random() (string, error) {
	const bytes = 16
	secret := make([]byte, bytes)
	_, err := rand.Read(secret)
	return fmt.Sprintf("%x", secret), err
}

func writeKey(path string) error {
	const bits = 2048
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return os.WriteFile(path, text, 0o600)
}
