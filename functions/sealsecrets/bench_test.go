package sealsecrets_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/apis/sealedsecrets/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	kubernetes "sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
)

// manySecrets are n Secrets with one value each.
func manySecrets(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s%d, namespace: rt-dev}\ntype: Opaque\nstringData: {password: hello}\n", i)
	}
	return b.String()
}

// kubeseal does what kubeseal's library does with a file of Secrets.
func kubeseal(b *testing.B, key *rsa.PublicKey, text string) {
	b.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		b.Fatal(err)
	}
	if err := corev1.AddToScheme(scheme); err != nil {
		b.Fatal(err)
	}
	codecs := serializer.NewCodecFactory(scheme)
	for document := range strings.SplitSeq(text, "---\n") {
		if document == "" {
			continue
		}
		var secret corev1.Secret
		if err := kubernetes.Unmarshal([]byte(document), &secret); err != nil {
			b.Fatal(err)
		}
		for name, value := range secret.StringData { // as kubeseal does
			secret.Data = map[string][]byte{name: []byte(value)}
		}
		sealed, err := v1alpha1.NewSealedSecret(codecs, key, &secret)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := kubernetes.Marshal(sealed); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSeal seals Secrets from text to text, and says how many times as
// long kubeseal's library takes (kubeseal/ours), timed in turn.
func BenchmarkSeal(b *testing.B) {
	key := sealtest.Default()
	public := &key.Private().PublicKey
	for _, n := range []int{1, 100, 1000} {
		text := manySecrets(n)
		list := fntest.List(b, config(key.Certificate(b)), text)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var theirs time.Duration
			for b.Loop() {
				if _, results, err := fn.Process(list, functions, "", fn.Env{Now: fntest.Now, Rand: rand.Reader}); err != nil || results.Failed() {
					b.Fatal(err, results)
				}
				b.StopTimer()
				start := time.Now()
				kubeseal(b, public, text)
				theirs += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(theirs)/float64(b.Elapsed()), "kubeseal/ours")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/secret")
		})
	}
}

// BenchmarkTransform is the function alone, without reading and writing YAML, on
// new Secrets; x-rsa is its time in RSA operations, timed in turn.
func BenchmarkTransform(b *testing.B) {
	const n = 1000
	public := &sealtest.Default().Private().PublicKey
	c, results := functions.Decode(fntest.Items(b, config(sealtest.Default().Certificate(b)))[0])
	if results.Failed() {
		b.Fatal(results)
	}
	var bare time.Duration
	for b.Loop() {
		b.StopTimer()
		start := time.Now()
		for range n {
			if _, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, make([]byte, 32), nil); err != nil {
				b.Fatal(err)
			}
		}
		bare += time.Since(start)
		items := fntest.Items(b, manySecrets(n))
		b.StartTimer()
		if _, results := fn.Apply(c, fn.Env{Now: fntest.Now, Rand: rand.Reader}, items); results.Failed() {
			b.Fatal(results)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(bare), "x-rsa")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/secret")
}

// BenchmarkUnchanged is the function alone, without reading and writing YAML,
// on Secrets beside their SealedSecrets with the fingerprint key.
func BenchmarkUnchanged(b *testing.B) {
	const n = 1000
	certificate, key := sealtest.Default().Certificate(b), newKey(b)
	settings := config(certificate, keySpec)
	sealed, results := fntest.Run(b, functions, settings, manySecrets(n)+keyItem(key))
	if results.Failed() {
		b.Fatal(results)
	}
	c, results := functions.Decode(fntest.Items(b, settings)[0])
	if results.Failed() {
		b.Fatal(results)
	}
	for b.Loop() {
		b.StopTimer()
		items := fntest.Items(b, sealed+"---\n"+manySecrets(n))
		b.StartTimer()
		if out, results := fn.Apply(c, fn.Env{Now: fntest.Now, Rand: rand.Reader}, items); results.Failed() || len(out) != n+1 {
			b.Fatal(len(out), results)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/secret")
}

// BenchmarkRSA is the RSA operation alone.
func BenchmarkRSA(b *testing.B) {
	public := &sealtest.Default().Private().PublicKey
	for b.Loop() {
		if _, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, make([]byte, 32), nil); err != nil {
			b.Fatal(err)
		}
	}
}
