package argoplugin

import (
	"strings"
	"testing"
)

// Whatever an Application says, it is understood or refused, and what is refused
// is in no message: values may be secrets.
func FuzzRead(f *testing.F) {
	for _, seed := range [][2]string{
		{"ARGOCD_APP_PARAMETERS", `[{"name":"environment","string":"stage"}]`},
		{"ARGOCD_APP_PARAMETERS", `[{"name":"component","array":["a"]},{"name":"x","map":{"a":"b"}}]`},
		{"ARGOCD_APP_PARAMETERS", "null"},
		{"ARGOCD_APP_PARAMETERS", `[{"name":"environment","string":"SECRET-marker"}]`},
		{"PARAM_ENVIRONMENT", "stage"},
		{"PARAM_ENVIRONMENT_0", "SECRET-marker"},
		{"ARGOCD_ENV_EDA_FN_VERSION", "v0.1.0"},
		{"ARGOCD_ENV_EDA_FN_VERSION", "SECRET-marker"},
		{"ARGOCD_ENV_TOKEN", "SECRET-marker"},
		{"", "="},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		call, results := Read([]string{name + "=" + value, "ARGOCD_APP_NAME=app"}, "v0.1.0")
		if !results.Failed() {
			for _, taken := range []string{call.Environment, call.Component} {
				if taken != "" && !label.MatchString(taken) {
					t.Errorf("%q was taken", taken)
				}
			}
		}
		for i := range results {
			if message := results[i].String(); strings.Contains(message, "marker") && !strings.Contains(name, "marker") && !strings.Contains(value, `"name"`) {
				t.Errorf("a value is in %q", message)
			}
		}
	})
}

// What is said twice has to agree, and every mistake is found at once.
func TestEveryMistakeAtOnce(t *testing.T) {
	_, results := Read([]string{
		`ARGOCD_APP_PARAMETERS=[{"name":"environment","string":"dev"},{"name":"environments","string":"x"}]`,
		"PARAM_ENVIRONMENT=dev", "PARAM_ENVIRONMENTS=x", "PARAM_OTHER=x",
		"ARGOCD_ENV_ENVIRONMENT=stage", "ARGOCD_ENV_EDA_FN_VERSION=v9.9.9", "ARGOCD_ENV_X=y", "HOME=/",
	}, "v0.1.0")
	if len(results) != 5 {
		t.Errorf("%d findings, expected 5: %v", len(results), results)
	}
}
