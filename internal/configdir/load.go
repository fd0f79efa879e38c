package configdir

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Load reads the files of a folder. What is wrong with them is told all at once, as Problems: unknown keys and columns, ids that come twice,
// values beyond the limits, references to what is not there, files with a name that is not ours but looks like it. What an entry leaves
// out gets the default of the API.
func Load(fsys fs.FS) (*Dir, error) {
	listed, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read the folder: %w", err)
	}
	l := loader{dir: &Dir{lines: map[string]int{}}}
	found := false
	for _, file := range listed {
		switch name := file.Name(); {
		case slices.Contains(FileNames, name):
			found = true
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", name, err)
			}
			l.load(name, data)
		case slices.Contains([]string{".yaml", ".yml", ".csv"}, strings.ToLower(path.Ext(name))):
			l.problems.add(name, 0, "is not one of the files: %s", strings.Join(FileNames, ", "))
		}
	}
	if !found && len(l.problems) == 0 {
		return nil, errors.New("the folder has none of the files " + strings.Join(FileNames, ", "))
	}
	l.checkReferences()
	return l.dir, l.problems.err()
}

// byteOrderMark is what spreadsheet programs write in front of UTF-8 text.
var byteOrderMark = []byte("\uFEFF")

// loader puts files into a Dir.
type loader struct {
	dir        *Dir
	problems   Problems
	references []reference
}

func (l *loader) load(file string, data []byte) {
	data = bytes.TrimPrefix(data, byteOrderMark)
	if at := firstBad(data); at > 0 {
		l.problems.add(file, at, "is not UTF-8 text")
	}
	switch file {
	case OrganizationFile:
		l.loadOrganization(data)
	case StatusesFile:
		l.dir.Statuses = atMost(l, file, maxStatuses, list(l, file, data, l.status, "id", "text", "base", "forEveryone", "grantedTo"))
	case ProfilesFile:
		l.dir.Profiles = atMost(l, file, maxProfiles, list(l, file, data, l.profile, "id", "name", "limit", "blocking", "reset"))
	case AgentsFile:
		l.dir.Agents = list(l, file, data, l.agent, "id", "name", "capacityUnits", "interruptibleUnits", "capacityProfiles", "defaultPresenceStatus", "timeZone")
	case QueuesFile:
		l.dir.Queues = list(l, file, data, l.queue, "id", "name", "priority", "assignmentMethod", "members")
	case WorkstreamsFile:
		l.dir.Workstreams = list(l, file, data, l.workstream, "id", "name", "channel", "distributionMode", "queue", "allowedPresences",
			"capacityUnits", "capacityPercent", "capacityProfiles", "capacityType", "priority", "acceptMode", "offerSeconds", "declineLimit", "wrapUp",
			"wrapUpSeconds", "waitingHoldsCapacity", "missedSetsInactive", "rejectedSetsDoNotDisturb", "routingPolicy")
	case ContactsFile:
		l.dir.Contacts = table(l, file, data, contactColumns, l.contact)
	case MatrixFile:
		l.dir.Matrix = table(l, file, data, matrixColumns, l.row)
	case ContactPoliciesFile:
		l.dir.ContactPolicies = table(l, file, data, policyColumns, l.contactPolicy)
	case RolesFile:
		l.dir.Roles = atMost(l, file, maxRoles, list(l, file, data, l.role, "name", "description", "permissions"))
	}
}

