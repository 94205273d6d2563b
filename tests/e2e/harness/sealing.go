package harness

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// The sealed-secrets controller's Service, where kubeseal looks for it by
// default.
const (
	SealingNamespace = "kube-system"
	SealingService   = "sealed-secrets-controller"
)

// sealing is the running controller.
type sealing struct {
	process *process
	url     string
	// kubeconfig is kubeseal's.
	kubeconfig string
	proxy      *httptest.Server
}

// inPod runs the controller as its pod would: it knows only the in-cluster
// config, so its token and the server's certificate lie where a pod has them,
// in a mount namespace of its own.
const inPod = `mount -t tmpfs -o size=1m,mode=0755 e2e /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$0"/* /var/run/secrets/kubernetes.io/serviceaccount
exec "$@"`

// privateMounts gives a command a mount namespace of its own.
func privateMounts(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	return cmd
}

func (c *Cluster) startSealing() error {
	ports, err := freePorts(c.ctx, 2)
	if err != nil {
		return err
	}
	account := filepath.Join(c.work, "serviceaccount")
	if err := os.Mkdir(account, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(account, "token"), []byte(c.token), 0o600); err != nil {
		return err
	}
	authority, err := os.ReadFile(c.config.CAFile)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(account, "ca.crt"), authority, 0o600); err != nil {
		return err
	}
	server, err := url.Parse(c.config.Host)
	if err != nil {
		return err
	}
	start := time.Now()
	cmd := privateMounts(command("sh", "-euc", inPod, account, c.tools.path("sealed-secrets-controller"),
		"--listen-addr=127.0.0.1:"+ports[0], "--listen-metrics-addr=127.0.0.1:"+ports[1],
		// `kubeseal --validate` may ask as fast as a test does.
		"--rate-limit=1000", "--rate-limit-burst=1000"))
	cmd.Env = append(os.Environ(), "POD_NAMESPACE="+SealingNamespace,
		"KUBERNETES_SERVICE_HOST="+server.Hostname(), "KUBERNETES_SERVICE_PORT="+server.Port())
	c.sealing = &sealing{url: "http://127.0.0.1:" + ports[0]}
	if c.sealing.process, err = c.group.start("sealed-secrets-controller", cmd); err != nil {
		return err
	}
	if err := c.sealing.process.ready(c.ctx, answers(c.sealing.url+"/v1/cert.pem")); err != nil {
		return err
	}
	say("%-25s %-10s ready in %s", "sealed-secrets controller", c.tools.versions[sealedSecretsModule], since(start))
	return c.exposeSealing()
}

// exposeSealing makes the controller reachable to kubeseal, which calls it
// through the API server's proxy for Services. That one refuses to call
// loopback addresses, so a proxy in front of the API server takes its part.
func (c *Cluster) exposeSealing() error {
	service, err := Objects(fmt.Sprintf("apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: %s}\nspec: {ports: [{name: http, port: 8080}]}\n",
		SealingService, SealingNamespace))
	if err != nil {
		return err
	}
	if err := c.Apply(c.ctx, service[0]); err != nil {
		return err
	}
	transport, err := rest.TransportFor(c.config)
	if err != nil {
		return err
	}
	api, err := url.Parse(c.config.Host)
	if err != nil {
		return err
	}
	controller, err := url.Parse(c.sealing.url)
	if err != nil {
		return err
	}
	prefix := fmt.Sprintf("/api/v1/namespaces/%s/services/http:%s:http/proxy", SealingNamespace, SealingService)
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", http.StripPrefix(prefix, httputil.NewSingleHostReverseProxy(controller)))
	toAPI := httputil.NewSingleHostReverseProxy(api)
	toAPI.Transport = transport
	mux.Handle("/", toAPI)
	c.sealing.proxy = httptest.NewServer(mux)
	c.sealing.kubeconfig, err = c.kubeconfig("kubeseal.kubeconfig", c.sealing.proxy.URL, SealingNamespace)
	return err
}

// SealingCertificate is the certificate that the controller gives out now.
func (c *Cluster) SealingCertificate(t testing.TB) string {
	t.Helper()
	certificate, err := c.sealingCertificate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func (c *Cluster) sealingCertificate(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.sealing.url+"/v1/cert.pem", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// RotateSealingKey makes the controller make a new key, as it does every 30
// days, and returns the new certificate.
func (c *Cluster) RotateSealingKey(t testing.TB) string {
	t.Helper()
	before := c.SealingCertificate(t)
	// Of two keys, the later one by the second is the newer.
	time.Sleep(time.Second)
	if err := c.sealing.process.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(waitLimit); time.Now().Before(end); time.Sleep(pollEvery) {
		if now := c.SealingCertificate(t); now != before {
			return now
		}
	}
	t.Fatalf("the controller made no new key in %s:\n%s", waitLimit, c.sealing.process.tail())
	return ""
}

// Kubeseal runs kubeseal with a kubeconfig for this cluster.
func (c *Cluster) Kubeseal(t testing.TB, stdin string, args ...string) Answer {
	t.Helper()
	return Run(t, Call{Program: c.tools.path("kubeseal"), Args: append([]string{"--kubeconfig", c.sealing.kubeconfig}, args...), Stdin: stdin})
}

// MustKubeseal is Kubeseal for a call that has to succeed; it returns stdout.
func (c *Cluster) MustKubeseal(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	answer := c.Kubeseal(t, stdin, args...)
	if answer.Status != 0 {
		t.Fatalf("kubeseal %s: exit %d\n%s", strings.Join(args, " "), answer.Status, answer.Stderr)
	}
	return answer.Stdout
}
