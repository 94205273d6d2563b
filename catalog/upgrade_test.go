package catalog

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/Masterminds/semver/v3"
)

func channelOf(csvs ...CSV) *Operator {
	return &Operator{Package: "acme", Channels: map[string]Channel{"stable": {CSVs: csvs}}}
}

func TestUpgradePath(t *testing.T) {
	eventStreams, _, err := Lookup("ibm-eventstreams")
	if err != nil {
		t.Fatal(err)
	}
	circle := channelOf(
		CSV{Name: "a1", Version: "1.0.0", Replaces: "a2"}, CSV{Name: "a2", Version: "2.0.0", Replaces: "a1"}, CSV{Name: "a3", Version: "3.0.0"},
	)
	chain := channelOf(
		CSV{Name: "a1", Version: "1.0.0"}, CSV{Name: "a2", Version: "1.1.0", Replaces: "a1"},
		CSV{Name: "a3", Version: "1.2.0", Replaces: "a2", Skips: []string{"a1"}}, CSV{Name: "a4", Version: "2.0.0", SkipRange: ">=1.1.0 <2.0.0"},
	)
	for name, tc := range map[string]struct {
		reason   string
		operator *Operator
		from, to string
		want     []string
		known    bool
	}{
		"replaces":     {"the plainest edge", chain, "1.0.0", "1.1.0", []string{"1.1.0"}, true},
		"skips":        {"past a release", chain, "1.0.0", "1.2.0", []string{"1.2.0"}, true},
		"skipRange":    {"from any of a range", chain, "1.1.0", "2.0.0", []string{"2.0.0"}, true},
		"newest stop":  {"of two stops the newer one", chain, "1.0.0", "2.0.0", []string{"1.2.0", "2.0.0"}, true},
		"back":         {"OLM does not go back", chain, "2.0.0", "1.0.0", nil, true},
		"same":         {"nothing to do", chain, "1.0.0", "1.0.0", nil, true},
		"not listed":   {"no node of the graph", chain, "0.9.0", "1.0.0", nil, true},
		"circle":       {"a search must end", circle, "1.0.0", "3.0.0", nil, true},
		"in a circle":  {"and find what there is", circle, "1.0.0", "2.0.0", []string{"2.0.0"}, true},
		"no edges":     {"a list of releases is no graph", channelOf(CSV{Name: "a1", Version: "1.0.0"}), "1.0.0", "1.0.0", nil, false},
		"ES patch":     {"one operand version, two operators", eventStreams, "3.0.2", "3.0.3", []string{"3.0.3"}, true},
		"ES 2.5":       {"10.5 to 11.0.4 directly", eventStreams, "2.5.0", "3.0.5", []string{"3.0.5"}, true},
		"ES 2.5 early": {"and not to 11.0.3", eventStreams, "2.5.0", "3.0.4", nil, true},
		"ES 2.4":       {"the way that IBM's page has beside that", eventStreams, "2.4.0", "3.0.5", []string{"3.0.5"}, true},
		"ES 2.3":       {"earlier operators go by 2.4 or 2.5", eventStreams, "2.3.1", "3.0.5", []string{"2.5.3", "3.0.5"}, true},
		"ES EUS":       {"2.1 goes by 2.2, which is not listed", eventStreams, "2.1.0", "2.3.1", nil, true},
		"ES minors":    {"one minor at a time", eventStreams, "3.0.0", "3.2.0", []string{"3.1.6", "3.2.0"}, true},
		"ES majors":    {"over the change of numbers", eventStreams, "3.8.0", "12.0.0", []string{"12.0.0"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			path, known := tc.operator.UpgradePath("", tc.from, tc.to)
			if !slices.Equal(path, tc.want) || known != tc.known {
				t.Errorf("%v, %t; expected %v, %t: %s", path, known, tc.want, tc.known, tc.reason)
			}
		})
	}
}

// Every release of Event Streams leads to the newest, as far as the documents
// say, and every operator runs what it came with.
func TestEventStreamsUpgrades(t *testing.T) {
	o, _, err := Lookup("ibm-eventstreams")
	if err != nil {
		t.Fatal(err)
	}
	versions := o.Versions()
	newest := versions[len(versions)-1]
	for _, version := range versions[:len(versions)-1] {
		if Compare(version, "2.3.0") < 0 { // lead on by 2.2, which is not listed
			continue
		}
		if path, _ := o.UpgradePath("", version, newest); len(path) == 0 {
			t.Errorf("no way leads from %s to %s", version, newest)
		}
	}
	for version, release := range o.Operands["EventStreams"].Versions {
		for _, csv := range release.CSVs {
			if !slices.Contains(o.Supported("EventStreams", Release{CSV: csv}), version) || !slices.Contains(o.Operators("EventStreams", version), csv) {
				t.Errorf("%s does not run %s, which came with it", csv, version)
			}
		}
		if release.API == "" || release.Kafka == "" || release.Metadata == "" {
			t.Errorf("%s: api, kafka or metadata is missing", version)
		}
	}
}

