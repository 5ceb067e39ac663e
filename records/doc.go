// Package records remembers what has to outlive the process and is no picture:
// what is known of uploads, and whatever else is kept in tables beside that.
//
// There is one database: SQLite in a file of the data folder, or, where several
// machines share their uploads, PostgreSQL. Both are spoken to by database/sql,
// mostly in the same words.
//
// Its promise:
//
//   - what a call stored is on the disk when it returns;
//   - the tables are as this version of the program needs them once [Open] has
//     returned, also when two processes start at once;
//   - no error shows the database's password.
package records
