package configdir

// reference is a place in a file that names an object of another.
type reference struct {
	file string
	line int
	key  string
	to   string // the prefix of what is referred to
	id   string
}

// own notes the id of an entry, which must be new.
func (l *loader) own(file string, line int, prefix, id string) {
	if !validID(prefix, id) {
		l.problems.add(file, line, "id: %q is not %s and a UUID in lower case", id, prefix)
		return
	}
	if before, ok := l.dir.lines[id]; ok {
		l.problems.add(file, line, "id: %s is the id of line %d already", id, before)
		return
	}
	l.dir.lines[id] = line
}

// refer notes a reference, and tells whether it has the form of one.
func (l *loader) refer(file string, line int, key, prefix, id string) bool {
	if !validID(prefix, id) {
		l.problems.add(file, line, "%s: %q is not %s and a UUID in lower case", key, id, prefix)
		return false
	}
	l.references = append(l.references, reference{file, line, key, prefix, id})
	return true
}

// checkReferences: where a noun's file is in the folder, it must name whatever the other files refer to. So a slip of the pen is found
// without a server, and what is referred to can't be pruned. References to a noun without a file wait for what the server says.
func (l *loader) checkReferences() {
	for _, r := range l.references {
		switch _, named := l.dir.lines[r.id]; {
		case named:
		case l.dir.has(fileOf[r.to]):
			l.problems.add(r.file, r.line, "%s: %s has no %s", r.key, fileOf[r.to], r.id)
		default:
			l.dir.open = append(l.dir.open, r)
		}
	}
}

// has tells whether a file was in the folder.
func (d *Dir) has(file string) bool {
	switch file {
	case OrganizationFile:
		return d.Organization != nil
	case StatusesFile:
		return d.Statuses != nil
	case ProfilesFile:
		return d.Profiles != nil
	case AgentsFile:
		return d.Agents != nil
	case QueuesFile:
		return d.Queues != nil
	case WorkstreamsFile:
		return d.Workstreams != nil
	case ContactsFile:
		return d.Contacts != nil
	case MatrixFile:
		return d.Matrix != nil
	case RolesFile:
		return d.Roles != nil
	default:
		return d.ContactPolicies != nil
	}
}

// checkOpen tells of the references that the server's objects do not answer either.
func (d *Dir) checkOpen(exists func(id string) bool) error {
	var problems Problems
	for _, r := range d.open {
		if !exists(r.id) {
			problems.add(r.file, r.line, "%s: the server has no %s %s", r.key, nounOf[r.to], r.id)
		}
	}
	return problems.err()
}
