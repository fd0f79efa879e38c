// Package play lets people work at a contact centre, through the public API only: an integrator brings what customers want by HTTP, each agent
// has a WebSocket on which they are offered work, a supervisor steps in. They play a day from files (`rapport play`), or keep the demo alive.
//
//	day.go        the files of a day
//	table.go      reading them
//	play.go       playing one, from its first second to its report
//	integrator.go brings the items, and takes back those of customers who gave up
//	agent.go      an agent: who comes and goes
//	desk.go       an agent: who answers offers and does the work
//	supervisor.go does by hand what the day says
//	clock.go      the server's time, as a client knows it
//	report.go     what came of it, read back from the server
//	journal.go    who did what and was told what
package play
