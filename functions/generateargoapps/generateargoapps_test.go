package generateargoapps_test

import (
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/generateargoapps"
)

var functions = fn.Set{generateargoapps.Function}

func TestGolden(t *testing.T) { fntest.Golden(t, functions) }

func FuzzGenerateArgoApps(f *testing.F) { fntest.Fuzz(f, functions) }

// TestPluginVersion: the plugin's variable follows the program's version, which
// a golden can't.
func TestPluginVersion(t *testing.T) {
	c := fntest.Load(t, "testdata/generated.txtar")
	out, results := fntest.Run(t, functions, c.Config+"  source: plugin\n", c.In)
	if results.Failed() {
		t.Fatal(results.Err())
	}
	want := "plugin:\n      name: eda-fn\n      env:\n      - name: EDA_FN_VERSION\n        value: " + fn.Version + "\n"
	if !strings.Contains(out, want) {
		t.Errorf("no Application has\n%s\n%s", want, out)
	}
}
