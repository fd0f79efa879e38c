package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// summary is the table of all results, as Markdown.
func summary(results []result, began time.Time, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Long tests of %s: %s with %s on %d processors\n\n", began.Format("2006-01-02 15:04"), duration(took), runtime.Version(), runtime.NumCPU())
	b.WriteString("| Part | What | Figures | Time | Result |\n|---|---|---|--:|---|\n")
	for _, r := range results {
		time := "-"
		if r.verdict != notRun {
			time = duration(r.took)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.part.name, cell(r.part.about), cell(figures(r.part, r.log)), time,
			cell(string(r.verdict)+after(": ", r.why)))
	}
	return b.String()
}

// cell makes a text fit into a table: one line, without what parts cells.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// figures are what a log tells of those that a part has; what it does not tell is left out, but for sums and counts, which are 0.
func figures(p part, log string) string {
	var list []string
	for _, f := range p.figures {
		if text := f.of(log); text != "" {
			list = append(list, f.label+" "+text)
		}
	}
	return strings.Join(list, ", ")
}

func (f figure) of(log string) string {
	all := f.found.FindAllStringSubmatch(log, -1)
	switch {
	case f.take == count:
		return thousands(len(all))
	case f.take == sum:
		total := 0
		for _, groups := range all {
			n, _ := strconv.Atoi(groups[1]) // digits by the expression
			total += n
		}
		return thousands(total)
	case len(all) == 0:
		return ""
	}
	text := all[len(all)-1][1]
	if n, err := strconv.Atoi(text); err == nil {
		return thousands(n)
	}
	return text
}

// thousands writes a number with commas: 1,234,567.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// duration writes how long something took: 1 h 2 min, 2 min 3 s, 4 s.
func duration(d time.Duration) string {
	switch s := int(d.Round(time.Second) / time.Second); {
	case s >= 3600:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	case s >= 60:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d s", s)
	}
}
