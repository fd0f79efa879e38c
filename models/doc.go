// Package models keeps the engine's nouns in a database: SQLite or MySQL/MariaDB, through GORM.
//
// One file per noun holds its row and the two mappings between row and noun. Times are kept as microseconds since 1970, so that
// both databases order and compare them alike. Besides:
//
//	store.go    opening a database, the two connections pools
//	migrate.go  versioned SQL migrations per dialect
//	batch.go    one batch of the writer as one transaction
//	statement.go how its rows are written
//	lease.go    who owns the database, and how far it is
//	load.go     what the engine starts from, and facts that it lacks
//	read.go     what queries of the API read: rows by id, and pages in the order of ids
//	lists.go    pages by name, agent and filter
//	streams.go, streams_work.go  what subscriptions begin with and resume with
//	backup.go, backup_mysql.go, backup_desk.go  a copy of the database while it is used
package models
