package tidy

import "testing"

func TestDeterminismRuleFails(t *testing.T) {
	for _, c := range []struct {
		name, imports, body string
		want                []string
	}{
		{"goroutine", ``, `go func() {}()`, []string{"engine/x.go:3: starts a goroutine"}},
		{"select", ``, `var c chan int; select { case <-c: default: }`, []string{"select"}},
		{"now", `"time"`, `_ = time.Now()`, []string{"uses time.Now"}},
		{"renamed", `clock "time"`, `clock.Sleep(1)`, []string{"uses time.Sleep"}},
		{"function value", `"time"`, `now := time.Now; _ = now`, []string{"uses time.Now"}},
		{"timers", `"time"`, `<-time.After(1); time.NewTimer(1)`, []string{"uses time.After", "uses time.NewTimer"}},
		{"age", `"time"`, `_ = time.Since(time.Time{})`, []string{"uses time.Since"}},
		{"printing", `"fmt"`, `fmt.Println()`, []string{"uses fmt.Println"}},
		{"dot import", `. "time"`, `_ = Now()`, []string{"dot import"}},
		{"time as data", `"time"`, `_ = time.Time{}.Add(time.Second)`, nil},
		{"another Now", `"fmt"`, `var time struct{ Now int }; _ = time.Now; _ = fmt.Sprint()`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "package engine; import (" + c.imports + ")\nfunc f() {\n" + c.body + "\n}"
			expect(t, checkDeterminism([]goFile{sample(t, "engine/x.go", text)}), c.want...)
		})
	}
}

func TestMapOrderRuleFails(t *testing.T) {
	for _, c := range []struct {
		name, imports, body string
		want                []string
	}{
		{"range", ``, "for k := range m {\n _ = k }", []string{"engine/x.go:6: ranges over a map"}},
		{"type parameter", ``, "for _, v := range g {\n _ = v }", []string{"ranges over a map"}},
		{"maps.Keys", `"maps"`, "for k := range maps.Keys(m) {\n _ = k }", []string{"maps.Keys without sorting"}},
		{"collected", `"maps"; "slices"`, "_ = slices.Collect(maps.Values(m))", []string{"maps.Values without"}},
		{"no reason", ``, "// order:\nfor k := range m {\n _ = k }", []string{"ranges over a map"}},
		{"far away", ``, "// order: a sum\n\nfor k := range m {\n _ = k }", []string{"ranges over a map"}},
		{"does not compile", ``, "for k := range unknown {\n _ = k }", []string{"undefined: unknown"}},
		{"explained above", ``, "// order: a sum is the same\n// either way\nfor k := range m {\n _ = k }", nil},
		{"explained beside", ``, "for k := range m { // order: only counts\n _ = k }", nil},
		{"only how often", ``, "for range m {\n}", nil},
		{"sorted", `"maps"; "slices"`, "for _, k := range slices.Sorted(maps.Keys(m)) {\n _ = k }", nil},
		{"slice", ``, "for i := range []int{} {\n _ = i }", nil},
		{"btree", `"github.com/tidwall/btree"`, "var b btree.Map[int, int]\nfor i := range b.Keys() {\n _ = i }", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "package engine; import (" + c.imports + ")\ntype table map[string]int\n" +
				"func f[G ~map[string]int](m table, g G) {\n_, _ = m, g\n\n" + c.body + "\n}"
			expect(t, checkMapOrder([]goFile{sample(t, "engine/x.go", text)}), c.want...)
		})
	}
}
