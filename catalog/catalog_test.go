package catalog

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Masterminds/semver/v3"
)

// Every fact in the embedded files must be usable as it stands: the pins that
// it lets pass reach a cluster unchecked by anything else.
func TestFiles(t *testing.T) {
	names := Names()
	if len(names) < 15 {
		t.Fatalf("%d packages; expected the 15 of the first table at least", len(names))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			o, found, err := Lookup(name)
			if err != nil || !found {
				t.Fatalf("Lookup: %t, %v", found, err)
			}
			if o.Package != name {
				t.Errorf("package is %q; the file is named after %q", o.Package, name)
			}
			for field, value := range map[string]string{
				"displayName": o.DisplayName, "origin": o.Origin, "source": o.Source, "sourceNamespace": o.SourceNamespace,
			} {
				if value == "" {
					t.Errorf("%s is missing", field)
				}
			}
			if len(o.Channels) == 0 {
				t.Error("channels is empty")
			}
			if len(o.InstallModes) > 0 && o.InstallModesOrigin == "" || len(o.Upgrades) > 0 && o.UpgradesOrigin == "" {
				t.Error("installModes or upgrades have no origin")
			}
			for _, problem := range o.Check() {
				t.Errorf("%s: %s", problem.Path, problem.Message)
			}
			checkChannels(t, o)
			checkOperands(t, o)
			checkWrong(t, o)
			checkLifecycle(t, o.Lifecycle)
		})
	}
}

func checkChannels(t *testing.T, o *Operator) {
	t.Helper()
	versionOf := map[string]string{}
	for name, channel := range o.Channels {
		if channel.Origin == "" {
			t.Errorf("channels.%s: origin is missing", name)
		}
		checkLifecycle(t, channel.Lifecycle)
		seen := map[string]bool{}
		var last *semver.Version
		for _, csv := range channel.CSVs {
			version, err := semver.StrictNewVersion(csv.Version)
			if err != nil {
				t.Errorf("channels.%s: %s: version %q: %v", name, csv.Name, csv.Version, err)
				continue
			}
			if last != nil && !last.LessThan(version) {
				t.Errorf("channels.%s: %s stands behind %s", name, csv.Name, last)
			}
			last = version
			if !strings.HasSuffix(csv.Name, csv.Version) {
				t.Errorf("channels.%s: %s is no name of version %s", name, csv.Name, csv.Version)
			}
			if prefix, _ := o.Prefix(); !strings.HasPrefix(csv.Name, prefix) {
				t.Errorf("channels.%s: %s does not begin with %s, as the package's other CSVs do", name, csv.Name, prefix)
			}
			if seen[csv.Name] {
				t.Errorf("channels.%s: %s twice", name, csv.Name)
			}
			seen[csv.Name] = true
			if other := versionOf[csv.Name]; other != "" && other != csv.Version {
				t.Errorf("%s is version %s and %s", csv.Name, other, csv.Version)
			}
			versionOf[csv.Name] = csv.Version
		}
		if o.Complete && len(channel.CSVs) == 0 {
			t.Errorf("channels.%s: a complete package lists every CSV", name)
		}
	}
}

func checkOperands(t *testing.T, o *Operator) {
	t.Helper()
	for kind, operand := range o.Operands {
		if operand.Origin == "" || operand.Group == "" || len(operand.Upgrades) > 0 && operand.UpgradesOrigin == "" {
			t.Errorf("operands.%s: origin or group is missing", kind)
		}
		for version, release := range operand.Versions {
			if _, err := semver.StrictNewVersion(version); err != nil && !operand.Modifications {
				t.Errorf("operands.%s: version %q: %v", kind, version, err)
			}
			if len(release.CSVs) == 0 && release.Operators == "" {
				t.Errorf("operands.%s.%s: no CSV and no operators", kind, version)
			}
			for _, csv := range release.CSVs {
				if len(o.ChannelsOf(csv)) == 0 {
					t.Errorf("operands.%s.%s: %s is in no channel", kind, version, csv)
				}
			}
		}
	}
}

func checkWrong(t *testing.T, o *Operator) {
	t.Helper()
	for _, w := range o.Wrong {
		if w.Correction == "" || w.Origin == "" || w.Channel == "" && w.StartingCSV == "" {
			t.Errorf("wrong: %+v lacks a correction, an origin or what it is about", w)
		}
		if o.Channels[w.Channel].Has(w.StartingCSV) {
			t.Errorf("wrong: %+v is listed as right as well", w)
		}
	}
}

