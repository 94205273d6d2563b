package diff

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/eda-gitops/functions/functions/sizing"
)

// Empty says that nothing changes.
func (r *Report) Empty() bool {
	return len(r.Operators)+len(r.Operands)+len(r.Resources)+len(r.Resealed)+len(r.Applications)+
		len(r.Added)+len(r.Removed)+len(r.Changed)+len(r.Findings) == 0
}

// section is a titled list, in either form.
type section struct {
	title string
	lines []string
}

func (r *Report) sections() []section {
	var findings, operators []string
	for _, d := range r.Findings {
		findings = append(findings, d.String())
	}
	for _, s := range append(append([]Step(nil), r.Operators...), r.Operands...) {
		line := fmt.Sprintf("%s: %s: %s -> %s", s.Object, s.Field, orNone(s.From), orNone(s.To))
		if len(s.Stops) > 1 {
			line += ", by way of " + strings.Join(s.Stops, ", ")
		}
		operators = append(operators, line)
	}
	return []section{
		{"Change rules", findings},
		{"One-way steps", r.OneWay},
		{"Operators and operands", operators},
		{"Secrets resealed", r.Resealed},
		{"Applications", r.Applications},
		{"Removed", r.Removed},
		{"Added", r.Added},
		{"Changed", r.Changed},
	}
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// change writes a figure that may have changed.
func change(before, after float64) string {
	if before == after {
		return decimal(after)
	}
	sign := "+"
	if after < before {
		sign = ""
	}
	return fmt.Sprintf("%s -> %s (%s%s)", decimal(before), decimal(after), sign, decimal(tenthOf(after-before)))
}

func tenthOf(x float64) float64 {
	if x < 0 {
		return -tenth(-x)
	}
	return tenth(x)
}

func (r *Report) cells(c Resource) []string {
	b, a := c.Before, c.After
	licence := change(b.LicenceCores, a.LicenceCores)
	if c.Ratio != "" {
		licence += " at " + c.Ratio
	}
	cells := []string{
		c.Object, change(float64(b.Pods), float64(a.Pods)), change(b.CPU, a.CPU), change(b.MemoryGiB, a.MemoryGiB), change(b.DiskGiB, a.DiskGiB), licence,
	}
	if r.prices.Known() {
		cells = append(cells, change(b.Amount, a.Amount))
	}
	return cells
}

// sizeHeader names the columns.
func (r *Report) sizeHeader() []string {
	header := []string{"resource", "pods", "vCPU", "memory GiB", "disk GiB", "licence cores"}
	if r.prices.Known() {
		header = append(header, strings.TrimSpace("cost "+r.prices.Currency))
	}
	return header
}

// besideNote says what stands in which column.
const besideNote = "Controllers and ZooKeeper are in vCPU, memory and disk, and not in pods and licence cores."

func (r *Report) sizeRows() [][]string {
	if len(r.Resources) == 0 {
		return nil
	}
	var rows [][]string
	for _, c := range r.Resources {
		rows = append(rows, r.cells(c))
	}
	return append(rows, r.cells(Resource{Object: "all that runs", Before: r.Before, After: r.After}))
}

// WriteTable prints the report for a terminal.
func (r *Report) WriteTable(w io.Writer, title string) {
	fmt.Fprintln(w, title)
	if r.Empty() {
		fmt.Fprintln(w, "  nothing changes")
		return
	}
	if rows := r.sizeRows(); rows != nil {
		sizing.WriteColumns(w, append([][]string{r.sizeHeader()}, rows...))
		fmt.Fprintln(w, "  "+besideNote)
	}
	for _, s := range r.sections() {
		if len(s.lines) == 0 {
			continue
		}
		fmt.Fprintln(w, s.title)
		for _, line := range s.lines {
			fmt.Fprintln(w, "  "+line)
		}
	}
}

// mostLines of a list are shown in a pull request's comment, which holds 65536
// characters.
const mostLines = 60

// WriteMarkdown prints the report as a comment on a pull request.
func (r *Report) WriteMarkdown(w io.Writer, title string) {
	fmt.Fprintf(w, "### %s\n\n", escape(title))
	if r.Empty() {
		fmt.Fprint(w, "Nothing changes.\n\n")
		return
	}
	if r.Broken() {
		fmt.Fprint(w, "**A change rule is broken: the operator would refuse this, or ignore it without a word.**\n\n")
	}
	if rows := r.sizeRows(); rows != nil {
		fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(r.sizeHeader(), " | "), strings.Repeat("---|", len(r.sizeHeader())))
		for _, row := range rows {
			for i := range row {
				row[i] = escape(row[i])
			}
			fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		}
		fmt.Fprintf(w, "\n%s\n\n", besideNote)
	}
	for _, s := range r.sections() {
		if len(s.lines) == 0 {
			continue
		}
		fmt.Fprintf(w, "**%s**\n\n", s.title)
		for i, line := range s.lines {
			if i == mostLines {
				fmt.Fprintf(w, "- ... and %d more\n", len(s.lines)-i)
				break
			}
			fmt.Fprintf(w, "- %s\n", escape(line))
		}
		fmt.Fprintln(w)
	}
}

// escape keeps names from being markup.
func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "'", "@", "@\u200b", "\n", " ").Replace(text)
}