// firstBad is the line of the first byte that is not UTF-8, 0 when all is.
func firstBad(data []byte) int {
	if utf8.Valid(data) {
		return 0
	}
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

// list reads a YAML file that is a list; never nil.
func list[T any](l *loader, file string, data []byte, read func(entry) T, known ...string) []T {
	all := []T{}
	root := parseYAML(file, data, &l.problems)
	if root == nil {
		return all
	}
	for _, e := range entries(file, root, &l.problems, known...) {
		all = append(all, read(e))
	}
	return all
}

func (l *loader) loadOrganization(data []byte) {
	o := defaultOrganization
	l.dir.Organization = &o
	root := parseYAML(OrganizationFile, data, &l.problems)
	if root == nil {
		return
	}
	e, ok := newEntry(OrganizationFile, root, &l.problems, "routingPolicy", "reconnectSeconds", "defaultPresenceStatus", "openWorkLimit",
		"missedSetsInactive", "rejectedSetsDoNotDisturb", "timeZone")
	if ok {
		e.number("reconnectSeconds", &o.ReconnectSeconds, 0, maxReconnectSeconds)
		l.statusReference(e, &o.DefaultPresenceStatus)
		e.number("openWorkLimit", &o.OpenWorkLimit, 1, maxOpenWorkLimit)
		e.flag("missedSetsInactive", &o.MissedSetsInactive)
		e.flag("rejectedSetsDoNotDisturb", &o.RejectedSetsDoNotDisturb)
		e.zone(&o.TimeZone)
		o.RoutingPolicy = policy(e)
	}
}

func policy(e entry) RoutingPolicy {
	var p RoutingPolicy
	e, ok := e.child("routingPolicy", "enabled", "whenUnavailable", "retryPreferred")
	if !ok {
		return p
	}
	p.Enabled, p.RetryPreferred = e.boolean("enabled"), e.boolean("retryPreferred")
	word := ""
	if e.oneOf("whenUnavailable", &word, unavailables); word != "" {
		p.WhenUnavailable = &word
	}
	return p
}

func (l *loader) agent(e entry) Agent {
	var a Agent
	e.require("id", "name")
	a.ID = l.ownID(e, agentPrefix)
	e.name("name", &a.Name)
	a.CapacityUnits = e.optionalNumber("capacityUnits", 0, maxCapacityUnits)
	a.InterruptibleUnits = e.optionalNumber("interruptibleUnits", 0, maxCapacityUnits)
	a.CapacityProfiles = l.agentProfiles(e)
	l.statusReference(e, &a.DefaultPresenceStatus)
	e.zone(&a.TimeZone)
	return a
}

func (l *loader) queue(e entry) Queue {
	q := defaultQueue
	e.require("id", "name")
	q.ID = l.ownID(e, queuePrefix)
	e.name("name", &q.Name)
	e.number("priority", &q.Priority, 0, maxPriority)
	e.oneOf("assignmentMethod", &q.AssignmentMethod, assignmentMethods)
	q.Members = l.named(e, "members", agentPrefix)
	return q
}

// named reads a list of different ids, sorted; nil when it is not given.
func (l *loader) named(e entry, key, prefix string) []string {
	given, there := e.texts(key)
	if !there {
		return nil
	}
	ids, seen := []string{}, map[string]bool{}
	for _, one := range given {
		if l.refer(e.file, one.line, key, prefix, one.text) {
			if seen[one.text] {
				l.problems.add(e.file, one.line, "%s: %s is named twice", key, one.text)
			}
			seen[one.text] = true
			ids = append(ids, one.text)
		}
	}
	slices.Sort(ids)
	return ids
}

func (l *loader) workstream(e entry) Workstream {
	w := defaultWorkstream
	e.require("id", "name", "channel", "queue")
	w.ID = l.ownID(e, workstreamPrefix)
	e.name("name", &w.Name)
	e.oneOf("channel", &w.Channel, channels)
	e.oneOf("distributionMode", &w.DistributionMode, distributionModes)
	if w.Channel == "VOICE" && w.DistributionMode != "PUSH" {
		e.problem("distributionMode", "VOICE is always PUSH")
	}
	before := len(l.problems)
	if e.text("queue", &w.Queue); e.values["queue"] != nil && len(l.problems) == before {
		l.refer(e.file, e.lineFor("queue"), "queue", queuePrefix, w.Queue)
	}
	if allowed, given := e.texts("allowedPresences"); given {
		w.AllowedPresences = l.words(e, "allowedPresences", allowed, presences)
	}
	l.cost(e, &w)
	e.number("priority", &w.Priority, 0, maxPriority)
	e.oneOf("acceptMode", &w.AcceptMode, acceptModes)
	e.number("offerSeconds", &w.OfferSeconds, minOfferSeconds, maxOfferSeconds)
	e.number("declineLimit", &w.DeclineLimit, 1, maxDeclineLimit)
	wrapUp(e, &w)
	e.flag("waitingHoldsCapacity", &w.WaitingHoldsCapacity)
	w.MissedSetsInactive, w.RejectedSetsDoNotDisturb = e.boolean("missedSetsInactive"), e.boolean("rejectedSetsDoNotDisturb")
	w.RoutingPolicy = policy(e)
	return w
}

// role reads a role of one's own; its name is its identity.
func (l *loader) role(e entry) Role {
	var r Role
	e.require("name", "permissions")
	before := len(l.problems)
	if e.text("name", &r.Name); e.values["name"] != nil && len(l.problems) == before {
		l.ownRole(e, r.Name)
	}
	e.text("description", &r.Description)
	if what := badText(r.Description, maxRoleDescription); what != "" {
		e.problem("description", "%s", what)
	}
	if given, there := e.texts("permissions"); there {
		r.Permissions = l.words(e, "permissions", given, permissions)
	}
	return r
}

// ownRole notes the name of a role, which must be new, and not one of those that every server has.
func (l *loader) ownRole(e entry, name string) {
	switch line := e.lineFor("name"); {
	case len(name) > maxRoleName || !roleName.MatchString(name):
		e.problem("name", "must be 1 to %d capital letters, digits and _, the first a letter", maxRoleName)
	case slices.Contains(builtInRoles, name):
		e.problem("name", "%s is built in and can't be changed", name)
	case l.dir.lines[name] > 0:
		e.problem("name", "%s is the name of line %d already", name, l.dir.lines[name])
	default:
		l.dir.lines[name] = line
	}
}

// words reads some of the words that there are, whose order means nothing, into the order of the API.
func (l *loader) words(e entry, key string, given []located, known []string) []string {
	var named []string
	for _, p := range given {
		switch {
		case !slices.Contains(known, p.text):
			l.problems.add(e.file, p.line, "%s: must be some of %s", key, strings.Join(known, ", "))
		case slices.Contains(named, p.text):
			l.problems.add(e.file, p.line, "%s: %s is named twice", key, p.text)
		default:
			named = append(named, p.text)
		}
	}
	if len(given) == 0 {
		e.problem(key, "must name at least one")
	}
	return inOrder(named, known)
}

// inOrder sorts words into the order in which they are known, unknown ones last.
func inOrder(list, known []string) []string {
	sorted := slices.Clone(list)
	place := func(p string) int {
		if i := slices.Index(known, p); i >= 0 {
			return i
		}
		return len(known)
	}
	slices.SortStableFunc(sorted, func(a, b string) int { return place(a) - place(b) })
	return sorted
}

// ownID reads the id of an entry.
func (l *loader) ownID(e entry, prefix string) string {
	id := ""
	before := len(l.problems)
	if e.text("id", &id); e.values["id"] != nil && len(l.problems) == before {
		l.own(e.file, e.lineFor("id"), prefix, id)
	}
	return id
}

// badName says what is wrong with a name, "" for nothing.
func badName(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }) {
		return "must not be empty"
	}
	return badText(s, maxName)
}

func badText(s string, most int) string {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.ContainsFunc(s, overrides):
		return "must be text without line breaks and other control characters"
	case utf8.RuneCountInString(s) > most:
		return fmt.Sprintf("must have at most %d characters", most)
	}
	return ""
}

// overrides are the marks that turn the direction of what follows, which the server refuses.
func overrides(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

func badEmail(s string) string {
	local, domain, found := strings.Cut(s, "@")
	if !found || local == "" || domain == "" || strings.Contains(domain, "@") || len(s) > maxEmail || strings.ContainsFunc(s, unicode.IsSpace) {
		return fmt.Sprintf("must have one @ with something on both sides, no space, and at most %d bytes", maxEmail)
	}
	return badText(s, maxEmail)
}
