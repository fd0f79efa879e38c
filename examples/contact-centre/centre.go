package contactcentre

// Centre is a contact centre as its files describe it. The order of each list is the order in the file.
type Centre struct {
	Organization Organization
	Queues       []Queue
	Agents       []Agent
	Workstreams  []Workstream
	Contacts     []Contact
	Matrix       []MatrixRow
}

// Organization is what applies wherever nothing narrower is set.
type Organization struct {
	RoutingPolicy    RoutingPolicy `yaml:"routingPolicy"`
	ReconnectSeconds int           `yaml:"reconnectSeconds"`
}

// RoutingPolicy is a routing policy at one scope; nil means: not set here (RT-1).
type RoutingPolicy struct {
	Enabled         *bool   `yaml:"enabled"`
	WhenUnavailable *string `yaml:"whenUnavailable"`
	RetryPreferred  *bool   `yaml:"retryPreferred"`
}

// Queue is where work items wait; Members are the ids of the agents who are offered them.
type Queue struct {
	ID               string   `yaml:"id"`
	Name             string   `yaml:"name"`
	Priority         int      `yaml:"priority"`
	AssignmentMethod string   `yaml:"assignmentMethod"`
	Members          []string `yaml:"members"`
}

// Agent is a person who works on what customers bring.
type Agent struct {
	ID            string `yaml:"id"`
	Name          string `yaml:"name"`
	CapacityUnits int    `yaml:"capacityUnits"`
}

// Workstream is a stream of one kind of work; Queue is the id of the queue where its items wait.
type Workstream struct {
	ID               string        `yaml:"id"`
	Name             string        `yaml:"name"`
	Channel          string        `yaml:"channel"`
	Queue            string        `yaml:"queue"`
	AllowedPresences []string      `yaml:"allowedPresences"`
	CapacityUnits    int           `yaml:"capacityUnits"`
	Priority         int           `yaml:"priority"`
	AcceptMode       string        `yaml:"acceptMode"`
	OfferSeconds     int           `yaml:"offerSeconds"`
	DeclineLimit     int           `yaml:"declineLimit"`
	RoutingPolicy    RoutingPolicy `yaml:"routingPolicy"`
}

// Contact is a customer. Email and MobilePhone are empty when not known.
type Contact struct {
	ID          string
	FullName    string
	Email       string
	MobilePhone string
}

// MatrixRow is a contact's row of preferred agents: ids, first choice first, 1 to 3 of them (MX-1).
type MatrixRow struct {
	Contact string
	Agents  []string
}
