package config

import (
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Limits are those of the API that can be set, each with --limit-NAME or RAPPORT_LIMIT_NAME; docs/operations.md has them in one table. Bounds
// are in the tag `bounds`, both included. Those of the nouns are in engine/limits.go.
//
// A document is counted with its fragments put in wherever they are spread, which is how it is run: what is written once and spread a
// hundred times counts a hundred times, so that nothing can be multiplied past a limit.
type Limits struct {
	BodyBytes     int `default:"262144" bounds:"1024..16777216" help:"Bytes of a request's body."`
	MessageBytes  int `default:"262144" bounds:"1024..16777216" help:"Bytes of a message on a socket."`
	DocumentBytes int `default:"65536" bounds:"1024..1048576" help:"Bytes of a document, without its variables."`
	Tokens        int `default:"2000" bounds:"100..20000" help:"Tokens of a document, comments included."`

	Operations int `default:"30" bounds:"1..1000" help:"Operations in a document."`
	Fragments  int `default:"60" bounds:"0..1000" help:"Fragments in a document."`
	Variables  int `default:"60" bounds:"1..1000" help:"Variables of an operation."`

	Depth      int `default:"15" bounds:"3..50" help:"Levels of fields, one within the other."`
	Fields     int `default:"2000" bounds:"10..20000" help:"Fields and spreads of all operations and fragments of a document, fragments put in."`
	Repeats    int `default:"30" bounds:"1..1000" help:"How often one place of the answer may be asked for."`
	Aliases    int `default:"50" bounds:"0..1000" help:"Aliases in an operation."`
	RootFields int `default:"20" bounds:"1..1000" help:"Root fields of an operation."`
	Directives int `default:"50" bounds:"0..1000" help:"Directives in an operation."`
	Values     int `default:"1000" bounds:"10..20000" help:"Values written in a document, entries of lists and members of objects included."`

	VariableValues int `default:"2000" bounds:"10..5000" help:"Values in the variables of a request, entries of lists and members of objects included."`
	ValueDepth     int `default:"8" bounds:"2..50" help:"Levels of lists and objects in a value, written or in a variable."`

	IntrospectionFields int `default:"2" bounds:"1..20" help:"How often an operation may ask for __schema and __type."`
	IntrospectionDepth  int `default:"15" bounds:"3..30" help:"Levels of fields within introspection, __schema or __type the first."`

	Complexity int `default:"50000" bounds:"100..10000000" help:"Fields that an operation may ask for, those of a list once per entry of its page."`
	Page       int `default:"100" bounds:"1..100" help:"Entries of a page. Below 25, the schema's default, every list needs its first."`
	Errors     int `default:"20" bounds:"1..1000" help:"Errors in an answer; one more says that there were others."`

	ConnectionOperations    int `default:"100" bounds:"1..10000" help:"Operations open on a connection, subscriptions included."`
	ConnectionSubscriptions int `default:"50" bounds:"1..10000" help:"Subscriptions open on a connection."`
	PrincipalOperations     int `default:"4000" bounds:"1..1000000" help:"Operations open of one principal, over all connections."`
	PrincipalSubscriptions  int `default:"2000" bounds:"1..1000000" help:"Subscriptions open of one principal, over all connections."`
	PrincipalConnections    int `default:"1000" bounds:"1..1000000" help:"Sockets open of one principal."`
	Rate                    int `default:"2000" bounds:"1..1000000" help:"Operations per second that one principal may begin in the long run."`
	Burst                   int `default:"4000" bounds:"1..1000000" help:"Operations that one principal may begin at once after a pause."`
	PendingSockets          int `default:"1024" bounds:"1..1000000" help:"Sockets open that have not yet said who they are."`
	Sockets                 int `default:"16384" bounds:"1..1000000" help:"Sockets open in all."`
}

// DefaultLimits are the limits of a server for which none is set.
func DefaultLimits() Limits {
	var l Limits
	of := reflect.ValueOf(&l).Elem()
	for i := range of.NumField() {
		n, err := strconv.Atoi(of.Type().Field(i).Tag.Get("default"))
		if err != nil {
			panic(err) // a tag above is wrong: no server gets past its tests with it
		}
		of.Field(i).SetInt(int64(n))
	}
	return l
}

// Check refuses a limit out of its bounds, and names its flag.
func (l Limits) Check() error {
	of := reflect.ValueOf(l)
	for i := range of.NumField() {
		field, n := of.Type().Field(i), of.Field(i).Int()
		var low, high int64
		if _, err := fmt.Sscanf(field.Tag.Get("bounds"), "%d..%d", &low, &high); err != nil {
			panic(err) // a tag above is wrong
		}
		if n < low || n > high {
			return fmt.Errorf("--limit-%s %d: must be between %d and %d", kebab(field.Name), n, low, high)
		}
	}
	return nil
}

// kebab is the name of a field as kong makes a flag of it: rootFields is root-fields.
func kebab(name string) string {
	var out []byte
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			if c += 'a' - 'A'; i > 0 {
				out = append(out, '-')
			}
		}
		out = append(out, c)
	}
	return string(out)
}

// The limits that can't be set. Those of sockets are the defaults of internal/api/ws.
const (
	// MaxBodyBytes is the largest body of a request that is not one for GraphQL.
	MaxBodyBytes = 256 << 10
	// QueryCacheSize is how many parsed and validated documents are kept.
	QueryCacheSize = 1000
	// MaxKeptDocument is the longest of those, in bytes: all together take 70 MB at most.
	MaxKeptDocument = 4 << 10
	// MaxHeaderBytes is the largest request header.
	MaxHeaderBytes = 32 << 10
	// HeaderTimeout, ReadTimeout and IdleTimeout bound how long a client may take over a request's header, over all of it, and over
	// the next one.
	HeaderTimeout, ReadTimeout, IdleTimeout = 5 * time.Second, 15 * time.Second, 2 * time.Minute
	// AnswerTimeout is how long a query, a mutation, or the start of a subscription may take: what the database does not give by then
	// is UNAVAILABLE. The writer's own patience, 4.5 s, is within it.
	AnswerTimeout = 4900 * time.Millisecond
	// DrainTimeout is how long requests that are under way have to end after SIGTERM.
	DrainTimeout = 10 * time.Second
	// BackupTimeout is how long one backup may take, from making the copy to its last byte; there is one at a time.
	BackupTimeout = time.Hour
	// BackupStall is how long the client of a backup may take for BackupChunk bytes, a MiB.
	BackupStall = 30 * time.Second
	BackupChunk = 1 << 20
	// PrincipalMessages is how many messages a second all sockets of one principal may send: what comes faster is read later.
	PrincipalMessages = 10_000
	// MaxClockSpeed is how many times as fast the server's time may run: beyond, the machine's milliseconds are the server's minutes.
	MaxClockSpeed = 1000
)
