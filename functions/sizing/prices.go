package sizing

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/eda-gitops/functions/functions/fnconfig"
)

// Prices are the user's own, for the time that the user counts in: a month, say.
// None is invented: what has no price costs nothing here, and without any price
// no cost is reported.
type Prices struct {
	// Currency is written behind amounts: EUR.
	Currency string `yaml:"currency,omitempty"`
	// LicenceCore is the price of one of IBM's licence cores (VPC).
	LicenceCore float64 `yaml:"licenceCore,omitempty"`
	// VCPU is the price of one vCPU of a node.
	VCPU float64 `yaml:"vCPU,omitempty"`
	// MemoryGiB is the price of one GiB of a node's memory.
	MemoryGiB float64 `yaml:"memoryGiB,omitempty"`
	// DiskGiB is the price of one GiB of volumes.
	DiskGiB float64 `yaml:"diskGiB,omitempty"`
}

// Known says whether there is any price.
func (p *Prices) Known() bool { return p.LicenceCore+p.VCPU+p.MemoryGiB+p.DiskGiB > 0 }

// mostPrice is more than anything of these costs.
const mostPrice = 1e9

// Problem says what is wrong with a price, and with which.
func (p *Prices) Problem() (field, message string) {
	for _, f := range p.fields() {
		if !(*f.value >= 0 && *f.value <= mostPrice) {
			return f.name, fmt.Sprintf("is %s; expected an amount from 0 to %s", number(*f.value), number(mostPrice))
		}
	}
	const longest = 12
	if len(p.Currency) > longest || strings.ContainsAny(p.Currency, "|\n\r\t<>`") {
		return "currency", fmt.Sprintf("is %q; expected a sign or a code such as EUR", p.Currency)
	}
	return "", ""
}

type priceField struct {
	name  string
	value *float64
}

func (p *Prices) fields() []priceField {
	return []priceField{{"licenceCore", &p.LicenceCore}, {"vCPU", &p.VCPU}, {"memoryGiB", &p.MemoryGiB}, {"diskGiB", &p.DiskGiB}}
}

// Set reads one price as a flag has it: vCPU=25.5, currency=EUR.
func (p *Prices) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	names := []string{"currency"}
	for _, f := range p.fields() {
		names = append(names, f.name)
	}
	if !found || !slices.Contains(names, name) {
		return fmt.Errorf("is %q; expected NAME=AMOUNT with one of %s%s", text, strings.Join(names, ", "), fnconfig.Suggest(name, names))
	}
	if name == "currency" {
		p.Currency = value
	}
	for _, f := range p.fields() {
		if f.name != name {
			continue
		}
		amount, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("is %q; %q is no amount", text, value)
		}
		*f.value = amount
	}
	if field, message := p.Problem(); field != "" {
		return fmt.Errorf("is %q: %s %s", text, field, message)
	}
	return nil
}

// String is empty: prices have no default.
func (*Prices) String() string { return "" }

// Type names the flag's value in help.
func (*Prices) Type() string { return "NAME=AMOUNT" }

// Of is what pods and licence cores (in thousandths) cost.
func (p *Prices) Of(pods Pods, licenceCores int64) float64 {
	const gibs = float64(gibibyte)
	return cores(licenceCores)*p.LicenceCore + cores(pods.VCPU)*p.VCPU + float64(pods.MemoryBytes)/gibs*p.MemoryGiB + float64(pods.DiskBytes)/gibs*p.DiskGiB
}

// Cost writes an amount with its currency, in whole cents.
func (p *Prices) Cost(amount float64) string {
	const cents = 100
	return strings.TrimSpace(strconv.FormatFloat(math.Round(amount*cents)/cents, 'f', -1, 64) + " " + p.Currency)
}

// CostJSON is an amount as reports have it.
type CostJSON struct {
	Amount   float64 `json:"amount"`
	Currency string  `json:"currency,omitempty"`
}

// JSON is nil without prices.
func (p *Prices) JSON(amount float64) *CostJSON {
	if !p.Known() {
		return nil
	}
	const cents = 100
	return &CostJSON{math.Round(amount*cents) / cents, p.Currency}
}
