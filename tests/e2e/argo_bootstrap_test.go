package e2e

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/tests/e2e/harness"
)

// The page that goes from an empty cluster to a synced solution does: its blocks
// run in order, but for those marked as a cluster's with operators and pods.
// Then the functions are deleted, and everything stays Synced. It runs before the
// test that prunes: for want of a garbage collector, what that deletes stays,
// marked, and can't be synced again.
func TestBootstrapPage(t *testing.T) {
	cluster.StartArgo(t, pluginPod(t))
	s := copySolution(t)
	t.Cleanup(func() {
		cluster.Shell(t, s.dir, `oc delete applications,appprojects -n openshift-gitops -l app.kubernetes.io/part-of=rt-inventory
for env in dev qa stage; do oc delete sealedsecrets,secrets --all -n rt-inventory-$env; done`)
	})
	for _, namespace := range openShiftNamespaces {
		cluster.Namespace(t, namespace)
	}
	outside := filepath.Dir(s.dir)
	harness.MustWrite(t, filepath.Join(outside, "pull-secret.json"),
		`{"auths": {"cp.icr.io": {"auth": "`+base64.StdEncoding.EncodeToString([]byte("cp:"+marker(t)))+`"}}}`)
	elastic := "connection=es:9200\nusername=sink\npassword=" + marker(t) + "\n"
	harness.MustWrite(t, filepath.Join(outside, "elastic.properties"), elastic)
	certificate, key := tlsPair(t)
	for name, text := range map[string][]byte{"ca.crt": certificate, "user.crt": certificate, "user.key": key} {
		harness.MustWrite(t, filepath.Join(outside, name), string(text))
	}

	ran, left := 0, 0
	for _, block := range blocks(harness.MustRead(t, filepath.Join(s.dir, "BOOTSTRAP.md"))) {
		if block.where != "" {
			left++
			continue
		}
		ran++
		// The controller's Service has another name here.
		script := strings.ReplaceAll(block.text, "--controller-namespace sealed-secrets --controller-name sealed-secrets",
			"--controller-namespace "+harness.SealingNamespace+" --controller-name "+harness.SealingService)
		t.Logf("%s%s", script, cluster.Shell(t, s.dir, script, "REPO=file://"+s.remote))
		if strings.Contains(block.text, "oc wait") {
			for _, environment := range []string{"dev", "qa", "stage"} {
				secret := cluster.Secret(t, "rt-inventory-"+environment, "elastic-credentials")
				if string(secret.Data["elastic.properties"]) != elastic {
					t.Errorf("%s has another secret", environment)
				}
			}
		}
	}
	if ran < 10 || left != 3 {
		t.Errorf("%d blocks of the page ran, %d were left out", ran, left)
	}

	s.git(t, "push", "-q", "origin", "HEAD:main")
	for _, name := range []string{"rt-inventory-dev", "rt-inventory-nonprod-operators"} {
		if o := cluster.Refresh(t, name); !harness.Synced(o) || len(conditions(o)) > 0 {
			t.Errorf("without the functions %s is Synced: %v, conditions %v", name, harness.Synced(o), conditions(o))
		}
	}
}

// block is a block of commands of a page; where says what it needs that is not
// here.
type block struct{ where, text string }

func blocks(page string) []block {
	var found []block
	parts := strings.Split(page, "\n```")
	for i := 1; i < len(parts); i += 2 {
		head, text, _ := strings.Cut(parts[i], "\n")
		if where, shell := strings.CutPrefix(head, "sh"); shell {
			found = append(found, block{strings.TrimSpace(where), text + "\n"})
		}
	}
	return found
}