func checkLifecycle(t *testing.T, l *Lifecycle) {
	t.Helper()
	if l == nil {
		return
	}
	if l.Origin == "" {
		t.Errorf("lifecycle %+v: origin is missing", l)
	}
	if _, err := time.Parse(time.DateOnly, l.SupportEnds); l.SupportEnds != "" && err != nil {
		t.Errorf("lifecycle: supportEnds: %v", err)
	}
}

// Event Streams is listed in full: 46 operand releases, brought by 51 operator
// releases, and the channel of before there was one for each minor version.
func TestEventStreamsIsComplete(t *testing.T) {
	o, _, err := Lookup("ibm-eventstreams")
	if err != nil {
		t.Fatal(err)
	}
	if !o.Complete {
		t.Error("complete is false")
	}
	if n := len(o.Operands["EventStreams"].Versions); n != 46 {
		t.Errorf("%d operand versions; expected 46", n)
	}
	if n := len(o.Versions()); n != 51 {
		t.Errorf("%d operator versions; expected 51", n)
	}
	brought := map[string]bool{}
	for _, release := range o.Operands["EventStreams"].Versions {
		for _, csv := range release.CSVs {
			brought[csv] = true
		}
	}
	minor := regexp.MustCompile(`v\d+\.\d+`)
	for name, channel := range o.Channels {
		for _, csv := range channel.CSVs {
			if !brought[csv.Name] {
				t.Errorf("%s brings no operand version", csv.Name)
			}
			if name != "stable" && minor.FindString(csv.Name) != name {
				t.Errorf("%s is in channel %s", csv.Name, name)
			}
		}
	}
	if got := o.ChannelsOf("ibm-eventstreams.v2.3.1"); !slices.Equal(got, []string{"stable", "v2.3"}) {
		t.Errorf("v2.3.1 is in %v; expected the legacy channel stable and v2.3", got)
	}
}

func TestLookup(t *testing.T) {
	for name, reason := range map[string]string{
		"no-such-operator":      "nothing is known of it",
		"":                      "no name",
		"../operators/ibm-mq":   "a path is no package",
		"../../etc/passwd":      "nor is one that leaves the folder",
		"ibm-mq.yaml\x00\n:bad": "nor anything that is no file name",
	} {
		if o, found, err := Lookup(name); o != nil || found || err != nil {
			t.Errorf("Lookup(%q) = %v, %t, %v; expected nothing: %s", name, o, found, err, reason)
		}
	}
	if _, found, err := Lookup("ibm-mq"); !found || err != nil {
		t.Errorf("ibm-mq: %t, %v", found, err)
	}
}

func TestParseIsStrict(t *testing.T) {
	for name, tc := range map[string]struct{ reason, data, want string }{
		"misspelt":  {"a fact under another name would be lost", "package: a\nchanels: {}\n", `chanels: unknown field; did you mean "channels"?`},
		"twice":     {"one of the two channels would be lost", "channels:\n  a: {}\n  a: {}\n", `channels.a: appears twice`},
		"number":    {"3.10 would become 3.1", "channels: {a: {csvs: [{version: 3.10}]}}\n", `channels.a.csvs[0].version: 3.10 is a number to YAML`},
		"mode":      {"OLM knows four", "installModes: [Everywhere]\n", `expected one of AllNamespaces`},
		"no map":    {"a list is no operator", "[]\n", `expected fields`},
		"no YAML":   {"broken", "a: [\n", `no YAML`},
		"two wrong": {"all are reported at once", "a: 1\nb: 2\n", "\nb: unknown field"},
	} {
		if _, err := Parse([]byte(tc.data)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s (%s): %v; expected %q", name, tc.reason, err, tc.want)
		}
	}
}

func TestCompare(t *testing.T) {
	names := []string{"stable", "v12.0", "v2.10", "v2.9", "v2.9.1", "2.x", "alpha"}
	slices.SortFunc(names, Compare)
	want := []string{"2.x", "alpha", "stable", "v2.9", "v2.9.1", "v2.10", "v12.0"}
	if !slices.Equal(names, want) {
		t.Errorf("%v; expected %v", names, want)
	}
}

// Process start may take 20 ms; a package's facts are a small part of that.
func BenchmarkParseLargest(b *testing.B) {
	data, err := operatorFiles.ReadFile(operatorFolder + "/ibm-eventstreams" + operatorSuffix)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
