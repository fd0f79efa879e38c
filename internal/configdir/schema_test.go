package configdir

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"rapport/engine"
)

func schema(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("../../schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatal("no schema", err)
	}
	var sources []*ast.Source
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: file, Input: string(data)})
	}
	s, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// unversioned are the mutations that add something to an object or take it away, whatever version it has.
var unversioned = []string{
	"AddQueueMembers", "RemoveQueueMembers", "GrantPresenceStatus", "WithdrawPresenceStatus", "SetAgentCapacityProfile", "RemoveAgentCapacityProfile",
}

// The documents are valid against the schema, and every mutation takes what we send along with each.
func TestDocumentsFitTheSchema(t *testing.T) {
	s := schema(t)
	files, err := documentFiles.ReadDir(".")
	if err != nil || len(files) == 0 {
		t.Fatal("no documents", err)
	}
	for _, file := range files {
		noun := strings.TrimSuffix(file.Name(), ".graphql")
		query, errs := gqlparser.LoadQuery(s, document(noun))
		if errs != nil {
			t.Errorf("%s: %v", noun, errs)
			continue
		}
		for _, op := range query.Operations {
			if op.Operation != ast.Mutation {
				continue
			}
			input := s.Types[op.VariableDefinitions[0].Type.NamedType]
			if input.Fields.ForName("idempotencyKey") == nil {
				t.Errorf("%s takes no idempotencyKey: trying it again is not safe", op.Name)
			}
			if input.Fields.ForName("expectedVersion") == nil && !strings.HasPrefix(op.Name, "Create") && !slices.Contains(unversioned, op.Name) {
				t.Errorf("%s takes no expectedVersion: it would overwrite what others change meanwhile", op.Name)
			}
		}
	}
}

// The enums know every value, and the defaults are those of the schema.
func TestValuesFitTheSchema(t *testing.T) {
	s := schema(t)
	for name, values := range map[string][]string{
		"AssignmentMethod": assignmentMethods, "Channel": channels, "DistributionMode": distributionModes, "AcceptMode": acceptModes,
		"CapacityType": capacityTypes, "CapacityReset": capacityResets, "WrapUpMode": wrapUpModes,
		"BasePresence": presences, "WhenUnavailable": unavailables, "Permission": permissions,
	} {
		var known []string
		for _, v := range s.Types[name].EnumValues {
			known = append(known, v.Name)
		}
		if !slices.Equal(values, known) {
			t.Errorf("%s: we know %v, the schema %v", name, values, known)
		}
	}
	w, q := defaultWorkstream, defaultQueue
	for input, fields := range map[string]map[string]any{
		"CreatePresenceStatusInput":  {"forEveryone": false},
		"CreateCapacityProfileInput": {"blocking": defaultProfile.Blocking, "reset": defaultProfile.Reset},
		"CreateQueueInput":           {"priority": q.Priority, "assignmentMethod": q.AssignmentMethod},
		"CreateWorkstreamInput": {
			"distributionMode": w.DistributionMode, "allowedPresences": w.AllowedPresences, "capacityType": w.CapacityType,
			"wrapUp": w.WrapUp, "waitingHoldsCapacity": w.WaitingHoldsCapacity,
			"priority": w.Priority, "acceptMode": w.AcceptMode, "offerSeconds": w.OfferSeconds, "declineLimit": w.DeclineLimit,
		},
	} {
		for _, f := range s.Types[input].Fields {
			if f.DefaultValue == nil {
				continue
			}
			if ours, theirs := strings.Trim(fmt.Sprint(fields[f.Name]), "[]"), strings.Trim(f.DefaultValue.String(), "[]"); ours != theirs {
				t.Errorf("%s.%s: the default is %s here, %s in the schema", input, f.Name, ours, theirs)
			}
		}
	}
}

// The limits and the roles that are built in are those of the server.
func TestLimitsFitTheEngine(t *testing.T) {
	for name, limit := range map[string][2]int{
		"name": {maxName, engine.MaxName}, "email": {maxEmail, engine.MaxEmail}, "phone": {maxPhone, engine.MaxPhone},
		"priority": {maxPriority, engine.MaxPriority}, "capacityUnits": {maxCapacityUnits, engine.MaxCapacityUnits},
		"openWorkLimit": {maxOpenWorkLimit, engine.MaxOpenWorkLimit}, "openWorkLimit unless set": {defaultOrganization.OpenWorkLimit, engine.DefaultOpenWorkLimit},
		"wrapUpSeconds": {maxWrapUpSeconds, engine.MaxWrapUpSeconds}, "timeZone": {maxTimeZone, engine.MaxTimeZone},
		"statuses": {maxStatuses, engine.MaxPresenceStatuses}, "profiles": {maxProfiles, engine.MaxCapacityProfiles},
		"profiles of an agent": {maxProfilesPerAgent, engine.MaxProfilesPerAgent}, "profiles of an item": {maxProfilesPerItem, engine.MaxProfilesPerItem},
		"columns of a row":  {len(matrixColumns) - 1, engine.MaxPreferredAgents},
		"offerSeconds from": {minOfferSeconds, engine.MinOfferSeconds}, "offerSeconds to": {maxOfferSeconds, engine.MaxOfferSeconds},
		"declineLimit": {maxDeclineLimit, engine.MaxDeclineLimit}, "reconnectSeconds": {maxReconnectSeconds, engine.MaxReconnectSeconds},
		"reconnectSeconds unless set": {defaultOrganization.ReconnectSeconds, engine.DefaultReconnectSeconds},
		"members":                     {maxMembersPerCall, engine.MaxMembersPerCall}, "id": {idLength, engine.IDLength},
	} {
		if limit[0] != limit[1] {
			t.Errorf("%s: %d here, %d there", name, limit[0], limit[1])
		}
	}
	for _, limit := range [][2]int{{maxRoleName, engine.MaxRoleName}, {maxRoleDescription, engine.MaxRoleDescription}, {maxRoles, engine.MaxRoles}} {
		if limit[0] != limit[1] {
			t.Errorf("roles: %d here, %d there", limit[0], limit[1])
		}
	}
	var selectable []string
	for _, s := range engine.BuiltInStatuses {
		if s.Selectable {
			selectable = append(selectable, string(s.ID))
		}
	}
	if !slices.Equal(builtInStatuses, selectable) || defaultOrganization.TimeZone != engine.DefaultTimeZone {
		t.Errorf("built in are %v, the time zone is %s", builtInStatuses, defaultOrganization.TimeZone)
	}
	for n, role := range engine.BuiltInRoles {
		if len(builtInRoles) != len(engine.BuiltInRoles) || builtInRoles[n] != role.Name {
			t.Errorf("built in are %v", builtInRoles)
		}
	}
	for _, one := range []string{ag1, ag1 + "0", "ag_", "", strings.ToUpper(ag1), "qu" + ag1[2:], ag1[:38] + "g", ag1[:11] + "0" + ag1[12:]} {
		if validID(agentPrefix, one) != engine.ValidID(agentPrefix, one) {
			t.Errorf("%q: %t here", one, validID(agentPrefix, one))
		}
	}
}
