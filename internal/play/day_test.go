package play

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const exampleDay = "../../examples/contact-centre/day"

// TestLoadExample: the day of the repository can be read, with all that is in it.
func TestLoadExample(t *testing.T) {
	d, err := Load(os.DirFS(exampleDay))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Items) != 2000 || len(d.Moves) < 100 || len(d.Temperaments) < 30 || len(d.Orders) < 50 {
		t.Errorf("%d items, %d moves, %d agents, %d orders", len(d.Items), len(d.Moves), len(d.Temperaments), len(d.Orders))
	}
}

// goodDay is a small day.
func goodDay() map[string]string {
	return map[string]string{
		"items.csv": "at,reference,workstream,contact,priority,workSeconds,patienceSeconds\n" +
			"0.5,one,ws_1,ct_1,7,60,\n2.0,two,ws_1,,,1.5,30\n",
		"temperaments.csv": "agent,accept,reject,miss,thinkSeconds\nag_1,90,5,5,3.5\n",
		"agents.csv":       "at,agent,does\n0.0,ag_1,SIGN_IN\n",
		"supervisor.csv":   "at,reference,does,to\n3,one,PRIORITY,5\n",
	}
}

func loadDay(files map[string]string) (*Day, error) {
	fs := fstest.MapFS{}
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Load(fs)
}

func TestLoad(t *testing.T) {
	d, err := loadDay(goodDay())
	if err != nil {
		t.Fatal(err)
	}
	one, two := d.Items[0], d.Items[1]
	if one.At != 500*time.Millisecond || one.Reference != "one" || one.Contact != "ct_1" || *one.Priority != 7 || one.Work != time.Minute || one.Patience != 0 {
		t.Errorf("the first item is %+v", one)
	}
	if two.Contact != "" || two.Priority != nil || two.Work != 1500*time.Millisecond || two.Patience != 30*time.Second {
		t.Errorf("the second item is %+v", two)
	}
	if m := d.Temperaments[0]; m.Accept != 90 || m.Reject != 5 || m.Miss != 5 || m.Think != 3500*time.Millisecond {
		t.Errorf("the agent is %+v", m)
	}
	if o := d.Orders[0]; o.At != 3*time.Second || o.Does != "PRIORITY" || o.To != "5" {
		t.Errorf("the order is %+v", o)
	}
}

// TestBadDays: an error names the file, the line and what is wrong.
func TestBadDays(t *testing.T) {
	for _, c := range []struct{ file, old, new, want string }{
		{"items.csv", "at,", "when,", "items.csv: the first line is not at,"},
		{"items.csv", "0.5,", "soon,", `items.csv, line 2: at "soon" is not a number of seconds of one day`},
		{"items.csv", "0.5,", "NaN,", `items.csv, line 2: at "NaN"`},
		{"items.csv", "2.0,", "0.4,", `items.csv, line 3: at "0.4" is before the line before`},
		{"items.csv", "two", "one", `items.csv, line 3: reference "one" is there twice`},
		{"items.csv", "two", "", `items.csv, line 3: reference "" must be there`},
		{"items.csv", ",7,", ",-7,", `items.csv, line 2: priority "-7" is not a whole number`},
		{"items.csv", ",60,", ",-60,", `items.csv, line 2: workSeconds "-60"`},
		{"items.csv", ",60,\n", ",60\n", `items.csv: record on line 2: wrong number of fields`},
		{"items.csv", ",30\n", ",86401\n", `items.csv, line 3: patienceSeconds "86401"`},
		{"temperaments.csv", "90", "91", `temperaments.csv, line 2: accept "91" does not add up to 100`},
		{"temperaments.csv", "ag_1,90,5,5,3.5\n", "ag_1,90,5,5,3.5\nag_1,90,5,5,3.5\n", `temperaments.csv, line 3: agent "ag_1" is there twice`},
		{"agents.csv", "ag_1", "ag_2", `agents.csv, line 2: agent "ag_2" has no line in temperaments.csv`},
		{"agents.csv", "SIGN_IN", "DANCE", `agents.csv, line 2: does "DANCE" is none of SIGN_IN, `},
		{"supervisor.csv", ",one,", ",three,", `supervisor.csv, line 2: reference "three" has no line in items.csv`},
		{"supervisor.csv", "PRIORITY,5", "PRIORITY,high", `supervisor.csv, line 2: to "high" is not a whole number`},
		{"supervisor.csv", "PRIORITY,5", "ASSIGN,", `supervisor.csv, line 2: to "" must be there`},
	} {
		files := goodDay()
		if !strings.Contains(files[c.file], c.old) {
			t.Fatalf("%s has no %q", c.file, c.old)
		}
		files[c.file] = strings.Replace(files[c.file], c.old, c.new, 1)
		if _, err := loadDay(files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %q: %v, want %s", c.file, c.new, err, c.want)
		}
	}
	for name := range goodDay() {
		files := goodDay()
		delete(files, name)
		if _, err := loadDay(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
		files[name] = ""
		if _, err := loadDay(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("with an empty %s: %v", name, err)
		}
	}
}
