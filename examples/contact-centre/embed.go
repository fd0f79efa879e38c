// Package contactcentre is the example contact centre: Halmwick Energy & Fibre, an invented regional provider of
// electricity and internet, as the files that stand next to this one. Files holds them as they are, Load reads them
// or any other folder of the same form.
//
// The files are made by internal/tools/contactcentre from a fixed seed. To change the example, change the generator
// and run go generate; a test there refuses files that the generator would not have made.
package contactcentre

import "embed"

//go:generate go run ../../internal/tools/contactcentre -out .

// The names of the files of a contact centre.
const (
	OrganizationFile = "organization.yaml"
	QueuesFile       = "queues.yaml"
	AgentsFile       = "agents.yaml"
	WorkstreamsFile  = "workstreams.yaml"
	ContactsFile     = "contacts.csv"
	MatrixFile       = "matrix.csv"
)

// Files holds the example contact centre, each file under its name.
//
//go:embed organization.yaml queues.yaml agents.yaml workstreams.yaml contacts.csv matrix.csv
var Files embed.FS
