package generateargoapps_test

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/generateargoapps"
	"github.com/eda-gitops/functions/functions/view"
)

// TestHealthChecks runs the checks as Argo CD does, in Lua with no library but
// package, base and table (argo-cd v3.2.11, util/lua/lua.go), on statuses as
// operators write them.
func TestHealthChecks(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, kind, object string
		want                 string
	}{
		"new": {"nobody has seen it yet", "EventStreams.eventstreams.ibm.com", `metadata: {generation: 1}`, "Progressing"},
		"event streams creating": {"a cluster takes minutes, and an error would end the sync", "EventStreams.eventstreams.ibm.com", `
metadata: {generation: 1}
status:
  phase: Pending
  conditions:
  - {type: NotReady, status: "True", reason: Creating, message: Event Streams is being deployed}`, "Progressing"},
		"event streams ready": {"", "EventStreams.eventstreams.ibm.com", `
metadata: {generation: 3}
status:
  observedGeneration: 3
  phase: Ready
  conditions:
  - {type: Ready, status: "True", lastTransitionTime: "2024-03-01T10:00:00Z"}`, "Healthy"},
		"event streams of an old operator": {"which has the phase alone", "EventStreams.eventstreams.ibm.com", `
metadata: {generation: 3}
status: {phase: Ready}`, "Healthy"},
		"event streams failed": {"", "EventStreams.eventstreams.ibm.com", `
metadata: {generation: 3}
status: {phase: Failed}`, "Degraded"},
		"event streams rejected": {"the operator says what is wrong", "EventStreams.eventstreams.ibm.com", `
metadata: {generation: 1}
status:
  conditions:
  - {type: NotReady, status: "True", reason: LicenseNotAccepted, message: Accept the licence}`, "Degraded: Accept the licence"},
		"event streams changed": {"a status of before the change says nothing", "EventStreams.eventstreams.ibm.com", `
metadata: {generation: 4}
status:
  observedGeneration: 3
  conditions:
  - {type: Ready, status: "True"}`, "Progressing"},
		"topic ready": {"", "KafkaTopic.eventstreams.ibm.com", `
metadata: {generation: 1}
status:
  observedGeneration: 1
  topicName: items
  conditions:
  - {type: Ready, status: "True"}`, "Healthy"},
		"topic refused": {"", "KafkaTopic.eventstreams.ibm.com", `
metadata: {generation: 2}
status:
  observedGeneration: 2
  conditions:
  - {type: Ready, status: "False", reason: NotSupported, message: Decreasing partitions not supported}`, "Degraded: Decreasing partitions"},
		"topic paused": {"whoever paused it knows", "KafkaTopic.eventstreams.ibm.com", `
metadata: {generation: 2}
status:
  observedGeneration: 2
  conditions:
  - {type: ReconciliationPaused, status: "True"}`, "Suspended"},
		"warning beside ready": {"a warning is no failure", "KafkaUser.eventstreams.ibm.com", `
metadata: {generation: 1}
status:
  observedGeneration: 1
  conditions:
  - {type: Warning, status: "True", reason: DeprecatedFields}
  - {type: Ready, status: "True"}`, "Healthy"},
		"connector's task failed": {"the resource is ready, and what it runs is not", "KafkaConnector.eventstreams.ibm.com", `
metadata: {generation: 1}
status:
  observedGeneration: 1
  conditions:
  - {type: Ready, status: "True"}
  connectorStatus:
    connector: {state: RUNNING, worker_id: "10.0.0.1:8083"}
    tasks: [{id: 0, state: RUNNING}, {id: 1, state: FAILED}]`, "Degraded"},
		"connector runs": {"", "KafkaConnector.eventstreams.ibm.com", `
metadata: {generation: 1}
status:
  observedGeneration: 1
  conditions:
  - {type: Ready, status: "True"}
  connectorStatus:
    connector: {state: RUNNING}
    tasks: [{id: 0, state: RUNNING}]`, "Healthy"},
		"queue manager pending": {"", "QueueManager.mq.ibm.com", `
metadata: {generation: 1}
status:
  phase: Pending
  conditions:
  - {type: Pending, status: "True", reason: StoragePending, message: Storage is being provisioned}`, "Progressing: Storage"},
		"queue manager running": {"an advisory warning is no failure", "QueueManager.mq.ibm.com", `
metadata: {generation: 1}
status:
  phase: Running
  conditions:
  - {type: Warning, status: "True", reason: StorageEphemeral}`, "Healthy"},
		"queue manager with an error": {"", "QueueManager.mq.ibm.com", `
metadata: {generation: 1}
status:
  phase: Running
  conditions:
  - {type: Error, status: "True", reason: PodFailed, message: The pod failed}`, "Degraded: The pod failed"},
		"queue manager failed": {"", "QueueManager.mq.ibm.com", "status: {phase: Failed}", "Degraded"},
		"navigator":            {"", "PlatformNavigator.integration.ibm.com", "{metadata: {}, status: {conditions: [{type: Ready, status: 'True'}]}}", "Healthy"},
		"registry starting":    {"", "ApicurioRegistry.registry.apicur.io", "{metadata: {}, status: {conditions: [{type: Ready, status: 'False', reason: Reconciling}]}}", "Progressing"},
		"application new":      {"", "Application.argoproj.io", "{metadata: {}}", "Progressing"},
		"application leaked":   {"a status that somebody committed is empty", "Application.argoproj.io", "{metadata: {}, status: {health: {}}}", "Progressing"},
		"application degraded": {"", "Application.argoproj.io", "{metadata: {}, status: {health: {status: Degraded, message: two pods crash}}}", "Degraded: two pods crash"},
		"application healthy":  {"", "Application.argoproj.io", "{metadata: {}, status: {health: {status: Healthy}}}", "Healthy"},
	} {
		t.Run(name, func(t *testing.T) {
			got := runCheck(t, generateargoapps.HealthKinds()[generateargoapps.ParseKind(tc.kind)], tc.object)
			if !strings.HasPrefix(got+" ", strings.SplitN(tc.want, ":", 2)[0]) || !strings.Contains(got, tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

// TestEveryHealthCheckWaits: whatever the kind, an object that was just made is
// no reason to go on, and none to give up.
func TestEveryHealthCheckWaits(t *testing.T) {
	checks := generateargoapps.HealthKinds()
	if len(checks) < 10 || checks[view.GroupKind{Group: "argoproj.io", Kind: "Application"}] == "" {
		t.Fatalf("%d checks", len(checks))
	}
	for kind, check := range checks {
		for _, object := range []string{"{metadata: {}}", "{metadata: {generation: 1}, status: {}}", "{metadata: {}, status: {conditions: []}}"} {
			if got := runCheck(t, check, object); !strings.HasPrefix(got, "Progressing") {
				t.Errorf("%s: %s: %s", kind, object, got)
			}
		}
	}
}

// runCheck returns "status: message".
func runCheck(t *testing.T, check, object string) string {
	t.Helper()
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	for name, open := range map[string]lua.LGFunction{lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	var decoded map[string]any
	if err := yaml.Unmarshal([]byte(object), &decoded); err != nil {
		t.Fatal(err)
	}
	l.SetGlobal("obj", luaValue(l, decoded))
	if err := l.DoString(check); err != nil {
		t.Fatalf("%v\n%s", err, check)
	}
	result, ok := l.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("returns %s", l.Get(-1).Type())
	}
	status := lua.LVAsString(result.RawGetString("status"))
	switch status {
	case "Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown":
	default:
		t.Errorf("Argo CD knows no status %q", status)
	}
	return status + ": " + lua.LVAsString(result.RawGetString("message"))
}

func luaValue(l *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		table := l.NewTable()
		for key, element := range v {
			table.RawSetString(key, luaValue(l, element))
		}
		return table
	case []any:
		table := l.NewTable()
		for _, element := range v {
			table.Append(luaValue(l, element))
		}
		return table
	case string:
		return lua.LString(v)
	case int:
		return lua.LNumber(v)
	case bool:
		return lua.LBool(v)
	}
	return lua.LNil
}
