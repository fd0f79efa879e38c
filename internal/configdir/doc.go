// Package configdir keeps the configuration of a contact centre in a folder of files: `rapport apply` brings a server to what the files
// say, `rapport export` writes the files of what a server has. It is a client of the GraphQL API like any other, and knows nothing else
// of the server. examples/contact-centre/README.md explains the files to the people who write them.
//
//	dir.go        what the files say, as types, and the limits of the values
//	load.go       reading a folder; yaml.go and table.go read the two kinds of files
//	reference.go  whether what the files refer to is there
//	*_presence.go the same for presence statuses, capacity profiles, and what agents and workstreams have of them
//	problem.go    what is wrong with files, with file and line
//	render.go     the files as text; write.go puts them into a folder
//	server.go     the client: one request, tried again when that can help
//	state.go      reading what the server has
//	diff.go       what would have to change, object by object; plan.go what of it there is to say and to do
//	change.go     the calls that change one object
//	apply.go      making the calls
//	*.graphql     the documents, one file per noun
package configdir
