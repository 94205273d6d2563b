// Package catalog holds what is known of OLM packages: their channels, the CSVs
// in each, the operand versions that they bring, and facts that are known to be
// wrong elsewhere, every one with its origin.
//
// The facts are one YAML file per package in operators/, embedded in the
// binary. A file is read when its package is asked for and not before.
package catalog

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fnconfig"
)

//go:embed operators/*.yaml
var operatorFiles embed.FS

const (
	operatorFolder = "operators"
	operatorSuffix = ".yaml"
)

// Operator is what is known of one OLM package.
type Operator struct {
	// Package is the OLM package: a Subscription's spec.name. Required.
	Package string `yaml:"package"`
	// DisplayName is the product's name, for people. Required.
	DisplayName string `yaml:"displayName"`
	// Origin says where the facts at this level come from. Required.
	Origin string `yaml:"origin"`
	// Source is the CatalogSource that has the package: a Subscription's
	// spec.source, where one is created.
	Source string `yaml:"source,omitempty"`
	// SourceNamespace is the CatalogSource's namespace.
	SourceNamespace string `yaml:"sourceNamespace,omitempty"`
	// Namespace is where the operator is installed as a rule; empty when there
	// is no such rule.
	Namespace string `yaml:"namespace,omitempty"`
	// InstallModes are the OperatorGroup modes that it is known to support.
	InstallModes []InstallMode `yaml:"installModes,omitempty"`
	// InstallModesOrigin says where the install modes are known from, and which of
	// them no page confirms.
	InstallModesOrigin string `yaml:"installModesOrigin,omitempty"`
	// CSVPrefix is what its CSVs' names begin with, up to the version:
	// "amqstreams.v". Said where no CSV is listed and it is not "<package>.v".
	CSVPrefix string `yaml:"csvPrefix,omitempty"`
	// Complete says that every channel and every CSV is listed: what is not
	// here does not exist.
	Complete bool `yaml:"complete"`
	// Channels by name.
	Channels map[string]Channel `yaml:"channels"`
	// Upgrades are the steps from one of the operator's versions to another that
	// its vendor documents. They count where no CSV says what it replaces. A later
	// patch of the same minor version always is a step.
	Upgrades []Upgrade `yaml:"upgrades,omitempty"`
	// UpgradesOrigin says where the upgrades are known from.
	UpgradesOrigin string `yaml:"upgradesOrigin,omitempty"`
	// Operands are the kinds that the operator runs, by kind.
	Operands map[string]Operand `yaml:"operands,omitempty"`
	// Wrong lists what is written in public repositories and can't work.
	Wrong []Wrong `yaml:"wrong,omitempty"`
	// Lifecycle of the whole package, where something is announced.
	Lifecycle *Lifecycle `yaml:"lifecycle,omitempty"`
}

// InstallMode is a mode of OLM's OperatorGroups.
type InstallMode string

// Enum lists OLM's install modes.
func (InstallMode) Enum() []string {
	return []string{"AllNamespaces", "MultiNamespace", "OwnNamespace", "SingleNamespace"}
}

// Channel is a stream of releases.
type Channel struct {
	// Origin says where the channel and its CSVs are known from. Required.
	Origin string `yaml:"origin"`
	// CSVs from the oldest to the channel's head.
	CSVs []CSV `yaml:"csvs,omitempty"`
	// Lifecycle of the channel, where something is announced.
	Lifecycle *Lifecycle `yaml:"lifecycle,omitempty"`
}

// CSV is one release: OLM's ClusterServiceVersion.
type CSV struct {
	// Name is the CSV's name: a Subscription's spec.startingCSV. Required.
	Name string `yaml:"name"`
	// Version is a semantic version without "v". Required.
	Version string `yaml:"version"`
	// Replaces is the CSV that this one upgrades, where known.
	Replaces string `yaml:"replaces,omitempty"`
	// Skips are further CSVs that this one upgrades, where known.
	Skips []string `yaml:"skips,omitempty"`
	// SkipRange is the range of versions that this one upgrades, where known.
	SkipRange string `yaml:"skipRange,omitempty"`
	// Origin says where this CSV is known from. Defaults to the channel's.
	Origin string `yaml:"origin,omitempty"`
}

// Operand is a kind of custom resource that the operator runs.
type Operand struct {
	// Origin says where the versions are known from. Required.
	Origin string `yaml:"origin"`
	// Group is the kind's API group.
	Group string `yaml:"group"`
	// Versions are the values of the operand's spec.version.
	Versions map[string]OperandVersion `yaml:"versions,omitempty"`
	// Modifications says that a version listed stands for those that go on behind
	// it: 9.2.5 for 9.2.5.0-r3.
	Modifications bool `yaml:"modifications,omitempty"`
	// Upgrades are the steps from one version to another that are allowed. A
	// later patch of the same minor version always is.
	Upgrades []Upgrade `yaml:"upgrades,omitempty"`
	// UpgradesOrigin says where the upgrades are known from.
	UpgradesOrigin string `yaml:"upgradesOrigin,omitempty"`
}

