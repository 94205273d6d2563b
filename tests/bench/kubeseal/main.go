// Command kubeseal measures SealSecrets beside the program kubeseal, as ratios
// within one run: both read the same Secrets and run in turn, their start
// included, and the median of the ratios is printed. Times are those of the
// processor, so that a busy machine gives the same ratios.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
)

func main() {
	bin := flag.String("bin", "build/eda-fn", "the program to measure")
	kubeseal := flag.String("kubeseal", "build/tools/kubeseal", "the program to measure it beside")
	runs := flag.Int("runs", 5, "timed pairs per row (after one that does not count)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *bin, *kubeseal, *runs)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// keyBits is the size of the controller's keys.
const keyBits = 4096

func run(ctx context.Context, bin, kubeseal string, runs int) error {
	key, certificate, err := crypto.GeneratePrivateKeyAndCert(keyBits, time.Hour, "bench")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eda-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	path := filepath.Join(dir, "cert.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	fmt.Println("| Secrets | SealSecrets | kubeseal | kubeseal / SealSecrets | SealSecrets a Secret | the RSA operation |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, n := range []int{1, 100, 1000} {
		ours := command{program: bin, stdin: resourceList(string(text), n)}
		theirs := command{program: kubeseal, args: []string{"--cert", path, "--format", "yaml"}, stdin: secrets(n, "---\n", "")}
		if err := row(ctx, n, ours, theirs, &key.PublicKey, runs); err != nil {
			return err
		}
	}
	return nil
}

func row(ctx context.Context, n int, ours, theirs command, key *rsa.PublicKey, runs int) error {
	var ratios, mine, others, bare []float64
	for i := range runs + 1 {
		a, err := ours.time(ctx, n)
		if err != nil {
			return err
		}
		b, err := theirs.time(ctx, n)
		if err != nil {
			return err
		}
		c, err := operation(key)
		if err != nil {
			return err
		}
		if i > 0 {
			ratios, mine, others, bare = append(ratios, b/a), append(mine, a), append(others, b), append(bare, c)
		}
	}
	const milli, micro = 1e3, 1e6
	_, err := fmt.Printf("| %d | %.0f ms | %.0f ms | %.2f | %.0f µs | %.0f µs |\n",
		n, median(mine)*milli, median(others)*milli, median(ratios), median(mine)*micro/float64(n), median(bare)*micro)
	return err
}

// operation is the time of one RSA-OAEP encryption in seconds, the mean of some.
func operation(key *rsa.PublicKey) (float64, error) {
	const some = 100
	start := used()
	for range some {
		if _, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key, make([]byte, 32), nil); err != nil {
			return 0, err
		}
	}
	return (used() - start).Seconds() / some, nil
}

// used is the time of the processor that this process has had.
func used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// command is one of the two programs with its input.
type command struct {
	program string
	args    []string
	stdin   string
}

// time runs the program and returns its seconds; that it sealed n Secrets is
// looked after.
func (c command) time(ctx context.Context, n int) (float64, error) {
	cmd := exec.CommandContext(ctx, c.program, c.args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", c.program, err, stderr.String())
	}
	if sealed := strings.Count(stdout.String(), "kind: SealedSecret\n"); sealed != n {
		return 0, fmt.Errorf("%s sealed %d of %d Secrets", c.program, sealed, n)
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}

// secrets are n Secrets with one value each.
func secrets(n int, separator, indent string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(separator)
		for line := range strings.SplitSeq(fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s%d\n  namespace: rt-dev\ntype: Opaque\nstringData:\n  password: hello", i), "\n") {
			b.WriteString(indent + line + "\n")
		}
	}
	return b.String()
}

// resourceList is a function's input.
func resourceList(certificate string, n int) string {
	items := strings.ReplaceAll(secrets(n, "", "    "), "    apiVersion:", "  - apiVersion:")
	return "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n  apiVersion: fn.eda-gitops.io/v1alpha1\n  kind: SealSecrets\n  metadata: {name: seal}\n  spec:\n    certificate: |\n      " +
		strings.ReplaceAll(strings.TrimSpace(certificate), "\n", "\n      ") + "\nitems:\n" + items
}
