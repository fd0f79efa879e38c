package configdir

import (
	"strings"
	"testing"
)

// badPresenceCases are slips of the pen in what there is of presence and capacity: see badFileCases.
func badPresenceCases() []struct{ file, text, want string } {
	const status, profile, agent = "- id: <ps1>\n  text: Training\n", "- id: <cp1>\n  name: Calls\n", "- id: <ag1>\n  name: Zoë\n"
	const stream = "- id: <ws1>\n  name: Chat\n  channel: CHAT\n  queue: <qu1>\n"
	return []struct{ file, text, want string }{
		{StatusesFile, status, "presence_statuses.yaml:1: base is missing"},
		{StatusesFile, status + "  base: INACTIVE\n", "presence_statuses.yaml:3: base: must be one of AVAILABLE, BUSY, DO_NOT_DISTURB, AWAY, OFFLINE"},
		{StatusesFile, "- id: ps_busy\n  text: Mine\n  base: BUSY\n", `presence_statuses.yaml:1: id: "ps_busy" is not ps_ and a UUID`},
		{StatusesFile, status + "  base: AWAY\n  grantedTo: [<ag2>]\n", "presence_statuses.yaml:4: grantedTo: agents.yaml has no <ag2>"},
		{StatusesFile, status + "  base: AWAY\n  forEveryone: 1\n", "presence_statuses.yaml:4: forEveryone: true or false is expected"},
		{ProfilesFile, profile, "capacity_profiles.yaml:1: limit is missing"},
		{ProfilesFile, profile + "  limit: 0\n", "capacity_profiles.yaml:3: limit: must be from 1 to 1000"},
		{ProfilesFile, profile + "  limit: 3\n  reset: NEVER\n", "capacity_profiles.yaml:4: reset: must be one of IMMEDIATE, END_OF_DAY"},
		{AgentsFile, agent + "  capacityUnits: 1001\n", "agents.yaml:3: capacityUnits: must be from 0 to 1000"},
		{AgentsFile, agent + "  capacityProfiles: [<cp1>]\n", "agents.yaml:3: lines of the form key: value are expected"},
		{AgentsFile, agent + "  capacityProfiles:\n    - limit: 3\n", "agents.yaml:4: profile is missing"},
		{AgentsFile, agent + "  capacityProfiles:\n    - profile: <cp2>\n", "agents.yaml:4: capacityProfiles: capacity_profiles.yaml has no <cp2>"},
		{AgentsFile, agent + "  capacityProfiles:\n    - profile: <cp1>\n    - profile: <cp1>\n", "agents.yaml:5: capacityProfiles: <cp1> is named twice"},
		{AgentsFile, agent + "  capacityProfiles:\n    - profile: <cp1>\n      limit: 0\n", "agents.yaml:5: limit: must be from 1 to 1000"},
		{AgentsFile, agent + "  defaultPresenceStatus: ps_inactive\n", "agents.yaml:3: defaultPresenceStatus: must be one of ps_available, ps_busy,"},
		{AgentsFile, agent + "  defaultPresenceStatus: <ps2>\n", "agents.yaml:3: defaultPresenceStatus: presence_statuses.yaml has no <ps2>"},
		{AgentsFile, agent + "  timeZone: ''\n", "agents.yaml:3: timeZone: must be the name of a time zone"},
		{OrganizationFile, "openWorkLimit: 0\n", "organization.yaml:1: openWorkLimit: must be from 1 to 1000"},
		{OrganizationFile, "timeZone: " + strings.Repeat("Z", 65) + "\n", "organization.yaml:1: timeZone: must be the name"},
		{WorkstreamsFile, stream + "  capacityUnits: 1\n  capacityPercent: 1\n", "workstreams.yaml:6: capacityPercent: must not be given together with capacityUnits"},
		{WorkstreamsFile, stream + "  capacityPercent: 101\n", "workstreams.yaml:5: capacityPercent: must be from 1 to 100"},
		{WorkstreamsFile, stream + "  capacityProfiles: []\n", "workstreams.yaml:5: capacityProfiles: must name 1 to 5"},
		{WorkstreamsFile, stream + "  capacityProfiles: [<cp1>]\n  capacityType: INTERRUPTIBLE\n", "workstreams.yaml:6: capacityType: must be NOT_INTERRUPTIBLE"},
		{WorkstreamsFile, stream + "  wrapUp: TIMED\n", "workstreams.yaml:5: wrapUp: wrapUpSeconds is missing"},
		{WorkstreamsFile, stream + "  wrapUpSeconds: 5\n", "workstreams.yaml:5: wrapUpSeconds: can only be given with wrapUp: TIMED"},
	}
}

// Statuses that are built in can be named without a file of one's own; what a server has besides is asked for (PR-2, PR-3).
func TestLoadDefaultStatuses(t *testing.T) {
	d := load(t, folder(map[string]string{AgentsFile: "- {id: <ag1>, name: Zoë, defaultPresenceStatus: ps_away}\n- {id: <ag2>, name: Ann, defaultPresenceStatus: <ps1>}\n"}))
	if got := d.Agents[0].DefaultPresenceStatus + " " + d.Agents[1].DefaultPresenceStatus; got != "ps_away "+id("ps", 1) {
		t.Errorf("the defaults are %s", got)
	}
	if needs := strings.Join(d.Needs(), " "); needs != StatusesFile+" "+AgentsFile {
		t.Errorf("needs %s", needs)
	}
	err := d.checkOpen(func(string) bool { return false })
	if want := short("agents.yaml:2: defaultPresenceStatus: the server has no presence status <ps1>"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