// OperandVersion is one version of an operand.
type OperandVersion struct {
	// CSVs are the operator's releases that came with this version, from the
	// oldest to the newest.
	CSVs []string `yaml:"csvs,omitempty"`
	// Operators is a range of the operator's versions that run this one, in place
	// of CSVs: 2.0.x.
	Operators string `yaml:"operators,omitempty"`
	// API is the version of the operand's API group: v1beta2.
	API string `yaml:"api,omitempty"`
	// Kafka is the version of Kafka that the operand runs: 3.2.0.
	Kafka string `yaml:"kafka,omitempty"`
	// Metadata says where a Kafka cluster keeps what it knows of itself.
	Metadata Metadata `yaml:"metadata,omitempty"`
}

// Metadata is where a Kafka cluster keeps what it knows of itself.
type Metadata string

// The three forms, in their order.
const (
	ZooKeeper          Metadata = "ZooKeeper"
	ZooKeeperNodePools Metadata = "ZooKeeper+nodePools"
	KRaft              Metadata = "KRaft"
)

// Enum lists the values.
func (Metadata) Enum() []string {
	return []string{string(ZooKeeper), string(ZooKeeperNodePools), string(KRaft)}
}

// Upgrade is a step between versions of an operand.
type Upgrade struct {
	// From is a range of versions: 10.5.x. Required.
	From string `yaml:"from"`
	// To is a range of versions: 11.0.4. Required.
	To string `yaml:"to"`
}

// Wrong is a combination that can't work though it is in use.
type Wrong struct {
	// Channel that the row is about; empty for any.
	Channel string `yaml:"channel,omitempty"`
	// StartingCSV that the row is about; empty for any.
	StartingCSV string `yaml:"startingCSV,omitempty"`
	// Correction ends the message: what is right, and what to write. Required.
	Correction string `yaml:"correction"`
	// Origin says where the wrong row was seen. Required.
	Origin string `yaml:"origin"`
}

// Lifecycle is what its vendor announced.
type Lifecycle struct {
	// SupportEnds is a date, YYYY-MM-DD, where known.
	SupportEnds string `yaml:"supportEnds,omitempty"`
	// Ended says that the vendor lists it as supported no more, without a date.
	Ended bool `yaml:"ended,omitempty"`
	// Deprecated says what is deprecated and what follows.
	Deprecated string `yaml:"deprecated,omitempty"`
	// Origin says where that was announced. Required.
	Origin string `yaml:"origin"`
}

// read keeps what Lookup has read: package to its parsed file.
var read sync.Map

type entry struct {
	operator *Operator
	err      error
}

// Lookup returns what is known of a package and whether anything is. The
// Operator is shared: it is not to be changed. An error means that the
// embedded file is broken.
func Lookup(name string) (*Operator, bool, error) {
	known, found := read.Load(name)
	if !found {
		data, err := operatorFiles.ReadFile(operatorFolder + "/" + name + operatorSuffix)
		if errors.Is(err, fs.ErrNotExist) { // a name that no file can have, too
			return nil, false, nil
		}
		var operator *Operator
		if err == nil {
			operator, err = Parse(data)
		}
		if err != nil {
			err = fmt.Errorf("catalog of %s: %w", name, err)
		}
		known, _ = read.LoadOrStore(name, entry{operator: operator, err: err})
	}
	e := known.(entry)
	return e.operator, e.err == nil, e.err
}