// Facts that are shared are never changed; what an item adds wins.
// An operator's versions that run an operand's are said by CSV or by range.
func TestSupported(t *testing.T) {
	for name, tc := range map[string]struct {
		olmPackage, kind, operator, operand string
		want                                bool
	}{
		"MQ":              {"ibm-mq", "QueueManager", "1.8.0", "9.2.5.0-r3", true},
		"MQ too new":      {"ibm-mq", "QueueManager", "1.7.0", "9.2.5.0-r3", false},
		"MQ for moving":   {"ibm-mq", "QueueManager", "3.1.3", "9.3.0.17-r1", true},
		"navigator":       {"ibm-integration-platform-navigator", "PlatformNavigator", "7.0.4", "2022.2.1-3", true},
		"navigator early": {"ibm-integration-platform-navigator", "PlatformNavigator", "6.0.8", "2022.4.1", false},
		"API Connect":     {"ibm-apiconnect", "APIConnectCluster", "3.3.0", "10.0.5.3-1139", true},
		"not its prefix":  {"ibm-apiconnect", "APIConnectCluster", "3.1.0", "10.0.5.11", false},
		"Strimzi":         {"strimzi-kafka-operator", "Kafka", "0.45.0", "3.9.0", true},
		"Strimzi dropped": {"strimzi-kafka-operator", "Kafka", "0.45.0", "3.7.1", false},
		"a build":         {"amq-streams", "Kafka", "2.9.1-4", "3.9.0", true},
		"of any patch":    {"amq-streams", "Kafka", "2.3.0-2", "3.2.3", true},
	} {
		t.Run(name, func(t *testing.T) {
			o, found, err := Lookup(tc.olmPackage)
			if err != nil || !found {
				t.Fatal(found, err)
			}
			listed, _, _ := o.Operands[tc.kind].Listed(tc.operand)
			supported := o.Supported(tc.kind, Release{Version: tc.operator})
			if slices.Contains(supported, listed) != tc.want {
				t.Errorf("%s stands for %s; %s runs %v; expected %t", listed, tc.operand, tc.operator, supported, tc.want)
			}
		})
	}
}

// An operand's version in the operator's place is recognized where it can't be
// the operator's.
func TestOperandRelease(t *testing.T) {
	for name, tc := range map[string]struct {
		olmPackage, version string
		want                bool
	}{
		"Event Streams":          {"ibm-eventstreams", "11.0.4", true},
		"MQ":                     {"ibm-mq", "9.3.0.0-r1", true},
		"Kafka 3 as Strimzi":     {"strimzi-kafka-operator", "3.9.0", true},
		"a Streams 3.2 to come":  {"amq-streams", "3.2.0", false},
		"a Streams 3.9 to come":  {"amq-streams", "3.9.0", false},
		"an operator's own":      {"ibm-mq", "1.8.0", false},
		"an operator's next":     {"ibm-mq", "4.0.0", false},
		"nothing that is listed": {"ibm-mq", "77.0.0", false},
	} {
		t.Run(name, func(t *testing.T) {
			o, _, err := Lookup(tc.olmPackage)
			if err != nil {
				t.Fatal(err)
			}
			if kind, _, got := o.OperandRelease(tc.version); got != tc.want {
				t.Errorf("%q, %t; expected %t", kind, got, tc.want)
			}
		})
	}
}

func TestExtend(t *testing.T) {
	base := channelOf(CSV{Name: "a1", Version: "1.0.0"})
	base.Wrong = []Wrong{{Channel: "fast", Correction: "there is none"}, {Channel: "v1", Correction: "without v"}}
	base.Source = "old"
	merged := base.Extend(&Operator{
		Source: "new", Complete: true, Channels: map[string]Channel{"fast": {CSVs: []CSV{{Name: "a2", Version: "2.0.0"}}}},
	})
	if len(merged.Channels) != 2 || merged.Source != "new" || !merged.Complete || len(merged.Wrong) != 1 || merged.Wrong[0].Channel != "v1" {
		t.Errorf("%+v", merged)
	}
	if len(base.Channels) != 1 || base.Source != "old" || base.Complete || len(base.Wrong) != 2 {
		t.Errorf("the original changed: %+v", base)
	}
}

func TestHighest(t *testing.T) {
	o := channelOf(CSV{Name: "a1", Version: "1.9.0"}, CSV{Name: "a2", Version: "1.10.0"}, CSV{Name: "a3", Version: "2.0.0-rc.1"}, CSV{Name: "a4", Version: "none"})
	for text, want := range map[string]string{"~1": "1.10.0", ">=1.0 <1.10": "1.9.0", ">=1": "1.10.0", ">=2.0.0-0": "2.0.0-rc.1", "^3": ""} {
		constraint, err := semver.NewConstraint(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := o.Highest(constraint, ""); got != want {
			t.Errorf("%s: %q; expected %q", text, got, want)
		}
	}
}

// A search through a large package takes a blink or, if it is not bounded,
// minutes.
func TestUpgradePathOfThousands(t *testing.T) {
	const many = 1000
	csvs := make([]CSV, many)
	for i := range csvs {
		csvs[i] = CSV{Name: fmt.Sprintf("a%d", i), Version: fmt.Sprintf("1.%d.0", i), Replaces: fmt.Sprintf("a%d", i-1)}
	}
	start := time.Now()
	path, _ := channelOf(csvs...).UpgradePath("", "1.0.0", fmt.Sprintf("1.%d.0", many-1))
	if len(path) != many-1 || time.Since(start) > 30*time.Second {
		t.Errorf("%d stops in %s", len(path), time.Since(start))
	}
}
