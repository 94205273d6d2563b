package sizing

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Point is a plan at one ingress.
type Point struct {
	Ingress float64 `json:"-"`
	Rate    string  `json:"ingress"`
	Brokers int     `json:"brokers"`
	// Binding is what the number of brokers comes from.
	Binding Constraint `json:"bindingConstraint"`
	CPU     float64    `json:"cpu"`
	Memory  string     `json:"memory"`
	Storage string     `json:"storage"`
	Licence float64    `json:"licenceCores"`
	Cost    *CostJSON  `json:"cost,omitempty"`
	memory  int64
	storage int64
}

// Sweep plans the same workload for ingress from one rate to another, in equal
// steps.
func Sweep(in Input, from, to float64, steps int) []Point {
	points := make([]Point, 0, steps+1)
	for i := 0; i <= steps; i++ {
		in.Workload.Ingress = Rate(from + (to-from)*float64(i)/float64(steps))
		p := Size(in)
		if p.Brokers == 0 {
			break
		}
		b := int64(p.Brokers)
		points = append(points, Point{
			Ingress: float64(in.Workload.Ingress), Rate: FormatRate(float64(in.Workload.Ingress)), Brokers: p.Brokers, Binding: p.Binding,
			CPU: cores(b * p.CPU), Memory: Quantity(b * p.Memory), Storage: Quantity(b * p.Storage), Licence: cores(p.LicenceCores),
			Cost:   in.Prices.JSON(p.Cost()),
			memory: b * p.Memory, storage: b * p.Storage,
		})
	}
	return points
}

// WriteSweep prints a sweep as a table.
func WriteSweep(w io.Writer, points []Point) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	priced, head := points[0].Cost != nil, ""
	if priced {
		head = strings.TrimSpace("cost "+points[0].Cost.Currency) + "\t"
	}
	fmt.Fprintln(table, "ingress\tbrokers\tbound by\tvCPU\tmemory\tdisk\tlicence cores\t"+head)
	for _, p := range points {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t", p.Rate, p.Brokers, p.Binding, number(p.CPU), FormatGiB(p.memory), FormatGiB(p.storage), number(p.Licence))
		if priced {
			fmt.Fprintf(table, "%s\t", number(p.Cost.Amount))
		}
		fmt.Fprintln(table)
	}
	table.Flush()
}

// WriteSVG draws cost and brokers over ingress: licence cores, or with prices
// the amount.
func WriteSVG(w io.Writer, points []Point) {
	cost, what := func(p Point) float64 { return p.Licence }, "licence cores"
	if points[0].Cost != nil {
		cost, what = func(p Point) float64 { return p.Cost.Amount }, strings.TrimSpace("cost "+points[0].Cost.Currency)
	}
	what = html.EscapeString(what)
	const width, height, left, top, right, bottom = 720, 400, 60, 30, 60, 50
	first, last := points[0].Ingress, points[len(points)-1].Ingress
	var coresMost, brokersMost float64
	for _, p := range points {
		coresMost, brokersMost = math.Max(coresMost, cost(p)), math.Max(brokersMost, float64(p.Brokers))
	}
	// The scale of brokers is another, so that the curves do not lie on each other.
	coresTop, brokersTop := niceAbove(coresMost), niceAbove(brokersMost*4/3)
	x := func(ingress float64) float64 {
		return left + (ingress-first)/math.Max(last-first, 1)*(width-left-right)
	}
	y := func(value, most float64) float64 { return height - bottom - value/most*(height-top-bottom) }
	steps := func(most float64, value func(Point) float64) string {
		var b strings.Builder
		for i, p := range points {
			if i > 0 {
				fmt.Fprintf(&b, "%.1f,%.1f ", x(p.Ingress), y(value(points[i-1]), most))
			}
			fmt.Fprintf(&b, "%.1f,%.1f ", x(p.Ingress), y(value(p), most))
		}
		return strings.TrimSpace(b.String())
	}
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
<title>%s and brokers over ingress</title>
<rect width="%d" height="%d" fill="white"/>
`, width, height, what, width, height)
	const ticks = 5
	for i := 0; i <= ticks; i++ {
		share := float64(i) / ticks
		at := y(share, 1)
		fmt.Fprintf(w, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/>`+"\n", left, at, width-right, at)
		fmt.Fprintf(w, `<text x="%d" y="%.1f" text-anchor="end" fill="#0f62fe">%s</text>`+"\n", left-6, at+4, significant(coresTop*share))
		fmt.Fprintf(w, `<text x="%d" y="%.1f" fill="#da1e28">%s</text>`+"\n", width-right+6, at+4, significant(brokersTop*share))
		ingress := first + (last-first)*share
		fmt.Fprintf(w, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x(ingress), height-bottom+18, FormatRate(ingress))
	}
	fmt.Fprintf(w, `<polyline points="%s" fill="none" stroke="#0f62fe" stroke-width="2"/>`+"\n", steps(coresTop, cost))
	fmt.Fprintf(w, `<polyline points="%s" fill="none" stroke="#da1e28" stroke-width="2" stroke-dasharray="5 3"/>`+"\n", steps(brokersTop, func(p Point) float64 { return float64(p.Brokers) }))
	fmt.Fprintf(w, `<text x="%d" y="18" fill="#0f62fe">%s</text>`+"\n", left, what)
	fmt.Fprintf(w, `<text x="%d" y="18" text-anchor="end" fill="#da1e28">brokers (dashed)</text>`+"\n", width-right)
	fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="middle">average ingress</text>`+"\n</svg>\n", width/2, height-10)
}

// niceAbove is the next number above that five ticks divide well.
func niceAbove(x float64) float64 {
	if x <= 0 {
		return 1
	}
	step := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10} {
		if m*step >= x {
			return m * step
		}
	}
	return 10 * step
}
