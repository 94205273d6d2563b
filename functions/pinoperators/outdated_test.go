package pinoperators

import (
	"slices"
	"testing"
	"time"

	"github.com/eda-gitops/functions/functions/fntest"
)

func TestStatuses(t *testing.T) {
	const catalogs = `apiVersion: fn.eda-gitops.io/v1alpha1
kind: OperatorCatalog
metadata: {name: acme}
spec:
  operators:
    acme:
      channels:
        stable:
          lifecycle: {supportEnds: "2026-05-30", origin: a test}
          csvs: [{name: acme.v1.0.0, version: 1.0.0}]
    stray:
      channels:
        stable: {csvs: [{name: stray.v1.0.0, version: 1.0.0}, {name: stray.v2.0.0, version: 2.0.0, skips: [stray.v1.5.0]}]}
---
`
	subscription := func(olmPackage, csv string) string {
		return "apiVersion: operators.coreos.com/v1alpha1\nkind: Subscription\nmetadata: {name: a, namespace: b}\nspec: {name: " +
			olmPackage + ", channel: stable, startingCSV: " + csv + "}\n"
	}
	for name, tc := range map[string]struct {
		reason, object string
		want           Status
		outdated       bool
	}{
		"up to date": {"the newest in a catalog of one", subscription("openshift-pipelines-operator-rh", "redhat-openshift-pipelines.v1.5.2"),
			Status{Package: "openshift-pipelines-operator-rh", Pinned: "1.5.2", NewestInChannel: "1.5.2", Newest: "1.5.2", Known: true}, false},
		"stops": {"as its vendor documents, since no CSV says what it replaces", subscription("ibm-eventstreams", "ibm-eventstreams.v12.2.0"),
			Status{Package: "ibm-eventstreams", Pinned: "12.2.0", NewestInChannel: "2.3.1", Newest: "13.0.0", Stops: []string{"12.3.1", "13.0.0"}, StopsKnown: true, Known: true, Ended: true}, true},
		"ended": {"its support is over", subscription("acme", "acme.v1.0.0"),
			Status{Package: "acme", Pinned: "1.0.0", NewestInChannel: "1.0.0", Newest: "1.0.0", SupportEnds: "2026-05-30", Ended: true, Known: true}, true},
		"no way": {"nothing replaces it", subscription("stray", "stray.v1.0.0"),
			Status{Package: "stray", Pinned: "1.0.0", NewestInChannel: "2.0.0", Newest: "2.0.0", StopsKnown: true, Known: true}, true},
		"unknown": {"the catalog knows nothing of it", subscription("nobody", "nobody.v1.0.0"),
			Status{Package: "nobody", Pinned: "1.0.0"}, false},
		"placeholder": {"nothing is pinned yet", subscription("ibm-mq", "tobechanged"),
			Status{Package: "ibm-mq", Newest: "1.8.0", Known: true}, false},
		"v1": {"a ClusterExtension is pinned as well", "apiVersion: olm.operatorframework.io/v1\nkind: ClusterExtension\nmetadata: {name: a}\nspec: {namespace: b, source: {catalog: {packageName: stray, channels: [stable], version: 2.0.0}}}\n",
			Status{Package: "stray", Pinned: "2.0.0", NewestInChannel: "2.0.0", Newest: "2.0.0", Known: true}, false},
		"v1, range": {"the cluster takes what is newest", "apiVersion: olm.operatorframework.io/v1\nkind: ClusterExtension\nmetadata: {name: a}\nspec: {namespace: b, source: {catalog: {packageName: stray, channels: [stable], version: ~1.0}}}\n",
			Status{Package: "stray", NewestInChannel: "2.0.0", Newest: "2.0.0", Known: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
			all, results := Statuses(now, fntest.Items(t, catalogs+tc.object))
			if results.Failed() || len(all) != 1 {
				t.Fatalf("%v, %v", all, results.Err())
			}
			got, want := all[0], tc.want
			stops := slices.Equal(got.Stops, want.Stops)
			got.Stops, want.Stops, got.Deprecated = nil, nil, ""
			want.Ref, want.Channel, want.Namespace = got.Ref, "stable", "b"
			if !stops || !equalStatus(got, want) || all[0].Outdated() != tc.outdated {
				t.Errorf("got\n%+v\nexpected\n%+v: %s", all[0], tc.want, tc.reason)
			}
		})
	}
}

func equalStatus(a, b Status) bool {
	return a.Ref == b.Ref && a.Package == b.Package && a.Channel == b.Channel && a.Namespace == b.Namespace && a.Pinned == b.Pinned &&
		a.NewestInChannel == b.NewestInChannel && a.Newest == b.Newest && a.StopsKnown == b.StopsKnown &&
		a.SupportEnds == b.SupportEnds && a.Known == b.Known && a.Ended == b.Ended
}
