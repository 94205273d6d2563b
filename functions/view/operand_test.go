package view

import (
	"slices"
	"testing"
)

func eventStreamsOf(t *testing.T, overrides string) Operand {
	t.Helper()
	return Operand{parsed(t, "apiVersion: eventstreams.ibm.com/v1beta1\nkind: EventStreams\nmetadata: {name: es}\nspec: {strimziOverrides: "+overrides+"}\n")}
}

func TestListListeners(t *testing.T) {
	const path = "spec.strimziOverrides.kafka.listeners"
	for name, tc := range map[string]struct {
		reason, before, after string
		unknown               []string
	}{
		"order":   {"plain, tls, external, however they stood", "{tls: {}, plain: {}}", "[{name: plain, port: 9092, type: internal, tls: false}, {name: tls, port: 9093, type: internal, tls: true}]", nil},
		"null":    {"an API server drops what is null", "{plain: null, tls: {}}", "[{name: tls, port: 9093, type: internal, tls: true}]", nil},
		"load":    {"what a listener says counts", "{external: {type: loadbalancer, tls: false}}", "[{name: external, port: 9094, type: loadbalancer, tls: false}]", nil},
		"brokers": {"overrides are configuration", "{external: {type: nodeport, configuration: {a: b}, overrides: {brokers: [{broker: 0}]}}}", "[{name: external, port: 9094, type: nodeport, tls: true, configuration: {a: b, brokers: [{broker: 0}]}}]", nil},
		"list":    {"the form of v1beta2 stays", "[{name: a}]", "[{name: a}]", nil},
		"unknown": {"nothing is lost in silence", "{plain: {}, mine: {}}", "{plain: {}, mine: {}}", []string{"mine"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := eventStreamsOf(t, "{kafka: {listeners: "+tc.before+"}}")
			if unknown := o.ListListeners(); !slices.Equal(unknown, tc.unknown) {
				t.Errorf("unknown: %v; expected %v", unknown, tc.unknown)
			}
			want := eventStreamsOf(t, "{kafka: {listeners: "+tc.after+"}}")
			if !Equal(o.Node(), want.Node()) {
				t.Errorf("%s: got\n%s\nexpected\n%s: %s", path, o.RNode().MustString(), want.RNode().MustString(), tc.reason)
			}
		})
	}
}

func TestMovePools(t *testing.T) {
	o := eventStreamsOf(t, "{kafka: {replicas: 3, config: {a: b}}, zookeeper: {replicas: 5, storage: {type: ephemeral}}}")
	if _, found := o.PoolRoles(); found {
		t.Error("there are pools already")
	}
	if !o.MoveBrokers() || !o.MoveControllers() || o.MoveControllers() {
		t.Error("each moves once")
	}
	want := eventStreamsOf(t, "{kafka: {config: {a: b}}, nodePools: [{name: kafka, roles: [broker], replicas: 3}, {name: controller, roles: [controller], replicas: 5, storage: {type: ephemeral}}]}")
	if !Equal(o.Node(), want.Node()) {
		t.Errorf("got\n%s\nexpected\n%s", o.RNode().MustString(), want.RNode().MustString())
	}
	if roles, _ := o.PoolRoles(); !slices.Equal(roles, []string{BrokerRole, ControllerRole}) {
		t.Errorf("roles %v", roles)
	}
}

func TestMisshapenOperand(t *testing.T) {
	for overrides, want := range map[string]string{
		"{}":                           "",
		"[]":                           "spec.strimziOverrides",
		"{kafka: 1}":                   "spec.strimziOverrides.kafka",
		"{kafka: {config: [a]}}":       "spec.strimziOverrides.kafka.config",
		"{zookeeper: {template: a}}":   "spec.strimziOverrides.zookeeper.template",
		"{nodePools: {a: b}}":          "spec.strimziOverrides.nodePools",
		"{kafka: {authorization: []}}": "spec.strimziOverrides.kafka.authorization",
	} {
		if got := eventStreamsOf(t, overrides).Misshapen(); got != want {
			t.Errorf("%s: %q; expected %q", overrides, got, want)
		}
	}
}