// Parse reads one package's facts strictly: an unknown field or a value of the
// wrong type is an error, and all are reported at once.
func Parse(data []byte) (*Operator, error) {
	node, err := yaml.Parse(string(data))
	if err != nil {
		return nil, fmt.Errorf("no YAML: %w", err)
	}
	operator := &Operator{}
	var errs []error
	for _, problem := range fnconfig.Decode(node.YNode(), operator) {
		errs = append(errs, fmt.Errorf("%s: %s", problem.Path, problem.Message))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return operator, nil
}

// Names lists the packages that the catalog knows, sorted.
func Names() []string {
	files, err := fs.Glob(operatorFiles, operatorFolder+"/*"+operatorSuffix)
	if err != nil { // only a malformed pattern
		panic(err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(file, operatorFolder+"/"), operatorSuffix)
	}
	return files
}

// ChannelNames lists the channels with numbers in their order: v2.5, v3.0,
// v12.0.
func (o *Operator) ChannelNames() []string {
	names := make([]string, 0, len(o.Channels))
	for name := range o.Channels {
		names = append(names, name)
	}
	slices.SortFunc(names, Compare)
	return names
}

// ChannelsOf lists the channels that have a CSV.
func (o *Operator) ChannelsOf(csv string) []string {
	var names []string
	for _, name := range o.ChannelNames() {
		if o.Channels[name].Has(csv) {
			names = append(names, name)
		}
	}
	return names
}

// Has says whether a CSV is listed in the channel.
func (c Channel) Has(csv string) bool {
	return slices.ContainsFunc(c.CSVs, func(known CSV) bool { return known.Name == csv })
}

// Versions lists the versions of all CSVs, each once, from the oldest.
func (o *Operator) Versions() []string {
	var versions []string
	for _, channel := range o.Channels {
		for _, csv := range channel.CSVs {
			versions = append(versions, csv.Version)
		}
	}
	slices.SortFunc(versions, Compare)
	return slices.Compact(versions)
}

// CSVOf returns the CSV of a version and whether one is listed.
func (o *Operator) CSVOf(version string) (string, bool) {
	for _, name := range o.ChannelNames() {
		for _, csv := range o.Channels[name].CSVs {
			if csv.Version == version {
				return csv.Name, true
			}
		}
	}
	return "", false
}

// Prefix returns what the CSVs' names begin with, up to the version
// ("redhat-openshift-pipelines.v"), and whether that is known.
func (o *Operator) Prefix() (string, bool) {
	if o.CSVPrefix != "" {
		return o.CSVPrefix, true
	}
	for _, name := range o.ChannelNames() {
		for _, csv := range o.Channels[name].CSVs {
			if prefix, ok := strings.CutSuffix(csv.Name, csv.Version); ok {
				return prefix, true
			}
		}
	}
	return "", false
}

// WrongFact returns the row that says that a channel with a CSV can't work.
func (o *Operator) WrongFact(channel, csv string) (Wrong, bool) {
	i := slices.IndexFunc(o.Wrong, func(w Wrong) bool {
		return (w.Channel == "" || w.Channel == channel) && (w.StartingCSV == "" || w.StartingCSV == csv)
	})
	if i < 0 {
		return Wrong{}, false
	}
	return o.Wrong[i], true
}

// Listed returns the entry that stands for a version of the operand, and its
// name in Versions.
func (p Operand) Listed(version string) (name string, release OperandVersion, ok bool) {
	if release, ok = p.Versions[version]; ok {
		return version, release, true
	}
	if !p.Modifications {
		return "", OperandVersion{}, false
	}
	for known := range p.Versions {
		rest, begins := strings.CutPrefix(version, known)
		if begins && strings.ContainsAny(rest[:1], ".-") && len(known) > len(name) {
			name, release, ok = known, p.Versions[known], true
		}
	}
	return name, release, ok
}

// OperandRelease returns the kind whose version this is; ok is false when it is
// no operand's version, or may be the operator's as well: a package that is not
// complete has versions that are not listed, up to the next major one.
func (o *Operator) OperandRelease(version string) (kind string, release OperandVersion, ok bool) {
	if !o.Complete && major(version) <= o.newestMajor()+1 {
		return "", OperandVersion{}, false
	}
	for name, operand := range o.Operands {
		if _, listed, found := operand.Listed(version); found && (!ok || name < kind) {
			kind, release, ok = name, listed, true
		}
	}
	return kind, release, ok
}

// newestMajor is the highest major version that the CSVs and the names of the
// channels tell of, 0 where none does.
func (o *Operator) newestMajor() int {
	newest := 0
	for name, channel := range o.Channels {
		newest = max(newest, major(name))
		for _, csv := range channel.CSVs {
			newest = max(newest, major(csv.Version))
		}
	}
	return newest
}

// major is the first number in a version or a channel's name, 0 without one.
func major(text string) int {
	for _, run := range runs.FindAllString(text, -1) {
		if digit(run) {
			n, _ := strconv.Atoi(run) // too large a number is none
			return n
		}
	}
	return 0
}

var runs = regexp.MustCompile(`[0-9]+|[^0-9]+`)

// Compare orders names of channels and versions: digits as numbers, the rest
// as text.
func Compare(a, b string) int {
	as, bs := runs.FindAllString(a, -1), runs.FindAllString(b, -1)
	for i := range min(len(as), len(bs)) {
		if c := compareRun(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

func compareRun(a, b string) int {
	if !digit(a) || !digit(b) {
		return cmp.Compare(a, b)
	}
	short, long := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(short), len(long)), cmp.Compare(short, long))
}

func digit(run string) bool { return run[0] >= '0' && run[0] <= '9' }
