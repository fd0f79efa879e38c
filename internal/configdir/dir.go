package configdir

import "regexp"

// The names of the files of a folder. Each may be missing: then its noun is left alone.
const (
	OrganizationFile    = "organization.yaml"
	StatusesFile        = "presence_statuses.yaml"
	ProfilesFile        = "capacity_profiles.yaml"
	AgentsFile          = "agents.yaml"
	QueuesFile          = "queues.yaml"
	WorkstreamsFile     = "workstreams.yaml"
	ContactsFile        = "contacts.csv"
	MatrixFile          = "matrix.csv"
	ContactPoliciesFile = "contact_policies.csv"
	RolesFile           = "roles.yaml"
)

// FileNames lists the names of the files.
var FileNames = []string{
	OrganizationFile, StatusesFile, ProfilesFile, AgentsFile, QueuesFile, WorkstreamsFile, ContactsFile, MatrixFile, ContactPoliciesFile, RolesFile,
}

// Dir is what the files of a folder say. A field that is nil stands for a file that is not there; a list that is empty, for one that
// names nothing.
type Dir struct {
	Organization    *Organization
	Statuses        []Status
	Profiles        []Profile
	Agents          []Agent
	Queues          []Queue
	Workstreams     []Workstream
	Contacts        []Contact
	Matrix          []Row
	ContactPolicies []ContactPolicy
	Roles           []Role

	// lines tells where each object stands in the file of its noun, by id, a role by its name.
	lines map[string]int
	// open are the references to nouns whose file is not there: only the server can tell whether they are right.
	open []reference
}

// Organization is what applies wherever nothing narrower is set.
type Organization struct {
	RoutingPolicy    RoutingPolicy
	ReconnectSeconds int
	// DefaultPresenceStatus is an id; empty for Available.
	DefaultPresenceStatus                        string
	OpenWorkLimit                                int
	MissedSetsInactive, RejectedSetsDoNotDisturb bool
	TimeZone                                     string
}

// Status is a presence status of one's own (PR-2). GrantedTo are the ids of the agents who may choose it; nil leaves them as they are.
type Status struct {
	ID          string
	Text        string
	Base        string
	ForEveryone bool
	GrantedTo   []string
}

// Profile is a capacity profile (CP-2).
type Profile struct {
	ID       string
	Name     string
	Limit    int
	Blocking bool
	Reset    string
}

// RoutingPolicy is a routing policy at one scope; nil means: not set here (RT-1).
type RoutingPolicy struct {
	Enabled         *bool
	WhenUnavailable *string
	RetryPreferred  *bool
}

// Agent is a person who works on what customers bring.
type Agent struct {
	ID   string
	Name string
	// CapacityUnits and InterruptibleUnits are nil when none are configured.
	CapacityUnits, InterruptibleUnits *int
	// CapacityProfiles are by the profile's id.
	CapacityProfiles []AgentProfile
	// DefaultPresenceStatus is an id; it and TimeZone are empty for the organisation's.
	DefaultPresenceStatus string
	TimeZone              string
}

// AgentProfile is a capacity profile of an agent; Limit is their own, nil for the profile's.
type AgentProfile struct {
	Profile string
	Limit   *int
}

// Queue is where work items wait. Members are the ids of the agents who are offered them; nil leaves them as they are.
type Queue struct {
	ID               string
	Name             string
	Priority         int
	AssignmentMethod string
	Members          []string
}

// Workstream is a stream of one kind of work; Queue is the id of the queue where its items wait.
type Workstream struct {
	ID               string
	Name             string
	Channel          string
	DistributionMode string
	Queue            string
	AllowedPresences []string
	// Cost is what an item takes of an agent, CapacityType which part of their capacity that is.
	Cost         Cost
	CapacityType string
	Priority     int
	AcceptMode   string
	OfferSeconds int
	DeclineLimit int
	WrapUp       string
	// WrapUpSeconds is 0 unless the wrap-up is TIMED.
	WrapUpSeconds        int
	WaitingHoldsCapacity bool
	// MissedSetsInactive and RejectedSetsDoNotDisturb are nil for the organisation's.
	MissedSetsInactive, RejectedSetsDoNotDisturb *bool
	RoutingPolicy                                RoutingPolicy
}

// Cost is what an item takes of an agent: units, percent, or one of each of some capacity profiles, by id (CP-2).
type Cost struct {
	CapacityUnits, CapacityPercent int
	CapacityProfiles               []string
}

// Contact is a customer. Email and MobilePhone are empty when not known.
type Contact struct {
	ID          string
	FullName    string
	Email       string
	MobilePhone string
}

// Row is a contact's row of the matrix of preferred agents: ids, first choice first, 1 to 3 of them (MX-1).
type Row struct {
	Contact string
	Agents  []string
}

// ContactPolicy is the routing policy of one contact; it sets something (RT-1).
type ContactPolicy struct {
	Contact       string
	RoutingPolicy RoutingPolicy
}

// Role is a role of one's own, besides those that are built in (RL-1). Permissions are in the order of the API.
type Role struct {
	Name        string
	Description string
	Permissions []string
}

