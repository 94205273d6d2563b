package sizeeventstreams_test

import (
	"testing"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizeeventstreams"
)

var set = fn.Set{sizeeventstreams.Function}

func TestGolden(t *testing.T) { fntest.Golden(t, set) }

func FuzzSizeEventStreams(f *testing.F) { fntest.Fuzz(f, set) }

// A Pipeline's environment is taken by a config that names none.
func TestTakeEnvironment(t *testing.T) {
	for own, want := range map[string]string{"": "stage", "prod": "prod"} {
		config := &sizeeventstreams.SizeEventStreams{}
		config.Spec.Environment = own
		if config.TakeEnvironment("stage"); config.Spec.Environment != want {
			t.Errorf("with %q of its own: %q; expected %q", own, config.Spec.Environment, want)
		}
	}
}
