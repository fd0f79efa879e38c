package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/internal/apitest"
	"rapport/internal/client"
	"rapport/internal/config"
)

// dayFolder is a day of one item for somebody in a workstream.
func dayFolder(t *testing.T, agent, workstream string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"items.csv":        "at,reference,workstream,contact,priority,workSeconds,patienceSeconds\n20,only,WORKSTREAM,,,10,\n",
		"agents.csv":       "at,agent,does\n0,AGENT,SIGN_IN\n",
		"temperaments.csv": "agent,accept,reject,miss,thinkSeconds\nAGENT,100,0,0,2\n",
		"supervisor.csv":   "at,reference,does,to\n",
	} {
		text = strings.NewReplacer("WORKSTREAM", workstream, "AGENT", agent).Replace(text)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPlayCommand: a table for people, JSON and a journal for programs; files that are wrong are refused before anything happens, and a centre that is
// missing is named as the likely cause.
func TestPlayCommand(t *testing.T) {
	url := apitest.Serve(t, apitest.Fast(t, 100)).URL
	h := client.New(url+"/graphql", 1)
	const agent, queue, stream = "ag_01900000-0000-7000-8000-000000000001", "qu_01900000-0000-7000-8000-000000000001", "ws_01900000-0000-7000-8000-000000000001"
	for _, document := range []string{
		`mutation { createAgent(input: {id: "` + agent + `", name: "Ann", capacityUnits: 3}) { agent { id } } }`,
		`mutation { createQueue(input: {id: "` + queue + `", name: "Desk"}) { queue { id } } }`,
		`mutation { addQueueMembers(input: {queueId: "` + queue + `", agentIds: ["` + agent + `"]}) { queue { id } } }`,
		`mutation { createWorkstream(input: {id: "` + stream + `", name: "Chat", channel: CHAT, queueId: "` + queue + `"}) { workstream { id } } }`,
	} {
		if err := h.Do(context.Background(), "", document, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	to := t.TempDir()
	c := config.Play{
		Remote: config.Remote{URL: url}, Dir: dayFolder(t, agent, stream), JSON: filepath.Join(to, "report.json"), Journal: filepath.Join(to, "journal.jsonl"),
	}
	var out bytes.Buffer
	if err := Run(context.Background(), c, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "CHAT") || !strings.Contains(out.String(), "Offers: 1 made, 1 accepted") {
		t.Errorf("printed:\n%s", &out)
	}
	var report struct {
		All      struct{ Items, NoPreference int }
		Channels []struct{ Channel string }
	}
	text, err := os.ReadFile(c.JSON)
	if err := errors.Join(err, json.Unmarshal(text, &report)); err != nil || report.All.Items != 1 || report.All.NoPreference != 1 || report.Channels[0].Channel != "CHAT" {
		t.Errorf("the report is %s, %v", text, err)
	}
	if text, err := os.ReadFile(c.Journal); err != nil || strings.Count(string(text), "\n") < 4 {
		t.Errorf("the journal is %s, %v", text, err)
	}

	c.JSON, c.Journal = "", ""
	c.Dir = dayFolder(t, agent, "ws_01900000-0000-7000-8000-00000000dead")
	if err := Run(context.Background(), c, &out, io.Discard); err == nil || !strings.Contains(err.Error(), "rapport apply") {
		t.Errorf("without the centre: %v", err)
	}
	if err := os.Remove(filepath.Join(c.Dir, "agents.csv")); err != nil {
		t.Fatal(err)
	}
	coded := exitError{}
	if err := Run(context.Background(), c, &out, io.Discard); !errors.As(err, &coded) || coded.ExitCode() != ExitRefused || !strings.Contains(err.Error(), "agents.csv") {
		t.Errorf("without a file: %v", err)
	}
	c.Dir, c.Journal = dayFolder(t, agent, stream), filepath.Join(to, "no", "such", "folder")
	if err := Run(context.Background(), c, &out, io.Discard); err == nil {
		t.Error("a journal was written into a folder that is not there")
	}
}