// The limits of values, as the API has them: what is beyond them is refused before anything is sent.
const (
	maxName                          = 200 // characters
	maxEmail                         = 254 // bytes
	maxPhone                         = 40  // characters
	maxPriority                      = 1000
	maxCapacityUnits                 = 1000
	minOfferSeconds, maxOfferSeconds = 5, 3600
	maxDeclineLimit                  = 5
	maxReconnectSeconds              = 120
	maxOpenWorkLimit                 = 1000
	maxWrapUpSeconds                 = 3600
	maxTimeZone                      = 64 // bytes
	maxStatuses, maxProfiles         = 200, 200
	maxProfilesPerAgent              = 20
	maxProfilesPerItem               = 5
	maxRoleName                      = 40
	maxRoleDescription               = 200 // characters
	maxRoles                         = 100
)

// The values of the API's enums that files may name. Presences are in the order in which they are written.
var (
	assignmentMethods = []string{"HIGHEST_CAPACITY", "ROUND_ROBIN", "LEAST_ACTIVE"}
	channels          = []string{
		"CHAT", "VOICE", "SMS", "WHATSAPP", "FACEBOOK", "APPLE_MESSAGES", "LINE", "CUSTOM", "CASE", "EMAIL", "PHONE_CALL", "FAX",
		"LETTER", "APPOINTMENT",
	}
	distributionModes = []string{"PUSH", "PICK"}
	capacityTypes     = []string{"NOT_INTERRUPTIBLE", "INTERRUPTIBLE"}
	capacityResets    = []string{"IMMEDIATE", "END_OF_DAY"}
	wrapUpModes       = []string{"NONE", "TIMED", "UNTIL_ENDED"}
	acceptModes       = []string{"MANUAL", "AUTO"}
	presences         = []string{"AVAILABLE", "BUSY", "DO_NOT_DISTURB", "AWAY", "OFFLINE", "INACTIVE"}
	unavailables      = []string{"NEXT_BEST_AGENT", "LEAVE_UNASSIGNED"}
	permissions       = []string{
		"SETTINGS_READ", "SETTINGS_WRITE", "QUEUES_WRITE", "AGENTS_READ", "AGENTS_WRITE", "AGENTS_SUPERVISE", "CONTACTS_READ",
		"CONTACTS_WRITE", "MATRIX_READ", "MATRIX_WRITE", "WORK_READ", "WORK_CREATE", "WORK_SUPERVISE", "CUSTOMERS_IDENTIFY", "OWN_WORK",
		"ACCESS_READ", "ACCESS_WRITE", "SERVER_OPERATE",
	}
)

// builtInStatuses are the presence statuses of every server that can be chosen.
var builtInStatuses = []string{"ps_available", "ps_busy", "ps_do_not_disturb", "ps_away", "ps_offline"}

// builtInRoles are the same on every server.
var builtInRoles = []string{"ADMIN", "MANAGER", "AGENT", "SERVICE", "OBSERVER"}

// What a role of one's own may be called.
var roleName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// What an entry has that does not say otherwise: the defaults of the API.
var (
	defaultOrganization = Organization{ReconnectSeconds: 10, OpenWorkLimit: 10, TimeZone: "UTC"}
	defaultProfile      = Profile{Reset: "IMMEDIATE"}
	defaultQueue        = Queue{Priority: 100, AssignmentMethod: "HIGHEST_CAPACITY"}
	defaultWorkstream   = Workstream{
		DistributionMode: "PUSH", AllowedPresences: []string{"AVAILABLE"}, Cost: Cost{CapacityUnits: 1}, CapacityType: "NOT_INTERRUPTIBLE", Priority: 100,
		AcceptMode: "MANUAL", OfferSeconds: 120, DeclineLimit: 3, WrapUp: "NONE", WaitingHoldsCapacity: true,
	}
)

// The prefixes of ids, and what has them.
const (
	agentPrefix      = "ag_"
	queuePrefix      = "qu_"
	workstreamPrefix = "ws_"
	contactPrefix    = "ct_"
	statusPrefix     = "ps_"
	profilePrefix    = "cp_"
)

// fileOf names the file where ids with a prefix are at home.
var fileOf = map[string]string{
	agentPrefix: AgentsFile, queuePrefix: QueuesFile, workstreamPrefix: WorkstreamsFile, contactPrefix: ContactsFile,
	statusPrefix: StatusesFile, profilePrefix: ProfilesFile,
}

// nounOf says what an id with a prefix is of.
var nounOf = map[string]string{
	agentPrefix: "agent", queuePrefix: "queue", workstreamPrefix: "workstream", contactPrefix: "contact", statusPrefix: "presence status",
	profilePrefix: "capacity profile",
}

// idLength is that of every id: a prefix of three characters and a UUID of 36.
const idLength = 39

// validID tells whether id is the prefix followed by a UUID in lower case.
func validID(prefix, id string) bool {
	if len(id) != idLength || id[:3] != prefix {
		return false
	}
	for i, c := range []byte(id[3:]) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}
