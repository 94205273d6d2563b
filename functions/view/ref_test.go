package view_test

import (
	"testing"

	"github.com/eda-gitops/functions/functions/view"
)

// TestRef is the form in which messages name an object.
func TestRef(t *testing.T) {
	own := view.OwnGroup + "/v1alpha1"
	for want, ref := range map[string]view.Ref{
		"":                                 {},
		"v1 Secret rt-dev/db":              {APIVersion: "v1", Kind: "Secret", Namespace: "rt-dev", Name: "db"},
		"v1 Namespace rt-dev":              {APIVersion: "v1", Kind: "Namespace", Name: "rt-dev"},
		"v1 Secret rt-dev/":                {APIVersion: "v1", Kind: "Secret", Namespace: "rt-dev"},
		"v1 Secret":                        {APIVersion: "v1", Kind: "Secret"},
		"Secret db":                        {Kind: "Secret", Name: "db"},
		"db":                               {Name: "db"},
		"PinOperators/nonprod":             {APIVersion: own, Kind: "PinOperators", Name: "nonprod"},
		"Pipeline/stage":                   {APIVersion: own, Kind: "Pipeline", Namespace: "rt-dev", Name: "stage"},
		"Pipeline":                         {APIVersion: own, Kind: "Pipeline"},
		"fn.example.com/v1 Pipeline other": {APIVersion: "fn.example.com/v1", Kind: "Pipeline", Name: "other"},
	} {
		if got := ref.String(); got != want {
			t.Errorf("%+v: %q, want %q", ref, got, want)
		}
	}
}
